"""From findings to categories: each restaging against the requirements of a criteria set.

Three-valued throughout: a requirement whose value is missing, or whose interval straddles the
number, is open; a category is open while it may still be met; and a restaging is not evaluable
while a better category than the one that is met is open.
"""

from __future__ import annotations

from functools import reduce

import polars as pl

from sequela.clinical.response.collect import Restagings
from sequela.clinical.response.comparisons import compared
from sequela.clinical.response.criteria import LOWEST, Category, CriteriaSet, Requirement

UNCONFIRMED = "not confirmed by a second assessment"


def judge(found: Restagings, criteria: CriteriaSet) -> pl.DataFrame:
    """The category of each restaging: id, category (null when open) and `why` in words.

    `why` names the requirements that are open in the best category that may still be met.
    """
    met = {name: _met(r, found.frame, criteria) for name, r in criteria.requirement.items()}
    frame = found.frame.with_columns(expr.alias(f"met_{name}") for name, expr in met.items())
    frame = frame.with_columns(
        _needs(category).alias(f"is_{number}") for number, category in enumerate(criteria.category)
    )
    category, why = pl.lit(None, pl.String), pl.lit(criteria.otherwise or None, pl.String)
    for number in reversed(range(len(criteria.category))):
        holds = pl.col(f"is_{number}")
        one = criteria.category[number]
        opened = holds.is_null()
        category = (
            pl.when(opened)
            .then(pl.lit(None, pl.String))
            .when(holds)
            .then(pl.lit(one.name))
            .otherwise(category)
        )
        why = (
            pl.when(opened)
            .then(_open_needs(one, criteria))
            .when(holds)
            .then(pl.lit(None, pl.String))
            .otherwise(why)
        )
    judged = frame.select("id", category.alias("category"), why.alias("why"))
    return _confirmed(found.frame, judged, criteria) if criteria.confirmed else judged


def _flat(category: Category) -> list[str]:
    flat: list[str] = []
    for need in category.needs:
        flat += [need] if isinstance(need, str) else list(need)
    return flat


def _needs(category: Category) -> pl.Expr:
    """All needs; of a list within them one is enough. Null where it is open."""
    each = []
    for need in category.needs:
        names = (need,) if isinstance(need, str) else need
        each.append(reduce(lambda a, b: a | b, [pl.col(f"met_{n}") for n in names]))
    return reduce(lambda a, b: a & b, each, pl.lit(True))


def _open_needs(category: Category, criteria: CriteriaSet) -> pl.Expr:
    said = [
        pl.when(pl.col(f"met_{n}").is_null()).then(pl.lit(criteria.requirement[n].in_words))
        for n in _flat(category)
    ]
    if not said:
        return pl.lit(None, pl.String)
    needs = pl.concat_str(said, separator=", ", ignore_nulls=True)
    return pl.concat_str([pl.lit(f"open for {category.name}: "), needs])


def _met(needed: Requirement, frame: pl.DataFrame, criteria: CriteriaSet) -> pl.Expr:
    """Whether a requirement is met; null where it is open.

    Where the chart has no row the set may say what that means; nothing new is assumed.
    """

    def column(part: str) -> pl.Expr:
        name = f"{needed.measure}_{part}"
        return pl.col(name) if name in frame.columns else pl.lit(None)

    met = compared(needed, column).cast(pl.Boolean)
    if needed.if_missing == "not evaluable" and not needed.route:
        return met
    missing = column("found").is_null()
    if needed.compare.startswith("was"):
        missing = column("before_found").is_null()
    if needed.compare in LOWEST:
        missing = missing | column("lowest_least").is_null()
    assumed = needed.if_missing == "assumed" and needed.compare != "new"
    without = pl.lit(None if needed.if_missing == "not evaluable" else assumed, pl.Boolean)
    if needed.route:
        followed = _met(criteria.requirement[needed.route], frame, criteria)
        unmeasurable = pl.lit(needed.if_unmeasurable == "assumed")
        without = (
            pl.when(followed)
            .then(pl.lit(None, pl.Boolean))
            .when(~followed)
            .then(unmeasurable)
            .otherwise(without)
        )
    return pl.when(missing).then(without).otherwise(met)


def _confirmed(anchors: pl.DataFrame, judged: pl.DataFrame, criteria: CriteriaSet) -> pl.DataFrame:
    """The worse of each category and the next one; the last stands unconfirmed, and so open."""
    rank = {name: number for number, name in enumerate(criteria.best_first)}
    names = {number: name for name, number in rank.items()}
    ordered = (
        anchors.select("id", "patient_id", "clock", "low", "high")
        .join(judged, on="id", how="left")
        .sort("patient_id", "clock", "low", "high", "id")
        .with_columns(pl.col("category").replace_strict(rank, default=None).alias("rank"))
        .with_columns(pl.col("rank").shift(-1).over("patient_id", "clock").alias("next"))
    )
    worsened = [rank[c.name] for c in criteria.category if c.means == "progression"]
    both = pl.col("rank").is_in(worsened) == pl.col("next").is_in(worsened)
    ordered = ordered.with_columns(pl.when(both).then("next").alias("next"))
    worse = pl.when(pl.col("next").is_not_null()).then(pl.max_horizontal("rank", "next"))
    category = worse.replace_strict(names, default=None, return_dtype=pl.String)
    alone = pl.when(pl.col("rank").is_not_null() & pl.col("next").is_null())
    return ordered.select(
        "id",
        pl.when(pl.col("rank").is_not_null()).then(category).alias("category"),
        alone.then(pl.lit(UNCONFIRMED)).otherwise("why").alias("why"),
    )
