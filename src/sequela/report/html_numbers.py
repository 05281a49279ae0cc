"""What a number of the page opens onto: result rows, and the patients who made them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from sequela.display.table import Table
from sequela.report.characters import shown
from sequela.report.document import (
    Block,
    FigureBlock,
    Paragraph,
    Report,
    RowDetail,
    Run,
    TableBlock,
)


def patient_anchor(patient_id: str) -> str:
    """The id of a patient's section: `patient-` and the ID.

    What may not stand in an address (spaces, quotes and the like) is written as `~` and its
    bytes in hexadecimal, so that two patients never share a section.
    """
    encoded = re.sub(
        r"[^A-Za-z0-9._-]",
        lambda found: "".join(f"~{byte:02x}" for byte in found[0].encode("utf-8", "surrogatepass")),
        patient_id,
    )
    return f"patient-{encoded}"


def runs_of(block: Block) -> tuple[Run, ...]:
    """The runs of text of a block that has any."""
    if isinstance(block, Paragraph):
        return block.runs
    return block.legend if isinstance(block, FigureBlock) else ()


def tables_of(report: Report) -> Iterator[Table]:
    """Every table of the report, those of the patients' pages last."""
    for block in report.document.blocks:
        if isinstance(block, TableBlock):
            yield block.table
    for page in report.pages:
        yield from page.sources


def rows_shown(report: Report) -> tuple[str, ...]:
    """The ids of all result rows that the report prints, sorted."""
    found: set[str] = set()
    for block in report.document.blocks:
        for run in runs_of(block):
            found.update(run.row_ids)
    for table in tables_of(report):
        found.update(row for line in table.lines for cell in line.cells for row in cell.row_ids)
    return tuple(sorted(found))


def details_shown(report: Report) -> dict[str, RowDetail]:
    """What there is to say of every result row that the report prints.

    Raises ValueError when a printed number has no detail: a number must lead to its source.
    """
    rows = rows_shown(report)
    lacking = [row for row in rows if row not in report.details]
    if lacking:
        raise ValueError(
            "the report prints result rows that nothing is known of: " + ", ".join(lacking[:5])
        )
    return {row: report.details[row] for row in rows}


def refuse_patients(report: Report) -> None:
    """Raise ValueError when an aggregate report still holds something about one patient."""
    found = list(_patient_level(report))
    if found:
        raise ValueError("an aggregate report may not hold " + ", nor ".join(found))


def _patient_level(report: Report) -> Iterator[str]:
    if report.pages:
        yield "patient pages"
    if any(detail.patients or detail.others for detail in report.details.values()):
        yield "numbers with their patients"
    for block in report.document.blocks:
        if isinstance(block, FigureBlock) and block.patient_level:
            yield f"figure {block.id}"
        if isinstance(block, TableBlock) and _about_patients(block.table):
            yield f"table {block.table.id}"


def _about_patients(table: Table) -> bool:
    return table.patient_level or any(
        cell.patient_id for line in table.lines for cell in line.cells
    )


def payload(report: Report) -> dict[str, Any]:
    """The page's data: patients once, each distinct set of patients once, then the rows.

    `patients` holds (ID, anchor or empty), `groups` holds the counted and the others by
    reason as places in `patients`, `rows` holds label, value, method and group.
    """
    details = details_shown(report)
    pages = {page.patient_id for page in report.pages}
    places = {patient: place for place, patient in enumerate(_patients(details.values()))}
    groups: dict[str, int] = {}
    rows = {
        row: [
            shown(detail.label),
            shown(detail.value),
            shown(detail.method),
            groups.setdefault(json.dumps(_group(detail, places)), len(groups)),
        ]
        for row, detail in details.items()
    }
    return {
        "patients": [[shown(p), patient_anchor(p) if p in pages else ""] for p in places],
        "groups": [json.loads(group) for group in groups],
        "rows": rows,
    }


def _patients(details: Iterable[RowDetail]) -> list[str]:
    named: set[str] = set()
    for detail in details:
        named.update(detail.patients)
        named.update(patient for patient, _ in detail.others)
    return sorted(named)


def _group(detail: RowDetail, places: dict[str, int]) -> list[Any]:
    others: dict[str, list[int]] = {}
    for patient, reason in detail.others:
        others.setdefault(shown(reason.replace("_", " ")), []).append(places[patient])
    return [[places[patient] for patient in detail.patients], list(others.items())]


def as_script_data(data: dict[str, Any]) -> str:
    """JSON that can stand inside a `script` element: no character in it can end the element."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
