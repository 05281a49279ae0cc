"""The HLA match of patient and donor, from typings of any resolution."""

from __future__ import annotations

import sys
import types

import pytest

from sequela.clinical.transplant.hla.alleles import read_allele
from small_study import tell, write_study
from spec_table import SpecTable

# name -> (resolution, fields or antigen)
NAMES = {
    "A*02:01:01:01": "allele",
    "A*02:01": "allele",
    "HLA-A*02:01": "allele",
    "DRB1*15:01": "allele",
    "B*15:220": "allele",
    "A*24:09N": "allele",
    "A*02": "group",
    "A2": "antigen",
    "Cw7": "antigen",
    "DR4": "antigen",
    "DQ7": "antigen",
    "A*02:01:01G": "code",
    "A*02:01P": "code",
    "A*02:ABCD": "code",
}


@pytest.mark.parametrize(("text", "resolution"), NAMES.items())
def test_names_that_are_read(text, resolution):
    allele = read_allele(text)
    assert allele is not None
    assert allele.resolution == resolution


@pytest.mark.parametrize(
    "text",
    ["02:01", "A02:01", "A*2:01", "A*0201", "A*02:1", "a*02:01", "A*02:01:01:01:01", "E*01:01",
     "A*02:01 A*03:01", "A*02:01/A*02:05", "-", "A*02:01X"],
)  # fmt: skip
def test_names_that_are_none(text):
    assert read_allele(text) is None


LOCUS = SpecTable(
    "HLA match",
    "One locus, A. A count is a number, or the least and the most that the typings allow.",
    """
    patient           | donor             | matches | antigen | allele | GVH | HVG
    A*01:01 A*02:01    | A*01:01 A*02:01    | 2       | 0       | 0      | 0   | 0
    A*01:01 A*02:01    | A*02:01 A*01:01    | 2       | 0       | 0      | 0   | 0
    A*01:01 A*02:01    | A*01:01 A*02:01:02 | 2       | 0       | 0      | 0   | 0
    A*01:01 A*02:01    | A*01:01 A*02:05    | 1       | 0       | 1      | 1   | 1
    A*01:01 A*02:01    | A*01:01 A*03:01    | 1       | 1       | 0      | 1   | 1
    A*01:01 A*02:01    | A*02:05 A*01:02    | 0       | 0       | 2      | 2   | 2
    A*01:01 A*02:01    | A*03:01 A*11:01    | 0       | 2       | 0      | 2   | 2
    A*01:01            | A*01:01 A*02:01    | 1       | 1       | 0      | 0   | 1
    A*01:01 A*02:01    | A*01:01            | 1       | 1       | 0      | 1   | 0
    A*01:01            | A*01:01            | 2       | 0       | 0      | 0   | 0
    A*01:01 A*01:01:01 | A*02:01            | 0       | 2       | 0      | 1   | 1
    A*01:01 A*24:09N   | A*01:01            | 2       | 0       | 0      | 0   | 0
    A*01:01 A*24:09N   | A*01:01 A*24:02    | 1       | 1       | 0      | 0   | 1
    A*01:01 A*02:01    | A*01:01 A*02       | 1-2     | 0       | 0-1    | 0-1 | 0-1
    A*01:01 A*02:01    | A*01:01 A*03       | 1       | 1       | 0      | 1   | 1
    A*01 A*02          | A*01 A*02          | 0-2     | 0       | 0-2    | 0-2 | 0-2
    A1 A2              | A1 A3              | 0-1     | 1       | 0-1    | 1-2 | 1-2
    A1 A2              | A*01:01 A*03:01    | 0-2     | 0-2     | 0-2    | 0-2 | 0-2
    A*02:01G A*01:01   | A*02:01 A*01:01    | 1-2     | 0       | 0-1    | 0-1 | 0-1
    """,
)

