"""Cox regression as result rows: hazard ratios, tests, warnings and diagnostics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sequela.stats.confidence_band import normal_quantile
from sequela.stats.counting_process import CountingProcess, build_counting_process
from sequela.stats.cox_fit import CoxFit, fit_cox
from sequela.stats.cox_likelihood import Ties
from sequela.stats.cox_residuals import robust_variance
from sequela.stats.cox_rows import FittedCox, diagnostic_rows, effect_rows, model_rows
from sequela.stats.design_matrix import Columns, Design, build_design, read_labels
from sequela.stats.estimand import Estimand
from sequela.stats.proportional_hazards import TimeTransform
from sequela.stats.results import NOBODY_ABSENT, Absent, Row
from sequela.stats.risk_table import Floats, Ints

_TIES = {"efron": "Efron", "breslow": "Breslow", "exact": "exact"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CoxModel:
    """What a Cox regression is made of; lists of column names, no formula.

    `references` names the reference level of a category, which is otherwise the first in
    alphabetical order. `cluster` names a column whose rows belong together (a patient, a
    centre): standard errors are then robust, as they are with fractional weights. `profile`
    adds profile-likelihood intervals and a likelihood-ratio test of each coefficient.
    `diagnostics` adds the concordance and the test of proportional hazards by `transform`.
    """

    covariates: tuple[str, ...]
    interactions: tuple[tuple[str, str], ...] = ()
    strata: tuple[str, ...] = ()
    cluster: str = ""
    references: Mapping[str, str] = field(default_factory=dict)
    ties: Ties = "efron"
    firth: bool = False
    profile: bool = False
    diagnostics: bool = True
    transform: TimeTransform = "km"
    conf_level: float = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class CoxData:
    """The rows of a Cox regression: intervals (entry, exit] that end in an event or not.

    All are (N,). `event` is 0 or 1. `patient` holds the identity of the person of each row
    where a person has several (time-dependent covariates): `n` then counts persons. `columns`
    hold the covariates, strata and cluster by name; None and NaN in them are missing.
    """

    exit_time: ArrayLike
    event: ArrayLike
    columns: Columns
    entry: ArrayLike | None = None
    weights: ArrayLike | None = None
    offset: ArrayLike | None = None
    patient: Sequence[Any] | None = None


def estimate_cox(
    data: CoxData, model: CoxModel, *, variable: str, absent: Absent = NOBODY_ABSENT
) -> list[Row]:
    """The Cox model of an endpoint as rows; `variable` is the name of the endpoint.

    For each coefficient (`level` is the covariate, `contrast` what is compared):
    `log_hazard_ratio`, `std_err`, `hazard_ratio`, `hazard_ratio_ci_low`, `_ci_high`,
    `p_value` (Wald), and with `profile` also `hazard_ratio_profile_ci_low`, `_high` and
    `likelihood_ratio_p_value`. For the model: `events`, `events_per_variable`,
    `log_likelihood`, `log_likelihood_null` and the likelihood-ratio, Wald and score tests
    (`..._chi_squared`, `..._degrees_of_freedom`, `..._p_value`). Diagnostics:
    `concordance`, `concordance_std_err`, and `proportional_hazards_...` of each term.

    Complete cases are used: who has no row with all covariates known is counted as missing,
    beside `absent`. What the data cannot give is a row with a reason: no event, a constant, a
    covariate that others determine, an estimate at infinity (separation). Fewer than ten
    events a coefficient is a warning in `error` (Peduzzi et al., J Clin Epidemiol
    1995;48:1503). ValueError for arrays that do not fit together.
    """
    fitted = fit_data(data, model)
    about = Estimand(
        variable=variable,
        n=fitted.n,
        absent=replace(absent, missing=absent.missing + fitted.n_without),
        method=fitted.method,
    )
    named = FittedCox(
        fit=fitted.fit,
        design=fitted.design,
        robust=fitted.robust,
        conf_level=model.conf_level,
    )
    rows = effect_rows(named, about, profile=model.profile) + model_rows(named, about)
    if model.diagnostics:
        rows += diagnostic_rows(named, about, transform=model.transform)
    return rows


@dataclass(frozen=True, slots=True)
class FitOfData:
    """The fit behind the rows, for curves and residuals.

    `used` (N,) marks the complete rows; `n` counts the patients in them and `n_without` those
    who have none. `robust` is the variance (p, p) of standard errors where that is used.
    """

    fit: CoxFit
    design: Design
    used: NDArray[np.bool_]
    n: int
    n_without: int
    robust: Floats | None
    method: str


def fit_data(data: CoxData, model: CoxModel) -> FitOfData:
    """The Cox model of the data's complete rows; ValueError as `estimate_cox`."""
    normal_quantile(model.conf_level)
    design = build_design(
        data.columns,
        model.covariates,
        interactions=model.interactions,
        references=model.references,
    )
    process, used = _process(data, model, design)
    _check_intervals(data, process, used)
    fit = fit_cox(process, ties=model.ties, firth=model.firth)
    n, without = _count_people(data, used)
    return FitOfData(
        fit=fit,
        design=design,
        used=used,
        n=n,
        n_without=without,
        robust=robust_variance(fit) if _is_robust(model, process) else None,
        method=_method(model, process),
    )


