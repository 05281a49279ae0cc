"""Labels as codes: order, levels nobody has, and what is refused."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from sequela.stats.labels import Labels, read_labels


def test_labels_come_in_alphabetical_order_unless_told():
    found = read_labels(["b", "a", "b"])
    assert (found.levels, found.code.tolist()) == (("a", "b"), [1, 0, 1])
    told = read_labels(["b", "a", "b"], ["b", "a", "c"])
    assert (told.levels, told.code.tolist()) == (("b", "a", "c"), [0, 1, 0])
    assert told.sizes.tolist() == [2, 1, 0]


def test_a_list_an_array_and_a_column_are_read_alike():
    texts = ["x", "y", "x"]
    columns = (pl.Series(texts), pl.Series(texts, dtype=pl.Categorical))
    for kind in (texts, tuple(texts), np.array(texts), *columns):
        found = read_labels(kind)
        assert (found.levels, found.code.tolist()) == (("x", "y"), [0, 1, 0])
        told = read_labels(kind, ["z", "y", "x"])
        assert (told.levels, told.code.tolist()) == (("z", "y", "x"), [2, 1, 2])
    for nobody in ([], np.array([]), pl.Series([], dtype=pl.String)):
        assert read_labels(nobody).levels == ()


def test_codes_come_back_as_they_are():
    labels = Labels(("low", "high"), np.array([1, 0]))
    assert read_labels(labels) is labels


def test_levels_that_nobody_has_can_leave():
    used = Labels(("a", "b", "c"), np.array([2, 0, 2])).used()
    assert (used.levels, used.code.tolist()) == (("a", "c"), [1, 0, 1])


@pytest.mark.parametrize("null", [None, float("nan"), 3])
def test_null_is_no_label(null):
    with pytest.raises(ValueError, match="A label is not text; count the absent before"):
        read_labels(["a", null])


def test_a_column_with_a_null_is_refused():
    with pytest.raises(ValueError, match="A label is not text; count the absent before"):
        read_labels(pl.Series(["a", None]))
    with pytest.raises(ValueError, match="A label is not text; count the absent before"):
        read_labels(pl.Series([1, 2]))


def test_what_is_no_level_is_named():
    with pytest.raises(ValueError, match="'z' is none of the levels"):
        read_labels(["a", "z"], ["a", "b"])
    with pytest.raises(ValueError, match="A code points to none of the levels"):
        Labels(("a",), np.array([-1]))
    with pytest.raises(ValueError, match="A level stands twice"):
        Labels(("a", "a"), np.array([0]))
