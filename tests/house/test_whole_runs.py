"""HEAVY: whole runs of the published series, each in a process of its own (about ten seconds).

The same inputs give the same bytes whatever the hash seed, time zone, locale and number of
threads; the page that is written points nowhere, and every number on it leads to its patients.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html

EXAMPLE = Path(__file__).parents[2] / "examples" / "lenalidomide"
SEQUELA = Path(sys.executable).parent / "sequela"
MANIFEST = "manifest.json"

SETTINGS = (
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C", "POLARS_MAX_THREADS": "1"},
    {
        "PYTHONHASHSEED": "4711",
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": "de_DE.UTF-8",
        "POLARS_MAX_THREADS": "3",
    },
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> list[Path]:
    """Two runs under different settings, each from another folder."""
    folders = [tmp_path_factory.mktemp("run") / name for name in ("one", "other")]
    started = [
        subprocess.Popen(
            [str(SEQUELA), "run", str(EXAMPLE), "--out", str(out)],
            env=os.environ | settings,
            cwd=out.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for out, settings in zip(folders, SETTINGS, strict=True)
    ]
    for process in started:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        assert out == ""
        assert "Traceback" not in err
    return folders


# A patient named, and not `number of patients 32`.
NAMED = re.compile(r"(?<!number of )\bpatients? \d\d\b")


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


def test_the_same_inputs_give_the_same_bytes(runs):
    one, other = (files_below(run) for run in runs)
    assert set(one) == set(other)
    differing = {name for name in one if one[name] != other[name]}
    assert differing <= {MANIFEST}


def test_of_the_manifest_the_time_alone_differs(runs):
    one, other = (json.loads((run / MANIFEST).read_bytes()) for run in runs)
    assert {key for key in one if one[key] != other[key]} <= {"made_at"}
    assert set(one["outputs"]) == set(files_below(runs[0])) - {MANIFEST}
    inputs = {p.name for p in EXAMPLE.iterdir() if p.suffix in (".csv", ".toml")}
    assert set(one["inputs"]) == inputs


def test_no_output_names_the_machine_it_was_made_on(runs):
    secrets = [str(p).encode() for p in (runs[0].parent, EXAMPLE.parents[1], Path.home())]
    for name, data in files_below(runs[0]).items():
        assert not [s for s in secrets if s in data], name


# The page ----------------------------------------------------------------------------------


PAGES = ("patient-level/report.html", "aggregate/report-aggregate.html")


def addresses(page: html.HtmlElement) -> Iterator[str]:
    for element in page.iter():
        for name, value in element.attrib.items():
            if name in ("src", "href", "action", "data", "poster", "srcset", "xlink:href") or (
                name.endswith("}href")
            ):
                yield str(value)


@pytest.mark.parametrize("name", PAGES)
def test_the_page_points_nowhere_outside_itself(runs, name):
    text = (runs[0] / name).read_text(encoding="utf-8")
    page = html.fromstring(text)
    outside = [a for a in addresses(page) if not a.startswith(("#", "data:"))]
    assert outside == []
    styles = re.findall(r"url\(\s*[\"']?([^\"')]{0,40})", text)
    assert styles
    assert [s for s in styles if not s.startswith(("#", "data:"))] == []
    assert "@import" not in text
    # an address may be named as such (the namespace of SVG), and never loaded
    loaded = re.findall(r"(?:fetch|XMLHttpRequest|WebSocket|importScripts|sendBeacon)\b", text)
    assert loaded == []
    named = set(re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\s\"'<>)]*", text, re.I))
    assert {n for n in named if "www.w3.org/" not in n} == set()


def data_of(page: html.HtmlElement) -> dict[str, object]:
    (script,) = page.xpath("//script[@id='report-data']")
    return json.loads(script.text_content())


def test_every_printed_number_leads_to_rows_and_their_patients(runs):
    page = html.fromstring((runs[0] / PAGES[0]).read_text(encoding="utf-8"))
    data = data_of(page)
    numbers = page.xpath("//*[@data-rows]")
    assert len(numbers) > 300
    for number in numbers:
        rows = number.get("data-rows").split()
        assert rows
        for row in rows:
            label, value, method, group = data["rows"][row]
            assert label
            assert value
            assert method
            counted, others = data["groups"][group]
            places = [*counted, *(p for _, some in others for p in some)]
            assert len(places) == len(set(places))
            assert all(0 <= place < len(data["patients"]) for place in places)
            assert all(reason for reason, _ in others)


def test_every_patient_has_a_section(runs):
    page = html.fromstring((runs[0] / PAGES[0]).read_text(encoding="utf-8"))
    ids = {element.get("id") for element in page.xpath("//*[@id]")}
    data = data_of(page)
    assert len(data["patients"]) == 32
    assert {anchor for _, anchor in data["patients"]} <= ids
    targets = {a[1:] for a in addresses(page) if a.startswith("#")}
    assert targets <= ids


def test_the_aggregate_page_and_folder_hold_no_patient(runs):
    page = html.fromstring((runs[0] / PAGES[1]).read_text(encoding="utf-8"))
    data = data_of(page)
    assert data["patients"] == []
    assert all(group == [[], []] for group in data["groups"])
    assert page.xpath("//*[starts-with(@id, 'patient-')]") == []
    findings = json.loads((runs[0] / "aggregate" / "findings.json").read_bytes())
    assert findings
    assert all(not f["patient_id"] and not f["value"] and f["row"] is None for f in findings)
    names = {Path(n).name for n in files_below(runs[0] / "aggregate")}
    assert not {n for n in names if n.startswith(("subjects", "derivations", "table-2", "swimmer"))}


def test_the_aggregate_page_names_a_patient_only_where_the_article_does(runs):
    page = html.fromstring((runs[0] / PAGES[1]).read_text(encoding="utf-8"))
    (audit,) = page.xpath("//figure[@id='exhibit-audit']")
    said = {"found": [], "says": []}
    for line in audit.xpath(".//tbody/tr"):
        cells = [cell.text_content() for cell in line.xpath("./th|./td")]
        said["says"].append(cells[1])
        said["found"].append(cells[3])
    assert any(NAMED.search(text) for text in said["says"])
    assert [text for text in said["found"] if NAMED.search(text)] == []
    for figure in page.xpath("//figure[@id='exhibit-audit']"):
        figure.getparent().remove(figure)
    assert not NAMED.search(page.text_content())
