"""What else was given around a withdrawal: treatments and other drugs, with their classes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from sequela.chart.frames import each_row
from sequela.clinical.drugs import Drugs

Rows = Sequence[Mapping[str, Any]]


class Therapy(NamedTuple):
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


def therapy_unknown(treatments: Rows, clock: str, *, charted: bool) -> str:
    """Why it cannot be told whether a therapy intervened; empty when it can."""
    if not charted:
        return "treatments are not charted, so therapy cannot be ruled out"
    dated = [r["start__low"] is not None and r["start__clock"] == clock for r in treatments]
    if all(dated):
        return ""
    lines = [r["line__low"] for r in treatments]
    known = [n for n, day in zip(lines, dated, strict=True) if day and n is not None]
    first = min(known, default=float("inf"))
    later = (n is not None and n > first for n, day in zip(lines, dated, strict=True) if not day)
    return "" if all(later) else "a therapy has no date on the clock of the measurements"


Therapies = Mapping[tuple[str, str], Sequence[Therapy]]


def read_therapies(
    treatments: pl.DataFrame,
    exposures: pl.DataFrame,
    *,
    drugs: Drugs,
    without: Sequence[str],
    since: pl.DataFrame,
) -> Therapies:
    """By patient and clock the treatments and drugs with a first day there, in their order.

    On one day the order is that of the names. `without` names the drug in question, and drugs or
    classes that the study holds to have no effect on the disease; these are left out, and so is
    what ended by the day that `since` has for a patient_id and clock.
    """
    left_out = {word.casefold() for word in without if word}
    named = ((treatments, "regimen"), (exposures, "drug"))
    texts = {t for rows, name in named for t in rows[name].drop_nulls().unique().to_list()}
    classes = {t: drugs.classes_in(t) for t in texts if not _is_left_out(t, drugs, left_out)}
    given = pl.concat([_given(rows, name, classes, since) for rows, name in named])
    # Of one day and name treatments stand before drugs, and each in the order of the file.
    ordered = given.sort(
        "start__low", "name", "table", "row", descending=[False, False, True, False]
    )
    found: dict[tuple[str, str], list[Therapy]] = defaultdict(list)
    for patient, clock, start, stop, name, table, row in each_row(ordered):
        treatment = table == "treatments"
        one = Therapy(start, stop, name, treatment, classes[name], table, row)
        found[patient, clock].append(one)
    return found


def _given(
    rows: pl.DataFrame, name: str, kept: Mapping[str, object], since: pl.DataFrame
) -> pl.DataFrame:
    """The dated rows of what is `kept` in a table that had not ended by `since`."""
    columns = ("patient_id", "start__clock", "start__low", "stop__high", name, "row")
    days = since.select("patient_id", pl.col("clock").alias("start__clock"), "since")
    dated = rows.select(columns).filter(
        pl.col("start__low").is_not_null() & pl.col(name).is_in(list(kept))
    )
    known = dated.join(days, on=["patient_id", "start__clock"], how="inner")
    ended = (pl.col("stop__high") <= pl.col("since")) & (pl.col("start__low") < pl.col("since"))
    return known.filter(~ended.fill_null(False)).select(
        *columns[:4],
        pl.col(name).alias("name"),
        pl.lit("treatments" if name == "regimen" else "exposures").alias("table"),
        "row",
    )


def _is_left_out(text: str, drugs: Drugs, left_out: set[str]) -> bool:
    classes = drugs.classes_in(text)
    words = {text.casefold(), (drugs.name(text) or "").casefold()}
    harmless = bool(classes) and all(c.casefold() in left_out for c in classes)
    return bool(words & left_out) or harmless


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
