"""A plain table becomes a study of one endpoint, or says what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sequela.cli import app
from sequela.exhibits.cumulative_incidence import CumulativeIncidence
from sequela.exhibits.survival import KaplanMeier
from sequela.findings import StudyError
from sequela.plain import plain_context, read_plain, reading_of
from sequela.plain_exhibits import make_exhibit, read_outcome, write_figures

ROWS = """id,days,status,arm,age
1,10,1,a,50
2,20,2,a,60
3,20,0,b,NA
4,30,1,b,70
5,40,0,b,>80
6,,1,a,41
7,50,NA,b,42
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "cohort.csv"
    path.write_text(ROWS)
    return path


def messages(arguments: list[str]) -> list[str]:
    """What a call of the program says is wrong with it."""
    with pytest.raises(StudyError) as caught:
        app(arguments, result_action="return_value")
    return [finding.message for finding in caught.value.findings]


def survival(table: Path, **more: object) -> KaplanMeier:
    given = {"kind": "km", "id": "km", "title": "t", "endpoint": "outcome"} | more
    return KaplanMeier.model_validate(given)


def test_missing_times_and_statuses_are_counted_and_not_dropped(table: Path) -> None:
    context = plain_context(
        read_plain(table), unit="days", outcome=read_outcome("days", "status=1")
    )
    rows = make_exhibit(survival(table), context).rows
    assert {(r.n, r.n_missing) for r in rows} == {(5, 2)}
    assert next(r.value for r in rows if r.statistic == "events") == 2


def test_every_other_value_of_the_status_is_censored(table: Path) -> None:
    """Code 2 is no event when the call says that 1 is: a code is never an event by being true."""
    context = plain_context(
        read_plain(table), unit="days", outcome=read_outcome("days", "status=1")
    )
    rows = make_exhibit(survival(table), context).rows
    assert next(r.value for r in rows if r.statistic == "censored") == 3


def test_competing_causes_add_up_with_those_free_of_any(table: Path) -> None:
    outcome = read_outcome("days", "status=1:relapse", "status=2:death")
    context = plain_context(read_plain(table), unit="days", outcome=outcome)
    exhibit = CumulativeIncidence.model_validate(
        {"kind": "cuminc", "id": "c", "title": "t", "endpoint": "outcome", "at": (30,)}
    )
    rows = {(r.statistic, r.level): r.value for r in make_exhibit(exhibit, context).rows}
    # At 10 one of five relapses: F = 1/5. At 20 one of four dies: F = 4/5 x 1/4 = 1/5.
    # At 30 one of two relapses: S before is 4/5 x 3/4 = 3/5, so F grows by 3/5 x 1/2 = 3/10.
    assert rows["cumulative_incidence", "relapse"] == pytest.approx(0.5)
    assert rows["cumulative_incidence", "death"] == pytest.approx(0.2)
    assert rows["event_free", ""] == pytest.approx(0.3)


def test_kaplan_meier_is_refused_where_causes_compete(table: Path) -> None:
    outcome = read_outcome("days", "status=1", "status=2")
    context = plain_context(read_plain(table), unit="days", outcome=outcome)
    result = make_exhibit(survival(table), context)
    assert [r.state for r in result.rows] == ["refused"]
    assert "cuminc" in result.rows[0].error
    assert result.figures == ()


def test_groups_are_compared_and_few_events_bring_the_exact_test(table: Path) -> None:
    context = plain_context(
        read_plain(table),
        unit="days",
        outcome=read_outcome("days", "status=1"),
        columns=["arm"],
        categories=["arm"],
    )
    rows = make_exhibit(survival(table, by="arm"), context).rows
    names = {r.statistic for r in rows if r.contrast == "arm: a vs b"}
    assert {"p_value", "permutation_p_value"} <= names


@pytest.mark.parametrize(
    ("time", "event", "message", "remedy"),
    [
        ("day", "status=1", "the table has no column 'day'", "Did you mean 'days'?"),
        ("days", "status=7", "no row has the value '7' in 'status'", "It holds: 0, 1, 2."),
        ("age", "status=1", "a time must be an exact number, zero or more", "Give the time itself"),
    ],
)
def test_a_mistake_in_the_call_is_a_finding(
    table: Path, time: str, event: str, message: str, remedy: str
) -> None:
    with pytest.raises(StudyError) as caught:
        plain_context(read_plain(table), unit="days", outcome=read_outcome(time, event))
    finding = caught.value.findings[0]
    assert finding.message == message
    assert remedy in finding.remedy
    assert finding.file == "cohort.csv"


