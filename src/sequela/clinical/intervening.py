"""What else was given around a withdrawal: treatments and other drugs, with their classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sequela.clinical.drugs import Drugs

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Therapy:
    """A treatment, or a drug for another disease, with its days; no `stop` is an unknown end.

    `classes` are those of the drugs that its words name; none where no word is known.
    """

    start: float
    stop: float | None
    name: str
    treatment: bool
    classes: tuple[str, ...] = ()
    table: str = ""
    row: int = 0

    @property
    def said(self) -> str:
        """Its name with its classes, as a reason gives it."""
        return f"{self.name} ({', '.join(self.classes)})" if self.classes else self.name


def classes_of(words: str, drugs: Drugs) -> tuple[str, ...]:
    """The classes of every drug that a text names, each once, in the text's order."""
    return drugs.classes_in(words)


def therapy_unknown(treatments: Rows, clock: str, *, charted: bool) -> str:
    """Why it cannot be told whether a therapy intervened; empty when it can."""
    if not charted:
        return "treatments are not charted, so therapy cannot be ruled out"
    dated = [r for r in treatments if r["start__low"] is not None and r["start__clock"] == clock]
    first = min((r["line__low"] for r in dated if r["line__low"] is not None), default=None)
    for row in treatments:
        later = first is not None and row["line__low"] is not None and row["line__low"] > first
        if row not in dated and not later:
            return "a therapy has no date on the clock of the measurements"
    return ""


def read_therapies(
    treatments: Rows, exposures: Rows, clock: str, *, drugs: Drugs, without: Sequence[str]
) -> list[Therapy]:
    """Treatments and drugs that have a first day on the clock, by that day.

    `without` names the drug in question, and drugs or classes that the study holds to have no
    effect on the disease; these are left out.
    """
    left_out = {word.casefold() for word in without if word}
    found = []
    for table, name, rows in (
        ("treatments", "regimen", treatments),
        ("exposures", "drug", exposures),
    ):
        for row in rows:
            if row["start__low"] is None or row["start__clock"] != clock:
                continue
            classes = classes_of(row[name], drugs)
            words = {row[name].casefold(), (drugs.name(row[name]) or "").casefold()}
            harmless = bool(classes) and all(c.casefold() in left_out for c in classes)
            if words & left_out or harmless:
                continue
            found.append(
                Therapy(
                    row["start__low"],
                    row["stop__high"],
                    row[name],
                    table == "treatments",
                    classes,
                    table,
                    row["row"],
                )
            )
    return sorted(found, key=lambda t: (t.start, t.name))


def background(
    therapies: Sequence[Therapy], stop: float, since: float | None = None
) -> tuple[Therapy, ...]:
    """Other drugs begun before the withdrawal that are not known to have ended by `since`.

    `since` is the day of the last value on the drug, else the withdrawal: what was given between
    the two may have brought the fall about, and so may its own withdrawal.
    """
    from_when = stop if since is None else min(since, stop)
    return tuple(
        t
        for t in therapies
        if not t.treatment and t.start < stop and (t.stop is None or t.stop > from_when)
    )
