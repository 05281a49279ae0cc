"""The command line: exit codes, findings on standard error, and never a traceback."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sequela import cli
from sequela.audit.grade import MEANING
from small_study import write_study

# The test gives the words in sys.argv, as a shell does.
pytestmark = pytest.mark.filterwarnings("ignore:Cyclopts application invoked:UserWarning")

BAD = Path(__file__).parents[2] / "studies" / "bad" / "six-mistakes"

SOUND = """
[study]
title = "A sound study"
time_unit = "days"

[moments.diagnosis]
table = "diagnoses"

[moments.death]
table = "followup"
where = "vital_status = 'dead'"

[moments.last_contact]
table = "followup"

[columns.site]
derive = "look_up"
table = "patients"
column = "site"

[endpoints.os]
start = "diagnosis"
event = ["death"]
censor = ["last_contact"]
"""
CHART = {
    "patients": "patient_id|site\n1|A\n2|A\n3|A\n4|B",
    "diagnoses": "patient_id|disease|when\n" + "\n".join(f"{i}|AML|0 days" for i in range(1, 5)),
}
# 3 of 4 is 75 %, and 1 of 4 is not 30 %.
CLAIM = """
[article]
title = "An article"

[[claim]]
id = "site"
kind = "percent"
where = "Table 1"
about = "patients by site"
items = [{{ label = "A", n = {n}, pct = {pct}, level = "A" }}]
of = 4
from = {{ variable = "site" }}
"""


@pytest.fixture
def command(monkeypatch, capsys):
    """Run the command line in this process: the exit code, what it printed, what it complained."""

    def make(*words: object):
        monkeypatch.setattr(sys, "argv", ["sequela", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            cli.main()
        out, err = capsys.readouterr()
        return left.value.code, out, err

    return make


@pytest.fixture
def sound(tmp_path):
    return write_study(tmp_path / "study", SOUND, **CHART)


def with_claim(folder: Path, **numbers: object) -> Path:
    (folder / "published.toml").write_text(CLAIM.format(**numbers), encoding="utf-8")
    return folder


@pytest.mark.parametrize("words", [("check",), ("run", "--out", "never"), ("audit",)])
def test_a_study_with_errors_leaves_with_2_and_all_findings_on_standard_error(command, words):
    name, *options = words
    code, out, err = command(name, BAD, *options)
    assert (code, out) == (2, "")
    assert len(re.findall(r"^error ", err, re.M)) == 6
    assert (
        "error patients.csv, row 2, column sex, patient 01: 'sex' holds a code that the table "
        "does not know (it holds 'Male').\n      Did you mean 'male'?\n"
    ) in err
    assert "Traceback" not in err
    assert not Path("never").exists()


def test_no_such_folder(command, tmp_path):
    code, out, err = command("run", tmp_path / "nowhere", "--out", tmp_path / "out")
    assert (code, out) == (2, "")
    assert err.startswith("error nowhere: there is no such folder.\n")


def test_a_sound_study_is_quiet_when_nobody_watches(command, sound, tmp_path):
    assert command("check", sound) == (0, "", "")
    assert command("run", sound, "--out", tmp_path / "out") == (0, "", "")
    assert (tmp_path / "out" / "manifest.json").exists()


def test_foreign_files_in_the_output_folder(command, sound, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.docx").write_text("x", encoding="utf-8")
    code, out, err = command("run", sound, "--out", tmp_path / "out")
    assert (code, out) == (2, "")
    assert "the output folder holds files that no run has written" in err


def test_an_audit_that_finds_nothing_wrong(command, sound):
    code, out, err = command("audit", with_claim(sound, n=3, pct=75))
    assert (code, err) == (0, "")
    assert out.endswith(f"1 claims: {MEANING['reproduced']} (1).\n")


@pytest.mark.parametrize("numbers", [{"n": 2, "pct": 50}, {"n": 3, "pct": 70}])
def test_an_audit_that_finds_a_contradiction(command, sound, numbers):
    code, out, err = command("audit", with_claim(sound, **numbers))
    assert (code, err) == (1, "")
    assert "site (Table 1)" in out


def test_an_audit_without_claims(command, sound):
    code, out, err = command("audit", sound)
    assert (code, out) == (2, "")
    assert "the study has no published.toml, so there is nothing to audit" in err


@pytest.mark.parametrize(
    "text", ["[article\n", '[[claim]]\nid = "x"\nkind = "percnt"\nwhere = "Table 1"\n']
)
def test_an_audit_of_claims_that_cannot_be_read(command, sound, text):
    (sound / "published.toml").write_text(text, encoding="utf-8")
    code, _, err = command("audit", sound)
    assert code == 2
    assert err.startswith("error published.toml")


@pytest.mark.parametrize("words", [("runn",), ("run",), ("check", "a", "b"), ("run", "x", "--uot")])
def test_a_command_that_is_not_understood(command, words):
    code, out, err = command(*words)
    assert code == 64
    assert "Traceback" not in out + err


def test_help_shows_examples_and_exit_codes(command):
    code, out, _ = command("--help")
    assert code == 0
    for words in ("sequela run examples/lenalidomide", "sequela audit", "64"):
        assert words in out


def test_as_a_program(tmp_path):
    done = subprocess.run(
        [str(Path(sys.executable).parent / "sequela"), "check", str(BAD)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert len(re.findall(r"^error ", done.stderr, re.M)) == 6
    assert "Traceback" not in done.stderr
