"""How likely a drug caused an event: a scale filled in as far as the chart allows.

Where an answer comes from, the first that has one:

1. The patient's own: a row of `assessments` with `what` = `causality: KEY` and the value yes, no
   or not known. Of several the last counts; not known there is final.
2. The chart. `after_the_drug`: the event's day against the first day of the drug, both on one
   clock. `improved_on_withdrawal`: the verdict of the dechallenge (a regression is yes, no
   regression no), else a fall before the drug was given again. `recurred_on_rechallenge`: the
   verdict of the rechallenge. `objective_evidence`: a measured burden above zero.
3. The study's, for every patient, in `stated`.

What none of them answers is not known: it scores nothing, and the report says so. A sum of which
no question has an answer is not evaluable, although nothing adds up to doubtful.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl
from pydantic import Field, model_validator

from sequela.chart.chart import Chart
from sequela.chart.frames import each_named_row
from sequela.clinical.causality_scales import (
    CausalityScale,
    Question,
    Said,
    Scale,
    causality_scale,
)
from sequela.clinical.columns import ColumnDefinition
from sequela.clinical.dechallenge import Course
from sequela.clinical.drugs import Drugs
from sequela.clinical.subjects import ROWS_SCHEMA, VALUE_SCHEMA, Derived
from sequela.clinical.vocabulary import packaged_vocabulary

WHAT = "causality: "
NOT_JUDGED = "not evaluable"


class Causality(ColumnDefinition):
    """The verdict of a causality scale on a drug and an event, after a dechallenge."""

    derive: Literal["causality"]
    of: str = Field(description="the dechallenge column")
    drug: str = Field(description="the drug, by any of its names")
    scale: Scale = "naranjo"
    event: str = Field("", description="the moment of the event")
    stated: Mapping[str, Said] = Field(
        {}, description="answers that the study gives for every patient, by the question's key"
    )

    @model_validator(mode="after")
    def _known_questions(self) -> Causality:
        known = [q.key for q in causality_scale(self.scale).question]
        for key in self.stated:
            if key not in known:
                raise ValueError(f"'{key}' is no question of {self.scale}; {', '.join(known)} are")
        return self


@dataclass(frozen=True, slots=True)
class Answer:
    """One question, its answer (None: not known), what it scores, and what it rests on."""

    question: Question
    said: Said | None
    score: int
    basis: str
    rows: tuple[tuple[str, int], ...] = ()

    @property
    def text(self) -> str:
        """The answer in a word."""
        return self.said or "not known"


@dataclass(frozen=True, slots=True)
class Judged:
    """One patient on a scale: all answers, the sum where the scale adds up, the verdict."""

    patient_id: str
    scale: CausalityScale
    answers: tuple[Answer, ...]
    score: int | None
    verdict: str

    @property
    def known(self) -> int:
        """How many questions have an answer."""
        return sum(a.said is not None for a in self.answers)


_Found = tuple[Said | None, str, tuple[tuple[str, int], ...]]


@dataclass(frozen=True, slots=True)
class _Known:
    """What the chart holds for the answers, by patient.

    `same` are, in the order of the questions, the answers of who has none of their own, None where
    the chart may answer; `verdicts` keeps the verdict of each pattern of answers.
    """

    own: Mapping[str, Mapping[str, tuple[str, int]]]
    begun: Mapping[str, Mapping[str, Any]]
    event: Mapping[str, Mapping[str, Any]]
    courses: Mapping[str, Course]
    same: tuple[Answer | None, ...]
    verdicts: dict[tuple[Said | None, ...], tuple[int | None, str]] = field(default_factory=dict)


def derive_causality(
    chart: Chart,
    definition: Causality,
    moments: Mapping[str, pl.DataFrame],
    courses: list[Course],
    drugs: Drugs | None = None,
) -> tuple[Derived, list[Judged]]:
    """The verdict on everyone who had the drug, and how it came about.

    A patient without the drug is not applicable. The verdict is known only in hindsight. `drugs`
    knows the names of drugs; by default the package's own.
    """
    scale = causality_scale(definition.scale)
    drug = (drugs or packaged_vocabulary().drugs).rows_of(chart["exposures"], definition.drug)
    known = _Known(
        _own_answers(chart),
        _by_patient(_first_days(drug), ("row", "start__low", "start__high", "start__clock")),
        _by_patient(moments[definition.event], ("low", "high", "clock", "table", "row"))
        if definition.event
        else {},
        {c.patient_id: c for c in courses},
        _same_for_all(scale, definition),
    )
    treated = set(drug["patient_id"].to_list())
    judged = [_judge(p, scale, definition, known) for p in chart.patients.to_list() if p in treated]
    return _derived(chart, scale, judged, definition), judged


def _by_patient(rows: pl.DataFrame, columns: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The one row of each patient."""
    named = each_named_row(rows.select("patient_id", *columns))
    return {row["patient_id"]: row for row in named}


