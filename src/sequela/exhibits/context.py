"""What every exhibit reads: the study's words, the chart, the derived subjects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
from pydantic import AfterValidator, Field

from sequela.chart.chart import Chart
from sequela.chart.time import DAYS_IN
from sequela.clinical.definition import Definition, TimeUnit
from sequela.clinical.derive import Clinical
from sequela.clinical.subjects import Subjects
from sequela.report.document import Run
from sequela.stats.results import Absent, Row, stamp

if TYPE_CHECKING:
    from sequela.display.style import Picture

EVERYONE = "all"
SIMULATED = "Simulated data"

WIDTHS_CM = (8.0, 11.5, 17.0)


def _journal_width(width: float) -> float:
    if width not in WIDTHS_CM:
        raise ValueError("a figure is 8.0, 11.5 or 17.0 cm wide (one, one and a half, two columns)")
    return width


Width = Annotated[float, AfterValidator(_journal_width)]
# A time at which an exhibit states survival, in the study's unit.
StatedTime = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class ExhibitDefinition(Definition):
    """What every exhibit says."""

    id: str = Field(description="a short name, unique in the study")
    title: str
    set: str = Field(EVERYONE, description="whom it is about")
    note: str = Field("", description="a line under it")
    accept_bias: str = Field(
        "", description="the reason to accept groups or sets that are known only later"
    )


@dataclass(frozen=True, slots=True)
class Context:
    """A study while it is being shown."""

    title: str
    sites: tuple[str, ...]
    time_unit: TimeUnit
    chart: Chart
    clinical: Clinical
    exhibits: tuple[ExhibitDefinition, ...] = ()
    simulated: bool = False

    @property
    def subjects(self) -> Subjects:
        """The derived table."""
        return self.clinical.subjects

    @property
    def days_in_unit(self) -> float:
        """Days in one unit of the study's time."""
        return DAYS_IN[self.time_unit]

    def label(self, column: str) -> str:
        """How tables call a column."""
        return self.subjects.columns[column].label

    def unit_of(self, column: str) -> str:
        """The unit of a column, with a comma before it, or nothing."""
        unit = self.subjects.columns[column].unit
        return f", {unit}" if unit else ""


@dataclass(frozen=True, slots=True)
class Group:
    """Part of a set: the key that result rows carry, the label, and the subjects."""

    key: str
    label: str
    frame: pl.DataFrame

    @property
    def size(self) -> int:
        """How many patients."""
        return self.frame.height


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure still to be drawn: a function of plain data, so that any process can draw it."""

    id: str
    title: str
    legend: tuple[Run, ...]
    alternative: str
    draw: Callable[[], Picture]
    patient_level: bool = False


@dataclass(slots=True)
class Rows:
    """Result rows by what they are about; the first of several that match is taken."""

    rows: Sequence[Row]
    _by: dict[tuple[Any, ...], Row] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row in self.rows:
            key = (row.statistic, row.variable, row.level, row.group, row.contrast, row.time)
            self._by.setdefault(key, row)

    def get(
        self,
        statistic: str,
        variable: str,
        *,
        level: str = "",
        group: str = "",
        contrast: str = "",
        time: float | None = None,
    ) -> Row | None:
        """The row of a statistic, or None."""
        return self._by.get((statistic, variable, level, group, contrast, time))

    def of(self, statistic: str, variable: str, **about: Any) -> Row:
        """The row of a statistic; KeyError when the exhibit did not make it."""
        row = self.get(statistic, variable, **about)
        if row is None:
            raise KeyError(f"no row {statistic} of {variable} {about}")
        return row


def groups_of(context: Context, *, set: str, by: str = "") -> list[Group]:
    """The whole set, and with `by` also its groups in the order of that column's levels.

    Members of whom the group is unknown are in the whole only.
    """
    frame = context.subjects.within(set)
    groups = [Group("", "All", frame)]
    if by:
        info = context.subjects.columns[by]
        levels = {level: level for level in info.levels}
        if info.kind == "yes_no":
            levels = {"true": f"{info.label}: yes", "false": f"{info.label}: no"}
        for level, label in levels.items():
            part = frame.filter(pl.col(by).cast(pl.String) == level)
            if part.height:
                groups.append(Group(f"{by}={level}", label, part))
    return groups


def nobody_grouped(context: Context, *, set: str, by: str) -> str:
    """Why a comparison is refused when no group has anybody; empty when one has."""
    if not by or len(groups_of(context, set=set, by=by)) > 1:
        return ""
    return f"Nobody has a known value of '{by}', so there are no groups."


def absent_in(frame: pl.DataFrame, column: str) -> Absent:
    """How many of the frame's patients have no value in a column, by reason."""
    why = frame[f"{column}__why"].drop_nulls().to_list()
    return Absent(
        missing=sum(w == "missing" for w in why),
        not_evaluable=sum(w in ("not_evaluable", "no common clock") for w in why),
        not_applicable=sum(w == "not_applicable" for w in why),
    )


def grouped(rows: Iterable[Row], group: Group) -> list[Row]:
    """The rows with the group that they are about."""
    return stamp(rows, group=group.key)


def not_baseline(context: Context, *, set: str, by: str, endpoint: str) -> list[str]:
    """The columns of a set's condition and of a grouping that were not known at the start.

    Only the set's members in whom the time ever starts are asked: who had a transplant is known
    of each of them when time counts from the transplant, and not when it counts from diagnosis.
    """
    columns = [*context.subjects.sets[set].columns, *([by] if by else [])]
    return known_later(context, columns, set=set, endpoint=endpoint)


def known_later(context: Context, columns: Sequence[str], *, set: str, endpoint: str) -> list[str]:
    """The columns that are not known of every member of a set when an endpoint's time starts."""
    frame = context.clinical.endpoints[endpoint]
    among = context.subjects.members(set) & frame["start"].is_not_null()
    return [
        name
        for name in dict.fromkeys(columns)
        if not context.subjects.is_known_by(name, frame["start"], frame["clock"], among=among)
    ]


def bias_refusal(context: Context, columns: list[str]) -> str:
    """Why groups known only later are refused, and what to do instead."""
    names = ", ".join(f"'{context.label(c)}'" for c in columns)
    return (
        f"{names} cannot be shown to be known when the time starts to count: who lives longer has "
        "more time to come into the group (immortal time). Use a landmark analysis or a "
        "time-dependent covariate, or state accept_bias with the reason."
    )


Pictures = Mapping[str, "Picture"]
