"""When each patient became exposed, on the clock of an endpoint: for landmark, Simon-Makuch, Cox.

An exposure that is known only after the start must not make groups from the start on
(immortal time). These exhibits let a patient count as exposed from the exposure on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from sequela.clinical.endpoints import EndpointDefinition
from sequela.exhibits.context import Context, absent_in
from sequela.stats.results import Absent
from sequela.stats.risk_table import Floats


@dataclass(frozen=True, slots=True)
class ExposureTimes:
    """The patients of a set with a point in time, and when each was exposed.

    Arrays are (N,), in the study's unit from the endpoint's start: `time`, `event` (0, 1) and
    `exposure`, infinite for those never exposed. `absent` counts the patients without a time;
    `refusal` says why the exposure cannot be used, and is empty when it can.
    """

    frame: pl.DataFrame
    time: Floats
    event: Floats
    exposure: Floats
    absent: Absent
    refusal: str

    @property
    def size(self) -> int:
        """Everyone of the set."""
        return self.frame.height + self.absent.total


def exposure_times(context: Context, *, set: str, endpoint: str, moment: str) -> ExposureTimes:
    """The times of a set's endpoint and of an exposure.

    An exposure of which the chart gives no time on the endpoint's clock makes the exhibit
    refused: leaving the patient out, or calling the patient unexposed, would bias it.
    """
    members = context.subjects.within(set)
    frame = members.filter(pl.col(endpoint).is_not_null())
    starts = context.clinical.endpoints[endpoint].select(
        "patient_id", "start", pl.col("clock").alias("from_clock")
    )
    exposed = context.clinical.moments[moment].select("patient_id", "low", "high", "clock")
    joined = (
        frame.select("patient_id", endpoint, f"{endpoint}_event")
        .join(starts, on="patient_id", how="left", maintain_order="left")
        .join(
            exposed.with_columns(pl.lit(True).alias("exposed")),
            on="patient_id",
            how="left",
            maintain_order="left",
        )
    )
    middle = (pl.col("low") + pl.col("high")) / 2
    known = pl.col("clock") == pl.col("from_clock")
    after = (middle - pl.col("start")) / context.days_in_unit
    joined = joined.with_columns(
        pl.when(pl.col("exposed").is_null())
        .then(float("inf"))
        .when(known)
        .then(after.clip(lower_bound=0.0))
        .alias("exposure")
    )
    return ExposureTimes(
        frame,
        frame[endpoint].to_numpy(),
        frame[f"{endpoint}_event"].cast(pl.Float64).to_numpy(),
        joined["exposure"].fill_null(float("nan")).to_numpy(),
        absent_in(members, endpoint),
        _refusal(context, joined["exposure"].null_count(), moment, endpoint),
    )


def _refusal(context: Context, undated: int, moment: str, endpoint: str) -> str:
    competing = context.clinical.endpoint_definitions[endpoint].competing
    if competing:
        return (
            "The endpoint has competing causes, which this exhibit does not allow for. Ask for "
            "an endpoint without them."
        )
    if undated:
        return (
            f"Of {undated} exposed to '{moment.replace('_', ' ')}' the time is not known on the "
            "endpoint's clock, so nobody can be said to have been exposed before or after a day."
        )
    return ""


def exposure_words(moment: str) -> tuple[str, str]:
    """How the exposed and the not yet exposed are called."""
    word = moment.replace("_", " ")
    return f"after {word}", f"before or without {word}"


def start_words(definition: EndpointDefinition) -> str:
    """`from diagnosis`."""
    return f"from {definition.start.replace('_', ' ')}"


def up_to(times: Floats, ticks: tuple[float, ...]) -> list[float]:
    """How many of the times lie strictly before each tick."""
    ordered = np.sort(times)
    return [float(np.searchsorted(ordered, tick, side="left")) for tick in ticks]
