"""Columns with facts about a transplant: its number, the remission it was done in, prophylaxis."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Literal

import polars as pl
from pydantic import Field

from sequela.chart.chart import Chart
from sequela.chart.frames import each_row
from sequela.clinical.data_files import unknown_word
from sequela.clinical.definition import select_rows
from sequela.clinical.subjects import ColumnKind, Derived
from sequela.clinical.transplant.doses import read_conditioning
from sequela.clinical.transplant.numbering import NUMBER, OfTransplant, chosen, derived_of, numbered
from sequela.clinical.vocabulary import Vocabulary
from sequela.findings import Finding

_CLASSIFIED = {
    "gvhd_prophylaxis": "class of GVHD prophylaxis",
    "disease_status": "remission at transplant",
}
IN_VIVO = " with antibodies against T cells"
Answer = tuple[str | None, tuple[str, ...]]


class TransplantFact(OfTransplant):
    """A fact about a patient's transplants, or about one of them.

    `count` is how many there are; `number` which of the patient's transplants it is; `remission`
    the remission it was done in; `prophylaxis` the class of its GVHD prophylaxis, with the
    antibodies against T cells that stand there or among the conditioning agents.
    """

    derive: Literal["transplant"]
    part: Literal["count", "number", "remission", "prophylaxis"] = Field(
        description="which fact the column holds"
    )


def holds(definition: TransplantFact) -> ColumnKind:
    """What the column's values are."""
    return "number" if definition.part in ("count", "number") else "category"


def derive_fact(
    chart: Chart, definition: TransplantFact, vocabulary: Vocabulary
) -> tuple[Derived, list[Finding]]:
    """A fact about the chosen transplant; a word that is not known is a finding."""
    if definition.part == "count":
        return _count(chart, definition), []
    rows = chosen(chart, definition)
    if definition.part == "number":
        number = derived_of(
            rows, pl.col(NUMBER), kind="number", why=pl.lit("missing"), method="transplant number"
        )
        return number, []
    if definition.part == "remission":
        words = vocabulary.transplant

        def remission(text: str) -> Answer:
            said = words.remission(text)
            return said, () if said else (text,)

        return _of_words(chart, rows, "disease_status", remission, levels=tuple(words.status))
    given, findings = _antibodies(chart, vocabulary)
    derived, more = _of_words(
        chart,
        rows.with_columns(pl.col("row").is_in(list(given)).alias("antibodies")),
        "gvhd_prophylaxis",
        partial(_prophylaxis, vocabulary),
        beside=("cd34_selection__flag", "antibodies"),
    )
    return derived, findings + more


def _count(chart: Chart, definition: TransplantFact) -> Derived:
    """How many transplants satisfy the condition: a number for everyone, known in hindsight."""
    rows = select_rows(numbered(chart), definition.where)
    counted = rows.group_by("patient_id").len()
    number = pl.col("len").fill_null(0).cast(pl.Float64)
    if not chart.has("transplants"):
        number = pl.lit(None, pl.Float64)
    values = (
        pl.DataFrame({"patient_id": chart.patients.unique().sort()})
        .join(counted, on="patient_id", how="left", maintain_order="left")
        .select(
            "patient_id",
            number.alias("low"),
            number.alias("high"),
            pl.lit(None, pl.String).alias("why"),
            pl.lit(None, pl.Float64).alias("known_at"),
            pl.lit(None, pl.String).alias("known_clock"),
        )
    )
    decided = rows.select("patient_id", pl.lit("transplants").alias("table"), "row")
    return Derived("number", values, decided, "number of transplants")


def _of_words(
    chart: Chart,
    rows: pl.DataFrame,
    column: str,
    read: Callable[..., Answer],
    *,
    beside: tuple[str, ...] = (),
    levels: tuple[str, ...] = (),
) -> tuple[Derived, list[Finding]]:
    """A column read from a text of the transplant; not evaluable where it is not understood.

    `read` has the text and what stands in the columns `beside` it; equal ones are read once.
    """
    told = rows.filter(pl.col(column).is_not_null())
    once = {said: read(*said) for said in told.select(column, *beside).unique().iter_rows()}
    said_by = each_row(told.select(column, *beside))
    answers = {row: once[said] for row, said in zip(told["row"], said_by, strict=True)}
    texts = {row: said for row, (said, _) in answers.items() if said}
    value = pl.lit(None, pl.String)
    if texts:
        value = pl.col("row").replace_strict(
            list(texts), list(texts.values()), default=None, return_dtype=pl.String
        )
    why = pl.when(pl.col(column).is_null()).then(pl.lit("missing"))
    derived = derived_of(
        rows,
        value,
        kind="category",
        why=why.otherwise(pl.lit("not_evaluable")),
        method=f"{_CLASSIFIED[column]}, from the chart's words",
    )
    found = Derived(derived.kind, derived.values, derived.rows, derived.method, levels)
    places = dict(rows.select("row", "patient_id").iter_rows())
    return found, [
        _not_known(chart, row, places[row], column, word)
        for row, (_, unknown) in answers.items()
        for word in unknown
    ]


def _not_known(chart: Chart, row: int, patient: str, column: str, word: str) -> Finding:
    where = Finding(
        code="",
        severity="warning",
        message="",
        remedy="",
        file=chart.files.get("transplants", "transplants.csv"),
        row=row,
        column=column,
        patient_id=patient,
    )
    what = "a status" if column == "disease_status" else "a drug"
    return unknown_word("transplant-word-unknown", word, {}, what=what, where=where)


def _antibodies(chart: Chart, vocabulary: Vocabulary) -> tuple[frozenset[int], list[Finding]]:
    """The transplants with antibodies against T cells among their conditioning agents."""
    conditioning, findings = read_conditioning(chart, vocabulary.drugs)
    against = set(vocabulary.drugs.of_class("serotherapy"))
    rows = (row for row, doses in conditioning.doses.items() if against & {d.agent for d in doses})
    return frozenset(rows), findings


def _prophylaxis(
    vocabulary: Vocabulary, text: str, selected: bool | None, in_conditioning: bool
) -> Answer:
    """The class that a text of prophylaxis names, beside a selection of CD34 cells."""
    for name, known in vocabulary.transplant.prophylaxis.items():
        if text.strip().lower() in known.words:
            return name, ()
    given, unknown = vocabulary.drugs.read(text)
    if unknown:
        return None, unknown
    drugs = {g.drug for g in given}
    if selected:
        drugs.add("T-cell depletion")
    return _class_of(frozenset(drugs), vocabulary, in_conditioning), ()


def _class_of(drugs: frozenset[str], vocabulary: Vocabulary, in_conditioning: bool) -> str:
    known = vocabulary.drugs
    classes: Iterable[str] = (
        name for name, c in vocabulary.transplant.prophylaxis.items() if c.fits(drugs, known)
    )
    against = in_conditioning or any("serotherapy" in known.classes(d) for d in drugs)
    return next(iter(classes), "other") + (IN_VIVO if against else "")
