"""A mapping evaluated: the chart's tables as text, each row with its origin, nothing lost.

Every row of a source gave a chart row, or is named in a finding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sequela.chart import schema
from sequela.chart.corrections import Corrections
from sequela.chart.mapping import FILE, MappingDefinition
from sequela.chart.mapping_check import check_rows, check_sources, rows_path
from sequela.chart.mapping_file import read_mapping
from sequela.chart.mapping_places import MappingPlaces
from sequela.chart.mapping_rows import REFUSED, MadeRows, make_rows, positions_used
from sequela.chart.mapping_sheets import PATIENT, Sheet, read_sheets
from sequela.chart.origins import ORIGIN_SCHEMA, Origins
from sequela.chart.tables_read import NO_CORRECTIONS
from sequela.findings import Finding, has_errors
from sequela.sources.raw_table import ROW, RawTable

FIRST_ROW = 2


@dataclass(frozen=True)
class MappedChart:
    """Tables of text that a mapping gave, their origins, and what was found on the way.

    `refused` has (table, row, column) of cells whose source text is a finding already. `files` are
    the files that were read, as the mapping names them, and `sources` the sheets in them.
    """

    tables: Mapping[str, RawTable]
    origins: Origins
    findings: tuple[Finding, ...]
    refused: frozenset[tuple[str, int, str]] = frozenset()
    files: tuple[str, ...] = ()
    sources: tuple[RawTable, ...] = ()

    def told(self, table: str, findings: Iterable[Finding]) -> list[Finding]:
        """Findings about a mapped table at their source; not those of a cell refused before."""
        return [
            self.origins.locate(f, table)
            for f in findings
            if (table, f.row or 0, f.column) not in self.refused
        ]


def called(table: str) -> str:
    """How a mapped table is called where a finding has no place in a source."""
    return f"{table} (by {FILE})"


def map_chart(folder: Path, corrections: Corrections = NO_CORRECTIONS) -> MappedChart | None:
    """The chart that the folder's mapping gives; None when the folder has no mapping."""
    if not (folder / FILE).exists():
        return None
    mapping, places, findings = read_mapping(folder)
    if mapping is None or places is None:
        return MappedChart({}, Origins(), tuple(findings), files=(FILE,))
    sheets, problems = read_sheets(folder, mapping, places, corrections)
    mapped = _evaluate(mapping, sheets, places)
    files = (f for s in mapping.sources.values() for f in (s.file, s.pseudonyms) if f)
    read = (FILE, *mapping.rows_from, *files)
    return MappedChart(
        mapped.tables,
        mapped.origins,
        (*findings, *problems, *mapped.findings),
        mapped.refused,
        tuple(dict.fromkeys(read)),
        tuple(sheet.raw for sheet in sheets.values()),
    )


def _evaluate(
    mapping: MappingDefinition, sheets: Mapping[str, Sheet], places: MappingPlaces
) -> MappedChart:
    findings = check_sources(mapping, sheets, places)
    used = {name: Counter(places) for name, places in positions_used(mapping, sheets).items()}
    made: list[MadeRows] = []
    for place, rows in enumerate(mapping.rows):
        path = rows_path(mapping, place)
        problems = check_rows(rows, path, mapping=mapping, sheets=sheets, places=places)
        findings += problems
        if has_errors(problems) or rows.source not in sheets:
            continue
        shared = frozenset(p for p, n in used[rows.source].items() if n > 1)
        for repeat, one in rows.repeats():
            sheet = sheets[rows.source]
            made.append(
                make_rows(one, sheet, mapping, part=len(made), repeat=repeat, shared=shared)
            )
            findings += made[-1].findings
    if not has_errors(findings):
        findings += _without_chart_row(sheets, made)
    order = {name: i for i, name in enumerate(sheets)}
    return _tables(made, order, findings, sheets)


def _without_chart_row(sheets: Mapping[str, Sheet], made: Sequence[MadeRows]) -> list[Finding]:
    """One finding a sheet that names the rows of which nothing was made."""
    findings = []
    for sheet in sheets.values():
        used = {
            row
            for m in made
            if (m.origin.file, m.origin.sheet) == (sheet.raw.file, sheet.raw.sheet)
            for row in m.frame["source_row"].to_list()
        }
        with_patient = sheet.frame.filter(pl.col(PATIENT).is_not_null())
        rows = [row for row in with_patient[ROW].to_list() if row not in used]
        if rows:
            findings.append(
                sheet.finding(
                    rows[0],
                    [],
                    code="mapping-rows-not-used",
                    severity="warning",
                    message=f"nothing is made of {_rows_in_words(rows)}: no rows of the mapping "
                    "apply to them",
                    remedy=f"If that is meant, leave it; else see `needs` and `where` in {FILE}.",
                )
            )
    return findings