PERSON = SpecTable(
    "HLA match",
    "Loci A, B, C and DRB1: the patient has 01:01 and 02:01 of each, the donor what stands here.",
    """
    A           | B           | C           | DRB1        | grade       | donor
    01:01 02:01  | 01:01 02:01  | 01:01 02:01  | 01:01 02:01  | 8/8         | matched
    01:01 02:02  | 01:01 02:01  | 01:01 02:01  | 01:01 02:01  | 7/8         | mismatched
    01:01 03:01  | 01:01 03:01  | 01:01 02:01  | 01:01 02:01  | 6/8         | haploidentical
    01:01 03:01  | 01:01 03:01  | 01:01 03:01  | 01:01 03:01  | 4/8         | haploidentical
    03:01 04:01  | 01:01 03:01  | 01:01 03:01  | 01:01 03:01  | 3/8         | mismatched
    01:01 02     | 01:01 02:01  | 01:01 02:01  | 01:01 02:01  | cannot tell | cannot tell
    01:01 02     | 03:01 04:01  | 01:01 02:01  | 01:01 02:01  | cannot tell | mismatched
                | 01:01 02:01  | 01:01 02:01  | 01:01 02:01  | cannot tell | cannot tell
    """,
)

SPEC_TABLES = [LOCUS, PERSON]
TRANSPLANT = "patient_id|type|indication|donor\n{}|allogeneic|ALL|{}"
PARTS = ("matches", "antigen_mismatches", "allele_mismatches", "gvh_mismatches", "hvg_mismatches")
COLUMNS = "".join(
    f'[columns.{part}]\nderive = "hla_match"\npart = "{part}"\nalleles = 6\n' for part in PARTS
)


def rows(person: str, locus: str, alleles: str, patient: int = 1) -> str:
    one, _, other = alleles.partition(" ")
    return f"{patient}|{person}|{locus}|{one}|{other}"


def hla(*lines: str) -> str:
    return "\n".join(["patient_id|person|locus|allele1|allele2", *lines])


def test_one_locus(study):
    # the two other loci of six are alike, so that what differs is of the first
    same = [("B", "B*07:02 B*08:01"), ("DRB1", "DRB1*03:01 DRB1*15:01")]
    lines = []
    for n, case in enumerate(LOCUS.cases, start=1):
        for person in ("patient", "donor"):
            typed = [("A", case[person].replace("02:01G", "02:01:01G")), *same]
            lines += [rows(person, locus, alleles, n) for locus, alleles in typed]
    transplants = "patient_id|type|indication\n" + "\n".join(
        f"{n}|allogeneic|ALL" for n in range(1, len(LOCUS.cases) + 1)
    )
    told = study(COLUMNS, transplants=transplants, hla=hla(*lines))
    for n, case in enumerate(LOCUS.cases, start=1):
        found = [told.ends(part)[str(n)] for part in PARTS]
        found[0] = tuple(end - 4 for end in found[0])
        shown = [f"{a:g}" if a == b else f"{a:g}-{b:g}" for a, b in found]
        expected = [case[k] for k in ("matches", "antigen", "allele", "GVH", "HVG")]
        assert shown == expected, case


@pytest.mark.parametrize("case", PERSON.cases, ids=lambda c: c["grade"] + " " + c["A"])
def test_eight_alleles(study, case):
    lines = []
    for locus in ("A", "B", "C", "DRB1"):
        lines.append(rows("patient", locus, f"{locus}*01:01 {locus}*02:01"))
        if case[locus]:
            one, other = case[locus].split()
            lines.append(rows("donor", locus, f"{locus}*{one} {locus}*{other}"))
    told = study(
        '[columns.grade]\nderive = "hla_match"\n'
        '[columns.donor]\nderive = "hla_match"\npart = "donor"\n',
        transplants=TRANSPLANT.format(1, ""),
        hla=hla(*lines),
    )
    for part in ("grade", "donor"):
        expected = None if case[part] == "cannot tell" else case[part]
        assert told.column(part) == {"1": expected}
        assert told.why(part) == {"1": None if expected else "not_evaluable"}


def typed(patient: str, donor: str) -> str:
    return hla(rows("patient", "A", patient), rows("donor", "A", donor))


GRADE = '[columns.grade]\nderive = "hla_match"\nalleles = 6\n'


def test_without_typing_of_both_it_is_missing(study):
    told = study(
        GRADE, transplants=TRANSPLANT.format(1, ""), hla=hla(rows("donor", "A", "A*01:01"))
    )
    assert told.why("grade") == {"1": "missing"}


