"""Rules across time: what cannot come before, or after, something else.

Times are compared only on a common clock, and a time that is known in part breaks a rule only
when all that it can be breaks it.
"""

from __future__ import annotations

import polars as pl

from sequela.chart import schema
from sequela.chart.rules.rule import Asked, Breaches, Rule, breaches, moments_of

THERAPY_STARTS = (("treatments", "start"), ("exposures", "start"), ("transplants", "when"))


_LAST_CONTACT = pl.format("Last contact stands in followup.csv, row {}.", pl.col("followup_row"))


def _after_the_end(asked: Asked, table: str, column: str) -> pl.DataFrame:
    """The rows of a table of which a time lies after the patient's last contact."""
    same_clock = pl.col(f"{column}__clock") == pl.col("end_clock")
    return asked.lives(table).filter(same_clock & (pl.col(f"{column}__low") > pl.col("end")))


def _beyond_the_end(asked: Asked, table: schema.ChartTable) -> pl.DataFrame:
    """The rows of a table of which no time stands on the clock of the last contact."""
    columns = [c.name for c in table.columns if c.kind == "moment"]
    same = [(pl.col(f"{c}__clock") == pl.col("end_clock")).fill_null(False) for c in columns]
    followed = pl.col("followup_row").is_not_null()
    return asked.lives(table.name).filter(followed & ~pl.any_horizontal(same))


def _dated_tables() -> list[schema.ChartTable]:
    names = dict.fromkeys(table for table, _ in moments_of(without=("patients", "followup")))
    return [schema.table(name) for name in names]


def _death_before_diagnosis(asked: Asked) -> Breaches:
    late = _after_the_end(asked, "diagnoses", "when").filter("dead")
    hint = pl.format("The diagnosis stands in diagnoses.csv, row {}.", pl.col("row"))
    said = late.with_columns(hint.alias("hint")).with_columns(row=pl.col("followup_row"))
    yield breaches(said, "followup", "last_contact", hint=pl.col("hint"))


def _diagnoses_of_the_dead_not_judged(asked: Asked) -> int:
    return _beyond_the_end(asked, schema.table("diagnoses")).filter("dead").height


def _therapy_after_death(asked: Asked) -> Breaches:
    for table, column in THERAPY_STARTS:
        late = _after_the_end(asked, table, column).filter("dead")
        yield breaches(late, table, column, value=column, hint=_LAST_CONTACT)


def _followup_before_event(asked: Asked) -> Breaches:
    for table, column in moments_of(without=("patients", "followup")):
        late = _after_the_end(asked, table, column)
        if table == "diagnoses" or (table, column) in THERAPY_STARTS:
            late = late.filter(~pl.col("dead"))
        yield breaches(late, table, column, value=column, hint=_LAST_CONTACT)


def _events_not_judged(asked: Asked) -> int:
    others = [table for table in _dated_tables() if table.name != "diagnoses"]
    living = _beyond_the_end(asked, schema.table("diagnoses")).filter(~pl.col("dead"))
    return living.height + sum(_beyond_the_end(asked, table).height for table in others)


def _before_birth(asked: Asked) -> Breaches:
    hint = pl.format("The birth stands in patients.csv, row {}.", pl.col("patients_row"))
    if asked.chart["patients"]["birth__low"].null_count() == asked.chart["patients"].height:
        return
    for table, column in moments_of():
        if (table, column) == ("patients", "birth"):
            continue
        same_clock = pl.col(f"{column}__clock") == pl.col("born_clock")
        early = asked.lives(table).filter(same_clock & (pl.col(f"{column}__high") < pl.col("born")))
        yield breaches(early, table, column, value=column, hint=hint)


def _after_the_data_cut(asked: Asked) -> Breaches:
    cut = asked.data_cut_day
    if cut is None:
        return
    for table, column in moments_of():
        calendar = pl.col(f"{column}__clock") == "calendar"
        late = asked.chart[table].filter(calendar & (pl.col(f"{column}__low") > cut))
        yield breaches(late, table, column, value=column)


