"""What a cohort of a given size can show: events, power, detectable effects, widths of intervals.

For comparing survival by the log-rank test, with a share p in the first group, D events and
hazard ratio h, the standardised score has mean sqrt(D p (1 - p)) log h. Source: Schoenfeld,
Biometrics 1983;39:499. All are for planning and for saying what was out of reach; power
computed from an observed effect says nothing new and is not offered.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from sequela.stats.confidence_band import normal_quantile
from sequela.stats.estimand import Estimand
from sequela.stats.proportions import ProportionMethod, clopper_pearson, wilson
from sequela.stats.results import Row

_NORMAL = NormalDist()


def events_needed(
    hazard_ratio: float, *, power: float = 0.8, share: float = 0.5, level: float = 0.05
) -> float:
    """How many events the two-sided log-rank test needs, not rounded up.

    `share` is that of the first group. ValueError for a ratio of 1 or out of range.
    """
    if hazard_ratio <= 0 or hazard_ratio == 1:
        raise ValueError("The hazard ratio is positive and not 1.")
    needed = (_reach(power, level) / math.log(hazard_ratio)) ** 2
    return needed / (_check_share(share, "share") * (1 - share))


def detectable_hazard_ratio(
    events: float, *, power: float = 0.8, share: float = 0.5, level: float = 0.05
) -> float:
    """The hazard ratio above 1 that the two-sided log-rank test finds with this power.

    Its reciprocal is the one below 1. ValueError unless there are events.
    """
    if not events > 0:
        raise ValueError("A detectable hazard ratio needs events.")
    scale = math.sqrt(events * _check_share(share, "share") * (1 - share))
    return math.exp(_reach(power, level) / scale)


def log_rank_power(
    events: float, hazard_ratio: float, *, share: float = 0.5, level: float = 0.05
) -> float:
    """The power of the two-sided log-rank test, both tails counted."""
    if hazard_ratio <= 0 or events < 0:
        raise ValueError("The hazard ratio is positive and the number of events not negative.")
    spread = math.sqrt(events * _check_share(share, "share") * (1 - share))
    mean, z = spread * abs(math.log(hazard_ratio)), normal_quantile(1 - level)
    return _NORMAL.cdf(mean - z) + _NORMAL.cdf(-mean - z)


def expected_proportion_width(
    n: int,
    proportion: float,
    *,
    method: ProportionMethod = "clopper-pearson",
    conf_level: float = 0.95,
) -> float:
    """The mean width of the interval of a proportion over all outcomes of n people.

    Exact: the widths for 0 to n, weighted with the binomial. ValueError for n < 1.
    """
    from scipy.special import gammaln, xlog1py, xlogy

    if n < 1:
        raise ValueError("The width of an interval needs at least one person.")
    if not 0 <= proportion <= 1:
        raise ValueError(f"A proportion lies between 0 and 1, not at {proportion:g}.")
    x = np.arange(n + 1)
    choose = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
    chance = np.exp(choose + xlogy(x, proportion) + xlog1py(n - x, -proportion))
    interval = {"clopper-pearson": clopper_pearson, "wilson": wilson}[method]
    limits = [interval(count, n, conf_level) for count in x.tolist()]
    return float(chance @ np.array([high - low for low, high in limits]))


def expected_survival_limits(
    n: int, survival: float, *, censored: float = 0.0, conf_level: float = 0.95
) -> tuple[float, float]:
    """The log-log limits that Kaplan-Meier of n people gives when S(t) is `survival`.

    With constant hazards of event and of censoring up to t, the share `censored` of those
    without the event being censored by t, Greenwood's sum is l (exp(l + c) - 1) / (n (l + c))
    for l = -log S and c = -log(1 - censored); without censoring, the binomial (1 - S) / (n S).
    ValueError unless 0 < survival < 1 and 0 <= censored < 1.
    """
    if n < 1 or not 0 < survival < 1 or not 0 <= censored < 1:
        raise ValueError("Limits need n of 1 or more, 0 < survival < 1 and 0 <= censored < 1.")
    hazard, leaving = -math.log(survival), -math.log1p(-censored)
    together = hazard + leaving
    greenwood = hazard / together * math.expm1(together) / n
    factor = math.exp(normal_quantile(conf_level) * math.sqrt(greenwood) / hazard)
    return survival**factor, survival ** (1 / factor)


def estimate_comparison_reach(
    events: float, sizes: tuple[int, int], *, variable: str, contrast: str, power: float = 0.8
) -> list[Row]:
    """What a comparison of two groups with these events could have shown, as rows.

    Statistics: `detectable_hazard_ratio` (two-sided 5 %), not estimable without events or with
    an empty group, and `events_for_hazard_ratio` with `level` 1.5, 2 and 3. Null has no place
    here.
    """
    n, reach = sum(sizes), f"Schoenfeld; two-sided 5 % log-rank test; power {100 * power:g} %"
    about = Estimand(variable=variable, contrast=contrast, n=n, method=reach)
    name = "detectable_hazard_ratio"
    if not events > 0 or min(sizes) < 1:
        reason = "there is no event, or one of the groups is empty"
        return [about.no_value(name, "not_estimable", reason)]
    share = sizes[0] / n
    rows = [about.value(name, detectable_hazard_ratio(events, power=power, share=share))]
    for ratio in (1.5, 2.0, 3.0):
        needed = math.ceil(events_needed(ratio, power=power, share=share))
        rows.append(about.of_level(f"{ratio:g}").value("events_for_hazard_ratio", needed))
    return rows


def estimate_precision(
    n: int, *, variable: str, assumed: float, conf_level: float = 0.95
) -> list[Row]:
    """How wide the intervals of n people are at an assumed proportion or survival, as rows.

    Statistics, with the assumption as `level`: `expected_ci_width` (exact, Clopper-Pearson)
    and `expected_survival_ci_width` (log-log, nobody censored). Not estimable for nobody. Null
    has no place here.
    """
    about = Estimand(variable=variable, n=n, level=f"{assumed:g}")
    of_share = about.by(f"expected width; Clopper-Pearson {100 * conf_level:g} % CI")
    of_curve = about.by(f"width; Kaplan-Meier without censoring; log-log {100 * conf_level:g} % CI")
    names = ("expected_ci_width", "expected_survival_ci_width")
    if n < 1:
        return [about.no_value(name, "not_estimable", "nobody has a value") for name in names]
    width = expected_proportion_width(n, assumed, conf_level=conf_level)
    first = of_share.value(names[0], width)
    if not 0 < assumed < 1:
        reason = "a survival of 0 or 1 has an interval without width"
        return [first, of_curve.no_value(names[1], "not_estimable", reason)]
    low, high = expected_survival_limits(n, assumed, conf_level=conf_level)
    return [first, of_curve.value(names[1], high - low)]


def _reach(power: float, level: float) -> float:
    """The sum of the normal quantiles of level (two-sided) and power."""
    return normal_quantile(1 - level) + _NORMAL.inv_cdf(_check_share(power, "power"))


def _check_share(share: float, name: str) -> float:
    if not 0 < share < 1:
        raise ValueError(f"{name} lies between 0 and 1, not at {share:g}.")
    return share
