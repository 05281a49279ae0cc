"""From columns of a table to the numbers of a regression: categories, interactions, nulls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sequela.stats.counting_process import is_missing
from sequela.stats.risk_table import Floats, Ints

Columns = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Factor:
    """What one covariate brings to a column: its number, or whether it is at a level."""

    covariate: str
    level: str | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """One coefficient: the term it belongs to, and what it compares with what.

    `term` is the name of the covariate, or `a:b` for an interaction. `contrast` is
    `x: B vs A` for a category and `x: per 1` for a number. The column is the product of
    `factors`, of which an interaction has two.
    """

    term: str
    contrast: str
    factors: tuple[Factor, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Design:
    """The covariates of the complete rows, (n, p), and what each column is.

    `complete` (N,) marks the rows in which every covariate is known; the matrix has those
    rows alone. A category has one column a level but the reference.
    """

    matrix: Floats
    effects: tuple[Effect, ...]
    complete: NDArray[np.bool_]

    @property
    def terms(self) -> dict[str, list[int]]:
        """The columns of each term, in the order of the terms."""
        places: dict[str, list[int]] = {}
        for j, effect in enumerate(self.effects):
            places.setdefault(effect.term, []).append(j)
        return places

    def encode(self, values: Mapping[str, Any]) -> Floats:
        """The columns, (p,), of one patient given by the value of each covariate.

        ValueError when a covariate is not given, is missing, or has a level that nobody had.
        """
        levels: dict[str, set[str]] = {}
        for factor in (factor for effect in self.effects for factor in effect.factors):
            if factor.level is not None:
                levels.setdefault(factor.covariate, {factor.reference}).add(factor.level)
            if is_missing(values.get(factor.covariate)):
                raise ValueError(f"Covariate '{factor.covariate}' has no value to predict for.")
            if factor.level is None and isinstance(values[factor.covariate], str):
                raise ValueError(f"Covariate '{factor.covariate}' is a number in this model.")
        for name, known in levels.items():
            if _label(values[name]) not in known:
                raise ValueError(
                    f"Covariate '{name}' has no level '{values[name]}'; "
                    f"it has {', '.join(sorted(known))}."
                )
        return np.array([_product(effect.factors, values) for effect in self.effects])


def build_design(
    columns: Columns,
    covariates: Sequence[str],
    *,
    interactions: Sequence[tuple[str, str]] = (),
    references: Mapping[str, str] | None = None,
) -> Design:
    """The design of these covariates, for the rows in which all are known.

    A column of numbers is one covariate; of text or booleans, one indicator a level but the
    reference, which is the first level in alphabetical order unless `references` names one.
    None and NaN are missing. An interaction is the product of the columns of two covariates,
    both of which must be covariates themselves. ValueError for a column that is not there, is
    of mixed types, or has no level of the name that is to be the reference. Source: treatment
    contrasts, Chambers and Hastie 1992, chapter 2.
    """
    if not covariates:
        raise ValueError("A regression needs one covariate or more.")
    if repeated := [name for name in covariates if list(covariates).count(name) > 1]:
        raise ValueError(f"Covariate '{repeated[0]}' is named twice.")
    given = references or {}
    if unknown := sorted(set(given) - set(covariates)):
        raise ValueError(f"references names '{unknown[0]}', which is not a covariate.")
    parts = {name: _expand(name, columns, given.get(name)) for name in covariates}
    for a, b in interactions:
        parts[f"{a}:{b}"] = _interact(parts, a, b)
    matrix = np.concatenate([numbers for numbers, _ in parts.values()], axis=1)
    complete = ~np.isnan(matrix).any(axis=1)
    effects = tuple(effect for _, made in parts.values() for effect in made)
    return Design(matrix if complete.all() else matrix[complete], effects, complete)


def read_labels(name: str, columns: Columns) -> tuple[Ints, NDArray[np.bool_]]:
    """Codes from 0 for the labels of a column, (N,), and which rows have one."""
    values = _column(name, columns)
    known = np.array([not is_missing(value) for value in values], dtype=bool)
    codes = np.zeros(len(values), dtype=np.intp)
    if known.any():
        labels = np.array([str(value) for value in values if not is_missing(value)])
        codes[known] = np.unique(labels, return_inverse=True)[1]
    return codes, known


def _expand(name: str, columns: Columns, reference: str | None) -> tuple[Floats, list[Effect]]:
    """The numbers of one covariate, (N, k), missing as NaN, and the contrast of each."""
    values = _column(name, columns)
    if isinstance(values, np.ndarray) and values.dtype.kind in "iuf":
        return _numbers(name, values.astype(float, copy=False), reference)
    kinds = {type(value) for value in values if not is_missing(value)}
    if kinds and all(issubclass(kind, bool | np.bool_) for kind in kinds):
        return _indicators(name, [v if is_missing(v) else _label(v) for v in values], reference)
    if all(issubclass(kind, int | float | np.number) for kind in kinds):
        numbers = np.array([np.nan if is_missing(v) else float(v) for v in values], dtype=float)
        return _numbers(name, numbers, reference)
    if all(issubclass(kind, str) for kind in kinds):
        return _indicators(name, list(values), reference)
    raise ValueError(f"Covariate '{name}' mixes text and numbers; make it one or the other.")


def _numbers(name: str, numbers: Floats, reference: str | None) -> tuple[Floats, list[Effect]]:
    if reference is not None:
        raise ValueError(f"Covariate '{name}' is a number and has no reference level.")
    if bool(np.isinf(numbers).any()):
        raise ValueError(f"Covariate '{name}' has an infinite value.")
    return numbers[:, np.newaxis], [Effect(name, f"{name}: per 1", (Factor(name),))]


def _indicators(name: str, labels: list[Any], reference: str | None) -> tuple[Floats, list[Effect]]:
    levels = sorted({label for label in labels if not is_missing(label)})
    if reference is not None and reference not in levels:
        raise ValueError(
            f"Covariate '{name}' has no level '{reference}'; it has {', '.join(levels)}."
        )
    first = reference if reference is not None else (levels[0] if levels else "")
    others = [level for level in levels if level != first]
    unknown = np.array([is_missing(label) for label in labels], dtype=bool)
    if not others:
        # One level alone is a constant: kept, so that its row can say so.
        alone = Effect(name, f"{name}: {first} alone", (Factor(name, first, first),))
        return np.where(unknown, np.nan, 0.0)[:, np.newaxis], [alone]
    numbers = np.stack([[float(label == level) for label in labels] for level in others], axis=1)
    numbers[unknown] = np.nan
    return numbers, [
        Effect(name, f"{name}: {level} vs {first}", (Factor(name, level, first),))
        for level in others
    ]


def _interact(
    parts: Mapping[str, tuple[Floats, list[Effect]]], a: str, b: str
) -> tuple[Floats, list[Effect]]:
    if absent := [name for name in (a, b) if name not in parts]:
        raise ValueError(f"Interaction {a}:{b} needs '{absent[0]}' among the covariates.")
    (left, left_effects), (right, right_effects) = parts[a], parts[b]
    products = np.stack([x * y for x in left.T for y in right.T], axis=1)
    return products, [
        Effect(f"{a}:{b}", f"{x.contrast} by {y.contrast}", x.factors + y.factors)
        for x in left_effects
        for y in right_effects
    ]


def _column(name: str, columns: Columns) -> Any:
    if name not in columns:
        raise ValueError(f"There is no column '{name}'.")
    column: Any = columns[name]
    if not hasattr(column, "to_list"):
        return column
    # A column of a frame: numbers become an array, with NaN for null; the rest plain values.
    is_number = getattr(column.dtype, "is_numeric", bool)
    return column.cast(float).to_numpy() if is_number() else column.to_list()


def _label(value: Any) -> str:
    """A level as text; a boolean as true or false."""
    return str(bool(value)).lower() if isinstance(value, bool | np.bool_) else str(value)


def _product(factors: Sequence[Factor], values: Mapping[str, Any]) -> float:
    """The value of one column for a patient."""
    product = 1.0
    for factor in factors:
        value = values[factor.covariate]
        # A level that is its own reference is that of a constant, whose column is 0.
        at_level = factor.level != factor.reference and _label(value) == factor.level
        product *= float(value) if factor.level is None else float(at_level)
    return product
