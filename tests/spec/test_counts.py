"""How many rows a patient has, such as doses of intrathecal prophylaxis."""

from __future__ import annotations

from sequela.pipeline import check_study
from small_study import write_study

TOML = """
[moments.graft]
table = "transplants"

[columns.doses]
derive = "count"
table = "exposures"
where = "intent = 'intrathecal prophylaxis'"
"""
DOSES = """
patient_id | drug         | start   | intent
1          | methotrexate | 1 days  | intrathecal prophylaxis
1          | methotrexate | 8 days  | intrathecal prophylaxis
1          | cytarabine   | 15 days | intrathecal prophylaxis
1          | methotrexate | 8 days  | leukemia
2          | methotrexate | 8 days  | leukemia
3          | methotrexate |         | intrathecal prophylaxis
"""
GRAFTS = """
patient_id | type       | indication | when
1          | allogeneic | ALL        | 8 days
3          | allogeneic | ALL        | 8 days
"""


def test_all_rows_are_counted_and_none_is_none(study):
    told = study(TOML, exposures=DOSES, transplants=GRAFTS)
    assert told.column("doses") == {"1": 3, "2": 0, "3": 1}
    assert [row for _, _, row in told.decided_by("doses")] == [2, 3, 4, 7]


def test_until_a_moment_that_day_included(study):
    told = study(TOML + 'until = "graft"', exposures=DOSES, transplants=GRAFTS)
    assert told.ends("doses") == {"1": (2, 2), "2": (None, None), "3": (0, 1)}
    assert told.why("doses")["2"] == "missing"


def test_from_a_moment_that_day_included(study):
    told = study(TOML + 'start = "graft"', exposures=DOSES, transplants=GRAFTS)
    assert told.ends("doses")["1"] == (2, 2)


def test_without_the_table_nobody_is_known_to_have_none(study):
    told = study(TOML, transplants=GRAFTS)
    assert told.column("doses") == {"1": None, "3": None}


def test_a_table_without_times_cannot_be_counted_from_a_moment(tmp_path):
    text = TOML.replace('"exposures"', '"patients"').split("where")[0] + 'until = "graft"\n'
    _, findings = check_study(write_study(tmp_path / "s", text, transplants=GRAFTS))
    assert [f.message for f in findings if f.severity == "error"] == [
        "the rows of patients have no time to count from or until"
    ]
