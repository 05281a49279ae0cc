"""Suspicious patterns in numbers and dates: slips of units, codes for missing, heaping.

The thresholds are this software's own. They are set so that charts without such mistakes,
simulated from the distributions of the field (normal, log-normal, exponential, uniform shares,
counts), raise next to no alarm; `tests/property/test_chart_patterns.py` holds them to it.
"""

from __future__ import annotations

import math

import polars as pl

from sequela.chart import schema
from sequela.chart.rules.rule import Asked, Breaches, Rule, breaches, given, moments_of

MISSING_CODES = (-1, -9, -99, -999, -9999, 888, 999, 8888, 9999, 99999)
# Below so many values a distribution says too little.
FEWEST_VALUES = 20
# A slip lies so many robust standard deviations out, lands as near as this once shifted back, and
# is parted from all else by half the shift.
FAR_OUT, WITHIN, SHIFTS = 5.0, 2.0, (1, 2, 3)
# Two heaps of one measurement are two units when each holds so much of the values.
SMALLER_HEAP = 0.1
FEWEST_IN_A_HEAP = 5
# Counted within a patient, and 1 in every row where nobody has a second one.
RUNNING_NUMBERS = ("line", "number", "transplant")
# A day of the month or a last digit is preferred when it comes so many standard deviations more
# often than by chance, and in so large a share.
PREFERRED, LEAST_SHARE = 6.0, 0.15
LEAST_SHARE_OF_TENS = 0.4
# Of how many values must be whole, and over what they must spread, to ask for endings in 0.
LEAST_SHARE_WHOLE, LEAST_SPREAD = 0.9, 30.0


def _measured(asked: Asked) -> pl.DataFrame:
    """Exact positive measurements with the logarithm of each, by name and unit."""
    exact = (pl.col("value__low") == pl.col("value__high")) & (pl.col("value__low") > 0)
    frame = asked.chart["measurements"].filter(exact & pl.col("value__low").is_finite())
    return frame.select(
        "row",
        "patient_id",
        "value",
        "name",
        pl.col("unit").fill_null(""),
        pl.col("value__low").log10().alias("log"),
    ).filter(pl.len().over("name", "unit") >= FEWEST_VALUES)


def _unit_slips(asked: Asked) -> Breaches:
    """Single numbers that would lie among the others of their name and unit after a shift.

    The spread is judged on each side of the median by its own tenth, so that one long tail,
    as shares and counts have it, is no alarm.
    """
    by = ["name", "unit"]
    frame = _measured(asked).with_columns(
        pl.col("log").median().over(by).alias("middle"),
        pl.col("log").quantile(0.1).over(by).alias("tenth"),
        pl.col("log").quantile(0.9).over(by).alias("ninth"),
    )
    # A tenth lies 1.2816 standard deviations from the middle of a normal distribution.
    below = ((pl.col("middle") - pl.col("tenth")) / 1.2816).clip(0.02)
    above = ((pl.col("ninth") - pl.col("middle")) / 1.2816).clip(0.02)
    away = pl.col("log") - pl.col("middle")
    frame = frame.with_columns(below.alias("below"), above.alias("above"), away.alias("away"))
    out = (pl.col("away") > FAR_OUT * pl.col("above")) | (
        pl.col("away") < -FAR_OUT * pl.col("below")
    )
    frame = frame.with_columns(out.alias("out"))
    inner = pl.col("log").filter(~pl.col("out"))
    frame = frame.with_columns(
        inner.min().over(by).alias("least"), inner.max().over(by).alias("most")
    ).filter("out")
    if frame.is_empty():
        return
    gap = pl.max_horizontal(pl.col("log") - pl.col("most"), pl.col("least") - pl.col("log"))
    hint = pl.lit("")
    slipped = pl.lit(False)
    for power in SHIFTS:
        back = pl.col("away").abs() - power
        spread = pl.when(pl.col("away") > 0).then("above").otherwise("below")
        other = pl.when(pl.col("away") > 0).then("below").otherwise("above")
        near = (back <= WITHIN * spread) & (-back <= WITHIN * other) & (gap >= power / 2)
        hint = (
            pl.when(near & ~slipped)
            .then(pl.lit(f"It would lie among the others if it were {10**power} times ") + _less())
            .otherwise(hint)
        )
        slipped = slipped | near
    found = frame.with_columns(hint.alias("hint")).filter(slipped).sort("row")
    yield breaches(found, "measurements", "value", value="value", hint=pl.col("hint"))


