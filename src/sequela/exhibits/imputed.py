"""How much of an exhibit rests on imputed dates, and what its median could be without them.

The rows `imputed_times`, `median_earliest` and `median_latest` are there only where some time of
the group rests on a date that is known in part.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sequela.display.numbers import format_value
from sequela.exhibits.context import Context, Group, Rows, absent_in
from sequela.report.document import Run
from sequela.report.sentences import Slot, fill
from sequela.stats.estimand import Estimand
from sequela.stats.median_range import estimate_median_range
from sequela.stats.results import Row

KAPLAN_MEIER, REVERSE = "median", "reverse_km_median"


def estimate_imputed(group: Group, endpoint: str, *, median: str = KAPLAN_MEIER) -> list[Row]:
    """How many of a group's times are imputed, and the range of its median; none if none are.

    `median` says which: of the endpoint, or of follow-up by the reverse method, for which the
    censorings are the events. A plain table has no dates, and nothing in it is imputed.
    """
    if f"{endpoint}_imputed" not in group.frame.columns:
        return []
    timed = group.frame.filter(pl.col(endpoint).is_not_null())
    imputed = pl.col(f"{endpoint}_imputed")
    if not timed.filter(imputed).height:
        return []
    ends = [
        timed.select(pl.when(imputed).then(f"{endpoint}__{end}").otherwise(endpoint)).to_series()
        for end in ("low", "high")
    ]
    event = timed[f"{endpoint}_event"] == (median == KAPLAN_MEIER)
    absent = absent_in(group.frame, endpoint)
    about = Estimand(
        variable=endpoint, n=timed.height, absent=absent, group=group.key, method="count"
    )
    counted = about.value("imputed_times", float(timed.filter(imputed).height))
    return [
        counted,
        *estimate_median_range(
            ends[0].to_numpy(),
            ends[1].to_numpy(),
            event.cast(pl.Int64).to_numpy(),
            variable=endpoint,
            group=group.key,
            absent=absent,
            name=median,
        ),
    ]


def sentence_of_imputed(
    rows: Rows, context: Context, endpoint: str, group: Group, *, median: str = KAPLAN_MEIER
) -> tuple[Run, ...]:
    """How many times rest on imputed dates, and between what the median lies; empty if none do."""
    counted = rows.get("imputed_times", endpoint, group=group.key)
    if counted is None:
        return ()
    slots: dict[str, Slot | str] = {
        "whom": f"{group.label}: " if group.key else "",
        "imputed": Slot(format_value(counted, 0), (counted.id,)),
        "n": str(counted.n),
        "unit": f" {context.time_unit}",
    }
    for end in ("earliest", "latest"):
        row = rows.of(f"{median}_{end}", endpoint, group=group.key)
        text = "not reached" if row.state == "not_reached" else format_value(row, 1)
        slots[end] = Slot(text, (row.id,))
    return fill("imputed" if median == KAPLAN_MEIER else "imputed_followup", slots)


def notes_of_imputed(
    rows: Rows,
    context: Context,
    endpoint: str,
    groups: Sequence[Group],
    *,
    median: str = KAPLAN_MEIER,
) -> list[str]:
    """The same as notes under a table, and how to read them."""
    said = [
        "".join(run.text for run in sentence_of_imputed(rows, context, endpoint, g, median=median))
        for g in groups
    ]
    said = [text for text in said if text]
    if said:
        said.append(
            "The range is over every day that the imputed dates could be; it is no confidence "
            "interval."
        )
    return said
