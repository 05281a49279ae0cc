"""The form of a published claim: what an article states, as frozen data.

A claim says where it stands, what it is about, its numbers as printed (7.0 is not 7),
how it relates to other claims, and where in the chart its numbers would be found (`from`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StrictInt, field_validator, model_validator

from sequela.audit.claim_parts import Form, Item, Links, Reference, References, Survived

NOT_REACHED: Literal["not reached"] = "not reached"

RELATIONS = ("same_as", "at_most", "at_least", "part_of", "fits_in", "sum_of")

Comparator = Literal["=", ">", ">=", "<", "<=", "nearly"]
Derivable = Literal["yes", "part", "bounds", "no"]


class ClaimForm(Form):
    """What every claim has.

    `where` is the place in the article, `about` names the matter in words. `derivable = "no"`
    says that the chart cannot tell, and `reason` why. `chart_precision` is the step to which
    the chart's own values are rounded, in the claim's unit: a printed number within half a
    step of the chart's is allowed by it, never contradicted.
    """

    id: str
    where: str
    about: str
    unit: str = ""
    derivable: Derivable = "yes"
    reason: str = ""
    note: str = ""
    chart_precision: Decimal = Decimal(0)
    patients: tuple[str, ...] | None = None
    links: Links = Field(default=(), alias="from")
    same_as: References = ()
    at_most: References = ()
    at_least: References = ()
    part_of: References = ()
    fits_in: References = ()
    sum_of: References = ()

    def references(self) -> Iterator[tuple[str, Reference]]:
        """Each relation by its name, with what it refers to."""
        for relation in RELATIONS:
            for reference in getattr(self, relation):
                yield relation, reference

    @model_validator(mode="after")
    def _linked_or_not(self) -> ClaimForm:
        items: tuple[Item, ...] = getattr(self, "items", ())
        linked = bool(self.links) or any(item.links for item in items)
        if self.derivable == "no" and linked:
            raise ValueError('it has a `from`, yet says `derivable = "no"`')
        if self.derivable == "no" and not self.reason:
            raise ValueError('it says `derivable = "no"` without a `reason`')
        if self.derivable != "no" and not linked:
            raise ValueError('it has no `from` and does not say `derivable = "no"`')
        return self


class CountClaim(ClaimForm):
    """Numbers of patients: one count, a list of counts, or categories that add up.

    The items of a `partition` add up to `total`, else `of`; so do those of a `percent` claim
    with several items unless `exclusive` is false. The counts of a `count` claim need not.
    """

    kind: Literal["count", "percent", "partition"]
    n: StrictInt | None = None
    pct: Decimal | None = None
    of: StrictInt | None = None
    total: StrictInt | None = None
    items: tuple[Item, ...] = ()
    exclusive: bool = True
    of_links: Links = Field(default=(), alias="of_from")

    @model_validator(mode="after")
    def _complete(self) -> CountClaim:
        if (self.n is None) == (not self.items):
            raise ValueError("it needs either `n` or `items`")
        if self.kind == "partition" and self.total is None and self.of is None:
            raise ValueError("a partition needs the `total` that its items add up to")
        if any(i.pct is not None and i.of is None for i in self.cells):
            raise ValueError("a percentage needs the number that it is `of`")
        return self

    @property
    def cells(self) -> tuple[Item, ...]:
        """The counts, each with its denominator and links; a single count is a cell, too."""
        if self.n is not None:
            single = {"label": self.about, "n": self.n, "pct": self.pct, "of": self.of}
            return (Item.model_validate(single | {"from": self.links}),)
        return tuple(self._filled(item) for item in self.items)

    @property
    def sum_expected(self) -> int | None:
        """What the items must add up to; None where nothing demands it."""
        adds_up = self.kind == "partition" or (self.kind == "percent" and len(self.items) > 1)
        if not (adds_up and self.exclusive):
            return None
        return self.of if self.total is None else self.total

    def _filled(self, item: Item) -> Item:
        links = item.links
        if item.level and not links:
            links = tuple(link.model_copy(update={"level": item.level}) for link in self.links)
        of = item.of if item.of is not None or self.kind == "partition" else self.of
        return item.model_copy(update={"links": links, "of": of})


class SummaryClaim(ClaimForm):
    """A continuous variable in numbers: centre, spread, range.

    `whole` says that every patient's value is a whole number, so that only some medians and
    means are possible among `n` patients.
    """

    kind: Literal["summary"]
    n: StrictInt | None = None
    median: Decimal | None = None
    q1: Decimal | None = None
    q3: Decimal | None = None
    min: Decimal | None = None
    max: Decimal | None = None
    mean: Decimal | None = None
    sd: Decimal | None = None
    whole: bool = False

    @property
    def statistics(self) -> dict[str, Decimal]:
        """The printed statistics by name, in a reader's order."""
        names = ("median", "mean", "sd", "q1", "q3", "min", "max")
        printed = {name: getattr(self, name) for name in names}
        return {name: value for name, value in printed.items() if value is not None}

    @model_validator(mode="after")
    def _complete(self) -> SummaryClaim:
        if not self.statistics:
            raise ValueError("it states no number")
        return self


class TimePoint(Form):
    """The share still free of the event at a time, in percent."""

    time: Decimal
    pct: Decimal


class SurvivalClaim(ClaimForm):
    """A time to an event: how many, how many events, the median (or "not reached")."""

    kind: Literal["survival"]
    n: StrictInt | None = None
    events: StrictInt | None = None
    median: Survived | None = None
    ci_low: Survived | None = None
    ci_high: Survived | None = None
    at: tuple[TimePoint, ...] = ()


class ValueClaim(ClaimForm):
    """One number, as a rule about one patient: `> 2 years`, `nearly 10-fold`."""

    kind: Literal["value"]
    value: Decimal
    comparator: Comparator = "="


class PeriodClaim(ClaimForm):
    """A stretch of the calendar, both ends included: years, months or days."""

    kind: Literal["period"]
    start: Annotated[str, Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]
    end: Annotated[str, Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]

    @field_validator("start", "end")
    @classmethod
    def _on_the_calendar(cls, text: str) -> str:
        date.fromisoformat(text + "-01-01"[len(text) - 4 :])
        return text


Claim = CountClaim | SummaryClaim | SurvivalClaim | ValueClaim | PeriodClaim

KINDS: dict[str, type[Claim]] = {
    "count": CountClaim,
    "percent": CountClaim,
    "partition": CountClaim,
    "summary": SummaryClaim,
    "survival": SurvivalClaim,
    "value": ValueClaim,
    "period": PeriodClaim,
}
