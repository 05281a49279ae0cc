"""Numbers and categories described; a number may be known only as an interval.

Every statistic here except the standard deviation rises, or stays, when a value rises. So
its values from all lower ends and from all upper ends are its sharp bounds, and where the
two agree the intervals do not matter and the statistic is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from sequela.stats.estimand import Estimand
from sequela.stats.labels import Labels, read_labels
from sequela.stats.mean_tests import TOO_LARGE
from sequela.stats.results import NOBODY_ABSENT, Absent, Row
from sequela.stats.risk_table import Floats
from sequela.stats.sorting import sort_numbers

NumericStatistic = Literal["median", "q1", "q3", "min", "max", "mean", "sd"]
ALL_STATISTICS: tuple[NumericStatistic, ...] = ("median", "q1", "q3", "min", "max", "mean", "sd")


def quantile_type7(values: ArrayLike, p: float) -> float:
    """The sample quantile of R's type 7, which interpolates between order statistics.

    `values` (N,) may be infinite but not null. ValueError when empty or p outside [0, 1].
    Source: Hyndman and Fan, Am Stat 1996;50:361.
    """
    return _quantile_of_sorted(np.sort(np.asarray(values, dtype=float)), p)


def _quantile_of_sorted(ordered: Floats, p: float) -> float:
    if ordered.size == 0 or not 0 <= p <= 1:
        raise ValueError("A quantile needs at least one value and 0 <= p <= 1.")
    position = p * (ordered.size - 1)
    # A position that is whole but for rounding must not drag in the next, maybe infinite, value.
    below = int(np.floor(position + 4 * np.finfo(float).eps))
    share = position - below
    if share <= 4 * np.finfo(float).eps:
        return float(ordered[below])
    return float((1 - share) * ordered[below] + share * ordered[below + 1])


def estimate_numeric(
    low: ArrayLike,
    high: ArrayLike,
    *,
    variable: str,
    absent: Absent = NOBODY_ABSENT,
    statistics: Sequence[NumericStatistic] = ALL_STATISTICS,
) -> list[Row]:
    """Median, quartiles (type 7), range, mean and standard deviation (n - 1), as result rows.

    Arrays are (N,); `low` equals `high` where a value is exact, and `high` may be infinite
    ("more than low"). A statistic that the intervals leave open is a refused row, followed by
    `<statistic>_low_bound` and `<statistic>_high_bound`, of which an unbounded one is not
    estimable; `sd` is refused without bounds. Null is not allowed: `absent` counts it.
    ValueError when an interval is reversed or null. Source of the quartiles: Hyndman and Fan,
    Am Stat 1996;50:361.
    """
    lows, highs = _check_intervals(low, high)
    about = Estimand(variable=variable, n=lows.size, absent=absent)
    exact = highs is lows or bool(np.array_equal(lows, highs))
    first = _End(lows)
    ends = (first, first if exact else _End(highs))
    rows: list[Row] = []
    for name in statistics:
        if name not in _METHODS:
            raise ValueError(f"No statistic '{name}'; known are {', '.join(_METHODS)}.")
        rows += _statistic_rows(*ends, about.by(_METHODS[name]), name)
    return rows


def estimate_categories(
    values: Sequence[str] | Labels,
    levels: Sequence[str],
    *,
    variable: str,
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """How many have each level, and the percent (0 to 100) of those with a value.

    Rows come in the order of `levels`, also for a level that nobody has. Without a level there is
    one row, which counts who has no value. ValueError when a value is none of the levels, which
    includes null: callers count the absent before. The percentage is of those with a value, since
    a level that is not known is not another level (Altman and Bland, BMJ 2007;334:424).
    """
    coded = _code(values, levels, variable)
    counts = dict(zip(coded.levels, coded.sizes.tolist(), strict=True))
    if not levels:
        nobody = Estimand(variable=variable, n=0, absent=absent).by("count")
        return [nobody.no_value("count", "not_estimable", "nobody has a value")]
    rows: list[Row] = []
    for level in levels:
        count = counts.get(level, 0)
        about = Estimand(variable=variable, n=coded.code.size, absent=absent, level=level)
        rows.append(about.by("count").value("count", count))
        rows.append(_percent_row(about.by("percent of those with a value"), count))
    return rows


def _code(values: Sequence[str] | Labels, levels: Sequence[str], variable: str) -> Labels:
    try:
        coded = read_labels(values, list(dict.fromkeys(levels)))
    except ValueError:
        raise ValueError(f"{variable} has a value that is none of its levels.") from None
    if not set(coded.used().levels) <= set(levels):
        raise ValueError(f"{variable} has a value that is none of its levels.")
    return coded


def _percent_row(about: Estimand, count: int) -> Row:
    if about.n == 0:
        return about.no_value("percent", "not_estimable", "nobody has a value")
    return about.value("percent", 100 * count / about.n)


def _check_intervals(low: ArrayLike, high: ArrayLike) -> tuple[Floats, Floats]:
    lows, highs = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    if lows.ndim != 1 or lows.shape != highs.shape:
        raise ValueError("low and high must each be one number a person.")
    if bool(np.any(np.isnan(lows) | np.isnan(highs))):
        raise ValueError("A value is missing; count the absent before.")
    if lows is not highs and bool(np.any(lows > highs)):
        raise ValueError("An interval is reversed: its low end lies above its high end.")
    if bool(np.any(np.isposinf(lows) | np.isneginf(highs))):
        raise ValueError("A value is infinite; only the open end of an interval may be.")
    return lows, highs


class _End:
    """One end of everyone's interval, (N,), sorted once however many quantiles are asked."""

    def __init__(self, values: Floats) -> None:
        self.values = values

    @cached_property
    def ordered(self) -> Floats:
        return sort_numbers(self.values)

    def quantile(self, p: float) -> float:
        return _quantile_of_sorted(self.ordered, p)


