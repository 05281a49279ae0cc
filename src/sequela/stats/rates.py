"""Events per person-time, and the ratio of two such rates, with exact Poisson intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sequela.stats.estimand import Estimand
from sequela.stats.exact_binomial import binomial_p_value
from sequela.stats.proportions import clopper_pearson
from sequela.stats.results import NOBODY_ABSENT, Absent, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Incidence:
    """Events in the time that `people` were followed, in the study's unit, all summed.

    ValueError for a negative count, or a time that is negative or not finite.
    """

    events: int
    person_time: float
    people: int

    def __post_init__(self) -> None:
        if self.events < 0 or self.people < 0:
            raise ValueError("A count of events or people is negative.")
        if not (math.isfinite(self.person_time) and self.person_time >= 0):
            raise ValueError(f"A time of {self.person_time:g} is not one to be followed for.")


def poisson_limits(events: int, conf_level: float = 0.95) -> tuple[float, float]:
    """The exact interval of an expected count, as `poisson.test` in R; none begins at 0.

    ValueError unless 0 < conf_level < 1. Source: Garwood, Biometrika 1936;28:437.
    """
    from scipy.special import gammaincinv

    if not 0 < conf_level < 1:
        raise ValueError(f"A confidence level lies between 0 and 1, not at {conf_level:g}.")
    tail = (1 - conf_level) / 2
    low = 0.0 if events == 0 else float(gammaincinv(events, tail))
    return low, float(gammaincinv(events + 1, 1 - tail))


def estimate_rate(
    observed: Incidence,
    *,
    variable: str,
    per: float = 1.0,
    group: str = "",
    conf_level: float = 0.95,
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """Events, time and the rate with its exact interval, as rows.

    Statistics: `events`, `person_time`, `rate`, `rate_ci_low`, `rate_ci_high`; the rate is
    events in `per` units of time, such as 100 for events per 100 person-months. Without any
    time it is not estimable. Null is in no sum: `absent` counts it. Source: Garwood,
    Biometrika 1936;28:437.
    """
    about = Estimand(variable=variable, n=observed.people, absent=absent, group=group)
    rows = [
        about.by("count").value("events", observed.events),
        about.by("sum").value("person_time", observed.person_time),
    ]
    named = about.by(f"events per {per:g} of person-time; exact Poisson {100 * conf_level:g} % CI")
    names = ("rate", "rate_ci_low", "rate_ci_high")
    if observed.person_time == 0:
        return rows + [named.no_value(name, "not_estimable", _NO_TIME) for name in names]
    counts = (observed.events, *poisson_limits(observed.events, conf_level))
    return rows + [
        named.value(name, per * count / observed.person_time)
        for name, count in zip(names, counts, strict=True)
    ]


def compare_rates(
    first: Incidence,
    second: Incidence,
    *,
    variable: str,
    contrast: str,
    conf_level: float = 0.95,
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """The rate of the first to that of the second, as rows, all as `poisson.test` in R.

    Statistics: `rate_ratio`, `rate_ratio_ci_low`, `rate_ratio_ci_high`, `p_value`, exact given
    the events of both together. Not estimable without any event or without time; a ratio
    without bound, when the second has no event, likewise. Null is in no sum: `absent` counts
    it. Source: Lehmann, Testing Statistical Hypotheses, 1986, section 4.5.
    """
    about = Estimand(
        variable=variable,
        contrast=contrast,
        n=first.people + second.people,
        absent=absent,
        method=(
            "rate ratio, first to second; exact, given the events of both; "
            f"{100 * conf_level:g} % CI"
        ),
    )
    names = ("rate_ratio", "rate_ratio_ci_low", "rate_ratio_ci_high", "p_value")
    events = first.events + second.events
    if not (events and first.person_time and second.person_time):
        reason = "there is no event" if not events else _NO_TIME
        return [about.no_value(name, "not_estimable", reason) for name in names]
    shares = (first.events / events, *clopper_pearson(first.events, events, conf_level))
    per_time = second.person_time / first.person_time
    rows = [
        about.value(name, share / (1 - share) * per_time)
        if share < 1
        else about.no_value(name, "not_estimable", "unbounded: the second has no event")
        for name, share in zip(names, shares, strict=False)
    ]
    chance = first.person_time / (first.person_time + second.person_time)
    return [*rows, about.value("p_value", binomial_p_value(first.events, events, chance))]


_NO_TIME = "nobody was followed for any time"
