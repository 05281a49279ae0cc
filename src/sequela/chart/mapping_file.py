"""Reading a mapping: mapping.toml, and the spreadsheets whose lines it takes in."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from sequela.chart.mapping import FILE, MappingDefinition
from sequela.chart.mapping_lines import read_lines
from sequela.chart.mapping_places import MappingPlaces, SheetLine
from sequela.chart.tables_read import read_any
from sequela.definition_file import model_findings, read_definition_file
from sequela.findings import Finding, did_you_mean

SHEET = "mapping"


def read_mapping(
    folder: Path,
) -> tuple[MappingDefinition | None, MappingPlaces | None, list[Finding]]:
    """The mapping of a study's folder, where its parts stand, and what is wrong with it."""
    toml, findings = read_definition_file(folder / FILE, subject="mapping")
    if toml is None:
        return None, None, findings
    try:
        mapping = MappingDefinition.model_validate(toml.data)
    except ValidationError as error:
        return None, MappingPlaces(toml), model_findings(error, MappingDefinition, toml)
    places = MappingPlaces(toml)
    rows = list(mapping.rows)
    lines: dict[str, SheetLine] = {}
    for name in mapping.rows_from:
        path = folder / name
        if not path.is_file():
            findings.append(_no_such_file(places, name, path))
            continue
        table, problems = read_any(path, sheet=SHEET if path.suffix == ".xlsx" else "")
        findings += problems
        if table is not None:
            read = read_lines(table, [r.name for r in rows])
            findings += read.findings
            rows += read.rows
            lines |= read.lines
    whole = mapping.model_copy(update={"rows": tuple(rows)})
    return whole, MappingPlaces(toml, lines), findings


def _no_such_file(places: MappingPlaces, name: str, path: Path) -> Finding:
    near = [p.name for p in sorted(path.parent.glob("*")) if p.suffix in (".csv", ".xlsx")]
    return places.finding(
        "rows_from",
        "mapping-file-missing",
        f"there is no file '{name}' (as seen from the study's folder)",
        did_you_mean(path.name, near),
    )
