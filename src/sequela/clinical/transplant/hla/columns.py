"""Columns about the HLA match of patient and donor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import polars as pl
from pydantic import Field

from sequela.chart.chart import Chart
from sequela.clinical.rule_register import ClinicalRule, Parameter
from sequela.clinical.subjects import Derived
from sequela.clinical.transplant.hla.ard import load_reducer
from sequela.clinical.transplant.hla.matching import Match
from sequela.clinical.transplant.hla.typings import Typings, read_typings
from sequela.clinical.transplant.numbering import OfTransplant, chosen
from sequela.findings import Finding

RULE = "hla-match-1"
LOCI: Mapping[int, tuple[str, ...]] = {
    6: ("A", "B", "DRB1"),
    8: ("A", "B", "C", "DRB1"),
    10: ("A", "B", "C", "DRB1", "DQB1"),
    12: ("A", "B", "C", "DRB1", "DQB1", "DPB1"),
}

Part = Literal[
    "grade",
    "donor",
    "matches",
    "antigen_mismatches",
    "allele_mismatches",
    "gvh_mismatches",
    "hvg_mismatches",
]
_COUNTS = {
    "matches": "matches",
    "antigen_mismatches": "antigen_mismatches",
    "allele_mismatches": "allele_mismatches",
    "gvh_mismatches": "gvh",
    "hvg_mismatches": "hvg",
}
_VERDICTS = ("matched", "mismatched", "haploidentical")

RULES = (
    ClinicalRule(
        "HLA match",
        RULE,
        "Alleles are compared in two fields, by the protein. A different first field is an antigen "
        "mismatch, a different second field an allele mismatch. A blank second allele is the first "
        "again; a null allele is not expressed, and the other one counts twice. Of the two ways to "
        "pair the alleles the better one counts. Typings that are too coarse give bounds, and "
        "no grade where the bounds differ. Alleles with the same antigen recognition domain but "
        "different proteins are told apart unless py-ard reads the typings.",
        "this project; the loci of 6/6, 8/8, 10/10 and 12/12 after the EBMT Handbook, 8th edition "
        "2024, chapter 9, which was read; the names of alleles are those of Marsh et al., Tissue "
        "Antigens 2010;75(4):291-455 (not read first hand)",
        ("hla_match",),
        (
            Parameter("loci of 6", "A, B, DRB1"),
            Parameter("loci of 8", "A, B, C, DRB1"),
            Parameter("loci of 10", "A, B, C, DRB1, DQB1"),
            Parameter("loci of 12", "A, B, C, DRB1, DQB1, DPB1"),
            Parameter(
                "haplotype_mismatches",
                "half of the loci",
                "a convention of this project: who shares an allele at every locus and differs at "
                "so many or more is called haploidentical, unless charted as unrelated",
            ),
        ),
    ),
)


class HlaMatch(OfTransplant):
    """How well the donor's HLA type fits the patient's, counted over 6, 8, 10 or 12 alleles."""

    derive: Literal["hla_match"]
    alleles: Literal[6, 8, 10, 12] = Field(
        8, description="A, B, DRB1 (6), with C (8), with DQB1 (10), with DPB1 (12)"
    )
    part: Part = Field("grade", description="what of the match the column holds")
    haplotype_mismatches: int | None = Field(
        None, description="loci that differ, from which on it is haploidentical; blank is half"
    )
    release: str = Field(
        "", description="release of py-ard's database, such as 3510; blank reads without py-ard"
    )


def derive_hla_match(
    chart: Chart, definition: HlaMatch, *, place: Finding
) -> tuple[Derived, list[Finding]]:
    """A part of the match of each chosen transplant.

    Without typings of both it is missing; where the typings do not tell it is not evaluable, and
    a count is an interval. The donor as charted is compared with the typings.
    """
    reduce, problem = (
        load_reducer(chart.folder, definition.release) if definition.release else (None, "")
    )
    typings, findings = read_typings(chart, reduce)
    if problem:
        findings.insert(0, no_reducer(problem, place))
    rows = chosen(chart, definition)
    matches = _matches(rows, typings, LOCI[definition.alleles])
    findings += _donors(chart, rows, matches, definition)
    values = rows.select(
        "patient_id",
        *_values(rows, matches, definition),
        pl.col("when__high").alias("known_at"),
        pl.col("when__clock").alias("known_clock"),
    )
    decided = typings.deciding(rows)
    method = f"rule {RULE}: {definition.part.replace('_', ' ')} of {definition.alleles} alleles"
    if definition.part == "donor":
        return Derived("category", values, decided, method, _VERDICTS), findings
    if definition.part == "grade":
        levels = tuple(f"{n}/{definition.alleles}" for n in range(definition.alleles, -1, -1))
        seen = set(values["value"].drop_nulls())
        return Derived(
            "category", values, decided, method, tuple(x for x in levels if x in seen)
        ), findings
    return Derived("number", values, decided, method), findings


def holds(definition: HlaMatch) -> Literal["category", "number"]:
    """What the column's values are."""
    return "category" if definition.part in ("grade", "donor") else "number"


