"""Doses of a drug as the chart gives them: amount, unit and how often, read strictly."""

from __future__ import annotations

import re

import polars as pl

from sequela.findings import Finding

# Doses a day. A word that is not here is a finding, and nothing is guessed.
PER_DAY = {
    "daily": 1.0,
    "once daily": 1.0,
    "twice daily": 2.0,
    "three times daily": 3.0,
    "every other day": 1 / 2,
    "weekly": 1 / 7,
    "twice weekly": 2 / 7,
    "every 2 weeks": 1 / 14,
    "every 3 weeks": 1 / 21,
    "every 4 weeks": 1 / 28,
}
_CYCLE = re.compile(r"^(?:(?P<times>once|twice) daily )?days? 1-(?P<on>\d+) of (?P<cycle>\d+)$")


def doses_a_day(frequency: str) -> float | None:
    """How many doses a day a text means (`daily`, `days 1-21 of 28`); None when it is not read.

    In a cycle the doses are spread over its days.
    """
    text = " ".join(frequency.lower().split())
    if text in PER_DAY:
        return PER_DAY[text]
    match = _CYCLE.match(text)
    if not match or not 0 < int(match["on"]) <= int(match["cycle"]):
        return None
    times = 2.0 if match["times"] == "twice" else 1.0
    return times * int(match["on"]) / int(match["cycle"])


def daily_doses(rows: pl.DataFrame, file: str) -> tuple[pl.DataFrame, list[Finding]]:
    """The daily dose of each exposure row, null where it cannot be told, and what is unreadable.

    Columns: row, per_day. The amount must be one number and have a unit.
    """
    texts = rows["frequency"].drop_nulls().unique(maintain_order=True).to_list()
    known = {text: doses_a_day(text) for text in texts}
    times = pl.DataFrame(
        {"frequency": list(known), "times": list(known.values())},
        schema={"frequency": pl.String, "times": pl.Float64},
    )
    joined = rows.join(times, on="frequency", how="left", maintain_order="left")
    exact = pl.col("dose_amount__low") == pl.col("dose_amount__high")
    usable = exact & pl.col("dose_unit").is_not_null()
    doses = joined.select(
        "row", pl.when(usable).then(pl.col("dose_amount__low") * pl.col("times")).alias("per_day")
    )
    return doses, _findings(joined, file)


def _findings(rows: pl.DataFrame, file: str) -> list[Finding]:
    findings = []
    unread = rows.filter(pl.col("frequency").is_not_null() & pl.col("times").is_null())
    columns = ("row", "patient_id", "frequency")
    for row, patient, text in unread.select(columns).iter_rows():
        findings.append(
            Finding(
                code="frequency-unreadable",
                severity="warning",
                file=file,
                row=row,
                column="frequency",
                patient_id=patient,
                value=text,
                message="how often the dose is given cannot be read, so the dose stays unknown",
                remedy="Write it as daily, twice daily, weekly, every 2 weeks or days 1-21 of 28.",
            )
        )
    lacking = pl.col("dose_amount").is_not_null() & pl.col("dose_unit").is_null()
    for row, patient in rows.filter(lacking).select("row", "patient_id").iter_rows():
        findings.append(
            Finding(
                code="dose-without-unit",
                severity="warning",
                file=file,
                row=row,
                column="dose_unit",
                patient_id=patient,
                message="a dose has no unit, so it stays unknown",
                remedy="Add the unit, such as mg.",
            )
        )
    return findings
