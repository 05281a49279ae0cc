"""What each kind of exhibit estimates and says, on six invented patients."""

from __future__ import annotations

import pytest

from sequela.exhibits.context import Rows
from sequela.exhibits.kinds import sentences, show
from sequela.report.document import Paragraph, TableBlock
from small_study import row_of

STUDY = """
[study]
title = "Six"
sites = ["A", "B", "C"]
time_unit = "months"

[moments.diagnosis]
table = "diagnoses"

[moments.relapse]
table = "events"

[moments.death]
table = "followup"
where = "vital_status = 'dead'"

[moments.last_contact]
table = "followup"

[columns.site]
derive = "look_up"
table = "patients"
column = "site"
label = "Site"

[columns.exposure]
derive = "exposure"
drug = "L"
until = "diagnosis"
label = "Time on L"
unit = "months"

[columns.mrd]
derive = "response"
criteria = "x"
what = "MRD"
label = "MRD"
levels = ["negative", "positive"]

[columns.dead]
derive = "present"
table = "followup"
where = "vital_status = 'dead'"

[columns.negative]
derive = "condition"
where = "mrd = 'negative'"

[columns.followed]
derive = "interval"
from = "diagnosis"
to = "last_contact"
unit = "months"

[sets.negative]
where = "negative"
label = "MRD negative"

[sets.alive]
where = "NOT dead"
label = "Alive"

[endpoints.os]
label = "Survival"
start = "diagnosis"
event = ["death"]
censor = ["last_contact"]

[endpoints.efs]
label = "Event-free survival"
start = "diagnosis"
event = ["relapse", "death"]
censor = ["last_contact"]
"""
CHART = {
    "patients": "patient_id|site\n1|A\n2|A\n3|A\n4|B\n5|B\n6|B",
    "diagnoses": "patient_id|disease|when\n" + "\n".join(f"{i}|ALL|0 days" for i in range(1, 7)),
    "exposures": "patient_id|drug|duration\n1|L|10 months\n2|L|20 months\n3|L|>30 months\n"
    "4|L|1-9 months\n5|L|25 months",
    "assessments": "patient_id|what|value\n1|MRD|negative\n2|MRD|positive\n3|MRD|NE\n"
    "4|MRD|negative",
    "events": "patient_id|what|when\n2|relapse|",
    "followup": """
    patient_id | last_contact | vital_status
    1          | 10 months    | dead
    2          | 20 months    | alive
    3          | 30 months    | dead
    4          | 40 months    | alive
    5          | 50 months    | dead
    6          | 60 months    | alive
    """,
}


@pytest.fixture
def shown(study):
    """The rows of one exhibit, its blocks, and its sentences as text."""

    def make(exhibit: str):
        told = study(f'{STUDY}\n[[exhibit]]\nid = "x"\ntitle = "X"\n{exhibit}', **CHART)
        (definition,) = told.loaded.study.exhibit
        rows = Rows(told.rows)
        blocks = show(definition, told.loaded.context, rows)
        said = sentences(definition, told.loaded.context, rows)
        return list(rows.rows), blocks, "".join(run.text for run in said)

    return make


def cells(blocks):
    (block,) = (b for b in blocks if isinstance(b, TableBlock))
    return [[c.text for c in line.cells] for line in block.table.lines]


def test_flow_counts_everyone_every_site_and_every_set(shown):
    rows, _, said = shown('kind = "flow"\nsets = ["negative", "alive"]')
    assert [(r.variable, r.level, r.value, r.n) for r in rows] == [
        ("patients", "", 6, 6),
        ("site", "A", 3, 6),
        ("site", "B", 3, 6),
        ("site", "C", 0, 6),
        ("patients", "negative", 2, 6),
        ("patients", "alive", 3, 6),
    ]
    assert "The study has 6 patients (3 at A, 3 at B, 0 at C)." in said
    assert "MRD negative: 2 of 6." in said


def test_table1_uses_an_interval_where_it_decides_and_refuses_where_not(shown):
    rows, blocks, said = shown(
        'kind = "table1"\nrows = [{ column = "exposure", show = ["median_range"] }]'
    )
    # 1-9, 10, 20, 25, >30: the middle one is 20 whatever the ends are
    assert row_of(rows, "median", "exposure").value == 20
    assert row_of(rows, "max", "exposure").state == "refused"
    assert row_of(rows, "max_low_bound", "exposure").value == 30
    assert (row_of(rows, "median", "exposure").n, row_of(rows, "median", "exposure").n_missing) == (
        5,
        1,
    )
    assert cells(blocks)[1][0] == "Median (range)"
    assert cells(blocks)[1][1].startswith("20 ([1–9] to >30)")
    assert cells(blocks)[-1] == ["Missing", "1"]
    assert "median 20 months (lowest between 1 and 9, highest >30); missing in 1." in said


