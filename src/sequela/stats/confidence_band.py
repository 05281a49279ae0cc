"""Pointwise confidence bands of a survival curve, by the transformation that is asked for."""

from __future__ import annotations

from statistics import NormalDist
from typing import Literal

import numpy as np

from sequela.stats.arrays import PIECE, Floats

ConfType = Literal["plain", "log", "log-log", "logit", "arcsine"]


def normal_quantile(conf_level: float) -> float:
    """The two-sided standard normal quantile, 1.96 for 0.95; ValueError outside (0, 1)."""
    if not 0 < conf_level < 1:
        raise ValueError(f"A confidence level lies between 0 and 1, not at {conf_level:g}.")
    return NormalDist().inv_cdf(1 - (1 - conf_level) / 2)


def check_band(conf_type: ConfType, conf_level: float) -> float:
    """The normal quantile of the level; ValueError for a band or level that there is not."""
    if conf_type not in _BANDS:
        raise ValueError(f"No band '{conf_type}'; known are {', '.join(_BANDS)}.")
    return normal_quantile(conf_level)


def confidence_band(
    survival: Floats, log_std_err: Floats, *, conf_type: ConfType, conf_level: float
) -> tuple[Floats, Floats]:
    """Lower and upper limits at each time.

    `log_std_err` is the standard error of log S, the square root of Greenwood's sum. The
    limits are those of `survfit` in R, clipped to [0, 1] where it clips. They are NaN where
    S is 0, and for log-log, logit and arcsine also where S is 1: the transformation has no
    finite value there. Source: Kalbfleisch and Prentice 2002, section 1.4; Borgan and
    Liestøl, Scand J Stat 1990;17:35.
    """
    z = check_band(conf_type, conf_level)
    band = _BANDS[conf_type]
    low, high = np.empty(survival.shape), np.empty(survival.shape)
    with np.errstate(all="ignore"):
        for begin in range(0, survival.size, PIECE):
            piece = slice(begin, begin + PIECE)
            s = survival[piece]
            inside = np.where(s > 0, s, np.nan)
            low[piece], high[piece] = band(inside, z * log_std_err[piece])
    return low, high


def _plain(s: Floats, w: Floats) -> tuple[Floats, Floats]:
    return np.maximum(s - w * s, 0), np.minimum(s + w * s, 1)


def _log(s: Floats, w: Floats) -> tuple[Floats, Floats]:
    return s * np.exp(-w), np.minimum(s * np.exp(w), 1)


def _log_log(s: Floats, w: Floats) -> tuple[Floats, Floats]:
    log_s = np.log(np.where(s < 1, s, np.nan))
    factor = np.exp(-w / log_s)
    return np.exp(log_s * factor), np.exp(log_s / factor)


def _logit(s: Floats, w: Floats) -> tuple[Floats, Floats]:
    odds, factor = s / (1 - s), np.exp(w / (1 - s))
    return odds / (odds + factor), odds * factor / (1 + odds * factor)


def _arcsine(s: Floats, w: Floats) -> tuple[Floats, Floats]:
    angle, half = np.arcsin(np.sqrt(s)), w / 2 * np.sqrt(s / (1 - s))
    return np.sin(np.maximum(angle - half, 0)) ** 2, np.sin(
        np.minimum(angle + half, np.pi / 2)
    ) ** 2


_BANDS = {
    "plain": _plain,
    "log": _log,
    "log-log": _log_log,
    "logit": _logit,
    "arcsine": _arcsine,
}