def _own_answers(chart: Chart) -> dict[str, dict[str, tuple[str, int]]]:
    rows = chart["assessments"].filter(pl.col("what").str.starts_with(WHAT)).sort("row")
    found: dict[str, dict[str, tuple[str, int]]] = {}
    for patient, what, value, row in rows.select("patient_id", "what", "value", "row").iter_rows():
        found.setdefault(patient, {})[what.removeprefix(WHAT)] = (value, row)
    return found


def _first_days(drug: pl.DataFrame) -> pl.DataFrame:
    """The first row of the drug that has a first day, a patient."""
    dated = drug.filter(pl.col("start__low").is_not_null())
    return dated.sort("patient_id", "start__low", "row").unique(
        "patient_id", keep="first", maintain_order=True
    )


def _judge(patient: str, scale: CausalityScale, definition: Causality, known: _Known) -> Judged:
    same = known.same if patient not in known.own else (None,) * len(scale.question)
    answers = tuple(
        answer or _answer(patient, question, definition, known)
        for question, answer in zip(scale.question, same, strict=True)
    )
    pattern = tuple(a.said for a in answers)
    if pattern not in known.verdicts:
        known.verdicts[pattern] = _verdict(scale, pattern)
    return Judged(patient, scale, answers, *known.verdicts[pattern])


def _verdict(scale: CausalityScale, pattern: tuple[Said | None, ...]) -> tuple[int | None, str]:
    """The sum and the verdict of answers in the order of the questions."""
    said = {q.key: answer for q, answer in zip(scale.question, pattern, strict=True)}
    if not scale.adds_up:
        return None, scale.verdict(said)
    answered = any(answer is not None for answer in pattern)
    return scale.score(said), scale.verdict(said) if answered else NOT_JUDGED


def _answer(patient: str, question: Question, definition: Causality, known: _Known) -> Answer:
    said, basis, rows = _found(patient, question.key, definition, known)
    return Answer(question, said, _score(question, said), basis, rows)


def _same_for_all(scale: CausalityScale, definition: Causality) -> tuple[Answer | None, ...]:
    """The answers that neither a patient nor the chart gives, but the study or nobody."""
    stated = "stated by the study for every patient"
    answers: list[Answer | None] = []
    for question in scale.question:
        said = definition.stated.get(question.key)
        basis = stated if question.key in definition.stated else "the chart does not say"
        answer = Answer(question, said, _score(question, said), basis)
        answers.append(None if question.key in _FROM_CHART else answer)
    return tuple(answers)


def _score(question: Question, said: Said | None) -> int:
    return {"yes": question.yes, "no": question.no}.get(str(said), 0)


def _found(patient: str, key: str, definition: Causality, known: _Known) -> _Found:
    if own := known.own.get(patient, {}).get(key):
        value, row = own
        words: Mapping[str, Said] = {"yes": "yes", "no": "no"}
        return words.get(value.strip().lower()), "as assessed", (("assessments", row),)
    read = _FROM_CHART.get(key)
    said = read(patient, known) if read else None
    if said is not None and said[0] is not None:
        return said
    if key in definition.stated:
        return definition.stated[key], "stated by the study for every patient", ()
    return said if said is not None else (None, "the chart does not say", ())


