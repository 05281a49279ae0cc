"""The table `hla` as genotypes: for each transplant the patient's and the donor's two alleles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sequela.chart.chart import Chart
from sequela.clinical.transplant.hla.alleles import Allele, read_allele
from sequela.clinical.transplant.hla.ard import Reducer
from sequela.clinical.transplant.hla.matching import Genotype
from sequela.clinical.transplant.numbering import linked
from sequela.findings import Finding

_FORMS = "Write an allele as A*02:01, a group as A*02, an antigen as A2, of the row's locus."


@dataclass(frozen=True, slots=True)
class Typings:
    """Genotypes by transplant row, person and locus; the rows of `hla` of each transplant."""

    of: Mapping[tuple[int, str, str], Genotype]
    rows: Mapping[int, tuple[int, ...]]


def read_typings(chart: Chart, reduce: Reducer | None) -> tuple[Typings, list[Finding]]:
    """The genotypes of a chart, and what in them is no allele, twice, or read by py-ard only.

    A locus whose row cannot be read counts as not typed. A patient's type holds for all
    transplants of the patient where it names none.
    """
    table, findings = _rows(chart)
    reader = _Reader(reduce)
    of: dict[tuple[int, str, str], Genotype] = {}
    rows: dict[int, tuple[int, ...]] = {}
    refused = set()
    for row in table:
        key = (row["transplant_row"], row["person"], row["locus"])
        rows[key[0]] = (*rows.get(key[0], ()), row["row"])
        genotype, problems = reader.genotype(row, chart.files.get("hla", "hla.csv"))
        findings += problems
        if key in refused or genotype is None:
            continue
        if key in of and of[key] != genotype:
            findings.append(_twice(row, chart.files.get("hla", "hla.csv")))
            refused.add(key)
            del of[key]
            continue
        of[key] = genotype
    return Typings(of, rows), list(dict.fromkeys(findings))


def _rows(chart: Chart) -> tuple[list[dict[str, Any]], list[Finding]]:
    """The rows of `hla` with their transplants; a patient's own type goes with all of them."""
    kept, findings = linked(chart, "hla")
    rows = kept.to_dicts()
    several = [f for f in findings if not f.value]
    lost = {f.row for f in several}
    transplants: dict[str, list[int]] = {}
    for row in chart["transplants"].iter_rows(named=True):
        transplants.setdefault(row["patient_id"], []).append(row["row"])
    own = [
        row | {"transplant_row": of}
        for row in chart["hla"].iter_rows(named=True)
        if row["row"] in lost and row["person"] == "patient"
        for of in transplants.get(row["patient_id"], [])
    ]
    served = {row["row"] for row in own}
    return rows + own, [f for f in findings if f.row not in served]


class _Reader:
    """Reads each text once."""

    def __init__(self, reduce: Reducer | None) -> None:
        self._reduce = reduce
        self._read: dict[str, Allele | None] = {}
        self._genotypes: dict[tuple[str, str | None], Genotype | None] = {}

    def genotype(self, row: Mapping[str, Any], file: str) -> tuple[Genotype | None, list[Finding]]:
        if row["allele1"] is None or row["person"] is None or row["locus"] is None:
            return None, []
        # A blank second allele is the first one again.
        texts = (row["allele1"], row["allele2"] or row["allele1"])
        key = (row["locus"] + texts[0], texts[1])
        if key in self._genotypes and (known := self._genotypes[key]):
            return known, []
        alleles = [self._allele(text) for text in texts]
        findings = []
        for column, text, allele in zip(("allele1", "allele2"), texts, alleles, strict=True):
            if row[column] is None:
                continue
            if allele is None or allele.locus != row["locus"]:
                findings.append(_unreadable(row, file, column, text))
            elif allele.coded:
                findings.append(_coded(row, file, column, text))
        genotype = None
        if not any(f.severity == "error" for f in findings):
            one, other = alleles
            genotype = (one, other) if one and other else None
        if not findings:
            self._genotypes[key] = genotype
        return genotype, findings

    def _allele(self, text: str) -> Allele | None:
        if text not in self._read:
            allele = read_allele(text)
            if allele is not None and self._reduce is not None:
                allele = self._reduce(allele) or allele
            self._read[text] = allele
        return self._read[text]


def _finding(row: Mapping[str, Any], file: str, column: str, text: str, **words: Any) -> Finding:
    return Finding(
        file=file, row=row["row"], column=column, patient_id=row["patient_id"], value=text, **words
    )


def _unreadable(row: Mapping[str, Any], file: str, column: str, text: str) -> Finding:
    return _finding(
        row,
        file,
        column,
        text,
        code="hla-not-an-allele",
        severity="error",
        message=f"'{column}' names no allele of the locus",
        remedy=_FORMS,
    )


def _coded(row: Mapping[str, Any], file: str, column: str, text: str) -> Finding:
    return _finding(
        row,
        file,
        column,
        text,
        code="hla-code-not-read",
        severity="warning",
        message=f"'{column}' is a group or a code of alleles, which only py-ard reads",
        remedy="Give the allele, or name the release of py-ard's database in the column; until "
        "then the locus cannot be told.",
    )


def _twice(row: Mapping[str, Any], file: str) -> Finding:
    return _finding(
        row,
        file,
        "locus",
        "",
        code="hla-typed-twice",
        severity="warning",
        message="the person is typed twice at this locus, and differently",
        remedy="Keep one of the rows; until then the locus counts as not typed.",
    )