def _diagnosis_order(asked: Asked) -> Breaches:
    """A second disease all of which lies before all of the first."""
    diagnoses = asked.chart["diagnoses"]
    first = (
        diagnoses.filter((pl.col("role") == "first") & pl.col("when__low").is_not_null())
        .sort("when__low", "row")
        .unique(["patient_id", "when__clock"], keep="first", maintain_order=True)
        .select("patient_id", "when__clock", first=pl.col("when__low"), first_row=pl.col("row"))
    )
    second = diagnoses.filter(pl.col("role") == "second").join(
        first, on=["patient_id", "when__clock"], maintain_order="left"
    )
    early = second.filter(pl.col("when__high") < pl.col("first"))
    hint = pl.format("The first diagnosis stands in row {}.", pl.col("first_row"))
    yield breaches(early, "diagnoses", "when", value="when", hint=hint)


def _second_not_judged(asked: Asked) -> int:
    clocks = asked.chart["diagnoses"].filter(pl.col("role") == "first")
    clocks = clocks.select("patient_id", "when__clock").drop_nulls().unique()
    second = asked.chart["diagnoses"].filter(pl.col("role") == "second")
    firsts = asked.chart["diagnoses"].filter(pl.col("role") == "first").select("patient_id")
    second = second.join(firsts.unique(), on="patient_id", how="semi")
    return second.join(clocks, on=["patient_id", "when__clock"], how="anti").height


def _remissions(asked: Asked) -> pl.DataFrame:
    return asked.chart["assessments"].filter(
        (pl.col("what") == "response") & pl.col("value").str.starts_with("CR")
    )


def _relapses(asked: Asked) -> pl.DataFrame:
    return asked.chart["events"].filter(pl.col("what") == "relapse")


def _remission_of_the_refractory(asked: Asked) -> Breaches:
    """Relapse needs a remission before it."""
    remitted = _remissions(asked).select("patient_id").unique()
    relapsed = _relapses(asked).join(remitted, on="patient_id", how="anti", maintain_order="left")
    yield breaches(relapsed, "events", "what")


def _relapse_before_remission(asked: Asked) -> Breaches:
    """A dated relapse of a patient all of whose remissions are dated, and later."""
    first = (
        _remissions(asked)
        .group_by("patient_id")
        .agg(
            pl.col("when__low").min().alias("first"),
            pl.col("when__low").is_null().any().alias("undated"),
            pl.col("when__clock").n_unique().alias("clocks"),
            pl.col("when__clock").first().alias("first_clock"),
        )
        .filter(~pl.col("undated") & (pl.col("clocks") == 1))
    )
    early = (
        _relapses(asked)
        .join(first, on="patient_id", maintain_order="left")
        .filter(
            (pl.col("when__clock") == pl.col("first_clock"))
            & (pl.col("when__high") < pl.col("first"))
        )
    )
    yield breaches(early, "events", "when", value="when")


def _relapses_not_judged(asked: Asked) -> int:
    dated = _remissions(asked).select("patient_id", "when__clock").drop_nulls().unique()
    remitted = _remissions(asked).select("patient_id").unique()
    relapses = _relapses(asked).join(remitted, on="patient_id", how="semi")
    return relapses.join(dated, on=["patient_id", "when__clock"], how="anti").height


def _not_on(asked: Asked, table: str, column: str, known: pl.DataFrame, clock: str) -> int:
    """Rows of patients who have something to compare with, none of it on the row's clock."""
    people = known.select("patient_id").unique()
    frame = asked.chart[table].join(people, on="patient_id", how="semi")
    clocks = known.select("patient_id", pl.col(clock).alias("clock")).drop_nulls().unique()
    on = ["patient_id", f"{column}__clock"]
    return frame.join(clocks, left_on=on, right_on=["patient_id", "clock"], how="anti").height


def _births_not_compared(asked: Asked) -> int:
    born = asked.chart["patients"].filter(pl.col("birth").is_not_null())
    tables = [t for t in _dated_tables() if t.name != "patients"]
    return sum(_not_on(asked, t.name, t.moment, born, "birth__clock") for t in tables if t.moment)