def _after_the_drug(patient: str, known: _Known) -> _Found:
    begun, event = known.begun.get(patient), known.event.get(patient)
    if begun is None or event is None or event["low"] is None:
        return None, "the first day of the drug or the day of the event is not charted", ()
    rows = (("exposures", begun["row"]), (event["table"], event["row"]))
    if begun["start__clock"] != event["clock"]:
        return None, "drug and event stand on different clocks", rows
    if event["low"] > begun["start__high"]:
        return "yes", "the event is later than the first day of the drug", rows
    if event["high"] <= begun["start__low"]:
        return "no", "the event is not later than the first day of the drug", rows
    return None, "the dates do not tell which came first", rows


def _improved(patient: str, known: _Known) -> _Found:
    course = known.courses.get(patient)
    if course is None or (course.verdict == "not evaluable" and not course.rechallenge.fell_before):
        return None, course.reason if course else "no dechallenge", ()
    rows = [p.source for s in course.series for p in (s.baseline, s.lowest) if p]
    if course.withdrawal_row is not None:
        rows.append(("exposures", course.withdrawal_row))
    if course.verdict == "regressed":
        if course.background:
            names = ", ".join(course.background)
            return "yes", f"regressed; {names} may have been given at the same time", tuple(rows)
        return "yes", f"regressed: {course.reason}", tuple(rows)
    if course.verdict == "not regressed":
        return "no", course.reason, tuple(rows)
    again = course.rechallenge
    return "yes", "it fell before the drug was given again", again.rows


def _recurred(patient: str, known: _Known) -> _Found:
    course = known.courses.get(patient)
    if course is None:
        return None, "no dechallenge", ()
    again = course.rechallenge
    rows = again.rows + tuple(("exposures", r) for r in again.drug_rows)
    if again.verdict == "recurred":
        return "yes", again.reason, rows
    if again.verdict == "did not recur":
        return "no", again.reason, rows
    return None, again.reason or "the drug is not known to have been given again", rows


def _evidence(patient: str, known: _Known) -> _Found:
    course = known.courses.get(patient)
    if course is None or course.measured is None:
        return None, "no measurement of the disease above zero", ()
    return "yes", "the disease was measured", (course.measured,)


_FROM_CHART = {
    "after_the_drug": _after_the_drug,
    "improved_on_withdrawal": _improved,
    "recurred_on_rechallenge": _recurred,
    "objective_evidence": _evidence,
}


def _derived(
    chart: Chart, scale: CausalityScale, judged: list[Judged], definition: Causality
) -> Derived:
    verdicts = {j.patient_id: j.verdict for j in judged}
    patients = chart.patients.to_list()
    values = pl.DataFrame(
        {
            "patient_id": patients,
            "value": [v if v != NOT_JUDGED else None for v in map(verdicts.get, patients)],
            "why": [_why(verdicts.get(p)) for p in patients],
            "known_at": [None] * len(patients),
            "known_clock": [None] * len(patients),
        },
        schema_overrides={"value": pl.String, **VALUE_SCHEMA},
    )
    rows = pl.DataFrame(list(_rows(judged)), schema=ROWS_SCHEMA, orient="row")
    levels = tuple(c.name for c in scale.category)
    method = f"causality of {definition.drug} by {scale.title} ({scale.source})"
    return Derived("category", values, rows, method, levels)


def _why(verdict: str | None) -> str | None:
    if verdict is None:
        return "not_applicable"
    return "not_evaluable" if verdict == NOT_JUDGED else None


def _rows(judged: list[Judged]) -> Iterable[tuple[str, str, int]]:
    for one in judged:
        for table, row in dict.fromkeys(r for a in one.answers if a.rows for r in a.rows):
            yield one.patient_id, table, row
