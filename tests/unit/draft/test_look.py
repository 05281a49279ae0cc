"""What stands in a column, told from its cells alone."""

import pytest

from sequela.draft.look import look_at


def look(*texts):
    return look_at([(row, text) for row, text in enumerate(texts, start=2) if text])


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (("2019-03-14", "Mar 2019", "2019"), "date"),
        (("23/04/2019", "3/5/2020"), "date"),
        (("3.5.18", "12.2.18"), "date"),
        (("53", "1-9", ">120"), "number"),
        (("53", "57 mo", "23 months"), "time"),
        (("0", "1", "1"), "yes_no"),
        (("Y", "no", "N"), "yes_no"),
        (("1", "1"), "number"),
        (("F", "M", "F"), "code"),
        (("CR after HCT", "relapsed ALL"), "code"),
        (("", ""), "empty"),
        (("N/A", "?"), "empty"),
    ],
)
def test_the_kind_of_a_column(texts, kind):
    assert look(*texts).kind == kind


def test_words_for_unknown_are_kept_as_they_are_spelled():
    found = look("12", "N/A", "n/a", "?", "13")
    assert found.kind == "number"
    assert found.missing == ("N/A", "n/a", "?")
    assert found.filled == 2


def test_cells_that_do_not_fit_are_named():
    assert look("1", "2", "3", "4", "five").odd == ((6, "five"),)


def test_long_text_is_no_code_list():
    assert look(*(f"a story of its own, number {n}" for n in range(30))).kind == "text"


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (("a@b.org", "c.d@e.com"), "its cells look like e-mail addresses"),
        (("123-45-6789",), "its cells look like social security numbers"),
        (("(212) 555-0100", "+1 212 555 0101"), "its cells look like phone numbers"),
        (("2019-03-14",), ""),
        (("10.5", "11.2"), ""),
    ],
)
def test_cells_that_identify_a_person(texts, said):
    assert look(*texts).identifies == said
