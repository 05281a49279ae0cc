"""Frames brought to a schema, and read row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

Types = Mapping[str, pl.DataType | type[pl.DataType]]


def with_types(frame: pl.DataFrame, schema: Types) -> pl.DataFrame:
    """The frame with the types of a schema; a value that does not fit raises polars' error."""
    types: dict[Any, Any] = dict(schema)
    return frame.cast(types)


def each_row(frame: pl.DataFrame) -> Iterator[tuple[Any, ...]]:
    """The rows as tuples, made from whole columns: several times faster than one by one."""
    return zip(*(column.to_list() for column in frame.get_columns()), strict=True)


def each_named_row(frame: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """The rows as dictionaries by the names of the columns."""
    names = frame.columns
    return (dict(zip(names, row, strict=True)) for row in each_row(frame))
