"""Whatever stands in a sheet, a draft of it is valid, and can be checked."""

from __future__ import annotations

import csv
import tempfile
import tomllib
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sequela.draft.draft import draft_study, write_draft
from sequela.draft.knowledge import concepts
from sequela.pipeline import check_study

NAMES = sorted(
    {n.replace("{n}", "1").replace("{drug}", "len") for c in concepts() for n in c.names}
)
HEADING = st.one_of(
    st.sampled_from(NAMES),
    st.sampled_from(("id", "MRN", "WBC (/uL)", "Hb (g/dL)", "os (mo)", "relapse2_date")),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1, max_size=8),
)
CELL = st.one_of(
    st.sampled_from(
        ("", "N/A", "Y", "no", "F", "dead", "A", "CR MRD-", "NE", "a; b", "{n}", "[B]")
    ),
    st.sampled_from(("03/04/2020", "23.4.19", "Mar 2019", "2019", "12.1", ">9", "5 mo", "4200")),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=6),
)


@st.composite
def sheets(draw):
    heading = draw(st.lists(HEADING, min_size=1, max_size=8, unique_by=str.lower))
    row = st.lists(CELL, min_size=len(heading), max_size=len(heading))
    return ["study id", *heading], [
        [f"P{number}", *cells] for number, cells in enumerate(draw(st.lists(row, max_size=6)))
    ]


@settings(max_examples=50, deadline=None)
@given(sheets())
def test_a_draft_of_any_sheet_can_be_checked(sheet):
    heading, rows = sheet
    with tempfile.TemporaryDirectory() as name:
        source, folder = Path(name) / "sheet.csv", Path(name) / "study"
        with source.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([heading, *rows])
        draft = draft_study(source, folder)
        if not draft.files:
            assert draft.findings
            return
        for text in draft.files.values():
            tomllib.loads(text.decode("utf-8"))
        places = [p.column.place for _, p in draft.proposals]
        assert len(places) == len(set(places))
        assert write_draft(draft, folder) == []
        _, findings = check_study(folder)
        of_the_draft = {"mapping-unknown-column", "mapping-syntax", "mapping-invalid"}
        wrong = {f.code for f in findings} & {*of_the_draft, "mapping-unknown-key", "study-syntax"}
        assert not wrong, [(f.place, f.message) for f in findings if f.code in wrong]
