"""Kaplan-Meier exhibits: what a study may ask for, the groups shown, and the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl
from pydantic import Field

from sequela.exhibits.context import (
    Context,
    ExhibitDefinition,
    Group,
    StatedTime,
    Width,
    absent_in,
    bias_refusal,
    groups_of,
    nobody_grouped,
    not_baseline,
)
from sequela.exhibits.imputed import (
    estimate_imputed,
)
from sequela.exhibits.survival_further import FurtherTest, estimate_further
from sequela.stats.confidence_band import ConfType
from sequela.stats.estimand import Estimand
from sequela.stats.log_rank import compare_log_rank
from sequela.stats.pairwise import Adjustment
from sequela.stats.permutation_log_rank import compare_permutation_log_rank
from sequela.stats.results import Absent, Row
from sequela.stats.risk_table import RiskTable, build_risk_tables, relabel
from sequela.stats.survival import estimate_survival

if TYPE_CHECKING:
    pass

# Below this many events in a group the log-rank test's approximation is not trusted alone.
FEW_EVENTS = 5
CONFIDENCE = "95"
# Full enumeration of two groups stays fast up to this many assignments.
MOST_ASSIGNMENTS = 10**10


class KaplanMeier(ExhibitDefinition):
    """Survival of a set, or of groups of it, from a study's endpoint."""

    kind: Literal["km"]
    endpoint: str
    by: str = ""
    at: tuple[StatedTime, ...] = ()
    interval: ConfType = "log-log"
    tests: tuple[FurtherTest, ...] = Field(
        (), description="weighted tests beside the log-rank test, which is always made"
    )
    strata: tuple[str, ...] = Field((), description="columns within which groups are compared")
    pairwise: Adjustment | None = Field(
        None, description="compare every two groups, with p values adjusted in this way"
    )
    restricted_mean: float | None = Field(
        None, gt=0, description="horizon of the restricted mean survival time"
    )
    figure: bool = True
    width_cm: Width = 11.5


def timed(group: Group, endpoint: str) -> pl.DataFrame:
    """The group's patients with a point in time, their times and events."""
    return group.frame.filter(pl.col(endpoint).is_not_null()).select(
        "patient_id", pl.col(endpoint).alias("time"), pl.col(f"{endpoint}_event").alias("event")
    )


def risk_table_of(group: Group, endpoint: str) -> RiskTable:
    """The risk table of one group, named by its key."""
    return risk_tables_of([group], endpoint)[group.key]


def risk_tables_of(groups: Sequence[Group], endpoint: str) -> dict[str, RiskTable]:
    """The risk tables of groups that are compared, by their keys.

    They are made together, so that times that differ by rounding alone are one time whatever
    the group.
    """
    people = [timed(group, endpoint) for group in groups]
    everyone = pl.concat(people)
    keys = [g.key for g, one in zip(groups, people, strict=True) for _ in range(one.height)]
    tables = build_risk_tables(
        everyone["time"].to_numpy(),
        everyone["event"].cast(pl.Int64).to_numpy(),
        group=np.array(keys, dtype=str),
    )
    nobody = build_risk_tables(np.zeros(0), np.zeros(0, dtype=np.int64))[""]
    return {g.key: tables.get(g.key, relabel(nobody, g.key)) for g in groups}


def biased(definition: KaplanMeier, context: Context) -> list[str]:
    """The columns for which the exhibit must be refused, unless the study accepts the bias."""
    found = [
        not_baseline(context, set=definition.set, by=column, endpoint=definition.endpoint)
        for column in (definition.by, *definition.strata)
    ]
    return list(dict.fromkeys(name for columns in found for name in columns))


def events_without_a_time(context: Context, *, set: str, endpoint: str) -> str:
    """Why a curve is refused when events of the set have no time; empty when all have one."""
    frame = context.subjects.within(set)
    undated = frame.filter(pl.col(f"{endpoint}_event") & pl.col(endpoint).is_null()).height
    if not undated:
        return ""
    return (
        f"{undated} of the events have no known time, and a curve without them would be wrong. "
        "Ask for kind = 'survival_bounds'."
    )