def _statistic_rows(lows: _End, highs: _End, about: Estimand, name: NumericStatistic) -> list[Row]:
    if about.n == 0:
        return [about.no_value(name, "not_estimable", "nobody has a value")]
    if name == "sd":
        return [_sd_row(lows.values, highs.values, about)]
    low = _ISOTONE[name](lows)
    high = low if highs is lows else _ISOTONE[name](highs)
    if low == high:
        return [about.value(name, low)]
    why = _why_open(lows.values, highs.values, "they leave it open")
    return [
        about.no_value(name, "refused", why),
        _bound_row(about, f"{name}_low_bound", low),
        _bound_row(about, f"{name}_high_bound", high),
    ]


def _sd_row(lows: Floats, highs: Floats, about: Estimand) -> Row:
    if bool(np.any(lows < highs)):
        return about.no_value("sd", "refused", _why_open(lows, highs, "it needs every value"))
    if lows.size < 2:
        return about.no_value("sd", "not_estimable", "a standard deviation needs two values")
    with np.errstate(over="ignore"):
        spread = float(np.std(lows, ddof=1))
    if np.isinf(spread):
        return about.no_value("sd", "not_estimable", TOO_LARGE)
    return about.value("sd", spread)


def _bound_row(about: Estimand, name: str, bound: float) -> Row:
    if np.isfinite(bound):
        return about.value(name, bound)
    return about.no_value(name, "not_estimable", "unbounded: an interval has an open end")


def _why_open(lows: Floats, highs: Floats, so_what: str) -> str:
    return f"{int(np.sum(lows < highs))} of {lows.size} values are intervals, and {so_what}"


_ISOTONE: Mapping[str, Callable[[_End], float]] = MappingProxyType(
    {
        "median": lambda end: end.quantile(0.5),
        "q1": lambda end: end.quantile(0.25),
        "q3": lambda end: end.quantile(0.75),
        "min": lambda end: float(np.min(end.values)),
        "max": lambda end: float(np.max(end.values)),
        "mean": lambda end: float(np.mean(end.values)),
    }
)

_METHODS: Mapping[str, str] = MappingProxyType(
    {
        "median": "median",
        "q1": "first quartile (type 7)",
        "q3": "third quartile (type 7)",
        "min": "minimum",
        "max": "maximum",
        "mean": "mean",
        "sd": "standard deviation (n - 1)",
    }
)
