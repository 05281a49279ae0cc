"""What is wrong with a mapping itself: names that point to nothing, rules that cannot be meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from sequela.chart import schema
from sequela.chart.conditions import ConditionError, read_condition
from sequela.chart.date_formats import DateFormError, read_form
from sequela.chart.mapping import FILE, REPEAT, Cell, MappingDefinition, Rows
from sequela.chart.mapping_places import MappingPlaces
from sequela.chart.mapping_sheets import PATIENT, Sheet, unknown_source_column
from sequela.chart.origins import column_letter
from sequela.chart.units import find_measure, measures_with
from sequela.findings import Finding, did_you_mean

# Which verbs a column of each kind can take; the rest can be read as it stands.
_DATED = ("moment",)
_TIMED = ("moment", "length")
_COUNTED = ("number", "count")
_JUDGED = ("yes_no", "text", "code")


def rows_path(mapping: MappingDefinition, place: int) -> str:
    """The path of some rows in the mapping file: by their name where they have one."""
    return f"rows.{mapping.rows[place].name or place + 1}"


def check_rows(
    rows: Rows,
    path: str,
    *,
    mapping: MappingDefinition,
    sheets: Mapping[str, Sheet],
    places: MappingPlaces,
) -> list[Finding]:
    """Everything that keeps some rows of a mapping from being evaluated."""
    say = _Say(places, path)
    if rows.table not in schema.TABLE_NAMES:
        return [
            say(
                "table",
                "unknown-table",
                f"the chart has no table '{rows.table}'",
                did_you_mean(rows.table, schema.TABLE_NAMES),
            )
        ]
    if rows.source not in mapping.sources:
        return [
            say(
                "source",
                "unknown-source",
                f"there is no source '{rows.source}'",
                did_you_mean(rows.source, mapping.sources),
            )
        ]
    findings = [*_chart_columns(rows, say), *_repeats(rows, say)]
    if rows.source in sheets:
        findings += _source_columns(rows, sheets[rows.source], say)
    return findings + _splits(rows, say) + _cells(rows, mapping, say)


class _Say:
    """Makes findings about a part of the mapping file."""

    def __init__(self, places: MappingPlaces, path: str) -> None:
        self.places, self.path = places, path

    def __call__(self, below: str, code: str, message: str, remedy: str) -> Finding:
        return self.places.finding(f"{self.path}.{below}", f"mapping-{code}", message, remedy)


def _chart_columns(rows: Rows, say: _Say) -> Iterable[Finding]:
    table = schema.table(rows.table)
    known = [c.name for c in table.columns if c.name != PATIENT]
    for name in rows.columns:
        if name not in known:
            instead = "The patient's number comes from the source's `patient_id`."
            yield say(
                f"columns.{name}",
                "unknown-chart-column",
                f"the chart's table '{rows.table}' has no column '{name}'",
                instead if name == PATIENT else did_you_mean(name, known),
            )
    if not table.one_row_a_patient:
        for column in table.columns:
            if column.required and column.name != PATIENT and column.name not in rows.columns:
                yield say(
                    "columns",
                    "column-missing",
                    f"the rows have no '{column.name}', which every row of '{rows.table}' needs",
                    f"Add it: {column.doc}.",
                )


def _repeats(rows: Rows, say: _Say) -> Iterable[Finding]:
    named = any(REPEAT in name for name in source_columns(rows))
    if rows.repeat and not named:
        yield say(
            "repeat",
            "repeat-without-place",
            f"the rows repeat, and no source column has {REPEAT} in its name",
            f"Write {REPEAT} where the names differ, such as relapse{REPEAT}_date.",
        )
    if not rows.repeat and named:
        yield say(
            "columns",
            "repeat-missing",
            f"a source column has {REPEAT} in its name, and the rows do not repeat",
            'Add repeat = ["1", "2"] with what stands there.',
        )


def source_columns(rows: Rows) -> list[str]:
    """Every source column that some rows name, in their order."""
    named = [name for cell in rows.columns.values() for name in cell.source_columns]
    return [*named, *rows.needs, *([rows.holds.column] if rows.holds else [])]


def _source_columns(rows: Rows, sheet: Sheet, say: _Say) -> list[Finding]:
    findings = []
    for _, one in rows.repeats():
        named = [
            (n, f"columns.{c}") for c, cell in one.columns.items() for n in cell.source_columns
        ]
        named += [(name, "needs") for name in one.needs]
        named += [(one.holds.column, "holds")] if one.holds else []
        for name, below in named:
            if sheet.position(name) is None and (REPEAT not in name or rows.repeat):
                findings.append(
                    unknown_source_column(sheet, name, say.places, f"{say.path}.{below}")
                )
        findings += _condition(one, sheet, say)
    return list(dict.fromkeys(findings))


def _condition(rows: Rows, sheet: Sheet, say: _Say) -> list[Finding]:
    if not rows.where:
        return []
    try:
        read_condition(rows.where, [PATIENT, *sheet.raw.header])
    except ConditionError as error:
        return [
            say(
                "where",
                "condition",
                str(error),
                "Conditions are SQL; a name with a blank stands in quotes: \"relapse date\" = 'x'.",
            )
        ]
    return []


def _splits(rows: Rows, say: _Say) -> list[Finding]:
    split = {c: cell for c, cell in rows.columns.items() if cell.split}
    if len({cell.column for cell in split.values()}) > 1:
        return [
            say(
                f"columns.{list(split)[1]}",
                "split-twice",
                "two source columns are split, and nothing says which parts belong together",
                "Split one of them; make rows of their own for the other.",
            )
        ]
    return []


def _cells(rows: Rows, mapping: MappingDefinition, say: _Say) -> list[Finding]:
    known = {c.name: c for c in schema.table(rows.table).columns}
    findings: list[Finding] = []
    for name, cell in rows.columns.items():
        if name in known:
            at = f"columns.{name}"
            findings += _verbs(cell, known[name], at, say)
            findings += _codes(cell, known[name], mapping, at, say)
            findings += _forms(cell, at, say)
            findings += _units(cell, rows, at, say)
    return findings


def _verbs(cell: Cell, column: schema.Column, at: str, say: _Say) -> Iterable[Finding]:
    kind = column.kind
    asked = (
        ("dates", bool(cell.dates or cell.parts), _DATED),
        ("time", bool(cell.time), _TIMED),
        ("unit", bool(cell.unit or cell.unit_column), _COUNTED),
        ("yes", bool(cell.yes or cell.no), _JUDGED),
        ("positive_from", cell.positive_from is not None, _JUDGED),
    )
    for verb, used, kinds in asked:
        if used and kind not in kinds:
            holds = schema.WHAT_A_CELL_HOLDS[kind]
            yield say(
                at,
                "verb-misplaced",
                f"`{verb}` makes no sense for '{column.name}', which holds {holds}",
                f"Leave `{verb}` out, or choose another chart column.",
            )
    if cell.dates and cell.time:
        yield say(
            at,
            "verb-misplaced",
            "`dates` and `time` cannot both be: a cell is a date, or a number of days or months",
            "Keep one; make two rows with a condition where the sheet has both.",
        )


def _codes(
    cell: Cell, column: schema.Column, mapping: MappingDefinition, at: str, say: _Say
) -> Iterable[Finding]:
    if isinstance(cell.codes, str) and cell.codes not in mapping.codes:
        yield say(
            f"{at}.codes",
            "unknown-code-list",
            f"there is no code list '{cell.codes}'",
            did_you_mean(cell.codes, mapping.codes),
        )
    stated = {*codes_of(cell, mapping).values(), cell.value, cell.blank} - {""}
    for word in sorted(stated) if column.kind == "code" else ():
        if word not in column.codes:
            yield say(
                at,
                "code-not-in-chart",
                f"the chart's '{column.name}' has no code '{word}'",
                did_you_mean(word, column.codes),
            )


def codes_of(cell: Cell, mapping: MappingDefinition) -> Mapping[str, str]:
    """The code list of a cell, its own or the shared one that it names."""
    if isinstance(cell.codes, str):
        return mapping.codes.get(cell.codes, {})
    return cell.codes


def _forms(cell: Cell, at: str, say: _Say) -> Iterable[Finding]:
    for form in cell.dates:
        try:
            read_form(form)
        except DateFormError as error:
            yield say(
                f"{at}.dates",
                "date-form",
                str(error),
                "Forms are made of DD, MM, Mon, YYYY and what stands between them.",
            )


def _units(cell: Cell, rows: Rows, at: str, say: _Say) -> Iterable[Finding]:
    if not cell.to:
        return
    name = cell.of or measured(rows)
    measure = find_measure(name)
    candidates = [m for m in (measure, *measures_with(cell.to)) if m]
    spellings = {s for m in candidates for s in m.spellings}
    for key, unit in (("unit", cell.unit), ("to", cell.to)):
        if unit and not any(m.unit(unit) for m in candidates):
            yield say(
                f"{at}.{key}",
                "unit-unknown",
                f"nothing is known of the unit '{unit}'" + (f" of {name}" if name else ""),
                did_you_mean(unit, spellings) + " Leave `to` out to keep the number as it is.",
            )


def measured(rows: Rows) -> str:
    """What the rows measure, where they say so by a constant."""
    return rows.columns["name"].value if "name" in rows.columns else ""


def check_sources(
    mapping: MappingDefinition, sheets: Mapping[str, Sheet], places: MappingPlaces
) -> list[Finding]:
    """Columns that are left out and do not exist, and columns that nothing says a word about."""
    findings = []
    for name, sheet in sheets.items():
        used = Counter(
            sheet.position(column)
            for rows in mapping.rows
            if rows.source == name
            for _, one in rows.repeats()
            for column in (*source_columns(one), *_in_condition(one, sheet))
        )
        links = [
            s.link.column for s in mapping.sources.values() if s.link and s.link.source == name
        ]
        findings += [
            unknown_source_column(sheet, column, places, f"sources.{name}.left_out")
            for column in sheet.definition.left_out
            if sheet.position(column) is None
        ]
        spoken = (*sheet.definition.left_out, sheet.definition.patient_id, *links)
        silent = {sheet.position(c) for c in spoken} | set(used)
        findings += _unspoken(sheet, silent)
    return findings


def _in_condition(rows: Rows, sheet: Sheet) -> list[str]:
    if not rows.where:
        return []
    try:
        return read_condition(rows.where, [PATIENT, *sheet.raw.header]).meta.root_names()
    except ConditionError:
        return []


def _unspoken(sheet: Sheet, spoken: set[int | None]) -> list[Finding]:
    return [
        sheet.finding(
            None,
            [name or f"[{column_letter(place + sheet.raw.first_column)}]"],
            code="mapping-column-not-used",
            severity="warning",
            message="the mapping says nothing of this column, and it has "
            f"{filled} filled {'cell' if filled == 1 else 'cells'}",
            remedy=f"Map it, or name it in `left_out` of {FILE}.",
        )
        for place, name in enumerate(sheet.raw.header)
        if place not in spoken
        and (filled := sheet.raw.height - sheet.frame[str(place)].null_count())
    ]
