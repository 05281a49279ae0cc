"""Rules over the whole chart, each declared once with its sentence, severity and remedy.

A rule that meets a missing value neither passes nor fails there; what it could not look at is
counted in one line a rule. Times are compared only on a common clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from sequela.chart import schema
from sequela.chart.chart import Chart
from sequela.findings import Finding, Severity, did_you_mean


@dataclass(frozen=True, slots=True)
class Breach:
    """A place where a rule is broken; `hint` is added to the remedy."""

    table: str
    row: int
    column: str
    patient_id: str
    value: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A check over the chart; `sentence` says what is wrong where it is broken.

    `unseen` counts the rows that the rule concerns and cannot judge, for want of a time on a
    common clock.
    """

    code: str
    severity: Severity
    sentence: str
    remedy: str
    find: Callable[[Chart, tuple[str, ...]], Iterable[Breach]]
    unseen: Callable[[Chart], int] | None = None


def check_chart(chart: Chart, *, sites: tuple[str, ...]) -> list[Finding]:
    """The findings of all rules; `sites` are the sites that the study names."""
    found = [
        Finding(
            code=rule.code,
            severity=rule.severity,
            message=rule.sentence,
            remedy=f"{breach.hint} {rule.remedy}".strip(),
            file=chart.files.get(breach.table, f"{breach.table}.csv"),
            row=breach.row,
            column=breach.column,
            patient_id=breach.patient_id,
            value=breach.value,
        )
        for rule in RULES
        for breach in rule.find(chart, sites)
    ]
    return found + [
        _not_judged(rule, n) for rule in RULES if rule.unseen and (n := rule.unseen(chart))
    ]


def _not_judged(rule: Rule, rows: int) -> Finding:
    """The one line that counts what a rule could not look at."""
    return Finding(
        code=f"{rule.code}-not-judged",
        severity="note",
        message=f"{rows} {'row has' if rows == 1 else 'rows have'} no time that can be compared, "
        f"so a rule passed over "
        f"{'it' if rows == 1 else 'them'}: {rule.sentence}",
        remedy="Give the times on one clock, or leave it at that.",
        file="chart",
    )


def _breaches(frame: pl.DataFrame, table: str, column: str, value: str = "") -> Iterable[Breach]:
    for row in frame.sort("row").iter_rows(named=True):
        yield Breach(
            table,
            row["row"],
            column,
            row["patient_id"] or "",
            str(row[value] or "") if value else "",
        )


def _one_row_a_patient(chart: Chart, sites: tuple[str, ...]) -> Iterable[Breach]:
    for table in schema.TABLES:
        if table.one_row_a_patient:
            frame = chart[table.name].filter(pl.col("patient_id").is_not_null())
            again = frame.filter(~pl.col("patient_id").is_first_distinct())
            yield from _breaches(again, table.name, "patient_id", "patient_id")


def _unknown_patient(chart: Chart, sites: tuple[str, ...]) -> Iterable[Breach]:
    known = chart["patients"]["patient_id"].drop_nulls().unique().to_list()
    if not known:
        return
    for table in schema.TABLES:
        frame = chart[table.name].filter(pl.col("patient_id").is_not_null())
        stray = frame.filter(~pl.col("patient_id").is_in(known))
        yield from _breaches(stray, table.name, "patient_id", "patient_id")


def _without_followup(chart: Chart, sites: tuple[str, ...]) -> Iterable[Breach]:
    if not chart.has("followup"):
        return
    followed = chart["followup"]["patient_id"].drop_nulls().unique().to_list()
    patients = chart["patients"].filter(pl.col("patient_id").is_not_null())
    lost = patients.filter(~pl.col("patient_id").is_in(followed))
    yield from _breaches(lost, "patients", "patient_id", "patient_id")


