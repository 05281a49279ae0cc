"""What a Kaplan-Meier exhibit gives beyond curve and log-rank test, when the study asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import polars as pl

from sequela.display.numbers import format_value
from sequela.exhibits.context import Context, Group, Rows, absent_in
from sequela.exhibits.estimates import estimate_of, p_words
from sequela.exhibits.levels import yes_no
from sequela.stats.max_combo import compare_max_combo
from sequela.stats.pairwise import compare_pairwise
from sequela.stats.restricted_mean import compare_restricted_means, estimate_restricted_mean
from sequela.stats.results import Absent, Row
from sequela.stats.risk_table import RiskTable
from sequela.stats.strata import Strata, build_stratified_risk_tables, unstratified
from sequela.stats.weighted_log_rank import Weighting, compare_weighted_log_rank

if TYPE_CHECKING:
    from sequela.exhibits.survival import KaplanMeier

FurtherTest = Literal[
    "gehan-wilcoxon", "tarone-ware", "peto-peto", "modified-peto-peto", "max-combo"
]


def estimate_further(
    definition: KaplanMeier,
    context: Context,
    groups: Sequence[Group],
    tables: Mapping[str, RiskTable],
    contrast: str,
) -> list[Row]:
    """Restricted means, further tests, the stratified test and pairs, as far as asked for."""
    name = definition.endpoint
    absent = {g.key: absent_in(g.frame, name) for g in groups}
    rows: list[Row] = []
    if definition.restricted_mean is not None:
        for key, table in tables.items():
            rows += estimate_restricted_mean(
                table, definition.restricted_mean, variable=name, absent=absent[key]
            )
    if len(groups) < 2:
        return rows
    if definition.restricted_mean is not None and len(groups) == 2:
        first, second = tables.values()
        rows += compare_restricted_means(
            first,
            second,
            definition.restricted_mean,
            variable=name,
            contrast=contrast,
            absent=_sum(absent),
        )
    for test in definition.tests:
        rows += _further_test(test, unstratified(tables), name, contrast, absent)
    if definition.strata:
        rows += _stratified(definition, context, groups, contrast)
    if definition.pairwise is not None and len(groups) > 2:
        found = compare_pairwise(
            unstratified(tables),
            adjustment=definition.pairwise,
            variable=name,
            absent=absent,
        )
        rows += found
    return rows


def _sum(absent: Mapping[str, Absent]) -> Absent:
    return Absent(
        missing=sum(a.missing for a in absent.values()),
        not_evaluable=sum(a.not_evaluable for a in absent.values()),
        not_applicable=sum(a.not_applicable for a in absent.values()),
    )


def _further_test(
    test: FurtherTest, strata: Strata, name: str, contrast: str, absent: Mapping[str, Absent]
) -> list[Row]:
    if test == "max-combo":
        return compare_max_combo(strata, variable=name, contrast=contrast, absent=absent)
    found = compare_weighted_log_rank(
        strata, weighting=Weighting(test), variable=name, contrast=contrast, absent=absent
    )
    return [row for row in found if not row.group]


def _stratified(
    definition: KaplanMeier, context: Context, groups: Sequence[Group], contrast: str
) -> list[Row]:
    """The log-rank test within strata; who has no stratum counts as missing."""
    name = definition.endpoint
    layers = list(definition.strata)
    parts, absent = [], {}
    for group in groups:
        frame = group.frame.filter(pl.col(name).is_not_null())
        known = frame.filter(pl.all_horizontal(pl.col(c).is_not_null() for c in layers))
        without = absent_in(group.frame, name)
        absent[group.key] = Absent(
            missing=without.missing + frame.height - known.height,
            not_evaluable=without.not_evaluable,
            not_applicable=without.not_applicable,
        )
        parts.append(known.with_columns(pl.lit(group.key).alias("\0group")))
    people = pl.concat(parts)
    labels = [", ".join(yes_no(v) for v in row) for row in people.select(layers).iter_rows()]
    strata = build_stratified_risk_tables(
        people[name].to_numpy(),
        people[f"{name}_event"].cast(pl.Int64).to_numpy(),
        stratum=labels,
        group=people["\0group"].to_list(),
    )
    words = ", ".join(context.label(c) for c in layers)
    found = compare_weighted_log_rank(
        strata,
        weighting=Weighting(),
        variable=name,
        contrast=contrast,
        absent=absent,
        stratified_by=words,
    )
    return [row for row in found if not row.group]


def further_notes(
    definition: KaplanMeier, context: Context, rows: Rows, groups: Sequence[Group]
) -> list[str]:
    """A line for each thing asked for, with its method."""
    notes = []
    for row in rows.rows:
        if row.statistic.endswith("p_value") and row.statistic not in (
            "p_value",
            "permutation_p_value",
        ):
            pair = row.contrast.replace(f"{definition.by}=", "") if " vs " in row.contrast else ""
            about = f" ({pair})" if definition.pairwise and ":" not in row.contrast else ""
            value = p_words(row.value) if row.value is not None else format_value(row, 0)
            notes.append(f"{row.method}{about}: {value}.")
        if "p_value_" in row.statistic and row.value is not None:
            pair = row.contrast.replace(f"{definition.by}=", "")
            notes.append(f"{pair}, adjusted ({row.method}): {p_words(row.value)}.")
    return notes + _mean_notes(definition, context, rows, groups)


def _mean_notes(
    definition: KaplanMeier, context: Context, rows: Rows, groups: Sequence[Group]
) -> list[str]:
    """The restricted means, one line for all groups."""
    horizon = definition.restricted_mean
    if horizon is None:
        return []
    parts = []
    for group in groups:
        found = estimate_of(
            rows, "restricted_mean", definition.endpoint, group=group.key, time=float(horizon)
        )
        parts.append(f"{group.label} {found.cell.text}" if definition.by else found.cell.text)
    unit = context.time_unit
    return [f"Restricted mean survival to {horizon:g} {unit}, in {unit}: {'; '.join(parts)}."]
