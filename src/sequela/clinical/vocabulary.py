"""The words and rule sets that a study is read with: the package's, and what the study adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sequela.chart.chart import Chart
from sequela.clinical import drugs as drug_words
from sequela.clinical import regimens as regimen_words
from sequela.clinical.data_files import read_data_file
from sequela.clinical.drugs import DrugFile, Drugs
from sequela.clinical.regimens import RegimenFile, Regimens
from sequela.clinical.transplant import intensity_rules
from sequela.clinical.transplant import words as transplant_words
from sequela.clinical.transplant.hla import tce
from sequela.clinical.transplant.hla.tce import TceFile
from sequela.clinical.transplant.intensity_rules import IntensityFile, RuleSet
from sequela.clinical.transplant.words import TransplantFile
from sequela.findings import Finding

CLINICAL = "sequela.clinical"
TRANSPLANT = "sequela.clinical.transplant"
HLA = "sequela.clinical.transplant.hla"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Drugs, regimens, rule sets of intensity, words about transplants, groups of DPB1."""

    drugs: Drugs
    regimens: Regimens
    intensity: Mapping[str, RuleSet]
    transplant: TransplantFile
    tce: TceFile


def read_vocabulary(folder: Path | None = None) -> tuple[Vocabulary, list[Finding]]:
    """The package's data files with what a study's folder adds, and what is wrong with those."""
    drugs, findings = read_data_file(DrugFile, CLINICAL, drug_words.FILE, folder)
    regimens, more = read_data_file(RegimenFile, CLINICAL, regimen_words.FILE, folder)
    intensity, problems = read_data_file(IntensityFile, TRANSPLANT, intensity_rules.FILE, folder)
    transplant, last = read_data_file(TransplantFile, TRANSPLANT, transplant_words.FILE, folder)
    groups, unread = read_data_file(TceFile, HLA, tce.FILE, folder)
    words = Drugs(drugs)
    vocabulary = Vocabulary(words, Regimens(regimens, words), intensity.set, transplant, groups)
    return vocabulary, findings + more + problems + last + unread


def vocabulary_of(chart: Chart) -> tuple[Vocabulary, list[Finding]]:
    """The words and rule sets of the study that a chart belongs to, read once."""
    vocabulary, findings = chart.once(("vocabulary",), lambda: read_vocabulary(chart.folder))
    return vocabulary, list(findings)


def packaged_vocabulary() -> Vocabulary:
    """The package's own words and rule sets."""
    return read_vocabulary()[0]
