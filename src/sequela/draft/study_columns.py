"""The columns that a drafted study derives from what its sheet holds, and where they are shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sequela.draft.drafted_rows import DraftRows

REMISSION = "value IN ('CR', 'CRi', 'CRh')"
_OWN = ("response", "MRD")


@dataclass(frozen=True, slots=True)
class StudyColumn:
    """A drafted column: its name, the keys that define it, and whether Table 1 shows it.

    `unit` comes with a number, so that two columns of one measure can be told apart.
    """

    name: str
    keys: Mapping[str, object] = field(default_factory=dict)
    in_table: bool = False


def of_rows(rows: Sequence[DraftRows], role: str) -> list[StudyColumn]:
    """Every column that the charted rows allow, those about the start first."""
    made = [*_people(rows, role), *_measured(rows), *_judged(rows)]
    made += [*_therapy(rows, role), *_outcome(rows)]
    return _named_once(made)


def has(rows: Iterable[DraftRows], table: str, column: str = "", name: str = "") -> bool:
    """Whether rows of a table (of a name) are drafted, with a column where one is asked for."""
    return any(
        r.table == table and name in ("", r.name) and (not column or column in r.cells)
        for r in rows
    )


def sourced(rows: Iterable[DraftRows], table: str, column: str, name: str = "") -> bool:
    """Whether a chart column of rows comes from the sheet and is no constant."""
    return any(
        r.table == table and name in ("", r.name) and "value" not in r.cells[column].rule
        for r in rows
        if column in r.cells
    )


def _look_up(name: str, table: str, column: str, **keys: object) -> StudyColumn:
    about = {"derive": "look_up", "table": table, "column": column}
    return StudyColumn(name, {**about, **keys}, in_table=True)


def _people(rows: Sequence[DraftRows], role: str) -> Iterable[StudyColumn]:
    if has(rows, "patients", "site"):
        site = _look_up("site", "patients", "site", label="Centre")
        yield StudyColumn(site.name, site.keys, in_table=False)
    if has(rows, "patients", "age") or has(rows, "patients", "birth"):
        keys = {"derive": "age", "at": "diagnosis", "label": "Age at diagnosis", "unit": "years"}
        yield StudyColumn("age", keys, in_table=True)
    if has(rows, "patients", "sex"):
        yield _look_up("sex", "patients", "sex", label="Sex")
    where = f"role = '{role}'"
    for column in ("presentation", "lineage"):
        if has(rows, "diagnoses", column):
            label = column.capitalize()
            yield _look_up(column, "diagnoses", column, where=where, label=label)


def _measured(rows: Sequence[DraftRows]) -> Iterable[StudyColumn]:
    """What was measured once a patient, under the name of its visit."""
    for r in rows:
        name = r.cells["name"].rule.get("value") if "name" in r.cells else ""
        if r.table != "measurements" or not name or name in _OWN or r.repeat:
            continue
        where = f"name = {_quoted(name)}"
        several = sum(_named(other) == name for other in rows) > 1
        if several and (r.visit != "diagnosis" or "when" not in r.cells):
            # Nothing but the day tells two visits apart, since notes are never analysed.
            continue
        at = {"at": "diagnosis", "within_days": 0} if several else {}
        unit = r.cells["unit"].rule.get("value") if "unit" in r.cells else ""
        about = {"where": where, **at, "label": r.name[:1].upper() + r.name[1:]} | (
            {"unit": unit} if unit else {}
        )
        at_start = r.visit in ("", "diagnosis")
        made = _look_up(_slug(r.name), "measurements", "value", **about)
        yield StudyColumn(made.name, made.keys, in_table=at_start)


def _named(rows: DraftRows) -> object:
    """What some rows measure, where they say so by a constant."""
    named = rows.table == "measurements" and "name" in rows.cells
    return rows.cells["name"].rule.get("value") if named else None


def _judged(rows: Sequence[DraftRows]) -> Iterable[StudyColumn]:
    for r in rows:
        what = r.cells["what"].rule.get("value") if "what" in r.cells else ""
        if r.table != "assessments" or not what or what in _OWN or r.repeat:
            continue
        at = r.cells["timepoint"].rule.get("value") if "timepoint" in r.cells else ""
        where = f"what = {_quoted(what)}" + (f" AND timepoint = {_quoted(at)}" if at else "")
        made = _look_up(_slug(r.name), "assessments", "value", where=where, label=r.name)
        yield StudyColumn(made.name, made.keys, in_table=at == "diagnosis")


def _therapy(rows: Sequence[DraftRows], role: str) -> Iterable[StudyColumn]:
    if has(rows, "treatments", name="induction"):
        where = "intent = 'induction'"
        keys = {"derive": "present", "table": "treatments", "where": where, "label": "Treated"}
        yield StudyColumn("treated", keys)
        about = {"where": where, "label": "Induction", "applies_to": "treated"}
        yield _look_up("induction", "treatments", "regimen", **about)
    for r in rows if role == "second" else ():
        drug = r.cells["drug"].rule.get("value") if "drug" in r.cells else ""
        if r.table == "exposures" and drug:
            keys = {"derive": "exposure", "drug": drug, "measure": "cumulative"}
            label = {"until": "diagnosis", "label": f"Time on {drug}", "unit": "months"}
            yield StudyColumn(_slug(f"{drug} months"), keys | label, in_table=True)


def _outcome(rows: Sequence[DraftRows]) -> Iterable[StudyColumn]:
    treated = {"applies_to": "treated"} if has(rows, "treatments", name="induction") else {}
    for what, label in (("response", "Best response"), ("MRD", "Best MRD")):
        if _is_judged(rows, what):
            keys = {"derive": "response", "criteria": "as charted"}
            about = {"what": what} if what == "MRD" else {}
            yield StudyColumn(_slug(what), keys | about | treated | {"label": label})
    if _is_judged(rows, "response"):
        where = "response IN ('CR', 'CRi', 'CRh')"
        keys = {"derive": "condition", "where": where}
        yield StudyColumn("remission", keys | treated | {"label": "Complete remission"})
    if _is_judged(rows, "MRD"):
        keys = {"derive": "condition", "where": "mrd = 'negative'"}
        yield StudyColumn("mrd_negative", keys | treated | {"label": "MRD negative"})
    if has(rows, "events", name="relapse"):
        keys = {"derive": "present", "table": "events", "where": "what = 'relapse'"}
        yield StudyColumn("relapsed", keys | {"label": "Relapse"})
    if has(rows, "transplants"):
        keys = {"derive": "present", "table": "transplants", "label": "Transplant"}
        yield StudyColumn("transplanted", keys)
        for column in ("donor", "conditioning"):
            if has(rows, "transplants", column):
                made = _look_up(column, "transplants", column, applies_to="transplanted")
                yield StudyColumn(made.name, {**made.keys, "label": column.capitalize()})
    if has(rows, "followup", "vital_status"):
        made = _look_up("vital_status", "followup", "vital_status", label="Vital status")
        yield StudyColumn(made.name, made.keys)
    if sourced(rows, "followup", "last_contact"):
        keys = {"derive": "interval", "from": "diagnosis", "to": "last_contact"}
        yield StudyColumn("observed_months", keys | {"unit": "months", "label": "Observation"})


def _is_judged(rows: Iterable[DraftRows], what: str) -> bool:
    return any(
        r.table == "assessments" and r.cells["what"].rule.get("value") == what
        for r in rows
        if "what" in r.cells
    )


def _quoted(text: object) -> str:
    return "'" + str(text).replace("'", "''") + "'"


def _slug(name: str) -> str:
    base = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "column"
    return base if base[0].isalpha() else f"c_{base}"


def _named_once(columns: Iterable[StudyColumn]) -> list[StudyColumn]:
    kept: dict[str, StudyColumn] = {}
    for column in columns:
        name, n = column.name, 2
        while name in kept:
            name, n = f"{column.name}_{n}", n + 1
        kept[name] = StudyColumn(name, column.keys, column.in_table)
    return list(kept.values())
