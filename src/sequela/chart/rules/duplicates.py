"""Suspicious patterns: one person or one row that stands twice."""

from __future__ import annotations

import polars as pl

from sequela.chart import schema
from sequela.chart.rules.rule import Asked, Breaches, Rule, breaches, given

# Among more persons than this, birth, sex and diagnosis agree now and then by chance, so the last
# contact has to agree as well.
MANY_PATIENTS = 5_000
# A run of equal cells is suspicious when chance makes one as long in fewer than one chart of so
# many; and it has at least so many cells.
CHANCE_OF_A_RUN = 1e-4
SHORTEST_RUN = 5


def _other_row(column: str, file: str) -> pl.Expr:
    return pl.format(f"Compare {file}.csv, row {{}}.", pl.col(column))


def _same_person(asked: Asked) -> Breaches:
    """Two numbers with one birth (to the day), sex and first diagnosis."""
    patients = asked.chart["patients"].filter(
        (pl.col("birth__low") == pl.col("birth__high"))
        & (pl.col("birth__clock") == "calendar")
        & pl.col("sex").is_not_null()
    )
    first = asked.chart["diagnoses"].filter(
        (pl.col("when__low") == pl.col("when__high")) & (pl.col("when__clock") == "calendar")
    )
    first = first.group_by("patient_id").agg(pl.col("when__low").min().alias("diagnosed"))
    people = patients.unique("patient_id", keep="first").join(first, on="patient_id")
    same = ["birth__low", "sex", "diagnosed"]
    if people.height > MANY_PATIENTS:
        last = asked.chart["followup"].select("patient_id", last=pl.col("last_contact__low"))
        people = people.join(last.drop_nulls("last").unique("patient_id"), on="patient_id")
        same.append("last")
    twins = people.filter(pl.len().over(same) > 1).sort(*same, "row")
    twins = twins.with_columns(pl.col("row").first().over(same).alias("first_row"))
    again = twins.filter(pl.col("row") != pl.col("first_row")).sort("row")
    yield breaches(again, "patients", "patient_id", hint=_other_row("first_row", "patients"))


def _numbers_alike(asked: Asked) -> Breaches:
    """Numbers that differ only by leading zeros, case, blanks or marks."""
    plain = pl.col("patient_id").str.to_lowercase().str.replace_all(r"[\s\u00a0\-_./]+", "")
    patients = asked.chart["patients"].filter(pl.col("patient_id").is_not_null())
    # 0 in front of every number of the text: 00123 is 123, and A-007 is A-7.
    plain = plain.str.replace_all(r"(^|[a-z])0+(\d)", "${1}${2}")
    people = patients.unique("patient_id", keep="first").with_columns(plain.alias("plain"))
    alike = people.filter(pl.len().over("plain") > 1).sort("plain", "row")
    alike = alike.with_columns(pl.col("row").first().over("plain").alias("first_row"))
    again = alike.filter(pl.col("row") != pl.col("first_row")).sort("row")
    yield breaches(
        again,
        "patients",
        "patient_id",
        value="patient_id",
        hint=_other_row("first_row", "patients"),
    )


def _rows_twice(asked: Asked) -> Breaches:
    """Rows of one table that agree in every cell."""
    for table in schema.TABLES:
        frame = asked.chart[table.name]
        cells = [c.name for c in table.columns if c.name in frame.columns]
        if table.one_row_a_patient or frame.height < 2:
            continue
        # Hashes find the candidates in one pass; the cells themselves decide.
        hashes = frame.select(cells).hash_rows()
        likely = frame.filter(hashes.is_duplicated()).sort("row")
        if likely.is_empty():
            continue
        twice = likely.with_columns(pl.col("row").first().over(cells).alias("first_row"))
        again = twice.filter(pl.col("row") != pl.col("first_row"))
        yield breaches(again, table.name, "", hint=_other_row("first_row", table.name))


def _copied_down(asked: Asked) -> Breaches:
    """Equal cells in row after row of different patients, where the column varies otherwise.

    A column that the file is sorted by is passed over: its equal cells stand together anyway.
    """
    for table in (t for t in schema.TABLES if t.one_row_a_patient):
        frame = asked.chart[table.name].sort("row")
        kinds: tuple[schema.Kind, ...] = ("number", "count", "moment", "length")
        for column in given(frame, table.name, kinds):
            yield breaches(_long_runs(frame, column), table.name, column, value=column)


def _long_runs(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    known = frame.filter(pl.col(column).is_not_null())
    lows = known[f"{column}__low"]
    if lows.is_sorted() or lows.is_sorted(descending=True):
        return frame.clear()
    run = frame.select("row", "patient_id", column).with_columns(
        pl.col(column).rle_id().alias("run")
    )
    run = run.filter(pl.col(column).is_not_null())
    run = run.with_columns(
        pl.len().over("run").alias("length"), pl.len().over(column).alias("times")
    )
    others = pl.max_horizontal(pl.col("times") - pl.col("length"), pl.lit(1)) / known.height
    by_chance = known.height * others.pow(pl.col("length") - 1)
    long = (pl.col("length") >= SHORTEST_RUN) & (by_chance < CHANCE_OF_A_RUN)
    inside = long & (pl.col("length") < known.height / 2)
    # The first of them may be the true one.
    return run.filter(inside & (pl.col("row") != pl.col("row").min().over("run")))


RULES: tuple[Rule, ...] = (
    Rule(
        "person-twice",
        "suspicious patterns",
        "warning",
        "another number has the same birth, sex and date of diagnosis",
        "Join the two if they are one person; otherwise waive this with the reason.",
        _same_person,
    ),
    Rule(
        "numbers-alike",
        "suspicious patterns",
        "warning",
        "another patient's number differs only by zeros in front, case, blanks or marks",
        "Join the two if they are one person; as it is they count as two.",
        _numbers_alike,
    ),
    Rule(
        "row-twice",
        "suspicious patterns",
        "warning",
        "an earlier row of the table is the same in every cell",
        "Delete one of them, or say in `note` what makes them two.",
        _rows_twice,
    ),
    Rule(
        "copied-down",
        "suspicious patterns",
        "warning",
        "the cell is the same as in the rows before it, as if it had been copied down",
        "Compare it with the source.",
        _copied_down,
    ),
)
