"""The quick way of reading text files gives what the slow way gives, or steps aside."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequela.sources.delimited import parse_delimited
from sequela.sources.delimited_clean import read_clean

QUICK = settings(deadline=None, max_examples=150, derandomize=True)
# Letters that a format may stumble over: marks, line ends, blanks of other scripts.
CELL = st.text(st.sampled_from('ab1 ,;\t"\n\r\xa0\u3000é€\x85\ufeff'), max_size=5)
ROWS = st.lists(st.lists(CELL, min_size=2, max_size=3), min_size=1, max_size=8)


def both(data: bytes):
    return parse_delimited("t.csv", data), parse_delimited("t.csv", data, quick=False)


def agree(data: bytes) -> None:
    (quick, found), (slow, complaints) = both(data)
    assert found == complaints
    assert (quick is None) == (slow is None)
    if quick is not None and slow is not None:
        assert quick.header == slow.header
        assert quick.rows == slow.rows
        assert quick.frame.equals(slow.frame)
        assert quick.left_out == slow.left_out


@QUICK
@given(ROWS, st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.sampled_from(["\n", "\r\n"]))
def test_both_ways_agree_on_what_a_writer_writes(rows, quoting, end):
    buffer = io.StringIO()
    csv.writer(buffer, quoting=quoting, lineterminator=end).writerows(rows)
    agree(buffer.getvalue().encode("utf-8"))


@QUICK
@given(st.text(st.sampled_from('ab,"\n\r ;\xa0'), max_size=30).map(lambda t: t.encode("utf-8")))
def test_both_ways_agree_on_any_text(data):
    agree(data)


@QUICK
@given(st.binary(max_size=40))
def test_both_ways_agree_on_any_bytes(data):
    agree(data)


@QUICK
@given(
    st.lists(
        st.lists(st.sampled_from(["x", "é,", 'q"q', "", " y ", "1\n2"]), min_size=3, max_size=3),
        min_size=2,
        max_size=9,
    )
)
def test_clean_files_do_go_the_quick_way(rows):
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(
        [["a", "b", "c"], *rows]
    )
    frame = read_clean(buffer.getvalue().encode("utf-8"), ",", 3)
    assert frame is not None
    assert frame.height == 1 + sum(any(cell.strip() for cell in row) for row in rows)


@pytest.mark.parametrize(
    "text",
    [
        # one row too short and one too long, so that the cells of all come out right
        "a,\n x}}=}\n3,}4,",
        "a,b\n1\n2,3,4\n",
        'a,b\n"1"\n2,"3",4\n',
        'a,b\n1,2\n3,"4"',
        "a,b\n1,2\n,",
    ],
)
def test_both_ways_agree_on_what_once_told_them_apart(text):
    agree(text.encode("utf-8"))


def test_both_ways_agree_across_the_pieces_that_the_bytes_are_looked_at_in(monkeypatch):
    data = ("a,b,c\n" + '"x, ""y""",é,"1\n2"\n3,,4\n' * 50).encode("utf-8")
    for size in (1, 7, 16, 64):
        monkeypatch.setattr("sequela.sources.delimited_clean._CHUNK", size)
        assert read_clean(data, ",", 3) is not None
        agree(data)
