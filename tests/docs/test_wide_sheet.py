"""The wide sheet of the how-to gives the published series, after the edits of the page alone."""

import polars as pl
import pytest
from documentation import ROOT, Reader, blocks_of

import sequela as sq

PAGE = ROOT / "docs" / "how-to" / "map-a-wide-sheet.md"


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """The study that the page ends with."""
    folder = tmp_path_factory.mktemp("wide")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Reader(folder).follow(PAGE)
    return sq.load(folder / "len-all")


def test_the_result_rows_are_those_of_the_published_series(followed):
    published = sq.load(ROOT / "examples" / "lenalidomide")
    assert followed.results.height > 400
    assert followed.results.equals(published.results)


def test_the_page_has_at_most_ten_edits():
    asked = [block for block in blocks_of(PAGE) if block.asks.partition("=")[0]]
    edits = [b for b in asked if b.asks.startswith(("edit=", "append=", "file="))]
    copied = [b for b in blocks_of(PAGE) if b.language == "sh" and b.text.startswith("cp ")]
    assert 0 < len(edits) + len(copied) <= 10
    numbered = PAGE.read_text(encoding="utf-8").count("\n**")
    assert numbered == len(edits) + len(copied)


def test_every_chart_row_leads_back_to_the_workbook(followed):
    chart = followed.chart
    for table in ("patients", "treatments", "measurements"):
        for row in chart[table]["row"]:
            assert chart.place(table, row).startswith("chart.xlsx, sheet ")
    row = chart["followup"].filter(pl.col("patient_id") == "28")["row"].item()
    assert chart.place("followup", row, "disease_status") == (
        "chart.xlsx, sheet Patients, row 31, column AK (Last status)"
    )


def test_no_record_number_stands_in_the_folder(followed):
    from sequela.sources.source import read_source

    folder = followed._loaded.folder
    book = read_source(folder.parent / "examples" / "wide-sheet" / "chart.xlsx")
    numbers = set(book.table("Patients").column("MRN").to_list())
    assert len(numbers) == 32
    texts = [p.read_text(encoding="utf-8") for p in folder.iterdir() if p.suffix == ".toml"]
    assert not [n for n in numbers for text in texts if n in text]
