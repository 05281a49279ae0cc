"""Survival by an exposure that begins during follow-up: Simon-Makuch curves, Mantel-Byar test.

Everyone counts as not yet exposed until the exposure begins and as exposed from then on, so
nobody's time before it is credited to it (immortal time). The curve of the exposed is that
of people who enter the risk set when they are exposed; it is not the survival of a fixed
group of patients. Sources: Simon and Makuch, Stat Med 1984;3:35; Mantel and Byar, J Am Stat
Assoc 1974;69:81.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sequela.stats.confidence_band import ConfType
from sequela.stats.estimand import Estimand
from sequela.stats.log_rank import log_rank
from sequela.stats.results import NOBODY_ABSENT, Absent, Row
from sequela.stats.risk_counts import SAME_TIME
from sequela.stats.risk_table import Floats, Ints, RiskTable, build_risk_tables, counts_at
from sequela.stats.score_test import chi_squared_rows
from sequela.stats.survival import emptied_at, kaplan_meier, refuse_emptied, rows_at

EXPOSURE_LEVELS = ("exposed", "not yet exposed")
_NOBODY = build_risk_tables([], [])[""]


@dataclass(frozen=True, slots=True)
class ExposureHistory:
    """Intervals (entry, exit] of constant exposure, one or two a person; arrays are (rows,).

    `person` is the place of the person in the arrays given.
    """

    person: Ints
    entry: Floats
    exit_time: Floats
    event: Floats
    exposed: NDArray[np.bool_]


def exposure_history(
    exit_time: ArrayLike,
    event: ArrayLike,
    exposure_time: ArrayLike,
    *,
    entry: ArrayLike | None = None,
) -> ExposureHistory:
    """Each person's follow-up cut where exposure begins.

    Arrays are (N,). `exposure_time` is infinite for those never exposed. An event on the day
    of exposure belongs to the time before it; exposure at or before entry is from entry on.
    Null is not allowed: ValueError names the array.
    """
    exits, status = (np.asarray(given, dtype=float) for given in (exit_time, event))
    exposure = np.asarray(exposure_time, dtype=float)
    start = np.zeros(exits.size) if entry is None else np.asarray(entry, dtype=float)
    for name, array in (("event", status), ("exposure_time", exposure), ("entry", start)):
        if array.shape != exits.shape or bool(np.any(np.isnan(array))):
            raise ValueError(f"{name} must be one number a person, none missing.")
    if exits.ndim != 1 or not bool(np.all(np.isfinite(exits))):
        raise ValueError("exit_time must be one finite number a person; count the absent before.")
    # What build_risk_tables may merge into one time.
    same = SAME_TIME * max(1.0, float(np.mean(exits)) if exits.size else 1.0)
    exposed = exposure < exits - same
    cut = exposed & (exposure > start + same)
    begins = np.where(cut, exposure, start)
    people = np.arange(exits.size)
    return ExposureHistory(
        person=np.concatenate((people[cut], people)),
        entry=np.concatenate((start[cut], begins)),
        exit_time=np.concatenate((exposure[cut], exits)),
        event=np.concatenate((np.zeros(int(cut.sum())), status)),
        exposed=np.concatenate((np.zeros(int(cut.sum()), dtype=bool), exposed)),
    )


def exposure_tables(
    history: ExposureHistory, *, causes: tuple[str, ...] = ("event",)
) -> dict[str, RiskTable]:
    """The risk tables of "exposed" and "not yet exposed"; a level nobody has is left out.

    `n` of a table counts its intervals, and a change of exposure is among the censored of
    "not yet exposed". They are the Simon-Makuch risk tables.
    """
    level = [EXPOSURE_LEVELS[0] if exposed else EXPOSURE_LEVELS[1] for exposed in history.exposed]
    return build_risk_tables(
        history.exit_time, history.event, entry=history.entry, group=level, causes=causes
    )


def estimate_simon_makuch(
    history: ExposureHistory,
    *,
    variable: str,
    at: Sequence[float],
    conf_type: ConfType = "log-log",
    conf_level: float = 0.95,
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """The Simon-Makuch curves at the times `at`, as rows with the exposure as `level`.

    Statistics: `ever` (people who were at some time at this level) and, at each time,
    `simon_makuch_survival` with `_ci_low` and `_ci_high`, and `at_risk`; not estimable at a
    level that nobody reached. Refused once everyone at risk has had the event while others
    enter later: the curve then stays at 0 and says nothing of them. `n` is everyone: these are
    no groups of people. Null cannot be in a history: `absent` counts it.
    """
    shared = _about(history, variable, "", absent)
    method = f"Simon-Makuch; Greenwood; {conf_type} {100 * conf_level:g} % CI"
    rows: list[Row] = []
    tables = exposure_tables(history)
    for level in EXPOSURE_LEVELS:
        table = tables.get(level, _NOBODY)
        curve = kaplan_meier(table, conf_type=conf_type, conf_level=conf_level)
        about = shared.of_level(level).by(method)
        emptied = emptied_at(table, curve.survival)
        ever = np.unique(history.person[history.exposed == (level == EXPOSURE_LEVELS[0])])
        rows.append(about.by("count").value("ever", ever.size))
        for time in dict.fromkeys(at):
            at_risk = float(counts_at(table, [time]).at_risk[0])
            found = rows_at(curve, about, time, name="simon_makuch_survival")
            rows += found if time < emptied else [refuse_emptied(row, emptied) for row in found]
            rows.append(about.by("count").at(time).value("at_risk", at_risk))
    return rows


def compare_mantel_byar(
    history: ExposureHistory, *, variable: str, contrast: str, absent: Absent = NOBODY_ABSENT
) -> list[Row]:
    """The Mantel-Byar test of exposed against not yet exposed, as rows about everyone.

    Statistics: `mantel_byar_chi_squared`, `mantel_byar_degrees_of_freedom`,
    `mantel_byar_p_value`, and with the exposure as `level` `mantel_byar_observed` and
    `mantel_byar_expected`. It is the log-rank test (hypergeometric variance) in which people
    change group when they are exposed. Null cannot be in a history: `absent` counts it.
    """
    about = _about(history, variable, contrast, absent)
    about = about.by("Mantel-Byar test (log-rank with time-dependent exposure)")
    result = log_rank(exposure_tables(history)) if history.person.size else None
    if result is None:
        return chi_squared_rows(about, np.nan, 0, prefix="mantel_byar_")
    rows = chi_squared_rows(
        about, result.chi_squared, result.degrees_of_freedom, prefix="mantel_byar_"
    )
    for level, observed, expected in zip(
        result.groups, result.observed, result.expected, strict=True
    ):
        one = about.of_level(level)
        rows.append(one.value("mantel_byar_observed", observed))
        rows.append(one.value("mantel_byar_expected", expected))
    return rows


def _about(history: ExposureHistory, variable: str, contrast: str, absent: Absent) -> Estimand:
    everyone = int(np.unique(history.person).size)
    return Estimand(variable=variable, contrast=contrast, n=everyone, absent=absent)