def _matches(rows: pl.DataFrame, typings: Typings, loci: tuple[str, ...]) -> dict[int, Match]:
    """The match of each transplant of which both are typed at any locus at all.

    Equal matches are one object: a cohort has few of them.
    """
    typed: dict[str, set[int]] = {"patient": set(), "donor": set()}
    for transplant, person, _ in typings.of:
        typed[person].add(transplant)
    both = typed["patient"] & typed["donor"]
    known: dict[tuple[int, ...], Match] = {}
    found = {}
    for transplant in rows["row"].to_list():
        if transplant in both:
            at = tuple(typings.match(transplant, locus) for locus in loci)
            # The typings keep each match of a locus, so that no others can have their id.
            key = tuple(map(id, at))
            if key not in known:
                known[key] = Match(loci, at)
            found[transplant] = known[key]
    return found


def _values(
    rows: pl.DataFrame, matches: Mapping[int, Match], definition: HlaMatch
) -> Iterable[pl.Series]:
    found = [
        None if unordered else matches.get(row)
        for row, unordered in rows.select("row", "unordered").iter_rows()
    ]
    if holds(definition) == "number":
        ends = [m.total(_COUNTS[definition.part]) if m else None for m in found]
        yield pl.Series("low", [float(e[0]) if e else None for e in ends], pl.Float64)
        yield pl.Series("high", [float(e[1]) if e else None for e in ends], pl.Float64)
        yield pl.Series("why", [None if e else "missing" for e in ends], pl.String)
        return
    said: dict[tuple[int, str | None], str | None] = {}
    told = []
    for match, donor in zip(found, rows["donor"].to_list(), strict=True):
        key = (id(match), donor)
        if key not in said:
            said[key] = _told(match, donor, definition)
        told.append(said[key])
    whys = [
        None if value else "not_evaluable" if m else "missing"
        for value, m in zip(told, found, strict=True)
    ]
    yield pl.Series("value", told, pl.String)
    yield pl.Series("why", whys, pl.String)


def _told(match: Match | None, donor: str | None, definition: HlaMatch) -> str | None:
    """The grade or the donor of a match; who is charted as unrelated shares no haplotype."""
    if match is None:
        return None
    if definition.part == "grade":
        return match.grade
    verdict = match.verdict(_least(definition))
    unrelated = donor is not None and ("unrelated" in donor or "cord" in donor)
    return "mismatched" if unrelated and verdict == "haploidentical" else verdict


def _least(definition: HlaMatch) -> int:
    return definition.haplotype_mismatches or len(LOCI[definition.alleles]) // 2


def _donors(
    chart: Chart, rows: pl.DataFrame, matches: Mapping[int, Match], definition: HlaMatch
) -> Iterable[Finding]:
    """Where the donor as charted is not what the typings say.

    DPB1 is left out: a donor whose other loci are alike is called matched whatever DPB1 is.
    """
    if "DPB1" in LOCI[definition.alleles]:
        return
    least = _least(definition)
    verdicts = {id(match): match.verdict(least) for match in _distinct(matches)}
    charted = rows.filter(pl.col("donor").is_not_null()).select("row", "patient_id", "donor")
    for row, patient, donor in charted.iter_rows():
        verdict = verdicts[id(matches[row])] if row in matches else None
        if verdict and not _agree(donor, verdict):
            yield Finding(
                code="donor-not-as-typed",
                severity="warning",
                file=chart.files.get("transplants", "transplants.csv"),
                row=row,
                column="donor",
                patient_id=patient,
                value=donor,
                message=f"the typings of {definition.alleles} alleles give a {verdict} donor, and "
                "the chart says otherwise",
                remedy="Correct the donor or the typing; the column holds what the typings say.",
            )


def _distinct(matches: Mapping[int, Match]) -> Iterable[Match]:
    """Each match once."""
    return {id(match): match for match in matches.values()}.values()


def _agree(donor: str, verdict: str) -> bool:
    """Whether a donor as charted can be what the typings say; cord blood may be anything.

    Typing does not show kinship: a haploidentical type is a mismatched one of an unrelated donor.
    """
    if donor.startswith("matched") or donor in ("twin", "self"):
        return verdict == "matched"
    if donor.startswith("mismatched"):
        return verdict != "matched"
    return donor != "haploidentical" or verdict == "haploidentical"


def no_reducer(problem: str, place: Finding) -> Finding:
    """What is not read where py-ard or its database is missing."""
    return Finding(
        code="hla-without-py-ard",
        severity="warning",
        file=place.file,
        column=f"{place.column}.release",
        message=f"groups and codes of alleles are not read: {problem}",
        remedy="Install the extra hla and build the database with pyard-import, or leave "
        "`release` out.",
    )
