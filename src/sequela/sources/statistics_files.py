"""Files of Stata, SPSS and SAS: values as text, and their labels as codes with meanings.

pyreadstat reads them; it comes with the extra `stata`. A coded value stays its code (`1`), and
the column's notes say what the codes mean. Values that the file declares missing stay as they
are, and the notes list them; Stata's `.a` to `.z` are written so.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

from sequela.findings import Finding
from sequela.sources.guard import guarded
from sequela.sources.heading import Heading, check_heading
from sequela.sources.raw_table import ColumnNotes, RawTable, raw_table
from sequela.sources.typed_text import exact_text

_SPOKEN = {"stata": "Stata", "spss": "SPSS", "sas": "SAS"}


def read_statistics_file(
    file: str, data: bytes, form: str, *, encoding: str = ""
) -> tuple[list[RawTable], list[Finding]]:
    """The table in a file of a statistics program; its first record has the number 2.

    Needs pyreadstat; whoever calls looks whether it is there.
    """
    import pyreadstat

    call, named = _reader(pyreadstat, file, data, form)
    if encoding:
        named["encoding"] = encoding
    try:
        columns, about = guarded(call, io.BytesIO(data), output_format="dict", **named)
    except ValueError:
        return [], [_damaged(file, form)]
    try:
        table = guarded(_table, file, columns, about)
    except ValueError:
        return [], [_damaged(file, form)]
    return [table], check_heading(Heading(file, table.header), table.frame)


def _table(file: str, columns: Mapping[str, Sequence[Any]], about: Any) -> RawTable:
    """The columns as a table; anything may be raised where a damaged file gave nonsense."""
    names = list(columns)
    cells = [_texts(columns[name], about, name) for name in names]
    rows = [
        (number, row)
        for number, row in enumerate(zip(*cells, strict=True), start=2)
        if any(cell.strip() for cell in row)
    ]
    table = raw_table(file, [name.strip() for name in names], rows)
    notes = {name.strip(): _notes(about, name, columns[name]) for name in names}
    return replace(table, notes=notes)


def _reader(library: ModuleType, file: str, data: bytes, form: str) -> tuple[Any, dict[str, Any]]:
    if form == "stata":
        return library.read_dta, {"user_missing": True}
    if form == "spss":
        portable = not data.startswith(b"$FL")
        return (library.read_por, {}) if portable else (library.read_sav, {"user_missing": True})
    if data.startswith(b"HEADER RECORD"):
        return library.read_xport, {}
    return library.read_sas7bdat, {"user_missing": True}


def _texts(values: Sequence[Any], about: Any, name: str) -> list[str]:
    """A column's cells; a letter among numbers is a missing value of its own kind."""
    numeric = about.readstat_variable_types.get(name) != "string"
    return [
        f".{value}" if numeric and isinstance(value, str) and value else exact_text(value)
        for value in values
    ]


def _notes(about: Any, name: str, values: Sequence[Any]) -> ColumnNotes:
    labels: Mapping[Any, str] = about.variable_value_labels.get(name, {})
    numeric = about.readstat_variable_types.get(name) != "string"

    def code(value: Any) -> str:
        letter = numeric and isinstance(value, str) and value
        return f".{value}" if letter else exact_text(value)

    missing = [*about.missing_user_values.get(name, [])]
    for span in about.missing_ranges.get(name, []):
        low, high = span["lo"], span["hi"]
        missing += [low] if low == high else _between(values, low, high)
    meanings = {code(value): str(label) for value, label in labels.items()}
    return ColumnNotes(
        label=about.column_names_to_labels.get(name) or "",
        choices={c: label for c, label in meanings.items() if c not in map(code, missing)},
        missing={code(value): meanings.get(code(value), "") for value in missing},
        field_type=about.original_variable_types.get(name) or "",
    )


def _between(values: Sequence[Any], low: Any, high: Any) -> list[Any]:
    """The values of a column that lie in a range declared missing, each once, in order."""
    kind = str if isinstance(low, str) else int | float
    return sorted({v for v in values if isinstance(v, kind) and low <= v <= high})


def _damaged(file: str, form: str) -> Finding:
    return Finding(
        code="file-damaged",
        severity="error",
        file=file,
        message=f"the file looks like a {_SPOKEN[form]} file and cannot be read",
        remedy="Export it anew; if it is in an old encoding, declare the encoding.",
    )