@pytest.mark.parametrize(
    ("donor", "alike", "finds"),
    [
        ("matched unrelated", True, False),
        ("matched related", False, True),
        ("mismatched unrelated", True, True),
        ("mismatched unrelated", False, False),
        ("haploidentical", True, True),
        ("haploidentical", False, False),
        ("cord blood", False, False),
        ("", False, False),
    ],
)
def test_the_donor_as_charted_against_the_typings(study, donor, alike, finds):
    lines = []
    for locus in ("A", "B", "DRB1"):
        lines.append(rows("patient", locus, f"{locus}*01:01 {locus}*02:01"))
        lines.append(rows("donor", locus, f"{locus}*01:01 {locus}*{'02:01' if alike else '03:01'}"))
    told = study(GRADE, transplants=TRANSPLANT.format(1, donor), hla=hla(*lines))
    found = [(f.code, f.place) for f in told.findings if f.code == "donor-not-as-typed"]
    assert found == (
        [("donor-not-as-typed", "transplants.csv, row 2, column donor")] if finds else []
    )
    if finds:
        verdict = "matched" if alike else "haploidentical"
        (finding,) = [f for f in told.findings if f.code == "donor-not-as-typed"]
        assert finding.message == (
            f"the typings of 6 alleles give a {verdict} donor, and the chart says otherwise"
        )


def test_a_mismatch_at_dpb1_makes_a_matched_donor_no_mismatched_one(study):
    lines = []
    for locus in ("A", "B", "C", "DRB1", "DQB1", "DPB1"):
        other = "03:01" if locus == "DPB1" else "02:01"
        lines.append(rows("patient", locus, f"{locus}*01:01 {locus}*02:01"))
        lines.append(rows("donor", locus, f"{locus}*01:01 {locus}*{other}"))
    told = study(
        GRADE.replace("6", "12"),
        transplants=TRANSPLANT.format(1, "matched unrelated"),
        hla=hla(*lines),
    )
    assert told.column("grade") == {"1": "11/12"}
    assert "donor-not-as-typed" not in {f.code for f in told.findings}


@pytest.mark.parametrize(
    ("donor", "said"),
    [
        ("haploidentical", "haploidentical"),
        ("mismatched unrelated", "mismatched"),
        ("", "haploidentical"),
    ],
)
def test_an_unrelated_donor_is_not_haploidentical(study, donor, said):
    typed = []
    for locus in ("A", "B", "C", "DRB1"):
        other = "03:01" if locus in ("A", "B") else "02:01"
        typed += [(locus, f"{locus}*01:01 {locus}*02:01", f"{locus}*01:01 {locus}*{other}")]
    lines = [rows("patient", locus, own) for locus, own, _ in typed]
    lines += [rows("donor", locus, theirs) for locus, _, theirs in typed]
    told = study(
        '[columns.donor]\nderive = "hla_match"\npart = "donor"\n',
        transplants=TRANSPLANT.format(1, donor),
        hla=hla(*lines),
    )
    assert told.column("donor") == {"1": said}


@pytest.mark.parametrize("text", ["A2:01", "B*07:02", "A*02:01/A*02:05", "02:17"])
def test_what_is_no_allele_of_the_locus_is_an_error_with_its_place(tmp_path, text):
    from sequela.pipeline import check_study

    folder = write_study(
        tmp_path / "study", GRADE, transplants=TRANSPLANT.format(1, ""), hla=typed(text, "A*01:01")
    )
    loaded, findings = check_study(folder)
    assert loaded is None
    (finding,) = [f for f in findings if f.severity == "error"]
    assert (finding.code, finding.place) == (
        "hla-not-an-allele",
        "hla.csv, row 2, column allele1",
    )
    assert finding.value == text
    assert text not in finding.message + finding.remedy


def test_a_locus_typed_twice_and_differently_is_not_told(study):
    told = study(
        GRADE,
        transplants=TRANSPLANT.format(1, ""),
        hla=hla(*(rows("patient", "A", a) for a in ("A*01:01", "A*01:01", "A*02:01")),
                rows("donor", "A", "A*01:01")),
    )  # fmt: skip
    assert [(f.code, f.place) for f in told.findings if f.code.startswith("hla")] == [
        ("hla-typed-twice", "hla.csv, row 4, column locus")
    ]
    assert told.column("grade") == {"1": None}