def _process(
    data: CoxData, model: CoxModel, design: Design
) -> tuple[CountingProcess, NDArray[np.bool_]]:
    """The complete rows as a counting process, and which rows those are, (N,)."""
    used = design.complete.copy()
    strata, known = _joined(model.strata, data.columns, used.size)
    used &= known
    cluster = None
    if model.cluster:
        cluster, known = read_labels(model.cluster, data.columns)
        used &= known

    def complete(name: str, values: ArrayLike) -> Floats:
        given = np.asarray(values, dtype=float)
        if given.shape != used.shape:
            raise ValueError(f"{name} and the covariates must have the same number of rows.")
        chosen: Floats = given[used]
        return chosen

    def of(name: str, values: ArrayLike | None) -> Floats | None:
        return None if values is None else complete(name, values)

    process = build_counting_process(
        complete("exit_time", data.exit_time),
        complete("event", data.event),
        covariates=design.matrix[used[design.complete]],
        entry=of("entry", data.entry),
        strata=strata[used] if model.strata else None,
        weights=of("weights", data.weights),
        cluster=None if cluster is None else cluster[used],
        offset=of("offset", data.offset),
    )
    return process, used


def _joined(names: Sequence[str], columns: Columns, size: int) -> tuple[Ints, NDArray[np.bool_]]:
    """One code for each combination of the labels of some columns, and where all are known."""
    codes, known = np.zeros(size, dtype=np.intp), np.ones(size, dtype=bool)
    for name in names:
        code, there = read_labels(name, columns)
        codes = codes * (int(code.max(initial=0)) + 1) + code
        known &= there
    return codes, known


def _check_intervals(data: CoxData, process: CountingProcess, used: NDArray[np.bool_]) -> None:
    """A patient is at risk once at a time in a stratum; ValueError where intervals overlap."""
    if data.patient is None:
        return
    if len(data.patient) != used.size:
        raise ValueError("patient must be one identity a row, like exit_time.")
    patient, _ = read_labels("patient", {"patient": data.patient})
    who = patient[used]
    if process.stratum is not None:
        who = who * (int(process.stratum.max(initial=0)) + 1) + process.stratum
    enters = np.full(who.size, -1) if process.entry_row is None else process.entry_row
    order = np.lexsort((process.exit_row, who))
    same = who[order][1:] == who[order][:-1]
    if bool(np.any(same & (enters[order][1:] < process.exit_row[order][:-1]))):
        raise ValueError(
            "A patient has intervals that overlap, and would be at risk twice at once: "
            "each must begin when the one before has ended."
        )


def _count_people(data: CoxData, used: NDArray[np.bool_]) -> tuple[int, int]:
    """How many people have a row that is used, and how many have none."""
    if data.patient is None:
        return int(used.sum()), int((~used).sum())
    everyone = set(data.patient)
    there = {who for who, kept in zip(data.patient, used, strict=True) if kept}
    return len(there), len(everyone) - len(there)


def _is_robust(model: CoxModel, process: CountingProcess) -> bool:
    """Whether standard errors are robust: as R, by clusters or with fractional weights."""
    fractional = process.weight is not None and bool(
        np.any(process.weight != np.floor(process.weight))
    )
    asked = bool(model.cluster) or fractional
    if asked and (model.firth or model.ties == "exact"):
        raise ValueError(
            "Robust standard errors (cluster, fractional weights) go with neither Firth's "
            "penalty nor exact ties."
        )
    return asked


def _method(model: CoxModel, process: CountingProcess) -> str:
    parts = [f"Cox regression, {_TIES[model.ties]} ties" if model.ties in _TIES else model.ties]
    if model.firth:
        parts.append("Firth's penalty")
    if model.strata:
        parts.append("strata " + ", ".join(model.strata))
    if model.cluster:
        parts.append(f"robust variance by {model.cluster}")
    elif _is_robust(model, process):
        parts.append("robust variance")
    if process.entry_row is not None:
        parts.append("delayed entry")
    return ", ".join(parts)