def competing_causes(context: Context, endpoint: str) -> str:
    """Why one minus Kaplan-Meier is no probability here; empty without competing causes."""
    if not context.clinical.endpoint_definitions[endpoint].competing:
        return ""
    return (
        "The endpoint has competing causes, and a Kaplan-Meier curve that censors them tells the "
        "probability in a world without them. Ask for kind = 'cuminc'."
    )


def refusal(definition: KaplanMeier, context: Context) -> str:
    """Why the exhibit is refused; empty when it is not."""
    if reason := nobody_grouped(context, set=definition.set, by=definition.by):
        return reason
    if reason := competing_causes(context, definition.endpoint):
        return reason
    columns = biased(definition, context)
    if columns and not definition.accept_bias:
        return bias_refusal(context, columns)
    return events_without_a_time(context, set=definition.set, endpoint=definition.endpoint)


def shown_groups(definition: KaplanMeier, context: Context) -> list[Group]:
    """The groups that the exhibit shows: those of `by`, or the whole set where there are none."""
    groups = groups_of(context, set=definition.set, by=definition.by)
    return groups[1:] or groups


def estimate_km(definition: KaplanMeier, context: Context) -> list[Row]:
    """Survival of every group, and the comparison of the groups; or refused rows."""
    groups = shown_groups(definition, context)
    reason = refusal(definition, context)
    if reason:
        return [_refused(definition, group, reason) for group in groups]
    rows, tables = [], risk_tables_of(groups, definition.endpoint)
    for group in groups:
        rows += estimate_survival(
            tables[group.key],
            variable=definition.endpoint,
            at=definition.at,
            conf_type=definition.interval,
            absent=absent_in(group.frame, definition.endpoint),
        )
        rows += estimate_imputed(group, definition.endpoint)
    if definition.by and len(groups) > 1:
        rows += _comparison(definition, context, groups)
    contrast = contrast_of(definition, groups) if definition.by else ""
    return rows + estimate_further(definition, context, groups, tables, contrast)


def _refused(definition: KaplanMeier, group: Group, reason: str) -> Row:
    absent = absent_in(group.frame, definition.endpoint)
    about = Estimand(
        variable=definition.endpoint,
        n=group.size - absent.total,
        absent=absent,
        group=group.key,
        method="refused",
    )
    return about.no_value("median", "refused", reason)


def contrast_of(definition: KaplanMeier, groups: Sequence[Group]) -> str:
    """What is compared, in the words of the result rows."""
    return f"{definition.by}: " + " vs ".join(g.label for g in groups)


def _comparison(definition: KaplanMeier, context: Context, groups: Sequence[Group]) -> list[Row]:
    """The log-rank test and, where a group has few events, the permutation test beside it."""
    contrast = contrast_of(definition, groups)
    absent = {g.key: absent_in(g.frame, definition.endpoint) for g in groups}
    tables = risk_tables_of(groups, definition.endpoint)
    rows = compare_log_rank(tables, variable=definition.endpoint, contrast=contrast, absent=absent)
    if min(float(t.events.sum()) for t in tables.values()) < FEW_EVENTS:
        people = [(timed(g, definition.endpoint), g.key) for g in groups]
        everyone = pl.concat([frame for frame, _ in people])
        rows += compare_permutation_log_rank(
            everyone["time"].to_numpy(),
            everyone["event"].cast(pl.Int64).to_numpy(),
            [key for frame, key in people for _ in range(frame.height)],
            variable=definition.endpoint,
            contrast=contrast,
            limit=MOST_ASSIGNMENTS if len(groups) == 2 else 200_000,
            absent=_sum_absent(groups, definition.endpoint),
        )
    return rows


def _sum_absent(groups: Sequence[Group], endpoint: str) -> Absent:
    return absent_in(pl.concat([g.frame for g in groups]), endpoint)
