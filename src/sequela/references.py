"""Every name in a study file that refers to another, and what it may be.

A name that points to nothing, to something of the wrong kind, or to a column that stands
below would otherwise fail far from where it was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from sequela.chart import schema
from sequela.clinical.derivations import DERIVATIONS, AnyColumn
from sequela.clinical.derived_moments import refers
from sequela.clinical.moments import MomentDefinition
from sequela.clinical.subjects import ENROLLED, ColumnKind
from sequela.stats.compare_categories import CategoryTest
from sequela.stats.compare_numbers import NumberTest

if TYPE_CHECKING:
    from sequela.study import Study


# Stands for the column that a table without a time of its own would need.
NO_TIME = "(blank)"


class Pointer(NamedTuple):
    """A name that refers to another: where it stands, what it may be, and of what kind that is."""

    place: str
    word: str
    known: Iterable[str]
    what: str


def kind_of(column: AnyColumn) -> ColumnKind:
    """What a column's values will be, from its definition alone."""
    return DERIVATIONS[type(column)].kind_of(column)


def pointers(study: Study) -> Iterable[Pointer]:
    """Every reference in a study file, in the order of its parts."""
    for number, (name, moment) in enumerate(study.moments.items()):
        if isinstance(moment, MomentDefinition):
            yield from _time_pointers(f"moments.{name}", moment.table, moment.column)
        for key, word in refers(moment).items():
            yield Pointer(
                f"moments.{name}.{key}", word, list(study.moments)[:number], "moment above it"
            )
    above: dict[str, AnyColumn] = {}
    for name, column in study.columns.items():
        yield from _column_pointers(f"columns.{name}", column, study, above)
        above[name] = column
    for number, (name, endpoint) in enumerate(study.endpoints.items()):
        before = list(study.endpoints)[:number]
        yield Pointer(f"endpoints.{name}.like", endpoint.like, before, "endpoint above it")
        for key, words in (
            ("start", (endpoint.start,)),
            ("event", endpoint.event),
            ("competing", endpoint.competing),
            ("censor", endpoint.censor),
            ("censor_at", endpoint.censor_at),
        ):
            for word in words:
                yield Pointer(f"endpoints.{name}.{key}", word, study.moments, "moment")
        for key, words in (("at_start", endpoint.at_start), ("same_day", endpoint.same_day)):
            for word in words:
                known = endpoint.event if key == "at_start" else endpoint.causes
                yield Pointer(f"endpoints.{name}.{key}", word, known, "event of the endpoint")
    for exhibit in study.exhibit:
        yield from _exhibit_pointers(f"exhibit.{exhibit.id}", exhibit, study)


def _table_pointers(place: str, table: str, column: str) -> Iterable[Pointer]:
    yield Pointer(f"{place}.table", table, schema.TABLE_NAMES, "chart table")
    if column and table in schema.TABLE_NAMES:
        known = [c.name for c in schema.table(table).columns]
        yield Pointer(f"{place}.column", column, known, f"column of {table}")


def _time_pointers(place: str, table: str, column: str) -> Iterable[Pointer]:
    """A table and the column of it that dates its rows; blank is the table's own."""
    yield from _table_pointers(place, table, "")
    if table in schema.TABLE_NAMES:
        times = [c.name for c in schema.table(table).columns if c.kind == "moment"]
        word = column or schema.table(table).moment or NO_TIME
        yield Pointer(f"{place}.column", word, times, f"time column of {table}")


def _column_pointers(
    place: str, column: AnyColumn, study: Study, above: dict[str, AnyColumn]
) -> Iterable[Pointer]:
    if table := getattr(column, "table", ""):
        yield from _table_pointers(place, table, getattr(column, "column", ""))
    for field, what in DERIVATIONS[type(column)].refers.items():
        given = getattr(column, field)
        key = type(column).model_fields[field].alias or field
        for word in (given,) if isinstance(given, str) else given:
            if word:
                yield Pointer(f"{place}.{key}", word, *_known(what, study, above))


def _known(what: str, study: Study, above: dict[str, AnyColumn]) -> tuple[Iterable[str], str]:
    """The names that a reference may be, and what they are in words."""
    if what == "moment":
        return study.moments, what
    if what == "earlier column":
        return above, what
    return _derived_by(what, above), f"earlier {what} column"


def _derived_by(derivation: str, columns: Mapping[str, AnyColumn]) -> list[str]:
    return [name for name, column in columns.items() if column.derive == derivation]


def _of_kind(study: Study, *kinds: ColumnKind) -> list[str]:
    return [name for name, column in study.columns.items() if kind_of(column) in kinds]


