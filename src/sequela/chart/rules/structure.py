"""Rules across tables that hold the chart together; none of them can be waived."""

from __future__ import annotations

import polars as pl

from sequela.chart import schema
from sequela.chart.rules.rule import Asked, Breaches, Rule, breaches
from sequela.findings import did_you_mean


def _one_row_a_patient(asked: Asked) -> Breaches:
    for table in schema.TABLES:
        if table.one_row_a_patient:
            frame = asked.chart[table.name].filter(pl.col("patient_id").is_not_null())
            again = frame.filter(~pl.col("patient_id").is_first_distinct())
            yield breaches(again, table.name, "patient_id", value="patient_id")


def _unknown_patient(asked: Asked) -> Breaches:
    known = asked.chart["patients"].select("patient_id").drop_nulls().unique()
    if known.is_empty():
        return
    for table in schema.TABLES:
        frame = asked.chart[table.name].filter(pl.col("patient_id").is_not_null())
        stray = frame.join(known, on="patient_id", how="anti", maintain_order="left")
        yield breaches(stray, table.name, "patient_id", value="patient_id")


def _without_followup(asked: Asked) -> Breaches:
    if not asked.chart.has("followup"):
        return
    followed = asked.chart["followup"].select("patient_id").drop_nulls().unique()
    patients = asked.chart["patients"].filter(pl.col("patient_id").is_not_null())
    lost = patients.join(followed, on="patient_id", how="anti", maintain_order="left")
    yield breaches(lost, "patients", "patient_id", value="patient_id")


def _unknown_site(asked: Asked) -> Breaches:
    if not asked.sites:
        return
    frame = asked.chart["patients"].filter(
        pl.col("site").is_not_null() & ~pl.col("site").is_in(list(asked.sites))
    )
    texts = frame["site"].unique().sort().to_list()
    nearest = {text: did_you_mean(text, asked.sites) for text in texts}
    hint = pl.col("site").replace_strict(nearest, default="", return_dtype=pl.String)
    yield breaches(frame, "patients", "site", value="site", hint=hint)


RULES: tuple[Rule, ...] = (
    Rule(
        "patient-twice",
        "across tables",
        "error",
        "the patient stands twice where every patient has one row",
        "Keep one row, or give the second person another number.",
        _one_row_a_patient,
        waivable=False,
    ),
    Rule(
        "patient-unknown",
        "across tables",
        "error",
        "the patient is not in patients.csv",
        "Add the person there, or correct the number.",
        _unknown_patient,
        waivable=False,
    ),
    Rule(
        "followup-missing",
        "across tables",
        "error",
        "the patient has no row in followup.csv",
        "Add last contact and vital status; without them there is no survival time.",
        _without_followup,
        waivable=False,
    ),
    Rule(
        "site-unknown",
        "within a column",
        "error",
        "the site is not among the study's sites",
        "Correct it, or add it to `sites` in study.toml.",
        _unknown_site,
        waivable=False,
    ),
)
