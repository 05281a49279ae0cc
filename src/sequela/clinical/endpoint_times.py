"""The times of an endpoint, one row a patient, by the rules that `endpoints` states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from sequela.chart.frames import with_types
from sequela.clinical.endpoints import EndpointDefinition

ENDPOINT_SCHEMA: dict[str, type[pl.DataType]] = {
    "patient_id": pl.String,
    "low": pl.Float64,
    "high": pl.Float64,
    "time": pl.Float64,
    "imputed": pl.Boolean,
    "event": pl.Boolean,
    "cause": pl.String,
    "ended_by": pl.String,
    "why": pl.String,
    "table": pl.String,
    "row": pl.Int64,
    "start": pl.Float64,
    "end": pl.Float64,
    "clock": pl.String,
}


def derive_endpoint(
    patients: pl.Series,
    definition: EndpointDefinition,
    moments: Mapping[str, pl.DataFrame],
    *,
    uncharted: Sequence[str] = (),
    population: pl.Series | None = None,
) -> pl.DataFrame:
    """One row a patient: days (low, high), event, what ended it and the chart row that says so.

    `moments` holds every occurrence of each moment the definition names (`derive_occurrences`).
    `time` is the one point that estimates use: null where an event has no time at all. `event`
    is whether one of the definition's events ended it, `cause` which event or competing moment,
    `end` the day on `clock` of the deciding record. A patient without a start, without any end,
    or with an end on another clock has nulls and a reason in `why`. An end before the start has
    the reason `not_evaluable` (the chart's rules report it), and so has an undated event where
    it matters whether it came before the start or before a censoring of `censor_at`, as have days
    known in part that leave open which of the two came first. Events of
    which the study keeps no table are named in `uncharted`: whether they happened is then
    unknown of everyone. Outside `population` (a yes or no a patient) it is not applicable.
    """
    people = pl.DataFrame({"patient_id": patients.cast(pl.String)})
    if uncharted:
        decided = people.with_columns(pl.lit("missing").alias("why"))
        return _finish(decided, definition, population)
    started = people.join(
        _start(moments[definition.start]), on="patient_id", how="left", maintain_order="left"
    )
    later_only = definition.before_start == "ignored"
    events = _death_last(_candidates(definition.causes, moments, started, later_only=later_only))
    events = _ranked(events, (*definition.same_day, *definition.causes))
    censors = _ranked(_candidates(definition.censor, moments, started), definition.censor)
    stops = _candidates(definition.censor_at, moments, started, later_only=True)
    stops = _ranked(stops, definition.censor_at)
    joined = started
    for name, chosen in (
        ("dated", _first(events.filter(pl.col("low").is_not_null()))),
        ("undated", _undated(events)),
        ("last", _last(censors.filter(pl.col("low").is_not_null()))),
        ("stop", _first(stops)),
    ):
        joined = _beside(joined, chosen, name)
    clocks = [_off_clock(events, "events_off"), _off_clock(censors, "censors_off")]
    clocks.append(_off_clock(stops, "stops_off"))
    for off in clocks:
        joined = joined.join(off, on="patient_id", how="left", maintain_order="left")
    return _finish(_decide(joined, definition), definition, population)


def _start(moment: pl.DataFrame) -> pl.DataFrame:
    """The start of each patient: the first dated occurrence in the moment's own order."""
    ordered = moment.sort(pl.col("low").is_null(), maintain_order=True)
    first = ordered.unique("patient_id", keep="first", maintain_order=True)
    return first.select(
        "patient_id",
        pl.lit(True).alias("has_start"),
        pl.col("low").alias("start_low"),
        pl.col("high").alias("start_high"),
        pl.col("clock").alias("start_clock"),
    )


def _candidates(
    names: Sequence[str],
    moments: Mapping[str, pl.DataFrame],
    started: pl.DataFrame,
    *,
    later_only: bool = False,
) -> pl.DataFrame:
    """Of each moment a patient's one dated occurrence and one undated, with the patient's start.

    Which of several dated ones is the moment's own choice (its first or its last), made with
    `later_only` among those that did not come before the start.
    """
    parts = [_NOBODY.join(started, on="patient_id", how="inner")]
    for place, name in enumerate(names):
        named = moments[name].select(
            *_NOBODY.columns[:-2], pl.lit(name).alias("name"), pl.lit(place).alias("place")
        )
        found = named.cast(_NOBODY.schema).join(
            started, on="patient_id", how="inner", maintain_order="left"
        )
        kept = found.filter(~_before_start()) if later_only else found
        dated = pl.col("low").is_not_null()
        parts += [
            kept.filter(which).unique("patient_id", keep="first", maintain_order=True)
            for which in (dated, ~dated)
        ]
    return pl.concat(parts)


_NOBODY = pl.DataFrame(
    schema={
        "patient_id": pl.String,
        "low": pl.Float64,
        "high": pl.Float64,
        "free": pl.Float64,
        "clock": pl.String,
        "table": pl.String,
        "row": pl.Int64,
        "name": pl.String,
        "place": pl.Int64,
    }
)


def _death_last(events: pl.DataFrame) -> pl.DataFrame:
    """A death of the follow-up table, known in part, not before what else happened to the patient.

    Else a death "in June" would come before a relapse of the 20th, from the first of June on.
    """
    others = events.filter((pl.col("table") != "followup") & pl.col("low").is_not_null())
    latest = others.group_by("patient_id", "clock").agg(pl.col("low").max().alias("others"))
    joined = events.join(latest, on=["patient_id", "clock"], how="left", maintain_order="left")
    later = (pl.col("table") == "followup") & pl.col("others").is_between("low", "high")
    low = pl.when(later).then("others").otherwise("low").alias("low")
    return joined.with_columns(low).select(events.columns)


def _ranked(found: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """With the place of each moment among those of one day."""
    places = {name: place for place, name in enumerate(dict.fromkeys(names))}
    order = pl.col("name").replace_strict(places, default=len(places), return_dtype=pl.Int64)
    return found.with_columns(order.alias("order"))


def _before_start() -> pl.Expr:
    """Whether an occurrence certainly came before the start, on the start's clock."""
    same = pl.col("clock") == pl.col("start_clock")
    return (same & (pl.col("high") < pl.col("start_low"))).fill_null(False)


def _first(found: pl.DataFrame) -> pl.DataFrame:
    return found.sort("patient_id", "low", "order", "row", nulls_last=True).unique(
        "patient_id", keep="first", maintain_order=True
    )


def _last(found: pl.DataFrame) -> pl.DataFrame:
    ordered = found.sort("patient_id", "low", "order", descending=[False, True, False])
    return ordered.unique("patient_id", keep="first", maintain_order=True)


def _undated(events: pl.DataFrame) -> pl.DataFrame:
    """The first event without a time, in the order of the definition."""
    ordered = events.filter(pl.col("low").is_null()).sort("patient_id", "place", "row")
    return ordered.unique("patient_id", keep="first", maintain_order=True)


def _beside(joined: pl.DataFrame, chosen: pl.DataFrame, name: str) -> pl.DataFrame:
    renamed = chosen.select(
        "patient_id", *(pl.col(c).alias(f"{name}_{c}") for c in _NOBODY.columns[1:])
    )
    return joined.join(renamed, on="patient_id", how="left", maintain_order="left")


def _off_clock(found: pl.DataFrame, name: str) -> pl.DataFrame:
    """Whether any dated occurrence of a patient stands on another clock than the start."""
    dated = found.filter(pl.col("low").is_not_null())
    off = (pl.col("clock") != pl.col("start_clock")).any().alias(name)
    return dated.group_by("patient_id").agg(off)


def _decide(joined: pl.DataFrame, definition: EndpointDefinition) -> pl.DataFrame:
    """What ended each patient's time, by the rules that `endpoints` states."""
    has_event = pl.col("dated_low").is_not_null()
    has_undated = pl.col("undated_name").is_not_null()
    stopped = pl.col("stop_low").is_not_null()
    free_by = pl.when(has_event).then("dated_low").otherwise("last_low")
    # An event of the day of the stop still counts; being seen on that day does not.
    stop_first = stopped & pl.when(has_event).then(
        pl.col("stop_low") < pl.col("dated_low")
    ).otherwise(pl.col("stop_low") <= pl.col("last_low"))
    joined = joined.with_columns(
        has_undated.alias("has_undated"),
        (stop_first.fill_null(False) & ~has_undated).alias("by_stop"),
        (has_event & ~has_undated).alias("by_event"),
        free_by.alias("bound"),
    ).with_columns((pl.col("by_event") & ~pl.col("by_stop")).alias("by_event"))
    joined = joined.with_columns(_chosen("low"), _chosen("high"), _chosen("free"))
    joined = joined.with_columns(*(_deciding(part) for part in ("name", "table", "row")))
    return _times(joined.with_columns(_reason(definition).alias("why")), definition)


def _chosen(part: str) -> pl.Expr:
    """The record that bounds the time: the stop, the first dated event, or the last contact."""
    return (
        pl.when("by_stop")
        .then(f"stop_{part}")
        .when(pl.col("dated_low").is_not_null())
        .then(f"dated_{part}")
        .otherwise(f"last_{part}")
        .alias(f"chosen_{part}")
    )


def _deciding(part: str) -> pl.Expr:
    """The record that ended it: an undated event before the one that bounds it."""
    return (
        pl.when("has_undated")
        .then(f"undated_{part}")
        .when("by_stop")
        .then(f"stop_{part}")
        .when("by_event")
        .then(f"dated_{part}")
        .otherwise(f"last_{part}")
        .alias(f"deciding_{part}")
    )


def _reason(definition: EndpointDefinition) -> pl.Expr:
    """Why the endpoint is unknown; null where it is known."""
    off = pl.when(pl.col("dated_low").is_not_null()).then("events_off").otherwise("censors_off")
    # A stop without a time, or an undated event beside a stop, leaves open which came first.
    stop_undated = pl.col("stop_name").is_not_null() & pl.col("stop_low").is_null()
    early = pl.col("has_undated") & pl.col("undated_name").is_in(list(definition.at_start)).not_()
    torn = early & pl.col("stop_name").is_not_null()
    # So do days known in part that overlap.
    sure = (pl.col("stop_high") < pl.col("dated_low")) | (
        pl.col("dated_high") <= pl.col("stop_low")
    )
    torn = torn | ~sure.fill_null(True)
    if definition.before_start == "ignored":
        torn = torn | early
    return (
        pl.when(pl.col("has_start").is_null())
        .then(pl.lit(definition.absent))
        .when(pl.col("start_low").is_null() | pl.col("bound").is_null())
        .then(pl.lit("missing"))
        .when(off.fill_null(False) | pl.col("stops_off").fill_null(False))
        .then(pl.lit("no common clock"))
        .when(pl.col("chosen_high") < pl.col("start_low"))
        .then(pl.lit("not_evaluable"))
        .when(torn)
        .then(pl.lit("not_evaluable"))
        .when(stop_undated)
        .then(pl.lit("missing"))
    )


def _times(joined: pl.DataFrame, definition: EndpointDefinition) -> pl.DataFrame:
    """The interval in days from the start, and the point that stands for it."""
    at_start = pl.col("deciding_name").is_in(list(definition.at_start))
    found = (pl.col("chosen_low") - pl.col("start_high")).clip(lower_bound=0.0)
    free = (pl.col("chosen_free") - pl.col("start_high")).clip(lower_bound=0.0)
    event = pl.col("by_event")
    low = pl.when(event & free.is_not_null()).then(pl.min_horizontal(free, found)).otherwise(found)
    high = pl.col("chosen_high") - pl.col("start_low")
    frame = joined.with_columns(
        pl.when(at_start | pl.col("has_undated")).then(0.0).otherwise(low).alias("low"),
        pl.when(at_start).then(0.0).otherwise(high).alias("high"),
        pl.when(at_start).then(0.0).otherwise(found).alias("found"),
        (pl.col("has_undated") & ~at_start).alias("without_time"),
    )
    first = pl.col("found") if definition.between == "found" else pl.col("low")
    no_point = pl.col("without_time") | pl.col("high").is_infinite()
    ended = pl.when(pl.col("has_undated")).then(None).otherwise("chosen_low")
    return frame.with_columns(
        pl.when(~no_point).then((first + pl.col("high")) / 2).alias("time"),
        (~pl.col("without_time") & (first < pl.col("high"))).alias("imputed"),
        ended.alias("end"),
        pl.col("deciding_name").alias("ended_by"),
        pl.col("deciding_table").alias("table"),
        pl.col("deciding_row").alias("row"),
        pl.col("start_low").alias("start"),
        pl.col("start_clock").alias("clock"),
    )


def _finish(
    frame: pl.DataFrame, definition: EndpointDefinition, population: pl.Series | None
) -> pl.DataFrame:
    """The columns of the schema, null where there is a reason."""
    for name, kind in ENDPOINT_SCHEMA.items():
        if name not in frame.columns and name not in ("event", "cause"):
            frame = frame.with_columns(pl.lit(None, kind).alias(name))
    if population is not None:
        outside = pl.when(population).then(None).otherwise(pl.lit("not_applicable"))
        unknown = pl.when(population.is_null()).then(pl.lit("missing")).otherwise(outside)
        frame = frame.with_columns(pl.coalesce(unknown, "why").alias("why"))
    cause = pl.when(pl.col("ended_by").is_in(list(definition.causes))).then("ended_by")
    frame = frame.with_columns(
        pl.col("ended_by").is_in(list(definition.event)).alias("event"), cause.alias("cause")
    )
    known = pl.col("why").is_null()
    kept = [
        name if name in ("patient_id", "why") else pl.when(known).then(name).alias(name)
        for name in ENDPOINT_SCHEMA
    ]
    return frame.select(kept).pipe(with_types, ENDPOINT_SCHEMA)