def _therapies_not_judged(asked: Asked) -> int:
    diagnoses = asked.chart["diagnoses"]
    starts = (start for start in THERAPY_STARTS if start[0] != "exposures")
    return sum(_not_on(asked, t, column, diagnoses, "when__clock") for t, column in starts)


def _responses_not_judged(asked: Asked) -> int:
    starts = _starts(asked)
    responses = asked.chart["assessments"].filter(pl.col("what") == "response")
    people = starts.select("patient_id").unique()
    concerned = responses.join(people, on="patient_id", how="semi")
    clocks = starts.select("patient_id", "clock").drop_nulls().unique()
    on = ["patient_id", "when__clock"]
    return concerned.join(clocks, left_on=on, right_on=["patient_id", "clock"], how="anti").height


def _lines_not_judged(asked: Asked) -> int:
    numbered = asked.chart["treatments"].filter(pl.col("line__low").is_not_null())
    several = numbered.filter(pl.len().over("patient_id") > 1)
    return several.filter(pl.col("start__low").is_null()).height


def _starts(asked: Asked) -> pl.DataFrame:
    """Every beginning of a therapy: patient_id, low, clock."""
    return pl.concat(
        [
            asked.chart[table].select(
                "patient_id",
                pl.col(f"{column}__low").alias("low"),
                pl.col(f"{column}__clock").alias("clock"),
            )
            for table, column in THERAPY_STARTS
        ]
    )


def _first_by_clock(frame: pl.DataFrame, low: str, clock: str) -> pl.DataFrame:
    """The earliest that a patient's times on each clock can be; none where one has no time."""
    undated = frame.filter(pl.col(low).is_null()).select("patient_id").unique()
    dated = frame.filter(pl.col(low).is_not_null()).join(undated, on="patient_id", how="anti")
    return dated.group_by("patient_id", clock).agg(pl.col(low).min().alias("first"))


def _therapy_before_diagnosis(asked: Asked) -> Breaches:
    first = _first_by_clock(asked.chart["diagnoses"], "when__low", "when__clock")
    for table, column in THERAPY_STARTS:
        if table == "exposures":  # a drug may be given for something that is no diagnosis here
            continue
        frame = asked.chart[table].join(
            first,
            left_on=["patient_id", f"{column}__clock"],
            right_on=["patient_id", "when__clock"],
            maintain_order="left",
        )
        early = frame.filter(pl.col(f"{column}__high") < pl.col("first"))
        yield breaches(early, table, column, value=column)


def _response_before_therapy(asked: Asked) -> Breaches:
    """A response that is judged before anything was begun that could have brought it about."""
    starts = _starts(asked)
    first = _first_by_clock(starts, "low", "clock")
    responses = asked.chart["assessments"].filter(pl.col("what") == "response")
    early = responses.join(
        first,
        left_on=["patient_id", "when__clock"],
        right_on=["patient_id", "clock"],
        maintain_order="left",
    ).filter(pl.col("when__high") < pl.col("first"))
    yield breaches(early, "assessments", "when", value="when")


def _lines_out_of_order(asked: Asked) -> Breaches:
    """A later line of therapy that began before an earlier one."""
    frame = asked.chart["treatments"].filter(
        pl.col("line__low").is_not_null() & pl.col("start__low").is_not_null()
    )
    before = pl.col("start__low").max().over("patient_id", "start__clock", "line__low")
    lines = frame.with_columns(before.alias("begun")).sort(
        "patient_id", "start__clock", "line__low", "row"
    )
    latest = lines.unique(["patient_id", "start__clock", "line__low"], maintain_order=True)
    latest = latest.select(
        "patient_id",
        "start__clock",
        "line__low",
        pl.col("begun").cum_max().shift(1).over("patient_id", "start__clock").alias("earlier"),
    )
    joined = frame.join(
        latest, on=["patient_id", "start__clock", "line__low"], maintain_order="left"
    )
    wrong = joined.filter(pl.col("start__high") < pl.col("earlier"))
    yield breaches(wrong, "treatments", "start", value="start")