def test_table1_by_group_counts_levels_and_absences_in_each(shown):
    rows, blocks, said = shown('kind = "table1"\nby = "site"\nrows = [{ column = "mrd" }]')
    counts = {
        (r.group, r.level): (r.value, r.n, r.n_missing, r.n_not_evaluable)
        for r in rows
        if r.statistic == "count"
    }
    assert counts == {
        ("", "negative"): (2, 3, 2, 1),
        ("", "positive"): (1, 3, 2, 1),
        ("site=A", "negative"): (1, 2, 0, 1),
        ("site=A", "positive"): (1, 2, 0, 1),
        ("site=B", "negative"): (1, 1, 2, 0),
        ("site=B", "positive"): (0, 1, 2, 0),
    }
    assert cells(blocks)[1:] == [
        ["negative", "2 (67)", "1 (50)", "1 (100)"],
        ["positive", "1 (33)", "1 (50)", "0 (0)"],
        ["Missing", "2", "0", "2"],
        ["Not evaluable", "1", "1", "0"],
    ]
    assert "negative 2 of 3" in said


def test_proportions_are_of_those_who_could_be_judged(shown):
    rows, blocks, said = shown(
        'kind = "proportions"\nrows = [{ column = "mrd", level = "negative" }, '
        '{ column = "negative", set = "alive" }]'
    )
    count = row_of(rows, "count", "mrd")
    assert (count.value, count.n, count.n_missing, count.n_not_evaluable) == (2, 3, 2, 1)
    alive = row_of(rows, "count", "negative")
    assert (alive.set, alive.value, alive.n, alive.size) == ("alive", 1, 2, 3)
    assert cells(blocks)[0][2] == "2 of 3"
    assert "MRD: negative: 2 of 3" in said
    assert "3 could not be judged." in said


def test_followup_gives_both_answers(shown):
    rows, _, said = shown(
        'kind = "followup"\nendpoint = "os"\nsurvivors = "alive"\ncolumn = "followed"'
    )
    survivors = row_of(rows, "median", "followed")
    assert (survivors.set, survivors.value, survivors.n) == ("alive", 40, 3)
    # reversed: censored at 20, 40, 60 of 5, 3, 1 at risk: 0.8, 0.533, 0
    reverse = row_of(rows, "reverse_km_median", "os")
    assert (reverse.set, reverse.value, reverse.n) == ("all", 60, 6)
    assert "median of 40" in said


def test_bounds_of_an_endpoint_with_an_event_without_a_time(shown):
    rows, _, said = shown('kind = "survival_bounds"\nendpoint = "efs"\nat = [12]')
    assert row_of(rows, "events", "efs").value == 4
    assert row_of(rows, "events_without_a_time", "efs").value == 1
    assert row_of(rows, "median", "efs").state == "refused"
    # the relapse of patient 2 lies in (0, 20]. By month 12 patient 1 has died: 5/6 is left
    # when the relapse comes later. Earlier it costs 1/6 before the death and 1/5 after it.
    low, high = (row_of(rows, f"survival_{e}_bound", "efs").value for e in ("low", "high"))
    assert (low, high) == (pytest.approx(4 / 6), pytest.approx(5 / 6))
    assert "of whom 1 at a time that is not known" in said


def test_survival_by_hand(shown):
    rows, _, said = shown('kind = "km"\nendpoint = "os"\nat = [12, 35]')
    # deaths at 10, 30, 50 of 6, 4, 2 at risk
    assert row_of(rows, "survival", "os", time=12).value == pytest.approx(5 / 6)
    assert row_of(rows, "survival", "os", time=35).value == pytest.approx(5 / 6 * 3 / 4)
    assert row_of(rows, "median", "os").value == 50
    assert "3 of 6 died" in said


def test_a_refused_curve_is_a_warning_and_no_table(shown):
    rows, blocks, said = shown('kind = "km"\nendpoint = "os"\nby = "dead"')
    assert {r.state for r in rows} == {"refused"}
    assert [type(b) for b in blocks] == [Paragraph]
    assert blocks[0].kind == "warning"
    assert "immortal time" in blocks[0].runs[0].text
    assert said == ""


def test_a_listing_shows_intervals_and_reasons(shown):
    rows, blocks, _ = shown('kind = "listing"\ncolumns = ["exposure", "mrd", "efs", "dead"]')
    assert rows == []
    assert cells(blocks) == [
        ["1", "10", "negative", "10", "yes"],
        ["2", "20", "positive", "0–20", "no"],
        ["3", ">30", "NE", "30", "yes"],
        ["4", "1–9", "negative", "40", "no"],
        ["5", "25", "missing", "50", "yes"],
        ["6", "missing", "missing", "60", "no"],
    ]
