"""Dates as people type them: read where they have one meaning, and else a finding that says why."""

from __future__ import annotations

from datetime import date

import pytest

from sequela.chart.chart import read_chart
from sequela.chart.dates import date_trouble, read_date
from sequela.chart.time import CALENDAR, read_moment
from small_study import write_study


def day(year, month, day):
    return (date(year, month, day) - date(1970, 1, 1)).days


MARCH = (day(2019, 3, 1), day(2019, 3, 31))
YEAR = (day(2019, 1, 1), day(2019, 12, 31))
FOURTEENTH = (day(2019, 3, 14), day(2019, 3, 14))


@pytest.mark.parametrize(
    ("cell", "days"),
    [
        ("2019-03-14", FOURTEENTH),
        ("2019/03/14", FOURTEENTH),
        ("2019-3-14", FOURTEENTH),
        ("2019-03-14 00:00:00", FOURTEENTH),
        ("2019-03-14T10:30", FOURTEENTH),
        ("14 Mar 2019", FOURTEENTH),
        ("14-Mar-2019", FOURTEENTH),
        ("14MAR2019", FOURTEENTH),
        ("14 march 2019", FOURTEENTH),
        ("March 14, 2019", FOURTEENTH),
        ("2019-Mar-14", FOURTEENTH),
        ("2019-03", MARCH),
        ("03/2019", MARCH),
        ("3/2019", MARCH),
        ("Mar 2019", MARCH),
        ("March 2019", MARCH),
        ("Mar. 2019", MARCH),
        ("2019 Q1", (day(2019, 1, 1), day(2019, 3, 31))),
        ("Q2 2019", (day(2019, 4, 1), day(2019, 6, 30))),
        ("2019Q4", (day(2019, 10, 1), day(2019, 12, 31))),
        ("2019", YEAR),
        ("2019-UK-UK", YEAR),
        ("2019-03-XX", MARCH),
        ("2019-03-??", MARCH),
        ("2019-UNK", YEAR),
        ("UN-MAR-2019", MARCH),
        ("UNK UNK 2019", YEAR),
        # the day alone says nothing without the month
        ("2019-UK-14", YEAR),
        ("2020-02", (day(2020, 2, 1), day(2020, 2, 29))),
    ],
)
def test_a_date_with_one_meaning_is_read_with_its_precision(cell, days):
    found = read_date(cell)
    assert found is not None
    assert (found.first, found.last) == days
    assert found.number == days[1] - days[0] + 1
    moment = read_moment(cell)
    assert moment is not None
    assert (moment.low, moment.high, moment.clock, moment.text) == (*days, CALENDAR, cell)
    assert date_trouble(cell) is None or found is not None


@pytest.mark.parametrize(
    ("cell", "order", "days"),
    [
        ("03/04/2021", "dmy", (day(2021, 4, 3),) * 2),
        ("03/04/2021", "mdy", (day(2021, 3, 4),) * 2),
        ("3.4.2021", "dmy", (day(2021, 4, 3),) * 2),
        ("UN/04/2021", "dmy", (day(2021, 4, 1), day(2021, 4, 30))),
        ("14/03/2021", "mdy", None),  # the declared order makes no date of it
        ("31/02/2021", "dmy", None),
        ("03/04/2021", "ymd", None),
        ("2021-04-03", "mdy", (day(2021, 4, 3),) * 2),
        ("03/04/2021", None, None),
        ("14/03/2021", None, None),  # never found out from the number itself
    ],
)
def test_day_and_month_as_numbers_need_a_declared_order(cell, order, days):
    found = read_date(cell, order)
    assert (None if found is None else (found.first, found.last)) == days


# Each with the row of the table of bad inputs that it answers.
@pytest.mark.parametrize(
    ("cell", "code"),
    [
        pytest.param("03/04/2021", "date-ambiguous", id="row 11 ambiguous"),
        pytest.param("14.03.2021", "date-ambiguous", id="row 11 order not declared"),
        pytest.param("2020-13-45", "date-impossible", id="row 12 month 13"),
        pytest.param("31/02/2020", "date-impossible", id="row 12 31 February"),
        pytest.param("2019-02-29", "date-impossible", id="row 12 no leap year"),
        pytest.param("2019-05-00", "date-impossible", id="row 12 day 0"),
        pytest.param("2019 Q5", "date-impossible", id="row 12 fifth quarter"),
        pytest.param("14 Mai 2019", "date-unknown-month", id="row 12 unknown month name"),
        pytest.param("43890", "date-serial-number", id="row 12 spreadsheet number"),
        pytest.param("14/03/19", "date-two-digit-year", id="row 13 two-digit year"),
        pytest.param("14-Mar-19", "date-two-digit-year", id="row 13 two-digit year, name"),
        pytest.param("Mar-19", "date-two-digit-year", id="row 13 two-digit year, month"),
        pytest.param("UNK", "date-unknown-word", id="row 13 no year"),
        pytest.param("soon", "cell-not-a-time", id="row 17 words"),
        pytest.param("2019.5", "cell-not-a-time", id="row 17 decimal year"),
        pytest.param("3.2019", "cell-not-a-time", id="row 17 decimal number"),
        pytest.param("12", "cell-not-a-time", id="row 17 number without unit"),
    ],
)
def test_what_is_no_date_is_a_finding_that_says_why(tmp_path, cell, code):
    folder = write_study(
        tmp_path / "study", diagnoses=f"patient_id|disease|when\n1|AML|2019-03-14\n2|AML|{cell}"
    )
    chart, findings = read_chart(folder)
    (found,) = findings
    assert (found.code, found.severity, found.place, found.patient_id, found.value) == (
        code,
        "error",
        "diagnoses.csv, row 3, column when",
        "2",
        cell,
    )
    assert cell not in found.message + found.remedy
    assert chart["diagnoses"]["when__low"].to_list() == [day(2019, 3, 14), None]


def test_rows_stay_in_their_order_whatever_their_form(tmp_path):
    told = ["2019-03-14", "Mar 2019", "", "2018-01-01", "3 days", "2019"]
    rows = "\n".join(f"{n}|AML|{cell}" for n, cell in enumerate(told))
    chart, findings = read_chart(
        write_study(tmp_path / "study", diagnoses=f"patient_id|disease|when\n{rows}")
    )
    assert findings == []
    frame = chart["diagnoses"]
    assert frame["row"].to_list() == [2, 3, 4, 5, 6, 7]
    assert frame["when__low"].to_list() == [
        day(2019, 3, 14),
        day(2019, 3, 1),
        None,
        day(2018, 1, 1),
        3,
        day(2019, 1, 1),
    ]
    assert frame["when__step"].to_list() == [1, 31, None, 1, 1, 365]
