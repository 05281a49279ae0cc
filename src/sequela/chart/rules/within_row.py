"""Rules within a row: cells that cannot both be right, or one that lacks its companion."""

from __future__ import annotations

import polars as pl

from sequela.chart.rules.rule import Asked, Breaches, Rule, breaches, given
from sequela.chart.time import DAYS_IN

OLDEST_YEARS = 110


def _stop_before_start(asked: Asked) -> Breaches:
    for name in ("exposures", "treatments"):
        wrong = asked.chart[name].filter(
            (pl.col("start__clock") == pl.col("stop__clock"))
            & (pl.col("stop__high") < pl.col("start__low"))
        )
        yield breaches(wrong, name, "stop", value="stop")


def _stops_not_judged(asked: Asked) -> int:
    other = pl.col("start__clock") != pl.col("stop__clock")
    return sum(asked.chart[name].filter(other).height for name in ("exposures", "treatments"))


def _free_after_event(asked: Asked) -> Breaches:
    """Known to be free of it on a day after it had happened; the same day is no contradiction."""
    wrong = asked.chart["events"].filter(
        (pl.col("free_until__clock") == pl.col("when__clock"))
        & (pl.col("free_until__low") > pl.col("when__high"))
    )
    yield breaches(wrong, "events", "free_until", value="free_until")


def _free_not_judged(asked: Asked) -> int:
    other = pl.col("free_until__clock") != pl.col("when__clock")
    return asked.chart["events"].filter(other).height


def _age_against_birth(asked: Asked) -> Breaches:
    """An age in completed years that no birthday between birth and its moment allows."""
    frame = asked.chart["patients"].filter(
        (pl.col("birth__clock") == pl.col("age_when__clock")) & pl.col("age__low").is_not_null()
    )
    year = DAYS_IN["years"]
    # A day's play for leap years: completed years count birthdays, days do not.
    youngest = (pl.col("age_when__low") - pl.col("birth__high") - 1) / year
    oldest = (pl.col("age_when__high") - pl.col("birth__low") + 1) / year
    wrong = (pl.col("age__low") > oldest) | (pl.col("age__low") + 1 < youngest)
    yield breaches(frame.filter(wrong), "patients", "age", value="age")


def _ages_not_judged(asked: Asked) -> int:
    both = pl.col("birth").is_not_null() & pl.col("age__low").is_not_null()
    same = (pl.col("birth__clock") == pl.col("age_when__clock")).fill_null(False)
    return asked.chart["patients"].filter(both & ~same).height


def _transplants(asked: Asked, kind: str) -> pl.DataFrame:
    return asked.chart["transplants"].filter(pl.col("type") == kind)


def _allogeneic_from_self(asked: Asked) -> Breaches:
    frame = _transplants(asked, "allogeneic").filter(pl.col("donor") == "self")
    yield breaches(frame, "transplants", "donor", value="donor")


def _autologous_from_other(asked: Asked) -> Breaches:
    frame = _transplants(asked, "autologous").filter(pl.col("donor") != "self")
    yield breaches(frame, "transplants", "donor", value="donor")


def _autologous_with_prophylaxis(asked: Asked) -> Breaches:
    none = pl.col("gvhd_prophylaxis").str.to_lowercase().is_in(["no", "none", "not given"])
    frame = _transplants(asked, "autologous").filter(
        pl.col("gvhd_prophylaxis").is_not_null() & ~none
    )
    yield breaches(frame, "transplants", "gvhd_prophylaxis", value="gvhd_prophylaxis")


def _transplant_without_conditioning(asked: Asked) -> Breaches:
    """Only in a chart that gives the conditioning of others of the same type and indication."""
    elsewhere = pl.col("conditioning").is_not_null().any().over("type", "indication")
    frame = asked.chart["transplants"].filter(elsewhere & pl.col("conditioning").is_null())
    yield breaches(frame, "transplants", "conditioning")