def _exhibit_pointers(place: str, exhibit: Any, study: Study) -> Iterable[Pointer]:
    yield Pointer(f"{place}.set", exhibit.set, study.sets, "set")
    if "endpoint" in type(exhibit).model_fields:
        yield Pointer(f"{place}.endpoint", exhibit.endpoint, study.endpoints, "endpoint")
    endpoint = study.endpoints.get(getattr(exhibit, "endpoint", ""))
    if endpoint is not None:
        cause = getattr(exhibit, "cause", "")
        yield Pointer(f"{place}.cause", cause, endpoint.causes, "cause of the endpoint")
    for name in getattr(exhibit, "endpoints", ()):
        yield Pointer(f"{place}.endpoints", name, study.endpoints, "endpoint")
    yield Pointer(f"{place}.survivors", getattr(exhibit, "survivors", ""), study.sets, "set")
    for name in getattr(exhibit, "sets", ()):
        yield Pointer(f"{place}.sets", name, study.sets, "set")
    grouping = _of_kind(study, "category", "yes_no")
    for key in ("covariates", "strata"):
        for name in getattr(exhibit, key, ()):
            yield Pointer(f"{place}.{key}", name, study.columns, "column")
    if "exposure" in type(exhibit).model_fields:
        yield Pointer(f"{place}.exposure", exhibit.exposure, study.moments, "moment")
    for key in ("by", "group"):
        given = getattr(exhibit, key, "")
        for name in (given,) if isinstance(given, str) else given:
            yield Pointer(f"{place}.{key}", name, grouping, "column of categories")
    yield from _shown_columns(place, exhibit, study)
    for mark in getattr(exhibit, "marks", ()):
        yield from _time_pointers(f"{place}.undated", mark.table, mark.column)


def _shown_columns(place: str, exhibit: Any, study: Study) -> Iterable[Pointer]:
    """The columns that an exhibit shows, each of a kind that it can show."""
    flags = _of_kind(study, "yes_no")
    for key in ("treated", "never_treated"):
        yield Pointer(f"{place}.{key}", getattr(exhibit, key, ""), flags, "yes/no column")
    if exhibit.kind == "dechallenge":
        known = _derived_by("dechallenge", study.columns)
        yield Pointer(f"{place}.column", exhibit.column, known, "dechallenge column")
        for key, derivation in (
            ("spontaneous", "spontaneous_regression"),
            ("rechallenge", "rechallenge"),
            ("causality", "causality"),
        ):
            given = getattr(exhibit, key)
            for word in (given,) if isinstance(given, str) else given:
                known = _derived_by(derivation, study.columns)
                yield Pointer(f"{place}.{key}", word, known, f"{derivation} column")
    if exhibit.kind == "followup":
        known = _of_kind(study, "number")
        yield Pointer(f"{place}.column", exhibit.column, known, "column of numbers")
    if exhibit.kind == "listing":
        ends = [
            f"{e}{end}" for e in study.endpoints for end in ("", "_event", "_cause", "_ended_by")
        ]
        for name in exhibit.columns:
            yield Pointer(f"{place}.columns", name, [*study.columns, *ends], "column")
    shown = _of_kind(study, "category", "yes_no")
    if exhibit.kind == "table1":
        shown += [*_of_kind(study, "number"), *study.endpoints]
    for row in getattr(exhibit, "rows", ()):
        what = "column" if exhibit.kind == "table1" else "column of categories"
        yield Pointer(f"{place}.rows", row.column, shown, what)
        yield Pointer(f"{place}.rows", getattr(row, "set", ""), study.sets, "set")
        if getattr(row, "test", None):
            numeric = row.column in [*_of_kind(study, "number"), *study.endpoints]
            fitting = get_args(NumberTest if numeric else CategoryTest)
            kind = "test of a number" if numeric else "test of a category"
            yield Pointer(f"{place}.rows", row.test, fitting, kind)


class Clash(NamedTuple):
    """Two things under one name: where, the name, and what else has it."""

    place: str
    name: str
    what: str


def clashes(study: Study) -> Iterable[Clash]:
    """Names that stand twice where they may stand once."""
    ids = [exhibit.id for exhibit in study.exhibit]
    for name in _twice(ids):
        yield Clash(f"exhibit.{name}.id", name, "another exhibit; files are named by it")
    parts = {
        f"{i}-{part}" for i in ids for part in ("table", "patients", "further", "reasons", "left")
    } | {
        "audit",
        "findings",
    }
    for name in dict.fromkeys(ids):
        if name in parts:
            yield Clash(f"exhibit.{name}.id", name, "another part of the report")
    if ENROLLED in study.sets:
        yield Clash(f"sets.{ENROLLED}", ENROLLED, "the set of everyone in the chart")
    for endpoint in study.endpoints:
        for name in (endpoint, *(f"{endpoint}{end}" for end in ("_event", "_cause", "_ended_by"))):
            if name in study.columns:
                yield Clash(f"columns.{name}", name, f"the endpoint '{endpoint}'")
    for exhibit in study.exhibit:
        for key, words in _shown_once(exhibit).items():
            for name in _twice(words):
                yield Clash(f"exhibit.{exhibit.id}.{key}", name, "the same list")


def _shown_once(exhibit: Any) -> dict[str, list[str]]:
    rows = [
        " ".join(filter(None, (r.column, getattr(r, "level", ""), getattr(r, "set", ""))))
        for r in getattr(exhibit, "rows", ())
    ]
    lists = {key: list(getattr(exhibit, key, ())) for key in ("sets", "columns", "endpoints")}
    return {"rows": rows, "at": [f"{t:g}" for t in getattr(exhibit, "at", ())], **lists}


def _twice(words: list[str]) -> list[str]:
    return [word for word in dict.fromkeys(words) if words.count(word) > 1]