def test_a_patients_type_goes_with_every_transplant_a_donors_with_its_own(study):
    told = study(
        '[columns.second]\nderive = "hla_match"\nalleles = 6\npart = "matches"\n'
        'where = "transplant_number = 2"\n',
        transplants="patient_id|type|indication|when\n"
        "1|allogeneic|ALL|1 days\n1|allogeneic|ALL|400 days",
        hla="patient_id|transplant|person|locus|allele1\n"
        "1||patient|A|A*01:01\n1|1|donor|A|A*02:01\n1|2|donor|A|A*01:01\n1||donor|B|B*07:02",
    )
    assert told.ends("second") == {"1": (2, 6)}
    assert [(f.code, f.place) for f in told.findings if f.code == "transplant-not-found"] == [
        ("transplant-not-found", "hla.csv, row 5, column transplant")
    ]


def test_groups_and_codes_are_not_guessed_without_py_ard(study):
    told = study(
        GRADE + 'release = "3510"\n',
        transplants=TRANSPLANT.format(1, ""),
        hla=typed("A*02:AB", "A*02:01"),
    )
    assert [(f.code, f.message) for f in told.findings if f.code.startswith("hla")] == [
        (
            "hla-code-not-read",
            "'allele1' is a group or a code of alleles, which only py-ard reads",
        ),
        (
            "hla-without-py-ard",
            "groups and codes of alleles are not read: pyard/pyard-3510.sqlite3 is not in the "
            "study's folder",
        ),
    ]


class _Ard:
    """Stands for py-ard: a code of two alleles, and two proteins of one recognition domain."""

    def redux(self, text, kind):
        assert kind == "lgx"
        known = {"A*02:AB": "A*02:01/A*02:02", "A*02:09": "A*02:01"}
        if text.startswith("A*99"):
            raise ValueError(text)
        return known.get(text, ":".join(text.split(":")[:2]))


@pytest.fixture
def with_py_ard(tmp_path, monkeypatch):
    """A study whose folder has a database, and a py-ard that reads it."""
    import sqlite3

    asked = []

    def init(release, *, data_dir, load_mac, cache_size):
        asked.append((release, load_mac))
        return _Ard()

    module = types.ModuleType("pyard")
    module.init = init  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyard", module)

    def make(patient, donor):
        folder = write_study(
            tmp_path / "study",
            COLUMNS.replace("alleles = 6", 'alleles = 6\nrelease = "3510"'),
            transplants=TRANSPLANT.format(1, ""),
            hla=typed(patient, donor),
        )
        (folder / "pyard").mkdir()
        with sqlite3.connect(folder / "pyard" / "pyard-3510.sqlite3") as connection:
            connection.execute("CREATE TABLE g_group (allele TEXT)")
        connection.close()
        return tell(folder), asked

    return make


@pytest.mark.parametrize(
    ("patient", "donor", "matches"),
    [
        ("A*02:AB A*01:01", "A*02:01 A*01:01", (1, 2)),
        ("A*02:AB A*01:01", "A*02:05 A*01:01", (1, 1)),
        ("A*02:09 A*01:01", "A*02:01 A*01:01", (2, 2)),
        ("A*99:01 A*01:01", "A*99:01 A*01:01", (2, 2)),
    ],
)
def test_py_ard_reads_groups_and_codes(with_py_ard, patient, donor, matches):
    told, asked = with_py_ard(patient, donor)
    low, high = told.ends("matches")["1"]
    # B and DRB1 are not typed: from none to all four of their alleles
    assert (low, high - 4) == matches
    # the database has no codes, and py-ard is told not to fetch them
    assert set(asked) == {("3510", False)}


def test_py_ard_itself(tmp_path):
    pytest.importorskip("pyard", reason="the extra hla is not installed")
    import os
    from pathlib import Path

    from sequela.clinical.transplant.hla.ard import load_reducer

    place = os.environ.get("SEQUELA_PYARD_STUDY", "")
    found = sorted(Path(place).glob("pyard/pyard-*.sqlite3")) if place else []
    if not found:
        pytest.skip("no py-ard database: name a folder that holds pyard/ in SEQUELA_PYARD_STUDY")
    reduce, problem = load_reducer(Path(place), found[0].stem.removeprefix("pyard-"))
    assert problem == ""
    allele = read_allele("A*01:01:01:01")
    assert reduce is not None
    assert allele is not None
    assert reduce(allele).options == {"A*01:01"}
