"""Chart rows from the rows of a sheet: which are made, what stands in them, and where it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from sequela.chart import schema
from sequela.chart.conditions import evaluate_condition
from sequela.chart.mapping import Cell, MappingDefinition, Rows
from sequela.chart.mapping_cells import (
    CellReader,
    Complaint,
    Mapped,
    cell_reader,
    convert_each,
    join_parts,
)
from sequela.chart.mapping_check import codes_of, measured, source_columns
from sequela.chart.mapping_sheets import PATIENT, Sheet
from sequela.chart.origins import Origin
from sequela.findings import Finding
from sequela.sources.raw_table import ROW

# Beside the chart's columns a made frame has these; `<column>!` tells which cells were refused.
PLACES = {"source_row": pl.Int64, "part": pl.Int64, "sub": pl.Int64}
REFUSED = "!"


@dataclass(frozen=True)
class MadeRows:
    """What one `[[rows]]` gave, for one repeat of it.

    `frame` has patient_id, source_row, part, sub (the place of a split value), the chart columns
    as text, and `<column>!` for cells that were refused.
    """

    table: str
    origin: Origin
    frame: pl.DataFrame
    findings: tuple[Finding, ...] = ()
    once: bool = False


@dataclass
class _Work:
    """One `[[rows]]` over one sheet while it is evaluated."""

    rows: Rows
    sheet: Sheet
    mapping: MappingDefinition
    frame: pl.DataFrame
    shared: frozenset[int]
    findings: list[Finding] = field(default_factory=list)

    def missing(self, cell: Cell | None = None) -> frozenset[str]:
        return frozenset((*self.sheet.definition.missing, *(cell.missing if cell else ())))

    def column(self, name: str) -> str:
        return str(self.sheet.position(name))

    def filled(self, name: str, cell: Cell | None = None) -> pl.Expr:
        text = pl.col(self.column(name))
        codes = codes_of(cell, self.mapping) if cell else {}
        # A code list may say that a text speaks of something else: its code is blank.
        words = (self.missing(cell) - set(codes)) | {w for w, code in codes.items() if not code}
        return text.is_not_null() & ~text.is_in(sorted(words)).fill_null(False)

    def complain(self, at: Iterable[tuple[int, str, str]], names: list[str], of: Complaint) -> None:
        """A finding for each place (row, patient, value) in some source columns."""
        for row, patient, value in at:
            self.findings.append(
                self.sheet.finding(
                    row,
                    names,
                    code=of.code,
                    severity=of.severity,
                    message=of.message,
                    remedy=of.remedy,
                    patient_id=patient,
                    value=value,
                )
            )


def make_rows(
    rows: Rows,
    sheet: Sheet,
    mapping: MappingDefinition,
    *,
    part: int,
    repeat: int = 0,
    shared: frozenset[int] = frozenset(),
) -> MadeRows:
    """The chart rows of one `[[rows]]` (of one repeat of it); the rows must have been checked.

    `part` is its number among all origins, `repeat` the place of the repeat. `shared` are the
    positions of source columns that other rows of the mapping use too: where a row is not made,
    a filled cell that nothing else uses is a finding.
    """
    frame = sheet.frame.filter(pl.col(PATIENT).is_not_null())
    work = _Work(rows, sheet, mapping, frame, shared)
    kept = _which(work, first=repeat == 0)
    split = _split(work, kept.with_columns(pl.lit(0, pl.Int64).alias("sub")))
    made = split.select(
        PATIENT,
        pl.col(ROW).alias("source_row"),
        pl.lit(part, pl.Int64).alias("part"),
        "sub",
    )
    for name, cell in rows.columns.items():
        made = made.with_columns(_cell(work, name, cell, split, repeat=repeat))
    labels = {c: sheet.label(cell.source_columns) for c, cell in rows.columns.items()}
    labels[PATIENT] = sheet.label([sheet.definition.patient_id])
    origin = Origin(sheet.raw.file, sheet.raw.sheet, labels)
    return MadeRows(rows.table, origin, made, tuple(work.findings), rows.once)


def _which(work: _Work, *, first: bool) -> pl.DataFrame:
    """The source rows of which a chart row is made.

    Where a yes-or-no column says yes, the (`first`) row is made though no other cell is filled.
    """
    frame, rows = work.frame, work.rows
    cells = [(name, cell) for cell in rows.columns.values() for name in cell.source_columns]
    any_filled = [work.filled(name, cell) | _stands_for(work, cell) for name, cell in cells]
    told = not any_filled or (first and rows.holds is not None)
    wanted = pl.lit(True) if told else pl.any_horizontal(any_filled)
    inside = pl.lit(True)
    if rows.where:
        inside = pl.lit(evaluate_condition(_named(work), rows.where)).fill_null(False)
    needed = [work.filled(name) for name in rows.needs]
    held = _held(work) if rows.holds else pl.lit(True)
    ready = pl.all_horizontal([*needed, held])
    marked = frame.with_columns(
        inside.alias("_inside"), ready.alias("_ready"), wanted.alias("_wanted")
    )
    _unused(work, marked.filter(pl.col("_inside") & ~pl.col("_ready")))
    return marked.filter(pl.col("_inside") & pl.col("_ready") & pl.col("_wanted")).drop(
        "_inside", "_ready", "_wanted"
    )


def _stands_for(work: _Work, cell: Cell) -> pl.Expr:
    """Where a blank cell has a meaning of its own, every row says something."""
    return pl.lit(bool(cell.blank))


def _named(work: _Work) -> pl.DataFrame:
    """The source rows under the names of their columns, for a condition; missing words are null."""
    header = work.sheet.raw.header
    first = {name: str(i) for i, name in reversed(list(enumerate(header))) if name}
    missing = sorted(work.missing())
    texts = (pl.when(~pl.col(p).is_in(missing)).then(pl.col(p)).alias(n) for n, p in first.items())
    return work.frame.select(PATIENT, *texts)


def _held(work: _Work) -> pl.Expr:
    """Whether a yes-or-no column says yes; a word that is neither is a finding."""
    holds = work.rows.holds
    assert holds is not None
    text = pl.col(work.column(holds.column))
    known = sorted({*holds.yes, *holds.no, *work.missing()})
    strange = work.frame.filter(text.is_not_null() & ~text.is_in(known))
    at = strange.select(ROW, PATIENT, text).iter_rows()
    work.complain(
        at,
        [holds.column],
        Complaint(
            "mapping-yes-no-unknown",
            "the word is declared neither as yes nor as no",
            "Correct it, or add it to `holds` in mapping.toml.",
        ),
    )
    return text.is_in(list(holds.yes)).fill_null(False)


def _unused(work: _Work, left: pl.DataFrame) -> None:
    """A finding for each filled cell that is lost because its row is not made."""
    deciding = [*work.rows.needs, *([work.rows.holds.column] if work.rows.holds else [])]
    for cell in work.rows.columns.values():
        for name in cell.source_columns:
            position = work.sheet.position(name)
            if position in work.shared or name in deciding:
                continue
            lost = left.filter(work.filled(name, cell))
            work.complain(
                lost.select(ROW, PATIENT, work.column(name)).iter_rows(),
                [name],
                Complaint(
                    "mapping-cell-not-used",
                    f"the cell is filled, and no row of '{work.rows.table}' is made of it because "
                    f"of {work.sheet.label(deciding)}",
                    "Fill that in, or clear this cell.",
                    "warning",
                ),
            )


def _split(work: _Work, frame: pl.DataFrame) -> pl.DataFrame:
    """A row for each part of the cell that holds several values."""
    cell = next((c for c in work.rows.columns.values() if c.split), None)
    if cell is None:
        return frame
    column = work.column(cell.column)
    parts = pl.col(column).str.split(cell.split).list.eval(pl.element().str.strip_chars())
    listed = frame.with_columns(parts.alias(column))
    listed = listed.with_columns(
        pl.col(column).list.eval(pl.element().filter(pl.element() != "")).alias(column)
    )
    listed = listed.with_columns(
        pl.when(pl.col(column).list.len() > 0).then(pl.col(column)).alias(column),
        pl.int_ranges(0, pl.col(column).list.len().fill_null(0).clip(lower_bound=1)).alias("sub"),
    )
    single = pl.when(pl.col(column).is_null()).then([None]).otherwise(pl.col(column))
    return listed.with_columns(single.alias(column)).explode(column, "sub")


def _cell(
    work: _Work, name: str, cell: Cell, frame: pl.DataFrame, *, repeat: int
) -> list[pl.Series]:
    """A chart column of the made rows, and which of its cells were refused."""
    if cell.value:
        return _columns(name, [cell.value] * frame.height)
    if cell.position is not None:
        return _columns(name, [str(cell.position + repeat + sub) for sub in frame["sub"]])
    if cell.parts:
        return _columns(name, _parts(work, cell, frame))
    reader = _reader(work, name, cell)
    texts = frame[work.column(cell.column)]
    read: Mapping[str | None, Mapped] = {t: reader.read(t) for t in texts.unique().to_list()}
    values = [read[text] for text in texts]
    if cell.unit_column:
        units = frame[work.column(cell.unit_column)]
        of = cell.of or measured(work.rows)
        known = list(zip(values, units, strict=True))
        values = [v if isinstance(v, Complaint) else _in_unit(v, u, cell, of) for v, u in known]
    _complaints(work, frame, values, [cell.column])
    return _columns(name, values)


def _in_unit(value: str | None, unit: str | None, cell: Cell, of: str) -> Mapped:
    return convert_each(value, unit, to=cell.to, measure=of)


def _reader(work: _Work, name: str, cell: Cell) -> CellReader:
    return cell_reader(
        cell,
        schema.table(work.rows.table).column(name),
        missing=work.sheet.definition.missing,
        codes=codes_of(cell, work.mapping),
        measure=measured(work.rows),
    )


def _parts(work: _Work, cell: Cell, frame: pl.DataFrame) -> list[Mapped]:
    parts = cell.parts
    assert parts is not None
    nothing = [None] * frame.height
    year, month, day = (
        frame[work.column(p)].to_list() if p else nothing
        for p in (parts.year, parts.month, parts.day)
    )
    missing = work.missing(cell)
    texts = list(zip(year, month, day, strict=True))
    values = [join_parts(*text, missing=missing) for text in texts]
    _complaints(work, frame, values, list(cell.source_columns))
    return values


def _complaints(
    work: _Work, frame: pl.DataFrame, values: Iterable[Mapped], names: list[str]
) -> None:
    texts = frame[work.column(names[0])]
    lines = zip(frame[ROW], frame[PATIENT], texts, values, strict=True)
    for row, patient, text, value in lines:
        if isinstance(value, Complaint):
            work.complain([(row, patient, text or "")], names, value)


def _columns(name: str, values: list[Mapped] | list[str]) -> list[pl.Series]:
    texts = [None if isinstance(v, Complaint) else v for v in values]
    refused = [isinstance(v, Complaint) for v in values]
    return [
        pl.Series(name, texts, pl.String),
        pl.Series(f"{name}{REFUSED}", refused, pl.Boolean),
    ]


def positions_used(mapping: MappingDefinition, sheets: Mapping[str, Sheet]) -> dict[str, list[int]]:
    """The positions of the source columns that rows use, once for each of the rows, by source."""
    used: dict[str, list[int]] = {name: [] for name in sheets}
    for rows in mapping.rows:
        if rows.source in sheets:
            sheet = sheets[rows.source]
            for _, one in rows.repeats():
                named = {sheet.position(name) for name in source_columns(one)}
                used[rows.source] += [p for p in named if p is not None]
    return used
