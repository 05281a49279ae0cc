"""Columns become the numbers of a regression."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from sequela.stats.design_matrix import Effect, build_design

COLUMNS = {
    "age": [50, None, 61.5, 70],
    "sex": ["F", "M", "M", None],
    "site": ["OSU", "MSK", "NYU", "MSK"],
    "fit": [True, False, True, True],
}


def test_a_category_has_an_indicator_for_each_level_but_the_reference():
    design = build_design(COLUMNS, ["site"])
    assert design.effects == (
        Effect("site", "site: NYU vs MSK"),
        Effect("site", "site: OSU vs MSK"),
    )
    assert design.matrix.tolist() == [[0, 1], [0, 0], [1, 0], [0, 0]]
    assert design.terms == {"site": [0, 1]}


def test_the_reference_may_be_named():
    design = build_design(COLUMNS, ["sex"], references={"sex": "M"})
    assert design.effects == (Effect("sex", "sex: F vs M"),)
    assert design.matrix.tolist() == [[1], [0], [0]]


def test_rows_with_a_missing_covariate_are_left_out_and_known():
    design = build_design(COLUMNS, ["age", "sex"])
    assert design.complete.tolist() == [True, False, True, False]
    assert design.matrix.tolist() == [[50, 0], [61.5, 1]]


def test_booleans_are_false_and_true():
    design = build_design(COLUMNS, ["fit"])
    assert design.effects == (Effect("fit", "fit: true vs false"),)
    assert design.matrix.ravel().tolist() == [1, 0, 1, 1]


def test_an_interaction_is_the_product_of_all_columns():
    design = build_design(COLUMNS, ["age", "site"], interactions=[("age", "site")])
    assert [effect.contrast for effect in design.effects[3:]] == [
        "age: per 1 by site: NYU vs MSK",
        "age: per 1 by site: OSU vs MSK",
    ]
    assert design.matrix[:, 3:].tolist() == [[0, 50], [61.5, 0], [0, 0]]
    assert design.terms["age:site"] == [3, 4]


def test_one_level_alone_is_a_constant():
    design = build_design({"x": ["a", "a", None]}, ["x"])
    assert design.effects == (Effect("x", "x: a alone"),)
    assert design.matrix.tolist() == [[0], [0]]


def test_columns_of_a_frame_and_arrays_give_the_same():
    frame = pl.DataFrame({"age": [50, None, 61], "sex": ["F", "M", "M"]})
    arrays = {"age": np.array([50, np.nan, 61]), "sex": np.array(["F", "M", "M"])}
    for columns in (frame, {name: frame[name] for name in frame.columns}, arrays):
        given = {name: columns[name] for name in ("age", "sex")}
        design = build_design(given, ["age", "sex"])
        assert design.matrix.tolist() == [[50, 0], [61, 1]]


def test_a_patient_is_encoded_as_the_rows_are():
    columns = {name: values[:1] + values[2:3] for name, values in COLUMNS.items()}
    design = build_design(
        columns | {"one": ["x", "x"]},
        ["age", "sex", "site", "fit", "one"],
        interactions=[("age", "site"), ("sex", "site")],
    )
    for i in range(2):
        patient = {name: values[i] for name, values in columns.items()} | {"one": "x"}
        assert design.encode(patient).tolist() == design.matrix[i].tolist()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"age": 60}, "Covariate 'sex' has no value to predict for"),
        ({"age": None, "sex": "F"}, "Covariate 'age' has no value"),
        ({"age": 60, "sex": "X"}, "Covariate 'sex' has no level 'X'; it has F, M"),
    ],
)
def test_a_patient_the_design_does_not_know(values, message):
    with pytest.raises(ValueError, match=message):
        build_design(COLUMNS, ["age", "sex"]).encode(values)


@pytest.mark.parametrize(
    ("covariates", "given", "message"),
    [
        ([], {}, "needs one covariate or more"),
        (["weight"], {}, "There is no column 'weight'"),
        (["age", "age"], {}, "Covariate 'age' is named twice"),
        (["sex"], {"references": {"sex": "X"}}, "no level 'X'; it has F, M"),
        (["age"], {"references": {"age": "50"}}, "'age' is a number and has no reference"),
        (["age"], {"references": {"sex": "F"}}, "references names 'sex', which is not a covariate"),
        (["age"], {"interactions": [("age", "sex")]}, "age:sex needs 'sex' among the covariates"),
        (["mixed"], {}, "'mixed' mixes text and numbers"),
        (["endless"], {}, "'endless' has an infinite value"),
    ],
)
def test_what_does_not_fit_is_named(covariates, given, message):
    columns = COLUMNS | {"mixed": ["a", 1, 2, 3], "endless": [1, np.inf, 2, 3]}
    with pytest.raises(ValueError, match=message):
        build_design(columns, covariates, **given)
