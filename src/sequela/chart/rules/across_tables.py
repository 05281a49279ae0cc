"""Rules across tables: what one table says and another contradicts or lacks."""

from __future__ import annotations

import polars as pl

from sequela.chart.rules.rule import Asked, Breaches, Rule, breaches, dead


def _transplant_without_row(asked: Asked) -> Breaches:
    having = asked.chart["transplants"].select("patient_id").unique()
    says = asked.chart["followup"].filter(
        pl.col("disease_status").str.contains(r"(?i)\b(hct|hsct|bmt|transplant\w*)\b")
    )
    lacking = says.join(having, on="patient_id", how="anti", maintain_order="left")
    yield breaches(lacking, "followup", "disease_status", value="disease_status")


def _same_agents_other_intensity(asked: Asked) -> Breaches:
    """A judgement belongs to the transplant of its day, or to the patient's only one."""
    judged = asked.chart["assessments"].filter(pl.col("what") == "conditioning intensity")
    transplants = asked.chart["transplants"].select(
        "patient_id",
        "conditioning",
        pl.col("when__low").alias("done"),
        pl.col("when__clock").alias("done_on"),
        (pl.len().over("patient_id") == 1).alias("only"),
    )
    of_the_day = (pl.col("when__low") == pl.col("done")) & (
        pl.col("when__clock") == pl.col("done_on")
    )
    both = judged.join(transplants, on="patient_id").filter(
        pl.col("conditioning").is_not_null() & (pl.col("only") | of_the_day.fill_null(False))
    )
    differing = both.group_by("conditioning").agg(pl.col("value").n_unique().alias("judgements"))
    differing = differing.filter(pl.col("judgements") > 1)
    rows = both.join(differing, on="conditioning", how="semi").unique("row").sort("row")
    yield breaches(rows, "assessments", "value", value="value")


def _deaths(asked: Asked) -> pl.DataFrame:
    return asked.chart["events"].filter(pl.col("what").str.to_lowercase() == "death")


def _death_twice(asked: Asked) -> Breaches:
    again = _deaths(asked).sort("row").filter(~pl.col("patient_id").is_first_distinct())
    yield breaches(again, "events", "what")


def _with_last_contact(asked: Asked) -> pl.DataFrame:
    last = asked.chart["followup"].select(
        "patient_id",
        dead().alias("dead"),
        (pl.col("vital_status") == "alive").fill_null(False).alias("alive"),
        pl.col("last_contact__low").alias("last_low"),
        pl.col("last_contact__high").alias("last_high"),
        pl.col("last_contact__clock").alias("last_clock"),
        pl.col("row").alias("followup_row"),
    )
    return _deaths(asked).join(last, on="patient_id", maintain_order="left")


_FOLLOWUP = pl.format("The last status stands in followup.csv, row {}.", pl.col("followup_row"))


def _death_but_alive(asked: Asked) -> Breaches:
    found = _with_last_contact(asked).filter("alive")
    yield breaches(found, "events", "what", hint=_FOLLOWUP)


def _death_dates_differ(asked: Asked) -> Breaches:
    """Two dates of one death that cannot be the same day."""
    apart = (pl.col("when__high") < pl.col("last_low")) | (
        pl.col("when__low") > pl.col("last_high")
    )
    same = pl.col("when__clock") == pl.col("last_clock")
    found = _with_last_contact(asked).filter(pl.col("dead") & same & apart)
    yield breaches(found, "events", "when", value="when", hint=_FOLLOWUP)


def _deaths_not_compared(asked: Asked) -> int:
    same = (pl.col("when__clock") == pl.col("last_clock")).fill_null(False)
    return _with_last_contact(asked).filter(pl.col("dead") & ~same).height


def _event_without_date(asked: Asked) -> Breaches:
    """An event without a time where others of its kind have one."""
    dated = pl.col("when__low").is_not_null().any().over("what")
    frame = asked.chart["events"].filter(dated & pl.col("when__low").is_null())
    yield breaches(frame.filter(pl.col("what").is_not_null()), "events", "when")


def _site_against_sex(asked: Asked) -> Breaches:
    """Disease in an organ that persons of the stated sex do not have."""
    sex = asked.chart["patients"].select("patient_id", "sex").drop_nulls()
    frame = asked.chart["extramedullary"].join(sex, on="patient_id", maintain_order="left")
    site = pl.col("site").str.to_lowercase()
    of_men = site.str.contains(r"\b(testis|testes|testic|prostat)")
    of_women = site.str.contains(r"\b(ovar|uter(us|ine)|cervix uteri)")
    female, male = pl.col("sex") == "female", pl.col("sex") == "male"
    wrong = (female & of_men) | (male & of_women)
    yield breaches(frame.filter(wrong), "extramedullary", "site", value="site")


RULES: tuple[Rule, ...] = (
    Rule(
        "transplant-not-charted",
        "across tables",
        "warning",
        "the last status speaks of a transplant, and transplants.csv has none",
        "Add the transplant, or correct the status.",
        _transplant_without_row,
    ),
    Rule(
        "intensity-differs",
        "across tables",
        "note",
        "the same conditioning agents are judged to be of different intensity in other patients",
        "Without doses the chart cannot tell which is right; it is kept as reported.",
        _same_agents_other_intensity,
    ),
    Rule(
        "death-twice",
        "across tables",
        "error",
        "the patient dies twice in events.csv",
        "Keep one of the rows.",
        _death_twice,
    ),
    Rule(
        "death-but-alive",
        "across tables",
        "error",
        "events.csv has the patient's death, and followup.csv says alive",
        "Correct one of the two.",
        _death_but_alive,
    ),
    Rule(
        "death-dates-differ",
        "across tables",
        "error",
        "the death stands on one date in events.csv and on another in followup.csv",
        "Correct one of the two.",
        _death_dates_differ,
        _deaths_not_compared,
    ),
    Rule(
        "event-without-date",
        "across tables",
        "warning",
        "the event has no time, although others of its kind have one",
        "Give the time, even if only the year; an endpoint that it ends is an interval until then.",
        _event_without_date,
    ),
    Rule(
        "site-against-sex",
        "across tables",
        "warning",
        "the site of disease does not go with the patient's sex",
        "Correct the site, or the sex in patients.csv.",
        _site_against_sex,
    ),
)
