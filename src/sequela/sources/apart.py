"""Readers written in C or Rust that a damaged file can bring down, in a process of their own.

The process is given the bytes and gives back JSON and an Arrow table, never code or objects.
When it ends badly, or takes longer than ten minutes, the file is said to be damaged.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import polars as pl

from sequela.findings import Finding
from sequela.sources.raw_table import ColumnNotes, RawTable

_LONGEST_SECONDS = 600
_CALL = "from sequela.sources.apart import main; main()"
_Read = tuple[list[RawTable], list[Finding]]


def read_apart(file: str, data: bytes, form: str, *, encoding: str = "") -> _Read:
    """The table in a Parquet, Stata, SPSS or SAS file, read by another process."""
    try:
        done = subprocess.run(
            # -P: nothing is imported from the folder that the user happens to be in
            [sys.executable, "-P", "-c", _CALL, json.dumps([file, form, encoding])],
            input=data,
            capture_output=True,
            timeout=_LONGEST_SECONDS,
            check=False,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )
    except subprocess.TimeoutExpired:
        return [], [_ended_badly(file)]
    if done.returncode:
        return [], [_ended_badly(file)]
    return _unpacked(done.stdout)


def main() -> None:
    """Read what comes in, and write what it holds."""
    file, form, encoding = json.loads(sys.argv[1])
    output = _packed(*_reading(file, sys.stdin.buffer.read(), form, encoding))
    sys.stdout.buffer.write(output)
    sys.stdout.buffer.flush()


def _reading(file: str, data: bytes, form: str, encoding: str) -> _Read:
    if form == "parquet":
        from sequela.sources.parquet import read_parquet

        return read_parquet(file, data)
    from sequela.sources.statistics_files import read_statistics_file

    return read_statistics_file(file, data, form, encoding=encoding)


def _packed(tables: list[RawTable], findings: list[Finding]) -> bytes:
    """What was read as bytes: the length of the JSON, the JSON, and the frame."""
    frame = io.BytesIO()
    about = [
        {
            "file": table.file,
            "header": table.header,
            "notes": {name: asdict(notes) for name, notes in table.notes.items()},
        }
        for table in tables
    ]
    for table in tables[:1]:
        table.frame.write_ipc(frame)
    text = json.dumps({"tables": about, "findings": [f.as_dict() for f in findings]}).encode()
    return len(text).to_bytes(8, "big") + text + frame.getvalue()


def _unpacked(data: bytes) -> _Read:
    end = 8 + int.from_bytes(data[:8], "big")
    said: Mapping[str, Any] = json.loads(data[8:end])
    tables = [
        RawTable(
            about["file"],
            tuple(about["header"]),
            pl.read_ipc(io.BytesIO(data[end:])),
            notes={name: ColumnNotes(**notes) for name, notes in about["notes"].items()},
        )
        for about in said["tables"]
    ]
    return tables, [Finding(**finding) for finding in said["findings"]]


def _ended_badly(file: str) -> Finding:
    return Finding(
        code="file-damaged",
        severity="error",
        file=file,
        message="the file is damaged in a way that brought its reader down",
        remedy="Copy or export it anew.",
    )