def _less() -> pl.Expr:
    return pl.when(pl.col("away") > 0).then(pl.lit("smaller.")).otherwise(pl.lit("larger."))


def _units_mixed(asked: Asked) -> Breaches:
    """A name and unit whose numbers lie in two heaps, one 10, 100 or 1000 times the other.

    Counts of a few patients fall and recover, so each heap must have the numbers of several.
    """
    measured = _measured(asked).select("row", "patient_id", "name", "unit", "log")
    for frame in measured.partition_by("name", "unit"):
        ordered = frame.sort("log", "row")
        cut, power = _two_heaps(ordered["log"])
        heaps = (ordered[:cut], ordered[cut:])
        if power and all(h["patient_id"].n_unique() >= FEWEST_IN_A_HEAP for h in heaps):
            row = ordered[cut:]["row"].min()
            rows = asked.chart["measurements"].filter(pl.col("row") == row).head(1)
            hint = f"One heap is {10**power} times the other; the first of the larger stands here."
            yield breaches(rows, "measurements", "unit", value="unit", hint=hint)


def _two_heaps(logs: pl.Series) -> tuple[int, int]:
    """Where sorted logarithms part into two heaps, and by which power of ten; (0, 0) if nowhere."""
    n = logs.len()
    first, last = math.ceil(n * SMALLER_HEAP), math.floor(n * (1 - SMALLER_HEAP))
    gaps = logs.diff()[first : last + 1]
    if not gaps.len():
        return 0, 0
    widest = gaps.arg_max() or 0
    cut, gap = first + widest, float(gaps[widest])
    lower, upper = logs[:cut], logs[cut:]
    apart = _number(upper.median()) - _number(lower.median())
    power = round(apart)
    spread = max(_number(lower.std()), _number(upper.std()))
    two = 1 <= power <= 3 and abs(apart - power) <= 0.15 and gap > max(0.3, 2 * spread)
    return (cut, power) if two else (0, 0)


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _missing_codes(asked: Asked) -> Breaches:
    """Numbers that people type for missing, and that stand apart from the column's own."""
    measured = asked.chart["measurements"].select(
        "row", "patient_id", "value", number=pl.col("value__low"), group=pl.col("name")
    )
    yield breaches(_coded(measured), "measurements", "value", value="value")
    for table, column in _numbers(asked):
        frame = asked.chart[table].select(
            "row",
            "patient_id",
            pl.col(column).alias("value"),
            number=pl.col(f"{column}__low"),
            group=pl.lit(""),
        )
        yield breaches(_coded(frame), table, column, value="value")


