"""The page of the sources: forms that are read, what can be declared, every finding."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import sequela.sources
from pages.markdown import page, prose, table
from sequela.sources.options import DelimitedOptions, RedcapOptions, WorkbookOptions

ROOM = Path(sequela.sources.__file__).parent
SEVERITIES = ("error", "warning", "note")

FORMS = {
    "CSV, TSV and their kin": "UTF-8, or as a byte order mark says; delimiter found",
    ".xlsx, .xlsm": "every sheet; values, and everything beside them as findings",
    ".xls, .xlsb": "values only, which a finding says",
    "HTML tables": "also under the name of a workbook, as hospital systems export them",
    "Parquet": "typed columns as text that loses nothing",
    "Stata, SPSS, SAS": "with labels and missing codes; needs `pip install 'sequela[stata]'`",
    "REDCap": "export with data dictionary, as a zip, a folder or two files: one table a form",
    "zip archives and folders": "every table in them",
}
KINDS = {
    "delimited": DelimitedOptions,
    "workbook": WorkbookOptions,
    "redcap": RedcapOptions,
}


def sources_page() -> str:
    """The page of the sources."""
    return page(
        "Sources",
        "A source is read as text and nothing else: no type is guessed, and every row keeps the "
        "number that a spreadsheet program shows. The reader is chosen by what the bytes are, not "
        "by the name of the file. [How to read a REDCap project](../how-to/redcap.md).",
        "## Forms",
        table(("form", "how it is read"), FORMS.items()),
        "## What can be declared",
        *(_options(name, kind) for name, kind in KINDS.items()),
        "## How the heading of a sheet is found",
        _rule("workbook_heading"),
        "## How the delimiter is found",
        _rule("delimiter"),
        "## REDCap",
        _rule("redcap_matrix"),
        _rule("redcap_logic"),
        "## Limits of archives and workbooks",
        _rule("archive"),
        "## Findings",
        "An error stops a run, a warning and a note do not. What stands in `…` is filled in.",
        table(("finding", "severity", "what it says"), sorted(findings())),
    )


def _options(name: str, kind: Any) -> str:
    rows = [(f"`{f.name}`", f"`{f.type}`") for f in fields(kind)]
    return f"### {name}\n\n{prose(kind.__doc__)}\n\n{table(('option', 'type'), rows)}"


def _rule(module: str) -> str:
    """A module's own words, without its first line, which only says what it is."""
    text = ast.get_docstring(ast.parse((ROOM / f"{module}.py").read_text(encoding="utf-8"))) or ""
    return text.partition("\n\n")[2]


def findings() -> set[tuple[str, str, str]]:
    """Every finding of the room: its code, its severity and its sentence."""
    found = set()
    for path in sorted(ROOM.glob("*.py")):
        for code, severity, message in _in_module(path.read_text(encoding="utf-8")):
            found.add((f"`{code}`", severity, message))
    said = {code for code, _, message in found if message}
    return {row for row in found if row[2] or row[0] not in said}


def _in_module(text: str) -> Iterator[tuple[str, str, str]]:
    for node in ast.walk(ast.parse(text)):
        parts = []
        if isinstance(node, ast.Call):
            named = {k.arg: k.value for k in node.keywords}
            parts = [named[k] for k in ("code", "severity", "message") if k in named]
            parts += [a for a in node.args if not isinstance(a, ast.Starred)]
        elif isinstance(node, ast.Tuple):
            parts = list(node.elts)
        texts = [_text(part) for part in parts]
        codes = [t for t in texts if re.fullmatch(r"[a-z]+(-[a-z]+)+", t)]
        severity = next((t for t in texts if t in SEVERITIES), "")
        sentences = [t for t in texts if t.count(" ") > 1]
        if codes and sentences:
            yield codes[0], severity or _usual(node), re.sub("…+", "…", sentences[0])


def _usual(node: ast.AST) -> str:
    """The severity where a call leaves it out: a warning if it says so, else an error."""
    warned = isinstance(node, ast.Call) and (
        any(k.arg == "warning" for k in node.keywords)
        or (isinstance(node.func, ast.Name) and node.func.id == "_warning")
    )
    return "warning" if warned else "error"


def _text(node: ast.AST) -> str:
    """A constant text, with what is filled in shown as dots."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            _text(part) if isinstance(part, ast.Constant) else "…" for part in node.values
        )
    if isinstance(node, ast.BinOp):
        return _text(node.left) + (_text(node.right) or "…")
    return _text(node.body) if isinstance(node, ast.IfExp) else ""
