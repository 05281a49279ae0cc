"""A shared copy: same answers where the policy keeps time, no identifier anywhere, a key apart."""

from __future__ import annotations

import json
import re
import shutil
import stat
from pathlib import Path

import polars as pl
import pytest

from sequela.findings import StudyError
from sequela.pipeline import check_study, estimate_study, load_study
from sequela.sharing.folder import share_study
from sequela.sharing.key import HEADING, read_key

ROOT = Path(__file__).parents[3]
POLICIES = ("safe-harbor", "days", "shift")


@pytest.fixture
def source(tmp_path):
    """The minimal study with long patient numbers, notes, a sample and a very old patient."""
    made = shutil.copytree(ROOT / "examples" / "minimal", tmp_path / "source")
    for path in made.glob("*.csv"):
        path.write_text(re.sub(r"\bP(\d\d)\b", r"HOSP-77\1", path.read_text()))
    patients = made / "patients.csv"
    patients.write_text(patients.read_text().replace("1951-03-02", "1925-03-02"))
    (made / "specimens.csv").write_text(
        "patient_id,specimen,when,tissue,note\n"
        "HOSP-7701,ACC20185566,2018-02-12,marrow,seen by Dr Smith\n"
        "HOSP-7702,ACC20187788,2018-05,marrow,\n"
    )
    (made / "assessments.csv").write_text(
        "patient_id,what,value,when,criteria\nHOSP-7701,response,CR,2018-04-01,call 555-123-4567\n"
    )
    return made


def share(source, tmp_path, policy, key="key.csv", out="shared"):
    loaded = load_study(source)
    return share_study(
        source,
        tmp_path / out,
        loaded.chart,
        policy,
        zero=loaded.clinical.moments["diagnosis"],
        key_path=tmp_path / "keys" / key,
    )


def everything(folder):
    return "\n".join(path.read_text() for path in folder.iterdir())


@pytest.mark.parametrize("policy", POLICIES)
def test_no_identifier_of_the_source_is_left(source, tmp_path, policy):
    done = share(source, tmp_path, policy)
    text = everything(done.folder)
    for old in ("HOSP-77", "ACC2018", "Dr Smith", "555-123", "1925"):
        assert old not in text, old
    assert done.proof.sought["patient numbers"] == 12
    assert done.proof.sought["notes"] == 1
    assert json.loads((done.folder / "privacy.json").read_text())["found"] == 0


@pytest.mark.parametrize("policy", ["safe-harbor", "days"])
def test_no_date_to_the_month_or_day_is_left(source, tmp_path, policy):
    text = everything(share(source, tmp_path, policy).folder)
    assert not re.search(r"\b\d{4}-\d{2}", text)


@pytest.mark.parametrize("policy", ["days", "shift"])
def test_survival_is_the_same(source, tmp_path, policy):
    """Lengths of time are kept, so every number about them is.

    A date known to the month is moved by its middle, which may make its month a day longer.
    """
    done = share(source, tmp_path, policy)
    loaded, findings = check_study(done.folder)
    assert loaded is not None, [f.message for f in findings]
    before, after = (
        {r.key: (r.value, r.state, r.n) for r in estimate_study(study) if r.exhibit == "os"}
        for study in (load_study(source), loaded)
    )
    assert before.keys() == after.keys()
    for key, (value, *rest) in before.items():
        got, *other = after[key]
        assert other == rest
        if value is None:
            assert got is None
        else:
            assert got == pytest.approx(value, rel=0.02 if policy == "shift" else 1e-12), key


def test_safe_harbor_can_be_run_and_says_what_it_knows(source, tmp_path):
    done = share(source, tmp_path, "safe-harbor")
    loaded, findings = check_study(done.folder)
    assert loaded is not None, [f.message for f in findings if f.severity == "error"]
    sites = loaded.chart["patients"]["site"].unique().sort().to_list()
    assert sites == ["Site 1", "Site 2"]
    assert "North" not in everything(done.folder)


@pytest.mark.parametrize("policy", POLICIES)
def test_ages_above_89_are_90(source, tmp_path, policy):
    """The patient born in 1925 is 92 at the diagnosis; no birth of that patient is shared."""
    done = share(source, tmp_path, policy)
    frame = pl.read_csv(done.folder / "patients.csv", infer_schema=False)
    number = read_key(tmp_path / "keys" / "key.csv").numbers["HOSP-7701"]
    row = frame.row(by_predicate=pl.col("patient_id") == number, named=True)
    assert row["birth"] is None
    if policy == "days":
        assert row["age"] == "90"


def test_every_shift_is_one_of_a_patient_and_goes_back(source, tmp_path):
    done = share(source, tmp_path, "shift")
    key = read_key(tmp_path / "keys" / "key.csv")
    assert all(-364 <= days <= -1 for days in key.shifts.values())
    old = load_study(source).chart["diagnoses"]
    new = pl.read_csv(done.folder / "diagnoses.csv", infer_schema=False)
    for patient, text, low, high in old.select(
        "patient_id", "when", "when__low", "when__high"
    ).iter_rows():
        (moved,) = new.filter(pl.col("patient_id") == key.numbers[patient])["when"].to_list()
        assert len(moved) == len(text)
        if low == high:
            days = pl.Series([moved]).str.to_date().dt.epoch("d")[0]
            assert days == low + key.shifts[patient]