def _coded(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows whose number is such a code, the only negative ones or far above all others."""
    code = pl.col("number").is_in([float(c) for c in MISSING_CODES])
    concerned = frame.filter(code).select("group").unique()
    if concerned.is_empty():
        return frame.clear()
    frame = frame.join(concerned, on="group", maintain_order="left").with_columns(
        code.alias("code")
    )
    own = pl.col("number").filter(~pl.col("code"))
    frame = frame.with_columns(
        own.min().over("group").alias("least"),
        own.max().over("group").alias("most"),
        own.count().over("group").alias("others"),
        pl.len().over("group", "number").alias("times"),
    )
    negative = (pl.col("number") < 0) & (pl.col("least") >= 0)
    above = (pl.col("number") > 0) & (
        (pl.col("number") > 3 * pl.col("most"))
        | ((pl.col("times") > 1) & (pl.col("number") > pl.col("most")))
    )
    return frame.filter(pl.col("code") & (pl.col("others") > 0) & (negative | above)).sort("row")


def _numbers(asked: Asked) -> list[tuple[str, str]]:
    return [
        (table.name, column)
        for table in schema.TABLES
        for column in given(asked.chart[table.name], table.name, ("number", "count"))
        if (table.name, column) != ("measurements", "value")
    ]


def _other_unit_of_time(asked: Asked) -> Breaches:
    """Lengths in a rare unit that would lie among the others in the usual one, and do not."""
    for table in schema.TABLES:
        for column in given(asked.chart[table.name], table.name, ("length", "moment")):
            found = _in_another_unit(asked.chart[table.name], column)
            hint = pl.format("Most are given in {}.", pl.col("usual"))
            yield breaches(found, table.name, column, value=column, hint=hint)


def _in_another_unit(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    exact = pl.col(f"{column}__low") == pl.col(f"{column}__high")
    if f"{column}__clock" in frame.columns:
        exact = exact & (pl.col(f"{column}__clock") != "calendar")
    known = frame.filter(exact).select(
        "row",
        "patient_id",
        column,
        pl.col(f"{column}__low").abs().alias("days"),
        pl.col(column)
        .str.extract(r"(?i)(day|week|month|year)s?\s*$")
        .str.to_lowercase()
        .alias("u"),
        pl.col(column).str.extract(r"(\d+(?:\.\d+)?)").cast(pl.Float64, strict=False).alias("no"),
        pl.lit("").alias("usual"),
    )
    known = known.filter(pl.col("u").is_not_null() & (pl.col("days") > 0))
    counted = known.group_by("u").len("n").sort(["n", "u"], descending=[True, False])
    if counted.height < 2 or counted["n"][0] < 0.9 * known.height or known.height < FEWEST_VALUES:
        return known.clear()
    usual = str(counted["u"][0])
    own = known.filter(pl.col("u") == usual)
    least, most = own["days"].min(), own["days"].max()
    fewest, largest = own["no"].min(), own["no"].max()
    outside = (pl.col("days") < pl.lit(least) / 3) | (pl.col("days") > pl.lit(most) * 3)
    among = pl.col("no").is_between(pl.lit(fewest), pl.lit(largest))
    odd = known.filter((pl.col("u") != usual) & outside & among)
    return odd.with_columns(pl.lit(f"{usual}s").alias("usual"))


def _months_for_days(asked: Asked) -> Breaches:
    """A time on a drug that is the time between its dates, in another unit: 30 or 7 times off."""
    frame = asked.chart["exposures"].filter(
        (pl.col("start__clock") == pl.col("stop__clock"))
        & (pl.col("duration__low") == pl.col("duration__high"))
        & (pl.col("duration__low") > 0)
    )
    span = (
        pl.col("stop__low") + pl.col("stop__high") - pl.col("start__low") - pl.col("start__high")
    ) / 2
    ratio = (pl.max_horizontal(span, pl.lit(1.0)) / pl.col("duration__low")).log()
    near = pl.lit(False)
    for times in (30.4375, 7.0):
        near = near | ((ratio.abs() - math.log(times)).abs() < math.log(1.15))
    # Seven times off may be chance in one patient; it is asked of lengths that say much.
    frame = frame.filter(near & (pl.max_horizontal(span, pl.col("duration__low")) >= 60))
    hint = pl.lit("The dates say 30 or 7 times as much or as little.")
    yield breaches(frame, "exposures", "duration", value="duration", hint=hint)


def _dates_heaped(asked: Asked) -> Breaches:
    """A column of days of which far too many are the 1st or the 15th of a month."""
    for table, column in moments_of():
        frame = asked.chart[table]
        day = pl.from_epoch(pl.col(f"{column}__low").cast(pl.Int64), "d").dt.day()
        exact = (pl.col(f"{column}__clock") == "calendar") & (
            pl.col(f"{column}__low") == pl.col(f"{column}__high")
        )
        # What was found at one visit is one day, however many numbers it gave.
        visits = frame.filter(exact).unique(["patient_id", f"{column}__low"], keep="first")
        days = visits.select("row", day.alias("day"))
        for preferred in (1, 15):
            on = days.filter(pl.col("day") == preferred)
            if _too_many(on.height, days.height, 12 / 365.25, LEAST_SHARE):
                hint = f"{on.height} of {days.height} stand on day {preferred} of a month."
                first = frame.filter(pl.col("row") == on["row"].min())
                yield breaches(first, table, column, hint=hint).with_columns(patient_id=pl.lit(""))


def _too_many(found: int, of: int, chance: float, share: float) -> bool:
    if of < FEWEST_VALUES or found < share * of:
        return False
    return found > of * chance + PREFERRED * math.sqrt(of * chance * (1 - chance))


def _tens(asked: Asked) -> Breaches:
    """Whole numbers of two digits or more that end in 0 far too often.

    Asked of measurements that are given in whole numbers and spread over some tens: a hemoglobin
    around 10 g/dL ends in 0 by nature.
    """
    number = pl.col("value__low")
    exact = (number == pl.col("value__high")) & (number >= 10)
    frame = asked.chart["measurements"].filter(exact)
    counted = (
        frame.group_by("name", "unit", maintain_order=True)
        .agg(
            pl.len().alias("n"),
            (number % 10 == 0).sum().alias("tens"),
            pl.col("row").filter(number % 10 == 0).min().alias("row"),
            (number == number.round()).mean().alias("whole"),
            (number.quantile(0.9) - number.quantile(0.1)).alias("spread"),
        )
        .filter((pl.col("whole") >= LEAST_SHARE_WHOLE) & (pl.col("spread") >= LEAST_SPREAD))
        .select("name", "unit", "n", "tens", "row")
    )
    for _, _, n, tens, row in counted.iter_rows():
        if _too_many(tens, n, 0.1, LEAST_SHARE_OF_TENS):
            first = frame.filter(pl.col("row") == row)
            hint = f"{tens} of {n} whole numbers of this measurement end in 0."
            yield breaches(first, "measurements", "value", hint=hint).with_columns(
                patient_id=pl.lit("")
            )


def _constant(asked: Asked) -> Breaches:
    """A column of numbers or days, in full, that holds one value in every row."""
    for table in schema.TABLES:
        frame = asked.chart[table.name]
        for column in given(frame, table.name, ("number", "count", "length", "moment")):
            known = frame.filter(pl.col(column).is_not_null())
            same = known.height >= FEWEST_VALUES and known[column].n_unique() == 1
            # A time zero is the same in everyone by its nature, and so is a single line.
            if same and known[f"{column}__low"][0] != 0 and column not in RUNNING_NUMBERS:
                hint = f"All {known.height} rows hold it."
                first = known.filter(pl.col("row") == pl.col("row").min())
                yield breaches(first, table.name, column, hint=hint).with_columns(
                    patient_id=pl.lit("")
                )


RULES: tuple[Rule, ...] = (
    Rule(
        "unit-slip",
        "suspicious patterns",
        "warning",
        "the number lies far from all others of this measurement and unit, as in another unit",
        "Compare number and unit with the source.",
        _unit_slips,
    ),
    Rule(
        "units-mixed",
        "suspicious patterns",
        "warning",
        "the numbers of this measurement and unit lie in two heaps, as in two units",
        "Find out which unit each source uses, and write it beside the number.",
        _units_mixed,
    ),
    Rule(
        "months-for-days",
        "suspicious patterns",
        "warning",
        "the time on the drug does not go with its dates, as in another unit",
        "Correct the unit of the duration, or the dates.",
        _months_for_days,
    ),
    Rule(
        "time-in-another-unit",
        "suspicious patterns",
        "warning",
        "the time lies far from all others, and would lie among them in their unit",
        "Correct the unit.",
        _other_unit_of_time,
    ),
    Rule(
        "missing-code",
        "suspicious patterns",
        "warning",
        "the number looks like a code for missing and is taken as a number",
        "Leave the cell blank if it is a code.",
        _missing_codes,
    ),
    Rule(
        "dates-heaped",
        "suspicious patterns",
        "warning",
        "far more dates than by chance stand on one day of the month, as when days are filled in",
        "Where the day is not known, give the month alone; its precision is then kept.",
        _dates_heaped,
    ),
    Rule(
        "numbers-rounded",
        "suspicious patterns",
        "note",
        "far more numbers than by chance end in 0",
        "They are estimates to the nearest ten; read differences between them with care.",
        _tens,
    ),
    Rule(
        "column-constant",
        "suspicious patterns",
        "warning",
        "the column holds the same in every row",
        "Compare it with the source; a column copied down looks like this.",
        _constant,
    ),
)