def test_a_cell_that_is_no_time_is_named_by_its_row(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("days,status\n1,1\nsoon,0\n-3,1\n")
    with pytest.raises(StudyError) as caught:
        plain_context(read_plain(path), unit="days", outcome=read_outcome("days", "status=1"))
    assert [f.row for f in caught.value.findings] == [3, 4]


def test_event_and_competing_cause_stand_in_one_column() -> None:
    with pytest.raises(StudyError, match="1 finding"):
        read_outcome("t", "status=1", "other=2")
    with pytest.raises(StudyError, match="1 finding"):
        read_outcome("t", "status=1", "status=1")


def test_the_command_prints_rows_as_json_and_writes_nothing(
    table: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(table.parent)
    call = ["km", str(table), "--time", "days", "--event", "status=1", "--json"]
    assert app(call, result_action="return_value") == 0
    rows = json.loads(capsys.readouterr().out)
    assert {"statistic", "value", "n", "method"} <= set(rows[0])
    assert [p.name for p in table.parent.iterdir()] == ["cohort.csv"]


def test_the_figure_is_written_in_three_forms(table: Path, tmp_path: Path) -> None:
    context = plain_context(
        read_plain(table), unit="days", outcome=read_outcome("days", "status=1")
    )
    written = write_figures(make_exhibit(survival(table), context), tmp_path / "figures" / "km")
    assert [p.name for p in written] == ["km.svg", "km.pdf", "km.png"]
    assert all(p.stat().st_size > 1000 for p in written)


def test_table_1_makes_the_tests_named_and_refuses_the_others(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["table1", str(table), "--columns", "days,status", "--categories", "status"]
    call += ["--by", "arm", "--json"]
    assert app([*call, "--tests", "days=wilcoxon"], result_action="return_value") == 0
    rows = json.loads(capsys.readouterr().out)
    assert {r["variable"] for r in rows if r["statistic"] == "p_value"} == {"days"}
    with pytest.raises(StudyError) as caught:
        app([*call, "--tests", "days=fisher,stauts=fisher"], result_action="return_value")
    assert sorted(f.message for f in caught.value.findings) == [
        "the table does not show 'stauts'",
        "there is no test 'fisher' of a number such as 'days'",
    ]


def test_a_status_of_floats_is_the_same_code(tmp_path: Path) -> None:
    """A column with a blank is written as 1.0 by common programs."""
    path = tmp_path / "floats.csv"
    path.write_text("days,status\n5,1.0\n6,0.0\n7,\n")
    context = plain_context(read_plain(path), unit="days", outcome=read_outcome("days", "status=1"))
    rows = make_exhibit(survival(path), context).rows
    assert next(r.value for r in rows if r.statistic == "events") == 1


def reading(path: Path, event: str = "status=2", by: str = "") -> list[str]:
    return reading_of(read_plain(path), "months", read_outcome("days", event), by)


def test_the_reading_says_what_each_status_means_and_who_is_left_out(table: Path) -> None:
    assert reading(table, "status=1:relapse", by="age") == [
        "Read as: days in months, unless --unit says otherwise; events: status = 1 (2); "
        "censored: status = 0 (2), status = 2 (1).",
        "Several values of status count as censored. If one of them prevents the event, as a "
        "death prevents a relapse, it competes: sequela cuminc and sequela cox take it with "
        "--competing.",
        "Left out: 2 of 7 rows without a time or a status.",
        "In no group: 1 of 7 rows without a value in age.",
    ]


def refused(tmp_path: Path, text: str, event: str = "status=1", **more: object) -> list[str]:
    path = tmp_path / "wrong.csv"
    path.write_text(text)
    with pytest.raises(StudyError) as caught:
        outcome = read_outcome("days", event)
        plain_context(read_plain(path), unit="days", outcome=outcome, **more)
    return [f"{f.message}. {f.remedy}" for f in caught.value.findings]


@pytest.mark.parametrize(
    ("text", "event", "said"),
    [
        (
            "days,status\n",
            "status=1",
            "the table has a heading and no rows. Add a row a record, or export the data anew.",
        ),
        (
            "days,status\n5,1\n6,2\n",
            "status",
            "which value of 'status' is the event? Only 0 and 1 speak for themselves. "
            "It holds: 1, 2. Name one: status=2.",
        ),
        (
            "days,status\n,1\n6,\n",
            "status=1",
            "no row has both a time and a value in 'status'. Fill both columns.",
        ),
        (
            "days,status\n5,\n6,\n",
            "status=1",
            "no row has the value '1' in 'status'. It holds nothing.",
        ),
        (
            "days,status\n5,1\n",
            "status=",
            "'status=' names no value of 'status'. Write column=value, such as status=2.",
        ),
    ],
)
def test_what_cannot_be_read_is_a_finding(tmp_path: Path, text: str, event: str, said: str) -> None:
    assert refused(tmp_path, text, event) == [said]


def test_a_column_of_groups_that_is_empty_is_a_finding(tmp_path: Path) -> None:
    text = "days,status,arm\n5,1,NA\n6,0,\n"
    said = refused(tmp_path, text, columns=["arm"], categories=["arm"], needed=["arm"])
    assert said == ["no row has a value in this column. Fill it, or name another."]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["km", "--at", "-5"], "a time to report must be zero or more"),
        (["cox", "--covariates", ","], "no column is named for the covariates"),
    ],
)
def test_mistakes_of_a_call_are_findings(table: Path, arguments: list[str], said: str) -> None:
    command, *rest = arguments
    outcome = ["--time", "days", "--event", "status=1"]
    assert messages([command, str(table), *outcome, *rest]) == [said]


def test_a_test_without_groups_is_a_finding(table: Path) -> None:
    said = messages(["table1", str(table), "--columns", "age", "--tests", "age=wilcoxon"])
    assert said == ["a test compares groups, and none are named"]


def test_cox_names_the_covariate_of_each_warning(
    table: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    arguments = ["cox", str(table), "--time", "days", "--event", "status=1", "--covariates"]
    call = [*arguments, "status", "--categories", "status", "--out", str(tmp_path / "hazards")]
    assert app(call, result_action="return_value") == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "status, 1 vs 0: the estimate lies above all bounds" in printed
    assert "5 patients with all covariates known, 2 events." in printed
