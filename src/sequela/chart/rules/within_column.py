"""Rules within a column: what a cell cannot hold, whatever stands beside it."""

from __future__ import annotations

from datetime import date

import polars as pl

from sequela.chart import schema
from sequela.chart.rules.rule import Asked, Breaches, Rule, breaches, given, moments_of
from sequela.chart.rules.within_row import OLDEST_YEARS
from sequela.chart.time import DAYS_IN

EARLIEST, LATEST = (
    float(date(year, 1, 1).toordinal() - date(1970, 1, 1).toordinal()) for year in (1880, 2100)
)
# A spelling that so many rows share names nobody.
COMMON = 5
# Units of shares of a whole; a change in percent may be anything.
_SHARE = r"(?i)^\s*(%|percent)(\s+(of|positive)\b.*)?\s*$"
# Units of amounts, of which there is never less than none.
_AMOUNT = (
    r"(?i)(/\s*([uµμmd]?l|mm3|kg|m2|cell)\b|^\s*(%|percent)|10\^?\d|"
    r"\bcells?\b|\bcopies\b|^[mµun]?g$)"
)
_WORDS_FOR_NOTHING = (
    "na", "n/a", "n.a.", "nan", "null", "none given", "missing", "unk", ".", "?", "-", "--",
)  # fmt: skip
_FORMULA_ERRORS = ("#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#N/A")
# Symbols of genes that a spreadsheet program takes for dates, by their month.
_GENES = {"mar": "MARCHF", "sep": "SEPTIN", "dec": "DELEC"}


def _impossible_age(asked: Asked) -> Breaches:
    patients = asked.chart["patients"]
    old = patients.filter(pl.col("age__low") > OLDEST_YEARS)
    yield breaches(old, "patients", "age", value="age")
    last = asked.chart["followup"].select(
        "patient_id", end=pl.col("last_contact__low"), clock=pl.col("last_contact__clock")
    )
    lived = patients.filter(pl.col("birth__high").is_not_null()).join(
        last, on="patient_id", maintain_order="left"
    )
    limit = (OLDEST_YEARS + 1) * DAYS_IN["years"]
    beyond = (pl.col("clock") == pl.col("birth__clock")) & (
        pl.col("end") - pl.col("birth__high") > limit
    )
    yield breaches(lived.filter(beyond), "patients", "birth", value="birth")


def _implausible_date(asked: Asked) -> Breaches:
    for table, column in moments_of():
        far = (pl.col(f"{column}__high") < EARLIEST) | (pl.col(f"{column}__low") >= LATEST)
        calendar = pl.col(f"{column}__clock") == "calendar"
        yield breaches(asked.chart[table].filter(calendar & far), table, column, value=column)


def _share_out_of_range(asked: Asked) -> Breaches:
    outside = (pl.col("value__low") > 100) | (pl.col("value__high") < 0)
    frame = asked.chart["measurements"].filter(outside & pl.col("unit").str.contains(_SHARE))
    yield breaches(frame, "measurements", "value", value="value")


def _negative_amount(asked: Asked) -> Breaches:
    negative = (pl.col("value__high") < 0) & pl.col("unit").str.contains(_AMOUNT)
    share = pl.col("unit").str.contains(_SHARE)
    frame = asked.chart["measurements"].filter(negative & ~share)
    yield breaches(frame, "measurements", "value", value="value")
    shorter = asked.chart["exposures"].filter(pl.col("duration__high") < 0)
    yield breaches(shorter, "exposures", "duration", value="duration")


def _texts(asked: Asked) -> list[tuple[str, str]]:
    """The columns of text in which something stands, notes apart."""
    return [
        (table.name, column)
        for table in schema.TABLES
        for column in given(asked.chart[table.name], table.name, ("text",))
        if column not in ("note", "clock")
    ]


def _words_for_missing(asked: Asked) -> Breaches:
    for table, column in _texts(asked):
        frame = asked.chart[table]
        found = [
            text
            for text in frame[column].drop_nulls().unique().to_list()
            if text.strip().lower() in _WORDS_FOR_NOTHING
        ]
        if found:
            rows = frame.filter(pl.col(column).is_in(found))
            yield breaches(rows, table, column, value=column)


def _formula_errors(asked: Asked) -> Breaches:
    """What a spreadsheet program shows where a formula could not be computed."""
    for table, column in _texts(asked):
        rows = asked.chart[table].filter(pl.col(column).is_in(_FORMULA_ERRORS))
        yield breaches(rows, table, column, value=column)


