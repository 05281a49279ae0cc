"""Branching logic: REDCap's own grammar, with nothing run as code."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequela.sources.redcap_logic import LogicError, Reference, holds, parse_logic, references

CELLS = {"sex": "1", "age": "40", "dose": "2.5", "name": "Ann", "blank": "", "organs___2": "1"}


def lookup(event: str, field: str, code: str) -> str:
    if event and event != "first":
        return ""
    return CELLS.get(f"{field}___{code}" if code else field, "")


@pytest.mark.parametrize(
    ("logic", "expected"),
    [
        ("[sex] = '1'", True),
        ('[sex] = "1.0"', True),
        ("[sex] <> 1", False),
        ("[sex] != '2' and [age] >= 40", True),
        ("[age] > 40 or [dose] < 2.6", True),
        ("[age] > 5 AND ([sex]='2' OR [sex]='1')", True),
        ("[organs(2)] = '1'", True),
        ("[organs(3)] = '1'", False),
        ("[first][sex] = '1'", True),
        ("[second][sex] = '1'", False),
        ("[blank] = ''", True),
        ("[blank] < 5", False),
        ("[blank] > 5", False),
        ("not ([sex] = '1')", False),
        ("[age] + [dose] * 2 = 45", True),
        ("-[age] < 0", True),
        ("sum([age], [blank], 2) = 42", True),
        ("max([age], [dose]) = 40 && min([age], [dose]) = 2.5", True),
        ("round([dose] / 2, 1) = 1.2", True),
        ("if([sex] = '1', [age], 0) = 40", True),
        ("contains([name], 'ann')", True),
        ("[age] / 0 = ''", True),
        ("[age] > '9'", True),
        ("[name] < 'B'", True),
        ("1", True),
        ("0", False),
    ],
)
def test_what_a_logic_says(logic, expected):
    assert holds(parse_logic(logic), lookup) is expected


@pytest.mark.parametrize(
    "logic",
    [
        "", "[sex] =", "([sex] = '1'", "[sex] = '1' [age] = '2' )", "[a][b][c] = '1'",
        "[current-instance] = 1", "datediff([a], [b], 'd') > 5", "__import__('os')", "[Sex] = 1",
        "round()", "(" * 200 + "1" + ")" * 200, "1" * 30_000, "[sex] = 'open", "a = b", "1 2",
    ],
)  # fmt: skip
def test_what_is_not_of_the_grammar_is_refused(logic):
    with pytest.raises(LogicError):
        parse_logic(logic)


def test_the_fields_that_a_logic_asks_for():
    assert references(parse_logic("[a] = '1' or [e][b(2)] > sum([c], 1)")) == [
        Reference("a"), Reference("b", "e", "2"), Reference("c"),
    ]  # fmt: skip


@settings(deadline=None, max_examples=400, derandomize=True)
@given(st.text(st.sampled_from("[]()'\"=<>!&|+-*/ ab1.,notrd"), max_size=40))
def test_any_text_is_a_logic_or_refused(text):
    try:
        node = parse_logic(text)
    except LogicError:
        return
    assert holds(node, lookup) in (True, False)
