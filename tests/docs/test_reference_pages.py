"""The reference pages are up to date and name everything that there is."""

import re
import subprocess
import sys
from typing import get_args

import pytest
from documentation import ROOT

from sequela.chart import schema
from sequela.chart.rules import describe_rules
from sequela.clinical.derivations import AnyColumn
from sequela.clinical.rule_register import clinical_rules
from sequela.exhibits.kinds import Exhibit
from sequela.stats import results

REFERENCE = ROOT / "docs" / "reference"


def read(name):
    return (REFERENCE / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pages():
    """The modules that make the pages, as docs/generate.py sees them."""
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        from pages import command_line, outputs, study_file

        yield {"command_line": command_line, "outputs": outputs, "study_file": study_file}
    finally:
        sys.path.remove(str(ROOT / "docs"))


def test_the_pages_are_what_the_code_gives_now():
    ended = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def test_every_chart_table_and_column_is_documented():
    page = read("chart.md")
    for table in schema.TABLES:
        section = page.split(f"\n### {table.name}\n")[1].split("\n### ")[0]
        for column in table.columns:
            assert f"| `{column.name}` |" in section, f"{table.name}.{column.name}"


def test_every_rule_is_documented():
    page = read("rules.md")
    assert all(f"| `{r['code']}` | {r['severity']} |" in page for r in describe_rules())


def test_every_clinical_rule_is_documented_with_its_source_and_parameters():
    page = read("clinical-rules.md")
    for rule in clinical_rules():
        section = page.split(f"\n## {rule.title}\n")[1].split("\n## ")[0]
        assert rule.says in section and f"Source: {rule.source}" in section
        assert all(f"| `{p.name}` | {p.value} |" in section for p in rule.parameters)


@pytest.mark.parametrize(("union", "tag"), [(AnyColumn, "derive"), (Exhibit, "kind")])
def test_every_derivation_and_exhibit_kind_is_documented_with_its_keys(union, tag):
    page = read("study-file.md")
    for model in get_args(get_args(union)[0]):
        (word,) = get_args(model.model_fields[tag].annotation)
        assert f'### `{tag} = "{word}"`' in page
        shared = page.split("## `[columns.NAME]`" if tag == "derive" else "## `[[exhibit]]`")[1]
        own = shared.split(f'### `{tag} = "{word}"`')[1].split("\n### ")[0]
        for name, info in model.model_fields.items():
            key = f"| `{info.alias or name}` |"
            assert name == tag or key in own or key in shared.split("\n### ")[0], (word, name)


def test_every_command_and_exit_code_is_documented(pages):
    page = read("command-line.md")
    commands = pages["command_line"].commands()
    assert {"check", "run", "audit"} <= set(commands)
    assert all(f"## sequela {name}\n" in page for name in commands)
    codes = re.findall(r"^\| (\d+) \|", page, re.MULTILINE)
    assert sorted(map(int, codes)) == sorted(pages["command_line"].EXIT_CODES)


def test_every_column_and_state_of_the_result_rows_is_documented():
    page = read("results.md")
    assert all(f"| `{name}` |" in page for name in results.columns())
    assert all(f"| `{state}` |" in page for state in get_args(results.State))


def test_every_file_of_a_run_is_documented_and_every_documented_file_is_written(pages, tmp_path):
    from sequela.pipeline import run_study

    out = tmp_path / "out"
    run_study(ROOT / "examples" / "lenalidomide", out)
    written = [str(p.relative_to(out)) for p in sorted(out.rglob("*")) if p.is_file()]
    assert [p for p in written if not pages["outputs"].documented(p)] == []
    assert pages["outputs"].missing_from(written) == []
    page = read("outputs.md")
    assert all(f"`{name}`" in page for name in pages["outputs"].FILES)


def test_a_key_without_words_stops_the_generator(pages):
    from pydantic import BaseModel

    class Unheard(BaseModel):
        never_described: str = ""

    info = Unheard.model_fields["never_described"]
    with pytest.raises(KeyError, match="never_described"):
        pages["study_file"].meaning_of(Unheard, "never_described", info)


def test_every_drug_regimen_and_rule_set_is_documented():
    from sequela.clinical.vocabulary import packaged_vocabulary

    page = read("data-files.md")
    known = packaged_vocabulary()
    names = [*known.drugs.file.drug, *known.regimens.file.regimen, *known.transplant.prophylaxis]
    assert all(f"\n| {name} |" in page for name in names)
    assert all(f"\n| `{name}` |" in page for name in known.intensity)