def _response_without_date(asked: Asked) -> Breaches:
    responses = asked.chart["assessments"].filter(pl.col("what") == "response")
    neither = pl.col("when").is_null() & pl.col("timepoint").is_null()
    yield breaches(responses.filter(neither), "assessments", "when")


def _alive_with_a_cause(asked: Asked) -> Breaches:
    frame = asked.chart["followup"].filter(
        (pl.col("vital_status") == "alive") & pl.col("cause_of_death").is_not_null()
    )
    yield breaches(frame, "followup", "cause_of_death", value="cause_of_death")


def _duration_beyond_interval(asked: Asked) -> Breaches:
    """More time on a drug than lies between its first and its last day."""
    same = pl.col("start__clock") == pl.col("stop__clock")
    longest = pl.col("stop__high") - pl.col("start__low") + 1
    # Durations are often rounded to a month; a longer one is no rounding.
    beyond = pl.col("duration__low") > longest + DAYS_IN["months"]
    yield breaches(
        asked.chart["exposures"].filter(same & beyond), "exposures", "duration", value="duration"
    )


def _measured_without_unit(asked: Asked) -> Breaches:
    """A number without a unit where the same measurement has one elsewhere."""
    frame = asked.chart["measurements"]
    if "unit" not in given(frame, "measurements", ("text",)):
        return
    elsewhere = pl.col("unit").is_not_null().any().over("name")
    yield breaches(frame.filter(pl.col("unit").is_null() & elsewhere), "measurements", "unit")


RULES: tuple[Rule, ...] = (
    Rule(
        "stop-before-start",
        "within a row",
        "error",
        "it stopped before it started",
        "Correct one of the two.",
        _stop_before_start,
        _stops_not_judged,
    ),
    Rule(
        "free-after-event",
        "within a row",
        "error",
        "the last visit without the event comes after the event",
        "Correct `free_until` or the day of the event; `free_until` is the last visit before it.",
        _free_after_event,
        _free_not_judged,
    ),
    Rule(
        "age-against-birth",
        "within a row",
        "error",
        "the age does not follow from the date of birth",
        "Correct the age, its moment or the date of birth.",
        _age_against_birth,
        _ages_not_judged,
    ),
    Rule(
        "allogeneic-from-self",
        "within a row",
        "error",
        "the transplant is allogeneic, and the donor is the patient",
        "Correct the type or the donor.",
        _allogeneic_from_self,
    ),
    Rule(
        "autologous-from-other",
        "within a row",
        "error",
        "the transplant is autologous, and the donor is another person",
        "Correct the type or the donor.",
        _autologous_from_other,
    ),
    Rule(
        "autologous-with-prophylaxis",
        "within a row",
        "warning",
        "the transplant is autologous, and there is prophylaxis of graft-versus-host disease",
        "Correct the type or the prophylaxis.",
        _autologous_with_prophylaxis,
    ),
    Rule(
        "transplant-without-conditioning",
        "within a row",
        "warning",
        "the transplant has no conditioning, although others like it have one",
        "Give the agents, or say that none were given.",
        _transplant_without_conditioning,
    ),
    Rule(
        "response-without-date",
        "within a row",
        "warning",
        "the response has neither a time nor a timepoint",
        "Say when it was judged, in `when` or in words in `timepoint`.",
        _response_without_date,
    ),
    Rule(
        "alive-with-cause-of-death",
        "within a row",
        "error",
        "the patient is alive, and there is a cause of death",
        "Correct one of the two.",
        _alive_with_a_cause,
    ),
    Rule(
        "duration-beyond-interval",
        "within a row",
        "warning",
        "the time on the drug is longer than the time between its first and last day",
        "Correct the duration, its unit or the dates.",
        _duration_beyond_interval,
    ),
    Rule(
        "unit-missing",
        "within a row",
        "warning",
        "the number has no unit, although the same measurement has one elsewhere",
        "Give the unit.",
        _measured_without_unit,
    ),
)
