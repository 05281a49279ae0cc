"""Survival that a Cox model predicts for named patients, as result rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sequela.stats.confidence_band import ConfType
from sequela.stats.cox import CoxData, CoxModel, FitOfData, fit_data
from sequela.stats.cox_curves import CoxCurve, predict_survival
from sequela.stats.estimand import Estimand
from sequela.stats.results import NOBODY_ABSENT, Absent, Row

_STATISTICS = ("predicted_survival", "std_err", "ci_low", "ci_high")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """For whom and when: covariates by the name of each patient, and times in the study's unit.

    `offset` is added to the linear predictor of everyone.
    """

    patients: Mapping[str, Mapping[str, Any]]
    at: Sequence[float]
    offset: float = 0.0
    conf_type: ConfType = "log-log"


def estimate_cox_survival(
    data: CoxData,
    model: CoxModel,
    prediction: Prediction,
    *,
    variable: str,
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """Predicted survival of each patient at each time, by stratum where the model has strata.

    `contrast` is the name of the patient, `level` the stratum (`sex=F`), `time` the time;
    statistics `predicted_survival`, `std_err` (of survival), `ci_low`, `ci_high`. A time after
    the last follow-up of the stratum is not estimable, nor is anything when the model has no
    finite estimates. ValueError for a patient whose covariates the model does not know.
    Source: Therneau and Grambsch, Modeling Survival Data, 2000, chapter 10. Complete cases, as
    in `estimate_cox`: the others are counted as missing.
    """
    fitted = fit_data(data, model)
    about = Estimand(
        variable=variable,
        n=fitted.n,
        absent=replace(absent, missing=absent.missing + fitted.n_without),
        method=f"{fitted.method}, {prediction.conf_type} {100 * model.conf_level:g}% CI",
    )
    rows = []
    for name, values in prediction.patients.items():
        covariates = fitted.design.encode(values)
        if why := _why_not(fitted):
            one = replace(about, contrast=name)
            rows += [row for t in prediction.at for row in _nothing(one.at(t), why)]
            continue
        for curve in predict_survival(
            fitted.fit,
            covariates,
            offset=prediction.offset,
            variance=fitted.robust,
            conf_type=prediction.conf_type,
            conf_level=model.conf_level,
        ):
            level = _stratum_label(fitted, data, model, curve.stratum)
            one = replace(about, contrast=name, level=level)
            until = _last_follow_up(fitted, curve.stratum)
            for t in prediction.at:
                rows += _rows_at(one.at(t), curve, float(t), until)
    return rows


def _why_not(fitted: FitOfData) -> str:
    """Why nothing can be predicted; empty when it can."""
    fit = fitted.fit
    if fit.n_events == 0:
        return "no event happened"
    if not fit.converged:
        return "the search for the greatest likelihood did not converge"
    if fit.infinite.any():
        return "an estimate lies at infinity (separation); Firth's penalty gives a finite one"
    return ""


def _rows_at(about: Estimand, curve: CoxCurve, time: float, until: float) -> list[Row]:
    if time > until:
        return _nothing(about, "nobody of the stratum was followed so long")
    place = int(np.searchsorted(curve.time, time, side="right")) - 1
    if place < 0:
        why = "no event happened before, so that there is no standard error"
        return [about.value("predicted_survival", 1.0), *_nothing(about, why)[1:]]
    survival = float(curve.survival[place])
    values = (
        survival,
        survival * float(curve.log_std_err[place]),
        float(curve.low[place]),
        float(curve.high[place]),
    )
    return [
        about.value(name, value)
        if np.isfinite(value)
        else about.no_value(name, "not_estimable", "the interval has no limit where survival is 0")
        for name, value in zip(_STATISTICS, values, strict=True)
    ]


def _nothing(about: Estimand, why: str) -> list[Row]:
    return [about.no_value(name, "not_estimable", why) for name in _STATISTICS]


def _last_follow_up(fitted: FitOfData, stratum: int) -> float:
    process = fitted.fit.process
    there = slice(None) if process.stratum is None else process.stratum == stratum
    return float(process.exit_time[there].max())


def _stratum_label(fitted: FitOfData, data: CoxData, model: CoxModel, stratum: int) -> str:
    """The stratum as its columns and their values, such as `sex=F, site=MSK`."""
    codes = fitted.fit.process.stratum
    if codes is None:
        return ""
    row = int(np.flatnonzero(fitted.used)[np.flatnonzero(codes == stratum)[0]])
    return ", ".join(f"{name}={data.columns[name][row]}" for name in model.strata)
