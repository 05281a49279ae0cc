"""From the text of cells to typed columns, each kind in its own way.

Whole columns are read at once: plain numbers and whole dates by the table library, and of all
other texts each distinct one once. What cannot be read is a finding a cell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import polars as pl

from sequela.chart import schema
from sequela.chart.dates import date_trouble
from sequela.chart.time import CALENDAR, read_length, read_moment
from sequela.chart.values import read_value
from sequela.findings import Finding, did_you_mean

T = TypeVar("T")

_YES_NO = {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}

_TYPES: dict[str, type[pl.DataType]] = {
    "__low": pl.Float64,
    "__high": pl.Float64,
    "__comparator": pl.String,
    "__step": pl.Float64,
    "__flag": pl.Boolean,
    "__clock": pl.String,
}

_COMPLAINTS = {
    "number": ("cell-not-a-number", "holds text where a number belongs"),
    "count": ("cell-not-a-whole-number", "holds no whole number"),
    "moment": ("cell-not-a-time", "holds no date and no time that can be read"),
    "length": ("cell-not-a-length", "holds no length of time that can be read"),
    "yes_no": ("cell-not-yes-or-no", "holds neither yes nor no"),
    "code": ("cell-unknown-code", "holds a code that the table does not know"),
}

Read = tuple[pl.DataFrame, list[Finding]]


def read_cells(file: str, frame: pl.DataFrame, column: schema.Column) -> Read:
    """The frame with a column's text read by its kind, and a finding for each unreadable cell.

    Numbers and lengths get `__low` and `__high`, moments also `__step` and `__clock`, numbers
    `__comparator`, yes and no `__flag`; null where the cell is blank or unreadable. A code that
    is not listed becomes null.
    """
    return _READERS[column.kind](file, frame, column)


def _unreadable(
    file: str, frame: pl.DataFrame, column: schema.Column, bad: list[str], remedy: str = ""
) -> list[Finding]:
    """A finding a cell whose text is among those that could not be read."""
    if not bad:
        return []
    rows = frame.filter(pl.col(column.name).is_in(bad))
    plain = remedy or f"Give {schema.WHAT_A_CELL_HOLDS[column.kind]}, or leave it blank."
    told = {text: _complaint(column, text, plain) for text in bad}
    return [
        Finding(
            code=told[text][0],
            severity="error",
            file=file,
            row=row,
            column=column.name,
            patient_id=patient or "",
            value=text,
            message=f"'{column.name}' {told[text][1]}",
            remedy=told[text][2],
        )
        for row, patient, text in rows.select("row", "patient_id", column.name).iter_rows()
    ]


def _complaint(column: schema.Column, text: str, remedy: str) -> tuple[str, str, str]:
    """The code, the sentence and the remedy for a cell that cannot be read."""
    if column.kind == "moment" and (trouble := date_trouble(text)):
        return trouble.code, trouble.message, trouble.remedy
    return *_COMPLAINTS[column.kind], remedy


def _read_text(file: str, frame: pl.DataFrame, column: schema.Column) -> Read:
    return frame, []


def _texts(frame: pl.DataFrame, name: str) -> list[str]:
    return frame[name].drop_nulls().unique(maintain_order=True).to_list()


def _read_code(file: str, frame: pl.DataFrame, column: schema.Column) -> Read:
    bad = [t for t in _texts(frame, column.name) if t not in column.codes]
    findings = []
    for text in bad:
        findings += _unreadable(file, frame, column, [text], did_you_mean(text, column.codes))
    if not bad:
        return frame, []
    known = pl.when(~pl.col(column.name).is_in(bad)).then(column.name)
    return frame.with_columns(known.alias(column.name)), findings


def _looked_up(
    frame: pl.DataFrame,
    name: str,
    parse: Callable[[str], T | None],
    parts: Mapping[str, Callable[[T], object]],
) -> tuple[pl.DataFrame, list[str]]:
    """Each distinct text parsed once and its parts joined back; and the texts that are none."""
    texts = _texts(frame, name)
    parsed = {text: parse(text) for text in texts}
    good = {text: value for text, value in parsed.items() if value is not None}
    lookup = pl.DataFrame(
        {name: list(good)}
        | {f"{name}{s}": [get(v) for v in good.values()] for s, get in parts.items()},
        schema={name: pl.String} | {f"{name}{s}": _TYPES[s] for s in parts},
    )
    joined = frame.join(lookup, on=name, how="left", maintain_order="left")
    return joined, [text for text in texts if parsed[text] is None]


def _with_plain(
    frame: pl.DataFrame,
    name: str,
    plain: Mapping[str, pl.Expr],
    is_plain: pl.Expr,
    rest: Callable[[pl.DataFrame], tuple[pl.DataFrame, list[str]]],
) -> tuple[pl.DataFrame, list[str]]:
    """Plain texts read by expressions, and only the others one by one; the order of rows stays."""
    read = [expression.alias(f"{name}{s}") for s, expression in plain.items()]
    simple = frame.select(is_plain.fill_null(True).alias("simple"))["simple"]
    if simple.all():
        return frame.with_columns(read), []
    placed = frame.with_row_index("__place")
    others, bad = rest(placed.filter(~simple))
    both = pl.concat([placed.filter(simple).with_columns(read), others.select(pl.all())])
    return both.sort("__place").drop("__place"), bad


_PLAIN_NUMBER = r"^[+-]?\d+(\.\d*)?$"


def _read_number(file: str, frame: pl.DataFrame, column: schema.Column) -> Read:
    name = column.name
    number = pl.col(name).cast(pl.Float64, strict=False)
    read, bad = _with_plain(
        frame,
        name,
        {
            "__low": number,
            "__high": number,
            "__comparator": pl.when(pl.col(name).is_not_null()).then(pl.lit("=")),
        },
        pl.col(name).str.contains(_PLAIN_NUMBER) & number.is_finite(),
        lambda rest: _looked_up(
            rest,
            name,
            read_value,
            {
                "__low": lambda v: v.low,
                "__high": lambda v: v.high,
                "__comparator": lambda v: v.comparator,
            },
        ),
    )
    return read, _unreadable(file, frame, column, bad)


def _read_count(file: str, frame: pl.DataFrame, column: schema.Column) -> Read:
    read, bad = _looked_up(
        frame,
        column.name,
        lambda text: int(text) if text.isdecimal() else None,
        {"__low": float, "__high": float},
    )
    return read, _unreadable(file, frame, column, bad)


def _read_length(file: str, frame: pl.DataFrame, column: schema.Column) -> Read:
    read, bad = _looked_up(
        frame,
        column.name,
        read_length,
        {"__low": lambda v: v.low, "__high": lambda v: v.high},
    )
    return read, _unreadable(file, frame, column, bad)


def _read_moment(file: str, frame: pl.DataFrame, column: schema.Column) -> Read:
    name = column.name
    day = pl.col(name).str.to_date("%Y-%m-%d", strict=False)
    days = day.to_physical().cast(pl.Float64)
    known = pl.col(name).is_not_null()
    read, bad = _with_plain(
        frame,
        name,
        {
            "__low": days,
            "__high": days,
            "__step": pl.when(known).then(pl.lit(1.0)),
            "__clock": pl.when(known).then(pl.lit(CALENDAR)),
        },
        pl.col(name).str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
        & day.is_not_null()
        & (pl.col(name) >= "0001"),
        lambda rest: _looked_up(
            rest,
            name,
            read_moment,
            {
                "__low": lambda m: m.low,
                "__high": lambda m: m.high,
                "__step": lambda m: m.precision,
                "__clock": lambda m: m.clock,
            },
        ),
    )
    return _on_own_clock(read, name), _unreadable(file, frame, column, bad)


def _on_own_clock(read: pl.DataFrame, name: str) -> pl.DataFrame:
    """Times that are no dates, on the clock that the row names."""
    if "clock" not in read.columns:
        return read
    clock = pl.col(f"{name}__clock")
    local = clock.is_not_null() & (clock != CALENDAR)
    return read.with_columns(
        pl.when(local).then(pl.coalesce("clock", clock)).otherwise(clock).alias(f"{name}__clock")
    )


def _read_yes_no(file: str, frame: pl.DataFrame, column: schema.Column) -> Read:
    read, bad = _looked_up(
        frame, column.name, lambda text: _YES_NO.get(text.lower()), {"__flag": bool}
    )
    return read, _unreadable(file, frame, column, bad)


_READERS: dict[schema.Kind, Callable[[str, pl.DataFrame, schema.Column], Read]] = {
    "id": _read_text,
    "text": _read_text,
    "code": _read_code,
    "number": _read_number,
    "count": _read_count,
    "moment": _read_moment,
    "length": _read_length,
    "yes_no": _read_yes_no,
}
