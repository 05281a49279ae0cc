"""The page of the output folder: every file that a run writes."""

from __future__ import annotations

import re

from pages.markdown import page, table

ID, NAME = "<exhibit>", "<figure>"

FILES = {
    "manifest.json": "what was read and written, each with its SHA-256; the versions of the "
    "software; the time of the run, which stands nowhere else",
    "patient-level/report.html": "the report: every number opens the list of its patients, every "
    "patient has a page; one file, needs no network",
    "patient-level/report.docx": "the same for a co-author to edit",
    "patient-level/report.pdf": "the same for print",
    "patient-level/subjects.parquet": "the derived table, one row a patient; a null has its reason "
    "in `<column>__why`, an interval its ends in `<column>__low` and `<column>__high`",
    "patient-level/subjects.csv": "the same as text",
    "patient-level/derivations.parquet": "which chart rows decided which value: `patient_id`, "
    "`column`, `table`, `row`",
    "patient-level/risk_tables.parquet": "the risk table of every Kaplan-Meier exhibit, one row a "
    "time: `entered`, `at_risk`, `events`, `censored`",
    "patient-level/findings.json": "what was found about the chart, with patient and value",
    "patient-level/audit.json": "the verdicts on the publication's claims, where there is a "
    "`published.toml`",
    f"patient-level/tables/{ID}.csv": "a listing, or another table that shows single patients",
    f"patient-level/figures/{NAME}.svg": "a figure that shows single patients; text stays text",
    f"patient-level/figures/{NAME}.pdf": "the same for a journal, with embedded fonts",
    f"patient-level/figures/{NAME}.png": "the same at 300 dots per inch",
    "aggregate/report-aggregate.html": "the report without single patients: no pages, listings, "
    "courses or curves",
    "aggregate/results.parquet": "every number as a row ([its columns](results.md))",
    "aggregate/results.csv": "the same as text",
    "aggregate/findings.json": "what was found, without patient, row and value",
    f"aggregate/tables/{ID}.csv": "a table as it is printed",
    f"aggregate/figures/{NAME}.svg": "a figure that shows no single patient",
    f"aggregate/figures/{NAME}.pdf": "the same for a journal",
    f"aggregate/figures/{NAME}.png": "the same at 300 dots per inch",
}


def documented(path: str) -> bool:
    """Whether the page speaks of an output file, given its path below the output folder."""
    return any(re.fullmatch(_pattern(name), path) for name in FILES)


def missing_from(paths: list[str]) -> list[str]:
    """The documented files that are not among the paths."""
    return [n for n in FILES if not any(re.fullmatch(_pattern(n), p) for p in paths)]


def _pattern(name: str) -> str:
    form = re.escape(name)
    for place in (ID, NAME):
        form = form.replace(re.escape(place), r"[a-z0-9-]+")
    return form


def outputs_page() -> str:
    """docs/reference/outputs.md."""
    return page(
        "The output folder",
        "A run writes its folder whole or not at all, and replaces only what an earlier run wrote. "
        "`patient-level` stays where the chart may stay. `aggregate` shows no patient by number, "
        "and is what may leave; look at it before it does, as small counts and the ends of a "
        "range can still tell on people.",
        table(("file", "holds"), [(f"`{n}`", m) for n, m in FILES.items()]),
        "The same chart and study file give the same bytes, under the same lock and platform; "
        "`manifest.json` alone differs. In CSV files a cell that a spreadsheet program would run "
        "as a formula has an apostrophe before it.",
    )