def test_a_date_known_to_the_month_stays_as_wide(source, tmp_path):
    done = share(source, tmp_path, "days")
    frame = pl.read_csv(done.folder / "specimens.csv", infer_schema=False)
    assert "-2 to 28 days" in frame["when"].to_list()


def test_a_key_is_used_again_and_only_its_owner_reads_it(source, tmp_path):
    share(source, tmp_path, "days")
    path = tmp_path / "keys" / "key.csv"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = read_key(path)
    share(source, tmp_path, "days", out="again")
    assert read_key(path) == first
    both = [(tmp_path / out / "followup.csv").read_bytes() for out in ("shared", "again")]
    assert both[0] == both[1]


def test_the_order_of_rows_does_not_tell_the_old_numbers(source, tmp_path):
    done = share(source, tmp_path, "days")
    ids = pl.read_csv(done.folder / "patients.csv", infer_schema=False)["patient_id"].to_list()
    assert ids == sorted(ids)


@pytest.mark.parametrize("where", ["shared/key.csv", "source/key.csv"])
def test_a_key_may_not_be_shared(source, tmp_path, where):
    loaded = load_study(source)
    with pytest.raises(StudyError) as caught:
        share_study(
            source,
            tmp_path / "shared",
            loaded.chart,
            "days",
            zero=loaded.clinical.moments["diagnosis"],
            key_path=tmp_path / where,
        )
    assert [f.code for f in caught.value.findings] == ["share-place"]
    assert not (tmp_path / "shared").exists()


def test_a_file_that_is_no_key_is_refused(source, tmp_path):
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "key.csv").write_text("a,b\n1,2\n")
    with pytest.raises(StudyError) as caught:
        share(source, tmp_path, "days")
    assert [f.code for f in caught.value.findings] == ["key-unreadable"]
    assert ",".join(HEADING) == "patient_id,shared_id,shift_days"


def test_an_identifier_in_the_study_file_stops_the_sharing(source, tmp_path):
    study = source / "study.toml"
    study.write_text(
        study.read_text() + '\n[sets.one]\nwhere = "patient_id = \'HOSP-7703\'"\nlabel = "One"\n'
    )
    with pytest.raises(StudyError) as caught:
        share(source, tmp_path, "days")
    assert [(f.code, f.file) for f in caught.value.findings] == [
        ("share-identifier-found", "study.toml")
    ]
    assert not (tmp_path / "shared").exists()
    assert not (tmp_path / "keys").exists()


def test_a_patients_number_in_another_cell_stops_the_sharing(source, tmp_path):
    (source / "events.csv").write_text("patient_id,what,cause\nHOSP-7702,relapse,as in HOSP-7703\n")
    with pytest.raises(StudyError) as caught:
        share(source, tmp_path, "days")
    assert [f.file for f in caught.value.findings] == ["events.csv, column cause"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to a.b@c.org", "an e-mail address"),
        ("see www.example.org/x", "a web address"),
        ("078-05-1120", "a social security number"),
        ("call (555) 123-4567", "a telephone number"),
        ("MRN 00123456", "a record number"),
        ("seen by Dr. Smith", "a name with a title"),
        ("on 3/4/2019", "a date"),
    ],
)
def test_a_text_that_tells_who_it_is_is_a_finding_that_does_not_repeat_it(source, text, kind):
    (source / "events.csv").write_text(f"patient_id,what,note\nHOSP-7702,relapse,{text}\n")
    (found,) = [
        f
        for f in check_study(source)[1]
        if f.code == "identifier-in-text" and f.file == "events.csv"
    ]
    assert (found.row, found.column, found.value) == (2, "note", "")
    assert kind in found.remedy
    assert text not in found.message + found.remedy


@pytest.mark.parametrize(
    "text",
    ["hyper-CVAD", "10^9/L", "9987/3", "t(9;22)", "0.1-0.5 % of WBC", "150 mg/m2", "CALGB 10403"],
)
def test_words_of_the_field_identify_nobody(source, text):
    (source / "events.csv").write_text(f"patient_id,what,note\nHOSP-7702,relapse,{text}\n")
    assert not [
        f
        for f in check_study(source)[1]
        if f.code == "identifier-in-text" and f.file == "events.csv"
    ]


def test_names_of_files_and_sheets_may_not_tell_either(source):
    """Row 29 of the table of bad inputs: who it is stands in the name of the file or sheet."""
    from sequela.chart.chart import Chart
    from sequela.chart.rules.identity import identifying_names
    from sequela.sources.raw_table import raw_table

    sources = (
        raw_table("chart_MRN_00123456.xlsx", ("a",), [], sheet="Mrs Smith"),
        raw_table("patients.csv", ("a",), []),
    )
    found = identifying_names(Chart({}, sources=sources))
    assert [(f.code, f.file, f.sheet, f.message) for f in found] == [
        (
            "identifier-in-name",
            "chart_MRN_00123456.xlsx",
            "",
            "the name of the file looks like a record number",
        ),
        (
            "identifier-in-name",
            "chart_MRN_00123456.xlsx",
            "Mrs Smith",
            "the name of the sheet looks like a name with a title",
        ),
    ]
