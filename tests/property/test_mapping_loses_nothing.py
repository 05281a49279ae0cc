"""Rows in are rows mapped and rows named in findings, whatever stands in the sheet."""

from __future__ import annotations

import csv
import re
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from mapped_study import SOURCE
from sequela.chart.mapped import map_chart
from sequela.sources.raw_table import raw_table

HEADER = ("id", "centre", "relapsed", "when 1", "when 2", "drugs", "hb", "y", "m")
MAPPING = """
[[rows]]
table = "patients"
source = "sheet"
columns.site = { from = "centre" }

[[rows]]
table = "events"
source = "sheet"
repeat = ["1", "2"]
holds = { from = "relapsed", yes = ["Y"], no = ["N"] }
columns.what = { value = "relapse" }
columns.when = { from = "when {n}", dates = ["DD/MM/YYYY", "Mon YYYY"] }

[[rows]]
table = "exposures"
source = "sheet"
needs = "centre"
columns.drug = { from = "drugs", split = ";" }

[[rows]]
table = "measurements"
source = "sheet"
where = "hb <> '0'"
columns.name = { value = "hemoglobin" }
columns.value = { from = "hb", unit = "g/dL", to = "g/L" }
columns.when = { parts = { year = "y", month = "m" } }
"""
CELL = st.one_of(
    st.sampled_from((*"?YN0;", "", "N/A", "North", "a; b")),
    st.sampled_from(("03/04/2020", "Mar 2019", "2019", "2019-02-30")),
    st.sampled_from(("12.1", "130", ">9", "3-7", "not detected")),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=6),
)
ROWS = st.lists(st.lists(CELL, min_size=len(HEADER), max_size=len(HEADER)), max_size=12)


def named_rows(finding) -> set[int]:
    """The rows that a finding names, in its place and in the runs of its message."""
    rows = {finding.row} if finding.row else set()
    if finding.code == "mapping-rows-not-used":
        for first, last in re.findall(r"(\d+)(?: to (\d+))?", finding.message):
            rows |= set(range(int(first), int(last or first) + 1))
    return rows


@settings(max_examples=150, deadline=None)
@given(ROWS)
def test_every_row_is_mapped_or_named(rows):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "mapping.toml").write_text(SOURCE + MAPPING, encoding="utf-8")
        with (folder / "sheet.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([HEADER, *rows])
        mapped = map_chart(folder)
    table = raw_table("sheet.csv", HEADER, list(enumerate(rows, start=2)))
    came = {row for row, cells in table.rows if any(cells)}
    made = {row for frame in mapped.origins.rows.values() for row in frame["source_row"].to_list()}
    named = {row for finding in mapped.findings for row in named_rows(finding)}
    assert came <= made | named
    assert made <= came


@settings(max_examples=100, deadline=None)
@given(ROWS)
def test_every_filled_cell_is_charted_or_named(rows):
    """A cell of a column that is taken as it stands is in the chart, or its row in a finding."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "mapping.toml").write_text(SOURCE + MAPPING, encoding="utf-8")
        with (folder / "sheet.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([HEADER, *rows])
        mapped = map_chart(folder)
    named = {row for finding in mapped.findings for row in named_rows(finding)}
    sites = mapped.tables["patients"].column("site").to_list() if mapped.tables else []
    for number, cells in enumerate(rows, start=2):
        patient, site = cells[0].strip(), cells[1].strip()
        if patient not in ("", "N/A", "?") and site not in ("", "N/A", "?"):
            assert site in sites or number in named