def _unknown_site(chart: Chart, sites: tuple[str, ...]) -> Iterable[Breach]:
    if not sites:
        return
    frame = chart["patients"].filter(
        pl.col("site").is_not_null() & ~pl.col("site").is_in(list(sites))
    )
    for breach in _breaches(frame, "patients", "site", "site"):
        yield Breach(
            breach.table,
            breach.row,
            breach.column,
            breach.patient_id,
            breach.value,
            did_you_mean(breach.value, sites),
        )


def _ends(chart: Chart) -> pl.DataFrame:
    """Last contact a patient and clock: the latest it can have been, and whether it was death."""
    return chart["followup"].select(
        "patient_id",
        pl.col("last_contact__high").alias("end"),
        pl.col("last_contact__clock").alias("end_clock"),
        (pl.col("vital_status") == "dead").alias("dead"),
        pl.col("row").alias("followup_row"),
    )


def _after_the_end(chart: Chart, table: schema.ChartTable, column: str) -> pl.DataFrame:
    """The rows of a table of which a time lies after the patient's last contact."""
    frame = chart[table.name].join(_ends(chart), on="patient_id")
    same_clock = pl.col(f"{column}__clock") == pl.col("end_clock")
    return frame.filter(same_clock & (pl.col(f"{column}__low") > pl.col("end")))


def _times() -> Iterable[tuple[schema.ChartTable, str]]:
    for table in schema.TABLES:
        if table.name not in ("patients", "followup"):
            for column in table.columns:
                if column.kind == "moment":
                    yield table, column.name


def _beyond_the_end(chart: Chart, table: schema.ChartTable) -> pl.DataFrame:
    """The rows of a table of which no time stands on the clock of the last contact."""
    columns = [c.name for c in table.columns if c.kind == "moment"]
    frame = chart[table.name].join(_ends(chart), on="patient_id")
    same = [(pl.col(f"{c}__clock") == pl.col("end_clock")).fill_null(False) for c in columns]
    return frame.filter(~pl.any_horizontal(same))


def _diagnoses_of_the_dead_not_judged(chart: Chart) -> int:
    return _beyond_the_end(chart, schema.table("diagnoses")).filter("dead").height


def _events_not_judged(chart: Chart) -> int:
    tables = {table.name: table for table, _ in _times()}
    living = _beyond_the_end(chart, tables.pop("diagnoses")).filter(
        ~pl.col("dead").fill_null(False)
    )
    return living.height + sum(_beyond_the_end(chart, table).height for table in tables.values())


def _stops_not_judged(chart: Chart) -> int:
    other = pl.col("start__clock") != pl.col("stop__clock")
    return sum(chart[name].filter(other).height for name in ("exposures", "treatments"))


def _death_before_diagnosis(chart: Chart, sites: tuple[str, ...]) -> Iterable[Breach]:
    late = _after_the_end(chart, schema.table("diagnoses"), "when")
    for row in late.filter("dead").sort("row").iter_rows(named=True):
        yield Breach(
            "followup",
            row["followup_row"],
            "last_contact",
            row["patient_id"],
            hint=f"The diagnosis stands in diagnoses.csv, row {row['row']}.",
        )


def _followup_before_event(chart: Chart, sites: tuple[str, ...]) -> Iterable[Breach]:
    for table, column in _times():
        late = _after_the_end(chart, table, column)
        if table.name == "diagnoses":
            late = late.filter(~pl.col("dead").fill_null(False))
        for row in late.sort("row").iter_rows(named=True):
            yield Breach(
                table.name,
                row["row"],
                column,
                row["patient_id"],
                row[column],
                f"Last contact stands in followup.csv, row {row['followup_row']}.",
            )


def _stop_before_start(chart: Chart, sites: tuple[str, ...]) -> Iterable[Breach]:
    for name in ("exposures", "treatments"):
        frame = chart[name]
        wrong = frame.filter(
            (pl.col("start__clock") == pl.col("stop__clock"))
            & (pl.col("stop__high") < pl.col("start__low"))
        )
        yield from _breaches(wrong, name, "stop", "stop")