def _rows_in_words(rows: Sequence[int]) -> str:
    """Row numbers as runs: `rows 4 to 6 and 9`."""
    runs: list[list[int]] = []
    for row in rows:
        if runs and runs[-1][-1] + 1 == row:
            runs[-1] = [runs[-1][0], row]
        else:
            runs.append([row])
    words = [str(r[0]) if len(r) == 1 else f"{r[0]} to {r[1]}" for r in runs]
    said = " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
    return f"row {said}" if len(rows) == 1 else f"rows {said}"


def _tables(
    made: Sequence[MadeRows],
    order: Mapping[str, int],
    findings: list[Finding],
    sheets: Mapping[str, Sheet],
) -> MappedChart:
    tables: dict[str, RawTable] = {}
    origins: dict[str, pl.DataFrame] = {}
    refused: set[tuple[str, int, str]] = set()
    parts = tuple(m.origin for m in made)
    rank = [
        min((order[s.name] for s in sheets.values() if _is_from(m, s)), default=0) for m in made
    ]
    for table in schema.TABLES:
        own = [m for m in made if m.table == table.name]
        if not own:
            continue
        frame = _together(own, rank)
        if table.one_row_a_patient:
            frame, problems = _one_row(table.name, frame, Origins(parts))
            findings += problems
        else:
            frame = frame.with_columns(pl.int_range(FIRST_ROW, FIRST_ROW + frame.height).alias(ROW))
        columns = [c.name for c in table.columns if c.name in frame.columns]
        chart_rows = frame.unique(ROW, keep="first", maintain_order=True)
        named = {name: str(i) for i, name in enumerate(columns)}
        tables[table.name] = RawTable(
            called(table.name), tuple(columns), chart_rows.select(ROW, *columns).rename(named)
        )
        origins[table.name] = frame.select(list(ORIGIN_SCHEMA))
        refused |= {
            (table.name, row, column)
            for column in columns
            if f"{column}{REFUSED}" in frame.columns
            for row in frame.filter(pl.col(f"{column}{REFUSED}").fill_null(False))[ROW]
        }
    return MappedChart(tables, Origins(parts, origins), tuple(findings), frozenset(refused))


def _is_from(made: MadeRows, sheet: Sheet) -> bool:
    return (made.origin.file, made.origin.sheet) == (sheet.raw.file, sheet.raw.sheet)


def _together(made: Iterable[MadeRows], rank: Sequence[int]) -> pl.DataFrame:
    """All rows of a table: by source, source row, place in the mapping, split part."""
    frames = []
    for one in made:
        frame = one.frame
        if one.once:
            told = [c for c in frame.columns if c not in ("source_row", "part", "sub")]
            frame = frame.unique(told, keep="first", maintain_order=True)
        frames.append(frame)
    whole = pl.concat(frames, how="diagonal")
    ranked = whole.with_columns(
        pl.col("part").replace_strict(dict(enumerate(rank)), return_dtype=pl.Int64).alias("rank")
    )
    return ranked.sort("rank", "source_row", "part", "sub", maintain_order=True).drop("rank", "sub")


def _one_row(
    table: str, frame: pl.DataFrame, origins: Origins
) -> tuple[pl.DataFrame, list[Finding]]:
    """Rows of one patient that several parts of the mapping gave, put together into one.

    Two rows from one part stay two, which is a finding of the chart's own rules. A value that two
    parts give differently is a finding.
    """
    places: dict[str, list[tuple[int, set[int]]]] = {}
    numbers: list[int] = []
    for patient, part in frame.select(PATIENT, "part").iter_rows():
        rows = places.setdefault(patient, [])
        free = next((place for place in rows if part not in place[1]), None)
        if free is None:
            free = (FIRST_ROW + sum(map(len, places.values())), set())
            rows.append(free)
        free[1].add(part)
        numbers.append(free[0])
    numbered = frame.with_columns(pl.Series(ROW, numbers, pl.Int64)).sort(ROW, maintain_order=True)
    columns = [
        c
        for c in numbered.columns
        if c not in (ROW, PATIENT, "source_row", "part") and not c.endswith(REFUSED)
    ]
    findings = [f for c in columns for f in _differing(table, numbered, c, origins)]
    filled = numbered.with_columns(pl.col(c).drop_nulls().first().over(ROW) for c in columns)
    return filled, findings


def _differing(table: str, frame: pl.DataFrame, column: str, origins: Origins) -> list[Finding]:
    given = frame.filter(pl.col(column).is_not_null())
    wrong = given.filter(pl.col(column).n_unique().over(ROW) > 1)
    findings = []
    told = wrong.select("source_row", "part", PATIENT, column)
    for source_row, part, patient, value in told.iter_rows():
        origin = origins.parts[part]
        findings.append(
            Finding(
                code="mapping-values-differ",
                severity="error",
                file=origin.file,
                sheet=origin.sheet,
                row=source_row,
                column=origin.columns.get(column, ""),
                patient_id=patient,
                value=value,
                message=f"the sheets give different values for '{column}' of this patient",
                remedy="Correct one of them, or map the column from one sheet only.",
            )
        )
    return findings
