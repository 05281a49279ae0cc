"""The order of day and month: proven by a cell, or left as a question."""

from sequela.draft.date_order import find_order


def test_a_number_above_twelve_proves_the_order():
    order = find_order([(5, "03/04/2019"), (14, "23/04/2019")])
    assert order.sentence == "row 14 has 23/04/2019, so the day comes first"
    assert order.forms() == ("DD/MM/YYYY",)
    assert find_order([(2, "04-23-2019")]).forms() == ("MM-DD-YYYY",)


def test_without_proof_the_order_stays_open():
    order = find_order([(5, "03/04/2019"), (6, "12/11/2020")])
    assert order.sentence == "no cell shows whether the day or the month comes first"
    assert order.forms() == ()
    assert order.forms("month") == ("MM/DD/YYYY",)


def test_cells_that_contradict_each_other():
    order = find_order([(5, "23/04/2019"), (6, "04/23/2020")])
    assert order.sentence == "rows contradict each other (row 6 has 04/23/2020)"
    assert order.forms() == ()


def test_every_separator_and_length_of_year_has_a_form():
    order = find_order([(2, "23/04/2019"), (3, "3.5.18")])
    assert order.short
    assert set(order.forms()) == {"DD/MM/YYYY", "DD.MM.YYYY", "DD/MM/YY", "DD.MM.YY"}


def test_dates_that_have_one_meaning_need_no_order():
    assert find_order([(2, "2019-04-23"), (3, "Mar 2019")]) is None