def _transplant_without_row(chart: Chart, sites: tuple[str, ...]) -> Iterable[Breach]:
    having = chart["transplants"]["patient_id"].unique().to_list()
    says = chart["followup"].filter(
        pl.col("disease_status").str.contains(r"(?i)\b(hct|hsct|bmt|transplant\w*)\b")
        & ~pl.col("patient_id").is_in(having)
    )
    yield from _breaches(says, "followup", "disease_status", "disease_status")


def _same_agents_other_intensity(chart: Chart, sites: tuple[str, ...]) -> Iterable[Breach]:
    judged = chart["assessments"].filter(pl.col("what") == "conditioning intensity")
    both = judged.join(
        chart["transplants"]
        .filter(pl.col("conditioning").is_not_null())
        .select("patient_id", "conditioning"),
        on="patient_id",
    )
    differing = (
        both.group_by("conditioning")
        .agg(pl.col("value").n_unique().alias("judgements"))
        .filter(pl.col("judgements") > 1)["conditioning"]
        .to_list()
    )
    rows = both.filter(pl.col("conditioning").is_in(differing))
    yield from _breaches(rows, "assessments", "value", "value")


def _remission_of_the_refractory(chart: Chart, sites: tuple[str, ...]) -> Iterable[Breach]:
    """Relapse needs a remission before it."""
    judged = chart["assessments"].filter(
        (pl.col("what") == "response") & pl.col("value").str.starts_with("CR")
    )
    remitted = judged["patient_id"].unique().to_list()
    relapsed = chart["events"].filter(
        (pl.col("what") == "relapse") & ~pl.col("patient_id").is_in(remitted)
    )
    yield from _breaches(relapsed, "events", "what")


RULES: tuple[Rule, ...] = (
    Rule(
        "patient-twice",
        "error",
        "the patient stands twice where every patient has one row",
        "Keep one row, or give the second person another number.",
        _one_row_a_patient,
    ),
    Rule(
        "patient-unknown",
        "error",
        "the patient is not in patients.csv",
        "Add the person there, or correct the number.",
        _unknown_patient,
    ),
    Rule(
        "followup-missing",
        "error",
        "the patient has no row in followup.csv",
        "Add last contact and vital status; without them there is no survival time.",
        _without_followup,
    ),
    Rule(
        "site-unknown",
        "error",
        "the site is not among the study's sites",
        "Correct it, or add it to `sites` in study.toml.",
        _unknown_site,
    ),
    Rule(
        "death-before-diagnosis",
        "error",
        "the patient died before the diagnosis",
        "Correct one of the two.",
        _death_before_diagnosis,
        _diagnoses_of_the_dead_not_judged,
    ),
    Rule(
        "followup-before-event",
        "error",
        "something happened after the last contact, so the follow-up is too short",
        "Correct one of the two.",
        _followup_before_event,
        _events_not_judged,
    ),
    Rule(
        "stop-before-start",
        "error",
        "it stopped before it started",
        "Correct one of the two.",
        _stop_before_start,
        _stops_not_judged,
    ),
    Rule(
        "transplant-not-charted",
        "warning",
        "the last status speaks of a transplant, and transplants.csv has none",
        "Add the transplant, or correct the status.",
        _transplant_without_row,
    ),
    Rule(
        "relapse-without-remission",
        "warning",
        "a relapse stands in the chart, and no remission",
        "Add the remission to assessments.csv, or chart it as refractory.",
        _remission_of_the_refractory,
    ),
    Rule(
        "intensity-differs",
        "note",
        "the same conditioning agents are judged to be of different intensity in other patients",
        "Without doses the chart cannot tell which is right; it is kept as reported.",
        _same_agents_other_intensity,
    ),
)


def describe_rules() -> list[dict[str, Any]]:
    """Every rule with its sentence, for the reference page."""
    return [
        {"code": r.code, "severity": r.severity, "sentence": r.sentence, "remedy": r.remedy}
        for r in RULES
    ]
