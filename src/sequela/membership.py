"""Who stands behind a number: (set, group, variable, level) is a condition on subjects."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from sequela.chart.frames import each_named_row
from sequela.display.numbers import plain_number
from sequela.exhibits.context import Context
from sequela.exhibits.flow import ELIGIBILITY, leaving_steps
from sequela.exhibits.landmark import Landmark, patients_at_landmark
from sequela.exhibits.levels import yes_no
from sequela.exhibits.simon_makuch import SimonMakuch, patients_at_level
from sequela.report.document import RowDetail
from sequela.stats.results import Row

NOT_THIS = "not this level"
# The columns of a variable, or of an endpoint, that say whether a patient is counted.
_READ = ("", "__why", "__high", "_event", "_event__why", "_cause")


def patients_of(context: Context, row: Row) -> tuple[list[str], list[tuple[str, str]]]:
    """The patients a row counts, and those of its set and group that it does not, with reasons.

    A row with a level counts those who have the level (`events` and `events_without_a_time`
    those with the event); any other row counts all who have a value.
    """
    frame = context.subjects.within(row.set)
    if row.group:
        column, _, level = row.group.partition("=")
        frame = frame.filter(pl.col(column).cast(pl.String) == level)
    if row.variable == "patients":
        return _in_set(context, frame, row)
    if row.variable == ELIGIBILITY:
        return _at_criterion(context, frame, row)
    if (said := _by_exhibit(context, row)) is not None:
        absent = {p: str(w) for p, w in frame.select("patient_id", f"{row.variable}__why").rows()}
        reasons = [(p, said.get(p, absent[p])) for p in absent]
        return [p for p, r in reasons if not r], [(p, r) for p, r in reasons if r]
    counted, others = [], []
    read = ("patient_id", *(f"{row.variable}{part}" for part in _READ))
    kept = frame.select(name for name in dict.fromkeys(read) if name in frame.columns)
    for patient in each_named_row(kept):
        reason = _reason(context, row, patient)
        if reason:
            others.append((patient["patient_id"], reason))
        else:
            counted.append(patient["patient_id"])
    return counted, others


def _by_exhibit(context: Context, row: Row) -> dict[str, str] | None:
    """Reasons by patient, for exhibits whose groups are no condition on subjects."""
    definition = next((e for e in context.exhibits if e.id == row.exhibit), None)
    match definition:
        case Landmark():
            return patients_at_landmark(definition, context, row)
        case SimonMakuch():
            return patients_at_level(definition, context, row)
    return None


def _in_set(
    context: Context, frame: pl.DataFrame, row: Row
) -> tuple[list[str], list[tuple[str, str]]]:
    if not row.level:
        return frame["patient_id"].to_list(), []
    members = set(context.subjects.within(row.level)["patient_id"].to_list())
    everyone = frame["patient_id"].to_list()
    return (
        [p for p in everyone if p in members],
        [(p, "not in the set") for p in everyone if p not in members],
    )


def _at_criterion(
    context: Context, frame: pl.DataFrame, row: Row
) -> tuple[list[str], list[tuple[str, str]]]:
    """Who left at a criterion, or of whom it is unknown."""
    (step,) = (s for s in leaving_steps(context) if s.label == row.level)
    unknown = [p for p, _ in step.unknown]
    counted = list(step.failed if step.exclude else ()) if row.statistic == "excluded" else unknown
    others = [p for p in frame["patient_id"].to_list() if p not in counted]
    return counted, [(p, "not at this criterion") for p in others]


def _reason(context: Context, row: Row, patient: dict[str, object]) -> str:
    """Why a patient is not counted by a row; empty when counted."""
    if row.variable in context.clinical.endpoints:
        return _endpoint_reason(row, patient)
    why = patient.get(f"{row.variable}__why")
    if why and why != "interval":
        return str(why)
    if not row.level:
        return ""
    value = patient[row.variable]
    return "" if yes_no(value) == row.level else NOT_THIS


def _endpoint_reason(row: Row, patient: dict[str, object]) -> str:
    why = patient.get(f"{row.variable}_event__why")
    if why:
        return str(why)
    if row.statistic == "events" and row.level:
        return "" if patient[f"{row.variable}_cause"] == row.level else "not of this cause"
    if row.statistic == "events" and not patient[f"{row.variable}_event"]:
        return "no event"
    if row.statistic == "censored" and patient[f"{row.variable}_cause"] is not None:
        return "had an event"
    if row.statistic == "events_without_a_time" and patient[row.variable] is not None:
        return "at a known time"
    if row.statistic == "at_risk" and row.time is not None:
        high = patient[f"{row.variable}__high"]
        return "" if isinstance(high, float) and high >= row.time else "no longer at risk"
    return ""


def describe_row(context: Context, row: Row, *, patients: bool) -> RowDetail:
    """What the report says of a number; without patients for an aggregate report."""
    counted, others = patients_of(context, row) if patients else ([], [])
    return RowDetail(
        label=_label(context, row),
        method=row.method or "count",
        value=plain_number(row.value) if row.value is not None else f"{row.state}: {row.error}",
        patients=tuple(counted),
        others=tuple((p, r.replace("_", " ")) for p, r in others),
    )


def _label(context: Context, row: Row) -> str:
    info = context.subjects.columns.get(row.variable)
    parts: list[str] = [info.label if info else row.variable.capitalize()]
    if row.level:
        known = context.subjects.sets.get(row.level)
        parts.append(known.label if known and row.variable == "patients" else row.level)
    parts.append(row.statistic.replace("_", " "))
    if row.time is not None:
        parts.append(f"at {row.time:g} {context.time_unit}")
    where: Iterable[str] = (
        context.subjects.sets[row.set].label,
        row.group.partition("=")[2],
        row.contrast,
    )
    return ", ".join(parts) + " (" + "; ".join(w for w in where if w) + ")"