def _gene_as_date(asked: Asked) -> Breaches:
    """`1-Mar`, `2-Sep`: what a spreadsheet program makes of MARCHF1 and SEPTIN2."""
    form = r"(?i)^(\d{1,2})[- ](jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)$"
    for table, column in _texts(asked):
        texts = (
            asked.chart[table]
            .select(pl.col(column).unique())
            .filter(pl.col(column).str.contains(form))
        )
        if texts.is_empty():
            continue
        hints = {text: _likely_gene(text) for text in texts[column].to_list()}
        rows = asked.chart[table].filter(pl.col(column).is_in(list(hints)))
        hint = pl.col(column).replace_strict(hints, default="", return_dtype=pl.String)
        yield breaches(rows, table, column, value=column, hint=hint)


def _likely_gene(text: str) -> str:
    number, month = text.lower().replace(" ", "-").split("-")
    stem = _GENES.get(month[:3])
    return f"It was probably {stem}{int(number)}." if stem else ""


def _folded(column: str) -> pl.Expr:
    """A text without what makes two spellings of one word: case, accents, blanks, marks."""
    plain = pl.col(column).str.normalize("NFKD").str.replace_all(r"\p{M}", "")
    return plain.str.to_lowercase().str.replace_all(r"[\s\-_.,;:/]+", "")


def _spellings(asked: Asked) -> Breaches:
    """The rarer spellings of a text that another spelling of it outnumbers."""
    for table, column in _texts(asked):
        frame = asked.chart[table]
        counted = frame.group_by(column).len("times").drop_nulls(column)
        counted = counted.with_columns(_folded(column).alias("folded"))
        several = counted.filter(pl.len().over("folded") > 1)
        if several.is_empty():
            continue
        ordered = several.sort(["folded", "times", column], descending=[False, True, False])
        usual = ordered.unique("folded", keep="first", maintain_order=True).select(
            "folded", usual=pl.col(column), often=pl.col("times")
        )
        rare = ordered.join(usual, on="folded").filter(pl.col(column) != pl.col("usual"))
        rows = frame.join(rare, on=column, maintain_order="left")
        first = frame.select(usual=pl.col(column), usual_row=pl.col("row")).drop_nulls("usual")
        first = first.group_by("usual").agg(pl.col("usual_row").min())
        rows = rows.join(first, on="usual", maintain_order="left")
        # What few rows hold may tell who they are, so only a common spelling is shown.
        hint = (
            pl.when(pl.col("often") >= COMMON)
            .then(pl.format("It stands as '{}' elsewhere.", pl.col("usual")))
            .otherwise(pl.format(f"Compare {table}.csv, row {{}}.", pl.col("usual_row")))
        )
        yield breaches(rows, table, column, value=column, hint=hint)


RULES: tuple[Rule, ...] = (
    Rule(
        "age-impossible",
        "within a column",
        "error",
        f"the patient would be older than {OLDEST_YEARS} years",
        "Correct the age or the date of birth.",
        _impossible_age,
    ),
    Rule(
        "date-implausible",
        "within a column",
        "error",
        "the date lies before 1880 or after 2099",
        "Correct the year.",
        _implausible_date,
    ),
    Rule(
        "share-out-of-range",
        "within a column",
        "error",
        "a share in percent lies below 0 or above 100",
        "Correct the number or its unit.",
        _share_out_of_range,
    ),
    Rule(
        "amount-negative",
        "within a column",
        "error",
        "an amount is less than nothing",
        "Correct the number; a code for missing is a blank cell.",
        _negative_amount,
    ),
    Rule(
        "word-for-missing",
        "within a column",
        "warning",
        "the cell says in words that nothing is known, and counts as a category",
        "Leave the cell blank; where it could not be judged, write NE.",
        _words_for_missing,
    ),
    Rule(
        "formula-error",
        "within a column",
        "error",
        "the cell holds the error of a formula",
        "Mend the formula in the spreadsheet, or leave the cell blank.",
        _formula_errors,
    ),
    Rule(
        "gene-as-date",
        "within a column",
        "error",
        "the text looks like a gene's symbol that a spreadsheet program took for a date",
        "Write the symbol, in a column that is formatted as text.",
        _gene_as_date,
    ),
    Rule(
        "spelling-varies",
        "within a column",
        "warning",
        "the same word is spelt in another way elsewhere, and counts as another category",
        "Spell it in one way.",
        _spellings,
    ),
)
