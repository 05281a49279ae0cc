"""Permissive mismatches at HLA-DPB1, by the three groups of T-cell epitopes."""

from __future__ import annotations

import pytest

from sequela.clinical.transplant.hla.tce import GVH, HVG, LEVELS
from sequela.clinical.vocabulary import packaged_vocabulary
from small_study import tell, write_study
from spec_table import SpecTable

DPB1 = SpecTable(
    "DPB1 permissiveness",
    "Alleles of DPB1. 09:01 and 17:01 are of group 1, 03:01 and 14:01 of 2, the others of 3; "
    "999:01 has no group.",
    """
    patient         | donor           | permissiveness
    04:01 04:02      | 04:02 04:01      | matched
    04:01 04:01:01   | 04:01            | matched
    04:01 04:02      | 04:01 02:01      | permissive
    04:01 03:01      | 04:01 14:01      | permissive
    09:01 04:01      | 17:01 03:01      | permissive
    09:01 04:01      | 04:01 04:02      | non-permissive GVH
    09:01 04:01      | 03:01 04:01      | non-permissive GVH
    03:01 04:01      | 04:01 04:02      | non-permissive GVH
    04:01 04:02      | 09:01 04:01      | non-permissive HVG
    03:01 04:01      | 09:01 04:01      | non-permissive HVG
    04:01 04:02      | 03:01 04:01      | non-permissive HVG
    04:01            | 03:01 04:01      | non-permissive HVG
    04:01 61:01N     | 04:01            | matched
    04:01 61:01N     | 03:01 04:01      | non-permissive HVG
    61:01N 64:01N    | 03:01 04:01      | cannot tell
    999:01 04:01     | 999:01 04:01     | matched
    999:01 04:01     | 04:01 04:02      | cannot tell
    999:01 09:01     | 04:01 04:02      | cannot tell
    04 02:01         | 04:01 02:01      | cannot tell
    04:01:01G 02:01  | 04:01 02:01      | cannot tell
    """,
    "tce-3",
)
SPEC_TABLES = (DPB1,)
COLUMN = '[columns.dpb1]\nderive = "dpb1_permissiveness"\n'


def typed(*lines: str) -> str:
    return "\n".join(["patient_id|person|locus|allele1|allele2", *lines])


def of(person: str, alleles: str, patient: int = 1) -> str:
    one, _, other = alleles.partition(" ")
    second = f"DPB1*{other.strip()}" if other else ""
    return f"{patient}|{person}|DPB1|DPB1*{one}|{second}"


def transplants(count: int) -> str:
    rows = "\n".join(f"{n}|allogeneic|ALL" for n in range(1, count + 1))
    return "patient_id|type|indication\n" + rows


def test_what_patient_and_donor_are_to_one_another(study):
    lines = [
        of(person, case[person], n)
        for n, case in enumerate(DPB1.cases, start=1)
        for person in ("patient", "donor")
    ]
    told = study(COLUMN, transplants=transplants(len(DPB1.cases)), hla=typed(*lines))
    for n, case in enumerate(DPB1.cases, start=1):
        cannot = case["permissiveness"] == "cannot tell"
        expected = (None, "not_evaluable") if cannot else (case["permissiveness"], None)
        found = told.column("dpb1")[str(n)], told.why("dpb1")[str(n)]
        assert found == expected, case


# One allele of each group, and every pair of two such genotypes.
OF_GROUP = {1: "09:01", 2: "03:01", 3: "04:01"}
OTHER = {1: "17:01", 2: "14:01", 3: "02:01"}
PAIRS = [(1, 1), (1, 2), (1, 3), (2, 2), (2, 3), (3, 3)]


@pytest.mark.parametrize("patient", PAIRS)
@pytest.mark.parametrize("donor", PAIRS)
def test_all_pairs_of_groups(study, patient, donor):
    own = " ".join(OF_GROUP[group] for group in patient)
    theirs = " ".join(OTHER[group] for group in donor)
    told = study(
        COLUMN, transplants=transplants(1), hla=typed(of("patient", own), of("donor", theirs))
    )
    least = min(patient), min(donor)
    expected = "permissive" if least[0] == least[1] else GVH if least[0] < least[1] else HVG
    assert told.column("dpb1") == {"1": expected}


def test_without_typing_of_both_at_the_locus_it_is_missing(study):
    told = study(COLUMN, transplants=transplants(1), hla=typed(of("patient", "04:01 04:02")))
    assert told.why("dpb1") == {"1": "missing"}


def test_the_levels_and_the_method(study):
    told = study(
        COLUMN,
        transplants=transplants(1),
        hla=typed(of("patient", "04:01"), of("donor", "04:02")),
    )
    column = told.loaded.clinical.subjects.columns["dpb1"]
    assert column.levels == LEVELS
    assert column.method == "rule tce-3: permissiveness of DPB1 by groups of T-cell epitopes"


def test_a_study_adds_an_allele_or_corrects_one(tmp_path):
    folder = write_study(
        tmp_path / "study",
        COLUMN,
        transplants=transplants(2),
        hla=typed(
            of("patient", "999:01 04:01"), of("donor", "04:01 04:02"),
            of("patient", "04:01", 2), of("donor", "02:01", 2),
        ),
    )  # fmt: skip
    (folder / "tce.toml").write_text('[allele]\n"999:01" = 1\n"02:01" = 2\n', encoding="utf-8")
    assert tell(folder).column("dpb1") == {"1": GVH, "2": HVG}


@pytest.mark.parametrize(
    "text",
    ['[allele]\n"999:01" = 4\n', '[allele]\n"DPB1*999:01" = 3\n', '[group]\n4 = ["04:01"]\n'],
)
def test_a_mistake_in_the_studys_file_is_a_finding_with_its_place(tmp_path, text):
    from sequela.pipeline import check_study

    folder = write_study(
        tmp_path / "study",
        COLUMN,
        transplants=transplants(1),
        hla=typed(of("patient", "04:01"), of("donor", "04:02")),
    )
    (folder / "tce.toml").write_text(text, encoding="utf-8")
    _, findings = check_study(folder)
    places = [f.place for f in findings if f.severity == "error"]
    assert places
    assert all(place.startswith("tce.toml, ") for place in places)


def test_no_allele_has_two_groups():
    groups = packaged_vocabulary().tce
    listed = [name for names in groups.group.values() for name in names]
    assert len(listed) == len(set(listed)) == len(groups.of_allele) == 204
