"""The column that says whether a mismatch at HLA-DPB1 is permissive."""

from __future__ import annotations

from typing import Literal

import polars as pl
from pydantic import Field

from sequela.chart.chart import Chart
from sequela.clinical.rule_register import ClinicalRule, Parameter
from sequela.clinical.subjects import Derived
from sequela.clinical.transplant.hla.ard import load_reducer
from sequela.clinical.transplant.hla.columns import no_reducer
from sequela.clinical.transplant.hla.tce import LEVELS, TceFile, permissiveness
from sequela.clinical.transplant.hla.typings import Typings, read_typings
from sequela.clinical.transplant.numbering import OfTransplant, chosen
from sequela.clinical.vocabulary import Vocabulary, packaged_vocabulary
from sequela.findings import Finding

LOCUS = "DPB1"


def _rule(groups: TceFile) -> ClinicalRule:
    return ClinicalRule(
        "DPB1 permissiveness",
        groups.version,
        "Each allele of DPB1 has a group from 1 to 3, and a person counts by the lower one of two. "
        "A mismatch is permissive where patient and donor have the same, non-permissive in the "
        "direction graft versus host where the patient's is lower, and host versus graft where the "
        "donor's is. The same two alleles are matched. An allele without a group leaves it open. "
        f"Read for this: {groups.read}",
        groups.source,
        ("dpb1_permissiveness",),
        tuple(
            Parameter(f"group {group}", f"{len(alleles)} alleles, of them {', '.join(alleles[:6])}")
            for group, alleles in groups.group.items()
        ),
    )


RULES = (_rule(packaged_vocabulary().tce),)


class Dpb1Permissiveness(OfTransplant):
    """Whether a mismatch at HLA-DPB1 is permissive, by groups of T-cell epitopes.

    Matched, permissive, non-permissive GVH or non-permissive HVG. Where an allele has no group in
    tce.toml, or the typing is too coarse, it is not evaluable.
    """

    derive: Literal["dpb1_permissiveness"]
    release: str = Field(
        "", description="release of py-ard's database, such as 3510; blank reads without py-ard"
    )


def derive_permissiveness(
    chart: Chart, definition: Dpb1Permissiveness, vocabulary: Vocabulary, *, place: Finding
) -> tuple[Derived, list[Finding]]:
    """The permissiveness of each chosen transplant.

    Without a typing of both at DPB1 it is missing; where the typings do not tell it is not
    evaluable.
    """
    reduce, problem = (
        load_reducer(chart.folder, definition.release) if definition.release else (None, "")
    )
    typings, findings = read_typings(chart, reduce)
    if problem:
        findings.insert(0, no_reducer(problem, place))
    rows = chosen(chart, definition)
    told = {row: _told(row, typings, vocabulary.tce) for row in rows["row"] if _typed(row, typings)}
    values = rows.select("patient_id", "row", "unordered", "when__high", "when__clock")
    found = [
        (None, "missing") if unordered or row not in told else (told[row], _why(told[row]))
        for row, unordered in values.select("row", "unordered").iter_rows()
    ]
    derived = values.select(
        "patient_id",
        pl.Series("value", [value for value, _ in found], pl.String),
        pl.Series("why", [why for _, why in found], pl.String),
        pl.col("when__high").alias("known_at"),
        pl.col("when__clock").alias("known_clock"),
    )
    decided = typings.deciding(rows)
    method = f"rule {vocabulary.tce.version}: permissiveness of DPB1 by groups of T-cell epitopes"
    return Derived("category", derived, decided, method, LEVELS), findings


def _typed(transplant: int, typings: Typings) -> bool:
    return all((transplant, who, LOCUS) in typings.of for who in ("patient", "donor"))


def _told(transplant: int, typings: Typings, groups: TceFile) -> str | None:
    patient, donor = (typings.of[transplant, who, LOCUS] for who in ("patient", "donor"))
    return permissiveness(patient, donor, typings.match(transplant, LOCUS), groups)


def _why(value: str | None) -> str | None:
    return None if value else "not_evaluable"
