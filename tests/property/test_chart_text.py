"""Whatever a cell or a file holds: it is read as what it says, or refused; nothing is lost."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from math import inf, isnan

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sequela.chart.time import completed_years, days_between, read_length, read_moment
from sequela.chart.values import read_value
from sequela.clinical.exposure import _united
from sequela.findings import did_you_mean
from sequela.sources.delimited import read_delimited
from sequela.sources.spreadsheet_text import neutral

QUICK = settings(
    deadline=None,
    max_examples=80,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
DAYS = st.integers(-200_000, 40_000)
EPOCH = date(1970, 1, 1)


@QUICK
@given(st.text(max_size=12) | st.from_regex(r"[<>=~]{0,2} ?[\d.,eE+-]{1,8}( ?(-|to) ?[\d.]+)?"))
def test_any_text_is_a_value_or_none(text):
    value = read_value(text)
    if value is not None:
        assert value.low <= value.high
        assert not isnan(value.low + value.high) or (value.low, value.high) == (-inf, inf)
        assert value.text == text.strip()
        # what was read once is read again
        assert read_value(value.text) == value


@QUICK
@given(st.text(max_size=14) | st.from_regex(r"-?[\d.]{1,5} ?(day|week|month|year)s?"))
def test_any_text_is_a_moment_or_none(text):
    moment = read_moment(text)
    if moment is not None:
        assert moment.low <= moment.high
        assert moment.precision > 0
    assert read_length(text) is None or moment is not None


@QUICK
@given(DAYS, DAYS)
def test_a_date_is_its_day(first, second):
    moments = [read_moment((EPOCH + timedelta(days=d)).isoformat()) for d in (first, second)]
    assert days_between(*moments) == (second - first, second - first)


@QUICK
@given(DAYS, st.integers(0, 40_000))
def test_a_month_and_a_year_hold_their_days(day, more):
    exact = EPOCH + timedelta(days=day)
    for text in (f"{exact:%Y-%m}", f"{exact:%Y}"):
        moment = read_moment(text.zfill(len(text)))
        if moment is not None:
            assert moment.low <= day <= moment.high


@QUICK
@given(DAYS, st.integers(0, 36_500))
def test_completed_years_go_up_by_one_on_birthdays_only(birth, lived):
    years = completed_years(birth, birth + lived)
    next_day = completed_years(birth, birth + lived + 1)
    assert next_day - years in (0, 1)
    assert abs(years - lived / 365.25) < 1.01


spans = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=8)


@QUICK
@given(spans, st.randoms(use_true_random=False))
def test_united_intervals_count_every_day_once(intervals, random):
    days = {d for start, stop in intervals for d in range(start, stop)}
    shuffled = random.sample(intervals, len(intervals))
    spans = pl.DataFrame(
        {
            "patient_id": ["1"] * len(shuffled),
            "long_start": [float(start) for start, _ in shuffled],
            "long_stop": [float(stop) for _, stop in shuffled],
        },
        schema={"patient_id": pl.String, "long_start": pl.Float64, "long_stop": pl.Float64},
    )
    united = _united(spans, "long", 0.0)["days"].to_list()
    assert sum(united) == len(days)


cell = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=("Cs",)), max_size=6
)


@QUICK
@given(rows=st.lists(st.lists(cell, min_size=1, max_size=4), max_size=8))
def test_every_line_of_a_file_is_a_row_or_a_finding(tmp_path, rows):
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([["a", "b"], *rows])
    path = tmp_path / "t.csv"
    path.write_bytes(buffer.getvalue().encode("utf-8"))
    table, findings = read_delimited(path)
    assert table is not None
    lines = {n for n, row in enumerate(rows, start=2) if any(c.strip() for c in row)}
    assert {n for n, _ in table.rows} | {f.row for f in findings} == lines
    for number, cells in table.rows:
        assert cells == tuple(c.strip() for c in rows[number - 2])


@QUICK
@given(data=st.binary(max_size=60))
def test_no_bytes_are_a_traceback(tmp_path, data):
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    table, findings = read_delimited(path)
    assert (table is not None) or any(f.severity == "error" for f in findings)


@QUICK
@given(cell)
def test_no_cell_of_an_output_begins_as_a_formula(text):
    safe = neutral(text)
    assert safe.removeprefix("'") == text.removeprefix("'") or safe == "'" + text
    assert safe[:1] not in ("=", "+", "@", "\t", "\r")
    if safe[:1] == "-":
        float(safe)


@QUICK
@given(cell, st.lists(cell, max_size=5))
def test_a_suggestion_is_a_known_word(word, known):
    said = did_you_mean(word, known)
    assert said
    if said.startswith("Did you mean"):
        assert said.removeprefix("Did you mean '").removesuffix("'?") in known
