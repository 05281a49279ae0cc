"""Where a key stands in a TOML file: lines are found through tables, lists of tables, dots."""

import pytest

from sequela.definition_file import line_of
from sequela.pipeline import check_study
from small_study import write_study

TEXT = """[study]
title = "a"

[[rows]]
name = "first"
table = "events"
[rows.columns]
what = { value = "relapse" }
when = { from = "x" }

[[rows]]
table = "patients"
columns.sex = { from = "sex" }
columns.site.value = "A"

[codes.sex]
"f" = "female"
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("study.title", 2),
        ("rows.first.table", 6),
        ("rows.first.columns.when.from", 9),
        ("rows.first.columns.what", 8),
        ("rows.2.table", 12),
        ("rows.2.columns.sex.from", 13),
        ("rows.2.columns.site", 14),
        ("codes.sex.f", 17),
    ],
)
def test_the_line_of_a_key(path, line):
    assert line_of(path.split("."), TEXT) == line


def test_a_key_that_nothing_names_has_no_line():
    assert line_of(["nowhere"], TEXT) is None


def test_a_word_where_a_table_belongs_is_said_in_plain_words(tmp_path):
    toml = '[[exhibit]]\nid = "t"\nkind = "proportions"\ntitle = "T"\nrows = ["age"]\n'
    _, findings = check_study(write_study(tmp_path / "study", toml))
    (found,) = (f for f in findings if f.code == "study-invalid")
    assert found.column == "exhibit.t.rows.1"
    assert found.message == "a table of keys belongs here, and 'age' is none"
    assert found.remedy.startswith('Write it in braces, such as { column = "age" }')
