"""The table `hla` as genotypes: for each transplant the patient's and the donor's two alleles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from sequela.chart.chart import Chart
from sequela.chart.frames import each_row
from sequela.clinical.subjects import ROWS_SCHEMA
from sequela.clinical.transplant.hla.alleles import Allele, read_allele
from sequela.clinical.transplant.hla.ard import Reducer
from sequela.clinical.transplant.hla.matching import Genotype, LocusMatch, match_locus
from sequela.clinical.transplant.numbering import linked
from sequela.findings import Finding

_FORMS = "Write an allele as A*02:01, a group as A*02, an antigen as A2, of the row's locus."


@dataclass(frozen=True, slots=True)
class Typings:
    """Genotypes by transplant row, person and locus; the rows of `hla` of each transplant.

    `at` keeps the match of each pair of genotypes, as cohorts have few of them.
    """

    of: Mapping[tuple[int, str, str], Genotype]
    rows: Mapping[int, tuple[int, ...]]
    at: dict[tuple[int, int], LocusMatch] = field(default_factory=dict, compare=False)

    def match(self, transplant: int, locus: str) -> LocusMatch:
        """How well the donor of a transplant fits the patient at a locus."""
        patient, donor = (self.of.get((transplant, who, locus)) for who in ("patient", "donor"))
        # Equal texts are read once, so equal genotypes are one object, which `of` keeps alive.
        key = (id(patient), id(donor))
        if key not in self.at:
            self.at[key] = match_locus(patient, donor)
        return self.at[key]

    def deciding(self, transplants: pl.DataFrame) -> pl.DataFrame:
        """The rows of `hla` that belong to transplants given by `patient_id` and `row`."""
        rows = [
            (patient, "hla", row)
            for patient, transplant in transplants.select("patient_id", "row").iter_rows()
            for row in self.rows.get(transplant, ())
        ]
        return pl.DataFrame(rows, ROWS_SCHEMA, orient="row")


def read_typings(chart: Chart, reduce: Reducer | None) -> tuple[Typings, list[Finding]]:
    """The genotypes of a chart, and what in them is no allele, twice, or read by py-ard only.

    A locus whose row cannot be read counts as not typed. A patient's type holds for all
    transplants of the patient where it names none.
    """
    made = chart.once(("typings", id(reduce)), lambda: (reduce, *_read_typings(chart, reduce)))
    return made[1], list(made[2])


def _read_typings(chart: Chart, reduce: Reducer | None) -> tuple[Typings, list[Finding]]:
    table, findings = _rows(chart)
    file = chart.files.get("hla", "hla.csv")
    reader = _Reader(reduce, file)
    of: dict[tuple[int, str, str], Genotype] = {}
    rows: dict[int, list[int]] = {}
    refused = set()
    for row in each_row(table.select(_COLUMNS)):
        transplant, person, locus, *_, number = row
        rows.setdefault(transplant, []).append(number)
        genotype = reader.genotype(row)
        if genotype is None or (transplant, person, locus) in refused:
            continue
        known = of.setdefault((transplant, person, locus), genotype)
        if known is not genotype and known != genotype:
            findings.append(_twice(row, file))
            refused.add((transplant, person, locus))
            del of[transplant, person, locus]
    found = list(dict.fromkeys([*findings, *reader.findings]))
    return Typings(of, {t: tuple(numbers) for t, numbers in rows.items()}), found


_COLUMNS = ("transplant_row", "person", "locus", "allele1", "allele2", "patient_id", "row")
_Row = tuple[Any, ...]


def _rows(chart: Chart) -> tuple[pl.DataFrame, list[Finding]]:
    """The rows of `hla` with their transplants; a patient's own type goes with all of them."""
    kept, findings = linked(chart, "hla")
    lost = [f.row for f in findings if not f.value]
    own = chart["hla"].filter(pl.col("row").is_in(lost) & (pl.col("person") == "patient"))
    transplants = chart["transplants"].select("patient_id", pl.col("row").alias("transplant_row"))
    with_all = own.join(transplants, on="patient_id", maintain_order="left")
    served = set(with_all["row"].to_list())
    both = pl.concat([kept.select(_COLUMNS), with_all.select(_COLUMNS)])
    return both, [f for f in findings if f.row not in served]


class _Reader:
    """Reads each genotype once, and keeps what is wrong with any."""

    def __init__(self, reduce: Reducer | None, file: str) -> None:
        self.findings: list[Finding] = []
        self._reduce = reduce
        self._file = file
        self._read: dict[str, Allele | None] = {}
        self._genotypes: dict[tuple[str, str, str | None], Genotype] = {}

    def genotype(self, row: _Row) -> Genotype | None:
        """The two alleles of a row; None where it is not complete or not readable."""
        _, person, locus, one, other, *_ = row
        if one is None or person is None or locus is None:
            return None
        known = self._genotypes.get((locus, one, other))
        if known is not None:
            return known
        # A blank second allele is the first one again.
        alleles = (self._allele(one), self._allele(other or one))
        complaints = self._complaints(row, alleles)
        self.findings += complaints
        first, second = alleles
        if first is None or second is None or any(f.severity == "error" for f in complaints):
            return None
        if not complaints:
            self._genotypes[locus, one, other] = (first, second)
        return first, second

    def _complaints(self, row: _Row, alleles: tuple[Allele | None, ...]) -> list[Finding]:
        found = []
        for column, text, allele in zip(("allele1", "allele2"), row[3:5], alleles, strict=True):
            if text is None:
                continue
            if allele is None or allele.locus != row[2]:
                found.append(_unreadable(row, self._file, column, text))
            elif allele.coded:
                found.append(_coded(row, self._file, column, text))
        return found

    def _allele(self, text: str) -> Allele | None:
        if text not in self._read:
            allele = read_allele(text)
            if allele is not None and self._reduce is not None:
                allele = self._reduce(allele) or allele
            self._read[text] = allele
        return self._read[text]


def _finding(row: _Row, file: str, column: str, text: str, **words: Any) -> Finding:
    return Finding(file=file, row=row[6], column=column, patient_id=row[5], value=text, **words)


def _unreadable(row: _Row, file: str, column: str, text: str) -> Finding:
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


def _coded(row: _Row, file: str, column: str, text: str) -> Finding:
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


def _twice(row: _Row, file: str) -> Finding:
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