def _several_on_a_drug(asked: Asked) -> pl.DataFrame:
    """The intervals of patients who have several on one drug."""
    frame = asked.chart["exposures"].select(
        "row",
        "patient_id",
        "drug",
        "start",
        *(f"start{e}" for e in _ENDS),
        *(f"stop{e}" for e in _ENDS),
    )
    return frame.filter(frame.select("patient_id", "drug").is_duplicated())


_ENDS = ("__low", "__high", "__clock")


def _exposures_overlap(asked: Asked) -> Breaches:
    """An interval on a drug that begins before an earlier interval on it has ended."""
    both = pl.col("start__high").is_not_null() & pl.col("stop__low").is_not_null()
    same_clock = pl.col("start__clock") == pl.col("stop__clock")
    frame = _several_on_a_drug(asked).filter(both & same_clock)
    groups = ["patient_id", "drug", "start__clock"]
    ordered = frame.sort(*groups, "start__low", "stop__low", "row").with_columns(
        pl.col("stop__low").cum_max().shift(1).over(groups).alias("until")
    )
    overlapping = ordered.filter(pl.col("start__high") < pl.col("until"))
    yield breaches(overlapping, "exposures", "start", value="start")


def _overlaps_not_judged(asked: Asked) -> int:
    """Rows of a drug that the patient has several rows of, without both ends on one clock."""
    judged = (pl.col("start__clock") == pl.col("stop__clock")).fill_null(False)
    return _several_on_a_drug(asked).filter(~judged).height


RULES: tuple[Rule, ...] = (
    Rule(
        "death-before-diagnosis",
        "across time",
        "error",
        "the patient died before the diagnosis",
        "Correct one of the two.",
        _death_before_diagnosis,
        _diagnoses_of_the_dead_not_judged,
    ),
    Rule(
        "therapy-after-death",
        "across time",
        "error",
        "a therapy began after the patient's death",
        "Correct one of the two.",
        _therapy_after_death,
    ),
    Rule(
        "followup-before-event",
        "across time",
        "error",
        "something happened after the last contact, so the follow-up is too short",
        "Correct one of the two.",
        _followup_before_event,
        _events_not_judged,
    ),
    Rule(
        "before-birth",
        "across time",
        "error",
        "something happened before the patient was born",
        "Correct one of the two.",
        _before_birth,
        _births_not_compared,
    ),
    Rule(
        "after-data-cut",
        "across time",
        "error",
        "the date lies after the study's data cut",
        "Correct it, or correct `data_cut` in study.toml.",
        _after_the_data_cut,
    ),
    Rule(
        "second-diagnosis-first",
        "across time",
        "error",
        "the second diagnosis was made before the first",
        "Correct one of the dates, or exchange the roles.",
        _diagnosis_order,
        _second_not_judged,
    ),
    Rule(
        "relapse-without-remission",
        "across time",
        "warning",
        "a relapse stands in the chart, and no remission",
        "Add the remission to assessments.csv, or chart it as refractory.",
        _remission_of_the_refractory,
    ),
    Rule(
        "relapse-before-remission",
        "across time",
        "warning",
        "the relapse comes before every remission of the patient",
        "Correct one of the dates, or add the remission that it ended.",
        _relapse_before_remission,
        _relapses_not_judged,
    ),
    Rule(
        "therapy-before-diagnosis",
        "across time",
        "warning",
        "a therapy began before every diagnosis of the patient",
        "Correct one of the dates, or add the diagnosis that it was for.",
        _therapy_before_diagnosis,
        _therapies_not_judged,
    ),
    Rule(
        "response-before-therapy",
        "across time",
        "warning",
        "a response was judged before any therapy began",
        "Correct one of the dates, or add the therapy that was responded to.",
        _response_before_therapy,
        _responses_not_judged,
    ),
    Rule(
        "lines-out-of-order",
        "across time",
        "warning",
        "a line of therapy began before a line with a smaller number",
        "Correct the dates or the numbers of the lines.",
        _lines_out_of_order,
        _lines_not_judged,
    ),
    Rule(
        "exposures-overlap",
        "across time",
        "warning",
        "two intervals on the same drug overlap",
        "Correct the dates, or join the two; days on a drug are counted once either way.",
        _exposures_overlap,
        _overlaps_not_judged,
    ),
)
