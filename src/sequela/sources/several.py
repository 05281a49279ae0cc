"""Several files as one source: the tables of an archive or a folder."""

from __future__ import annotations

from pathlib import PurePosixPath

from sequela.findings import Finding
from sequela.sources.archive import open_archive, read_member

_TABLES = {".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".parquet", ".dta", ".sav"}


def members(file: str, data: bytes) -> tuple[dict[str, bytes], list[Finding]]:
    """The tables in an archive by name, in order of name; nothing is written to the disk."""
    archive, findings = open_archive(file, data)
    if archive is None:
        return {}, findings
    found: dict[str, bytes] = {}
    others = []
    for name in sorted(archive.NameToInfo):
        path = PurePosixPath(name)
        if name.endswith("/") or path.parts[0] == "__MACOSX" or path.name.startswith("."):
            continue
        if path.suffix.lower() not in _TABLES:
            others.append(path.name)
            continue
        content = read_member(archive, name)
        if content is None:
            findings.append(_broken(file, path.name))
        else:
            found[name] = content
    if others:
        findings.append(_not_tables(file, len(others)))
    if not found and not findings:
        findings.append(_nothing(file))
    return found, findings


def is_table(name: str) -> bool:
    """Whether a file's name is that of a table."""
    return PurePosixPath(name).suffix.lower() in _TABLES and not name.startswith(".")


def _broken(file: str, name: str) -> Finding:
    return Finding(
        code="file-damaged",
        severity="error",
        file=f"{file}/{name}",
        message="this member of the archive is damaged and cannot be unpacked",
        remedy="Pack the files anew.",
    )


def _not_tables(file: str, number: int) -> Finding:
    return Finding(
        code="archive-other-files",
        severity="note",
        file=file,
        message=f"{number} files of it are no tables and were not read",
        remedy="Nothing is to be done.",
    )


def _nothing(file: str) -> Finding:
    return Finding(
        code="file-empty",
        severity="error",
        file=file,
        message="there is no table in it",
        remedy="Add the data as CSV or .xlsx.",
    )
