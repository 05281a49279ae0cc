"""Fine-Gray regression as result rows, from the columns of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sequela.stats.design_matrix import Columns, Design, build_design
from sequela.stats.effect_rows import FEW_EVENTS
from sequela.stats.estimand import Estimand
from sequela.stats.fine_gray import compare_subdistribution_hazards, fine_gray
from sequela.stats.results import NOBODY_ABSENT, Absent, Row

_COEFFICIENT = (
    "fine_gray_coefficient",
    "fine_gray_std_err",
    *(f"subdistribution_hazard_ratio{what}" for what in ("", "_ci_low", "_ci_high", "_p_value")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubdistributionModel:
    """What a Fine-Gray regression is made of; lists of column names, no formula.

    `references` names the reference level of a category, which is otherwise the first in
    alphabetical order. `censoring` names a column in whose groups censoring differs.
    """

    covariates: tuple[str, ...]
    interactions: tuple[tuple[str, str], ...] = ()
    references: Mapping[str, str] = field(default_factory=dict)
    censoring: str = ""
    conf_level: float = 0.95


def estimate_subdistribution(
    exit_time: ArrayLike,
    event: ArrayLike,
    columns: Columns,
    model: SubdistributionModel,
    *,
    variable: str,
    cause: int = 1,
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """The Fine-Gray model of one cause as rows; `variable` is the name of the endpoint.

    For each coefficient (`level` is the covariate, `contrast` what is compared):
    `fine_gray_coefficient`, `fine_gray_std_err`, `subdistribution_hazard_ratio` and its
    `_ci_low`, `_ci_high`, `_p_value` (Wald, robust). For the model `events`, of the cause, and
    `events_per_variable`, with a warning in `error` below ten (Peduzzi et al., J Clin
    Epidemiol 1995;48:1503).

    `exit_time` and `event` are (N,); `event` is 0 for censored and 1.. for the causes. Complete
    cases are used: who lacks a covariate, or a group of `censoring`, is counted as missing,
    beside `absent`. Without an event of the cause nothing is estimable. ValueError for arrays
    that do not fit together. Source: Fine and Gray, J Am Stat Assoc 1999;94:496.
    """
    design = build_design(
        columns,
        model.covariates,
        interactions=model.interactions,
        references=model.references,
    )
    times, codes = np.asarray(exit_time, dtype=float), np.asarray(event, dtype=float)
    if not times.shape == codes.shape == design.complete.shape:
        raise ValueError("exit_time, event and the covariates must have the same number of rows.")
    groups = _groups(columns, model.censoring, times.size)
    known = np.array([group is not None for group in groups], dtype=bool)
    used = design.complete & known
    by = f", censoring by {model.censoring}" if model.censoring else ""
    about = Estimand(
        variable=variable,
        n=int(used.sum()),
        absent=replace(absent, missing=absent.missing + int((~used).sum())),
        method=f"Fine-Gray regression{by}",
    )
    labels = [str(group) for group, one in zip(groups, used, strict=True) if one]
    if not bool(np.any(codes[used] == cause)):
        return _nothing(design, about)
    fit = fine_gray(
        times[used],
        codes[used],
        design.matrix[known[design.complete]],
        names=[effect.contrast for effect in design.effects],
        cause=cause,
        censoring=labels if model.censoring else None,
    )
    rows = compare_subdistribution_hazards(
        fit, n=about.n, variable=variable, conf_level=model.conf_level, absent=about.absent
    )
    effects = {effect.contrast: effect.term for effect in design.effects}
    named = [replace(row, level=effects[row.level], contrast=row.level) for row in rows]
    return named + _model_rows(about, fit.events, len(design.effects))


def _groups(columns: Columns, name: str, size: int) -> Sequence[Any]:
    if not name:
        return [""] * size
    if name not in columns:
        raise ValueError(f"There is no column '{name}'.")
    groups = list(columns[name])
    if len(groups) != size:
        raise ValueError(f"{name} must have one group a row.")
    return [None if isinstance(g, float) and np.isnan(g) else g for g in groups]


def _nothing(design: Design, about: Estimand) -> list[Row]:
    reason = "nobody with all covariates known had the cause"
    rows = [
        replace(about, level=effect.term, contrast=effect.contrast).no_value(
            name, "not_estimable", reason
        )
        for effect in design.effects
        for name in _COEFFICIENT
    ]
    return rows + _model_rows(about, 0, len(design.effects))


def _model_rows(about: Estimand, events: int, coefficients: int) -> list[Row]:
    few = (
        f"fewer than {FEW_EVENTS} events a coefficient: estimates may be biased and their "
        "intervals too narrow"
    )
    share = events / coefficients
    return [
        about.value("events", events),
        replace(about.value("events_per_variable", share), error=few if share < FEW_EVENTS else ""),
    ]
