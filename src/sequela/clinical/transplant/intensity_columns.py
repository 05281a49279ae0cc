"""Columns about the conditioning of a transplant: its agents, and its intensity by a rule set.

The chart may hold a clinician's judgement (`assessments`, what = conditioning intensity: MAC, RIC
or NMA). It is compared with what the rule set says; a difference is a finding, and the study says
which of the two the column holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal

import polars as pl
from pydantic import Field

from sequela.chart.chart import Chart
from sequela.clinical.subjects import ROWS_SCHEMA, Derived
from sequela.clinical.transplant.doses import Conditioning, agents_text, read_conditioning
from sequela.clinical.transplant.intensity import Judgement, judge
from sequela.clinical.transplant.intensity_rules import RuleSet
from sequela.clinical.transplant.numbering import OfTransplant, chosen, derived_of
from sequela.clinical.vocabulary import Vocabulary
from sequela.findings import Finding, did_you_mean

JUDGED = "conditioning intensity"


class ConditioningAgents(OfTransplant):
    """The agents of the conditioning by their names, in alphabetical order."""

    derive: Literal["conditioning_agents"]


class ConditioningIntensity(OfTransplant):
    """The intensity of the conditioning, by a named rule set or as the chart reports it.

    Without the doses that the rule set needs it cannot be told, and is not evaluable.
    """

    derive: Literal["conditioning_intensity"]
    rules: str = Field(description="the rule set, by its name in intensity.toml")
    source: Literal["computed", "reported"] = "computed"


class ConditioningComparison(OfTransplant):
    """The intensity under every rule set and as reported, where they do not all say the same."""

    derive: Literal["conditioning_comparison"]


def derive_agents(
    chart: Chart, definition: ConditioningAgents, vocabulary: Vocabulary
) -> tuple[Derived, list[Finding]]:
    """The agents of each chosen transplant; not evaluable where one of them is not known."""
    conditioning, findings = read_conditioning(chart, vocabulary.drugs)
    texts = {
        row: agents_text(doses)
        for row, doses in conditioning.doses.items()
        if doses and row not in conditioning.incomplete
    }
    rows = chosen(chart, definition)
    derived = derived_of(
        rows,
        _by_row(texts),
        kind="category",
        why=_why(conditioning),
        method="conditioning agents by their names",
    )
    return _with_rows(derived, rows, conditioning), findings


def derive_intensity(
    chart: Chart, definition: ConditioningIntensity, vocabulary: Vocabulary, *, place: Finding
) -> tuple[Derived, list[Finding]]:
    """The level of each chosen transplant, and where it differs from what the chart says."""
    rules = vocabulary.intensity.get(definition.rules)
    rows = chosen(chart, definition)
    if rules is None:
        return _nothing(rows), [_no_such_set(definition.rules, vocabulary, place)]
    conditioning, findings = read_conditioning(chart, vocabulary.drugs)
    judged = judgements(conditioning, rules)
    reported = _reported(chart, rows)
    findings += _differences(chart, rows, judged, reported, definition.rules, rules)
    if definition.source == "reported":
        return _as_reported(rows, reported, rules), findings
    findings += _cannot_tell(chart, rows, judged, definition.rules)
    derived = derived_of(
        rows,
        _by_row({row: j.level for row, j in judged.items() if j.level}),
        kind="category",
        why=_why(conditioning),
        method=f"{rules.title}, rule set {definition.rules}, from agents and doses"
        + ("" if rules.verified else "; its numbers were not read in the source itself"),
    )
    seen = Derived(derived.kind, derived.values, derived.rows, derived.method, rules.levels)
    return _with_rows(seen, rows, conditioning), findings


def derive_comparison(
    chart: Chart, definition: ConditioningComparison, vocabulary: Vocabulary
) -> tuple[Derived, list[Finding]]:
    """A text such as `cibmtr: MAC; bacigalupo-2009: cannot tell; reported: RIC`.

    Null and not applicable where all that give a level give one, or none gives any.
    """
    conditioning, findings = read_conditioning(chart, vocabulary.drugs)
    rows = chosen(chart, definition)
    reported = {row["row"]: row["value"] for row in _reported(chart, rows).iter_rows(named=True)}
    answers = {name: judgements(conditioning, s) for name, s in vocabulary.intensity.items()}
    texts = {}
    for row in rows["row"]:
        said = {name: judged[row].level for name, judged in answers.items() if row in judged}
        if differing := _differing(said, reported.get(row), vocabulary.intensity):
            texts[row] = differing
    derived = derived_of(
        rows,
        _by_row(texts),
        kind="text",
        why=pl.lit("not_applicable"),
        method="intensity under every rule set and as reported, where they differ",
    )
    return _with_rows(derived, rows, conditioning), findings


def judgements(conditioning: Conditioning, rules: RuleSet) -> dict[int, Judgement]:
    """What a rule set says of every conditioned transplant; equal regimens are judged once."""
    judged = {doses: judge(doses, rules) for doses in set(conditioning.doses.values())}
    unread = Judgement(None, "an agent is not known")
    return {
        row: unread if row in conditioning.incomplete else judged[doses]
        for row, doses in conditioning.doses.items()
        if doses or row in conditioning.incomplete
    }


def _differing(
    said: Mapping[str, str | None], reported: str | None, sets: Mapping[str, RuleSet]
) -> str:
    told = {name: level for name, level in said.items() if level}
    same = all(
        sets[a].agrees(told[a], told[b]) is not False for a in told for b in told if a != b
    ) and all(
        reported is None or sets[name].agrees(level, reported) is not False
        for name, level in told.items()
    )
    if same:
        return ""
    parts = [f"{name}: {level or 'cannot tell'}" for name, level in said.items()]
    return "; ".join([*parts, *([f"reported: {reported}"] if reported else [])])


def _by_row(values: Mapping[int, str]) -> pl.Expr:
    """A value by the row of the transplant."""
    if not values:
        return pl.lit(None, pl.String)
    return pl.col("row").replace_strict(
        list(values), list(values.values()), default=None, return_dtype=pl.String
    )


def _why(conditioning: Conditioning) -> pl.Expr:
    """No conditioning charted is missing; one that does not say enough is not evaluable."""
    charted = sorted({*conditioning.doses, *conditioning.incomplete})
    told = pl.col("row").is_in(charted)
    return pl.when(told).then(pl.lit("not_evaluable")).otherwise(pl.lit("missing"))


def _with_rows(derived: Derived, rows: pl.DataFrame, conditioning: Conditioning) -> Derived:
    """The column with the rows of `conditioning` among those that decided it."""
    of = dict(rows.select("row", "patient_id").iter_rows())
    deciding = [
        (of[transplant], table, row)
        for transplant, places in conditioning.rows.items()
        if transplant in of
        for table, row in places
        if table == "conditioning"
    ]
    more = pl.DataFrame(deciding, ROWS_SCHEMA, orient="row")
    return Derived(
        derived.kind,
        derived.values,
        pl.concat([derived.rows, more]),
        derived.method,
        derived.levels,
    )


def _reported(chart: Chart, rows: pl.DataFrame) -> pl.DataFrame:
    """The chart's judgement of each chosen transplant, with its row in assessments.

    A judgement belongs to the transplant of its day; a patient with a single transplant needs
    no day. Of several the last in the file counts.
    """
    single = chart["transplants"].group_by("patient_id").len()
    said = chart["assessments"].filter(pl.col("what") == JUDGED)
    both = (
        said.select(
            "patient_id",
            "value",
            pl.col("row").alias("assessed"),
            pl.col("when__low").alias("day"),
            pl.col("when__clock").alias("clock_of_day"),
        )
        .join(rows.select("patient_id", "row", "when__low", "when__clock"), on="patient_id")
        .join(single, on="patient_id", how="left")
    )
    same = (pl.col("day") == pl.col("when__low")) & (
        pl.col("clock_of_day") == pl.col("when__clock")
    )
    return (
        both.filter((pl.col("len") == 1) | same.fill_null(False))
        .sort("row", "assessed")
        .unique("row", keep="last", maintain_order=True)
    )


def _as_reported(rows: pl.DataFrame, reported: pl.DataFrame, rules: RuleSet) -> Derived:
    values = dict(reported.select("row", "value").iter_rows())
    derived = derived_of(
        rows,
        _by_row(values),
        kind="category",
        why=pl.lit("missing"),
        method="conditioning intensity as the chart reports it",
    )
    decided = reported.select(
        "patient_id", pl.lit("assessments").alias("table"), pl.col("assessed").alias("row")
    )
    known = rules.levels if set(values.values()) <= set(rules.levels) else ()
    return Derived("category", derived.values, decided, derived.method, known)


def _differences(
    chart: Chart,
    rows: pl.DataFrame,
    judged: Mapping[int, Judgement],
    reported: pl.DataFrame,
    name: str,
    rules: RuleSet,
) -> Iterable[Finding]:
    for row in reported.iter_rows(named=True):
        level = judged[row["row"]].level if row["row"] in judged else None
        if level and rules.agrees(level, row["value"]) is False:
            yield Finding(
                code="intensity-not-as-reported",
                severity="warning",
                file=chart.files.get("assessments", "assessments.csv"),
                row=row["assessed"],
                column="value",
                patient_id=row["patient_id"],
                value=row["value"],
                message=f"agents and doses give {level} by the rule set {name}, and the chart "
                "says otherwise",
                remedy="Correct the doses or the judgement, or leave both: the study says which "
                "of them it uses.",
            )


def _cannot_tell(
    chart: Chart, rows: pl.DataFrame, judged: Mapping[int, Judgement], name: str
) -> Iterable[Finding]:
    """One line a reason: how many of the chosen transplants a rule set cannot judge, and why."""
    reasons = Counter(
        judged[row].reason for row in rows["row"] if row in judged and not judged[row].level
    )
    for reason, count in sorted(reasons.items()):
        yield Finding(
            code="intensity-cannot-tell",
            severity="note",
            file=chart.files.get("transplants", "transplants.csv"),
            column="conditioning",
            message=f"the rule set {name} cannot tell the intensity of {count} "
            f"{'transplant' if count == 1 else 'transplants'}: {reason}",
            remedy="Give the doses in conditioning.csv, or use what the chart reports.",
        )


def _no_such_set(name: str, vocabulary: Vocabulary, place: Finding) -> Finding:
    return Finding(
        code="study-unknown-name",
        severity="error",
        file=place.file,
        column=f"{place.column}.rules",
        message=f"there is no rule set '{name}'",
        remedy=did_you_mean(name, vocabulary.intensity),
    )


def _nothing(rows: pl.DataFrame) -> Derived:
    return derived_of(
        rows, pl.lit(None, pl.String), kind="category", why=pl.lit("missing"), method=""
    )
