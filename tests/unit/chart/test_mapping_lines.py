"""The mapping as a spreadsheet says the same as the mapping in TOML."""

from __future__ import annotations

from mapped_study import SOURCE, Mapped, write_mapping
from sequela.chart.mapping_lines import LINE_COLUMNS, read_lines
from sequela.sources.raw_table import raw_table

SHEET = """
id | centre | gender | relapse 1 | relapse 2 | relapsed
1  | North  | F      | 03/04/2020 | 05/06/2021 | Y
2  | South  | M      |           |           | N
"""
TOML = """
[[rows]]
table = "patients"
source = "sheet"
columns.site = { from = "centre" }
columns.sex = { from = "gender", codes = { F = "female", M = "male" } }

[[rows]]
name = "relapse"
table = "events"
source = "sheet"
repeat = ["1", "2"]
holds = { from = "relapsed", yes = "Y", no = "N" }
columns.what = { value = "relapse" }
columns.when = { from = "relapse {n}", dates = ["DD/MM/YYYY"] }
"""
LINES = """
source|from|table|row|chart column|value|codes|dates|repeat|holds|holds yes|holds no|note
sheet|centre|patients||site||||||||
sheet|gender|patients||sex||F=female; M=male||||||ask Ann
||||||||||||to do
sheet||events|relapse|what|relapse|||1; 2|relapsed|Y|N|
sheet|relapse {n}|events|relapse|when|||DD/MM/YYYY|||||
"""


def lines(text: str):
    table = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return raw_table("mapping.csv", table[0], list(enumerate(table[1:], start=2)))


def test_both_forms_give_the_same_chart(tmp_path):
    one = Mapped(write_mapping(tmp_path / "toml", TOML, sheet=SHEET))
    other = Mapped(
        write_mapping(
            tmp_path / "lines", 'rows_from = "mapping.csv"\n' + SOURCE, sheet=SHEET, mapping=LINES
        )
    )
    assert one.codes == other.codes == set()
    for table in ("patients", "events"):
        assert one.chart[table].equals(other.chart[table])
        assert one.chart[table].height == 2


def test_a_mistake_names_its_line(tmp_path):
    wrong = LINES.replace("DD/MM/YYYY", "DD/MM").replace("|gender|", "|gendr|")
    told = Mapped(
        write_mapping(
            tmp_path / "s", 'rows_from = "mapping.csv"\n' + SOURCE, sheet=SHEET, mapping=wrong
        )
    )
    assert told.one("mapping-date-form").row == 6
    finding = told.one("mapping-unknown-column")
    assert (finding.file, finding.row) == ("mapping.csv", 3)
    assert finding.remedy == "Did you mean 'gender'?"


def test_a_chart_column_given_twice():
    read = read_lines(lines("source|from|table|chart column\ns|a|patients|sex\ns|b|patients|sex"))
    (finding,) = read.findings
    assert (finding.code, finding.row) == ("mapping-target-twice", 3)
    assert finding.message == "'sex' of 'patients' is given twice for one chart row"


def test_lines_of_one_row_that_disagree():
    read = read_lines(
        lines("source|from|table|chart column|needs\ns|a|events|what|a\ns|b|events|when|b\n")
    )
    (finding,) = read.findings
    assert finding.message == "'needs' differs from what another line of the same chart row says"


def test_headings_that_are_unknown_or_missing():
    read = read_lines(lines("source|from|tabel|chart column\ns|a|events|what"))
    assert [(f.message, f.remedy) for f in read.findings] == [
        ("'tabel' is not known here", "Did you mean 'table'?"),
        ("the column 'table' is missing", "Add it: the chart table."),
    ]


def test_lines_without_what_they_need_and_bad_code_lists():
    read = read_lines(
        lines(
            "source|from|table|chart column|codes|position|time\n"
            "s|a||what|||\n"
            "s|a|events|what|F=;=x||\n"
            "s|a|events|cause|a=b;a=c||\n"
            "s|a|events|note|||moons\n"
            "s||events|when||one|\n"
        )
    )
    assert [(f.row, f.column, f.message) for f in read.findings] == [
        (2, "table", "'table' is blank"),
        (3, "codes", "'=x' is no pair such as F=female"),
        (4, "codes", "'a' stands twice in the code list"),
        (5, "time", "input should be '', 'days', 'weeks', 'months' or 'years'"),
        (
            6,
            "position",
            "input should be a valid integer, unable to parse string as an integer",
        ),
    ]


def test_a_spreadsheet_that_is_not_there(tmp_path):
    folder = write_mapping(
        tmp_path / "s", 'rows_from = "maping.csv"\n' + SOURCE, sheet=SHEET, mapping=LINES
    )
    finding = Mapped(folder).one("mapping-file-missing")
    assert finding.place == "mapping.toml, row 1, column rows_from"
    assert finding.remedy == "Did you mean 'mapping.csv'?"


def test_every_part_of_a_cell_has_a_column():
    from sequela.chart.mapping import Cell, Rows

    keys = {f.alias or name for name, f in Cell.model_fields.items()} - {"parts"}
    keys |= {f.alias or name for name, f in Rows.model_fields.items()} - {"name", "columns"}
    assert keys <= set(LINE_COLUMNS)
