"""REDCap's data dictionary: 18 columns, found by name in any order.

Two spellings are known, that of the file which the designer downloads and that of the
interface for programs. Labels may hold HTML; they become plain text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sequela.findings import Finding
from sequela.sources.raw_table import ColumnNotes, RawTable
from sequela.sources.redcap_logic import LogicError, Node, parse_logic, references

# What a column is called here, by what it is called in either spelling, letters only.
_COLUMNS = {
    "variablefieldname": "name", "fieldname": "name",
    "formname": "form",
    "fieldtype": "type",
    "fieldlabel": "label",
    "choicescalculationsorsliderlabels": "choices", "selectchoicesorcalculations": "choices",
    "textvalidationtypeorshowslidernumber": "validation",
    "textvalidationmin": "least", "textvalidationmax": "most",
    "identifier": "identifier",
    "branchinglogicshowfieldonlyif": "logic", "branchinglogic": "logic",
    "requiredfield": "required",
    "fieldannotation": "annotation",
}  # fmt: skip
_NEEDED = ("name", "form", "type")
_CHOOSING = ("radio", "dropdown", "checkbox", "yesno", "truefalse")
COMPLETE = {"0": "Incomplete", "1": "Unverified", "2": "Complete"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of the project: where it stands, what it asks, and what it may hold."""

    name: str
    form: str
    type: str
    label: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    calculation: str = ""
    validation: str = ""
    least: str = ""
    most: str = ""
    identifier: bool = False
    required: bool = False
    logic: str = ""
    condition: Node | None = None
    row: int = 0

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of an export that hold it: one, none for a caption, one a checkbox."""
        if self.type == "descriptive":
            return ()
        if self.type == "checkbox":
            return tuple(checkbox_column(self.name, code) for code in self.choices)
        return (self.name,)

    def notes(self, missing: Mapping[str, str], code: str = "") -> ColumnNotes:
        """What is known of the field's column, or of the column of one checkbox."""
        label = f"{self.label}: {self.choices[code]}" if code else self.label
        return ColumnNotes(
            label=label,
            choices={"0": "Unchecked", "1": "Checked"} if code else self.choices,
            missing=missing,
            identifier=self.identifier,
            validation=self.validation,
            field_type=self.type,
        )


@dataclass(frozen=True, slots=True)
class Dictionary:
    """All fields of a project in order; the first holds the record's number."""

    fields: tuple[Field, ...]

    @property
    def record(self) -> str:
        """The name of the field that holds the record's number."""
        return self.fields[0].name

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms in order."""
        return tuple(dict.fromkeys(f.form for f in self.fields))

    def of_form(self, form: str) -> tuple[Field, ...]:
        """The fields of a form but the record's number, and its state at the end."""
        own = tuple(f for f in self.fields if f.form == form and f.name != self.record)
        name = f"{form}_complete"
        state = Field(name=name, form=form, type="dropdown", label="Complete?", choices=COMPLETE)
        return own if any(f.name == name for f in own) else (*own, state)

    def __getitem__(self, name: str) -> Field:
        return next(f for f in self.fields if f.name == name)

    def has(self, name: str) -> bool:
        """Whether the project has a field of this name."""
        return any(f.name == name for f in self.fields)


def checkbox_column(name: str, code: str) -> str:
    """The column that an export gives a checkbox: lower case, and a minus as an underscore."""
    return f"{name}___{re.sub(r'[^a-z0-9]', '_', code.lower())}"


def is_dictionary(header: tuple[str, ...]) -> bool:
    """Whether a heading is that of a data dictionary."""
    names = {_COLUMNS.get(_letters(name)) for name in header}
    return set(_NEEDED) <= names and len(names) > 5


def read_dictionary(table: RawTable) -> tuple[Dictionary | None, list[Finding]]:
    """The dictionary in a table, and what is wrong with it; None when it has no fields."""
    places = {_COLUMNS.get(_letters(name), ""): at for at, name in enumerate(table.header)}
    findings: list[Finding] = []
    fields: list[Field] = []
    for row, cells in table.rows:
        texts = {name: cells[at] for name, at in places.items() if name}
        if not texts["name"] or not texts["form"]:
            findings.append(_nameless(table, row))
        elif any(f.name == texts["name"] for f in fields):
            findings.append(_twice(table, row, texts["name"]))
        else:
            made, problems = _field(table, row, texts)
            fields.append(made)
            findings += problems
    if not fields:
        return None, findings
    dictionary = Dictionary(tuple(fields))
    return dictionary, findings + _unknown_fields(table, dictionary) + _cycles(table, dictionary)


def _field(table: RawTable, row: int, texts: Mapping[str, str]) -> tuple[Field, list[Finding]]:
    kind = texts["type"].lower()
    listed = texts.get("choices", "")
    choices, findings = (
        _choices(table, row, texts["name"], listed) if kind in _CHOOSING else ({}, [])
    )
    if kind in ("yesno", "truefalse"):
        yes, no = ("Yes", "No") if kind == "yesno" else ("True", "False")
        choices, findings = {"1": yes, "0": no}, []
    logic = texts.get("logic", "")
    condition, problems = _condition(table, row, texts["name"], logic)
    made = Field(
        name=texts["name"].lower(),
        form=_form_name(texts["form"]),
        type=kind,
        label=plain_text(texts.get("label", "")),
        choices=choices,
        calculation=listed if kind == "calc" else "",
        validation=texts.get("validation", "").lower() if kind == "text" else "",
        least=texts.get("least", ""),
        most=texts.get("most", ""),
        identifier=texts.get("identifier", "").lower() in ("y", "yes", "1"),
        required=texts.get("required", "").lower() in ("y", "yes", "1"),
        logic=logic,
        condition=condition,
        row=row,
    )
    return made, findings + problems


def _form_name(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _letters(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def plain_text(text: str) -> str:
    """A label without its HTML: tags go, entities are read, blanks are one blank."""
    without = re.sub(r"<(br|/p|/div|/li)[^<>]{0,200}>", " ", text, flags=re.IGNORECASE)
    without = re.sub(r"</?[A-Za-z][^<>]{0,2000}>|<!--.*?-->", "", without, flags=re.DOTALL)
    return " ".join(html.unescape(without).split())


def _choices(
    table: RawTable, row: int, name: str, text: str
) -> tuple[dict[str, str], list[Finding]]:
    choices: dict[str, str] = {}
    findings = []
    for part in text.split("|"):
        code, comma, label = part.partition(",")
        code = code.strip()
        if not code and not comma:
            continue
        if not comma or not code or code in choices:
            findings.append(_bad_choice(table, row, name))
            continue
        choices[code] = plain_text(label)
    if not choices:
        findings.append(_bad_choice(table, row, name))
    return choices, findings


def _condition(
    table: RawTable, row: int, name: str, logic: str
) -> tuple[Node | None, list[Finding]]:
    if not logic:
        return None, []
    try:
        return parse_logic(logic), []
    except LogicError:
        return None, [
            _finding(
                table,
                "redcap-logic-not-read",
                row,
                f"the branching logic of '{name}' is not of the grammar that is read, so it is "
                "not known when the field is shown",
                "Nothing is to be done, unless the logic is misspelt.",
                column=name,
                warning=True,
            )
        ]


def _unknown_fields(table: RawTable, dictionary: Dictionary) -> list[Finding]:
    known = {f.name for f in dictionary.fields} | {f"{form}_complete" for form in dictionary.forms}
    return [
        _finding(
            table,
            "redcap-logic-unknown-field",
            f.row,
            f"the branching logic of '{f.name}' asks for a field that the dictionary does not have",
            "Correct the logic in REDCap's designer, or export the whole dictionary.",
            column=f.name,
            warning=True,
        )
        for f in dictionary.fields
        if f.condition and any(r.field not in known for r in references(f.condition))
    ]


def _cycles(table: RawTable, dictionary: Dictionary) -> list[Finding]:
    """Fields whose being shown rests, step by step, on their own value; a ring is said once."""
    asks = {
        f.name: sorted({r.field for r in references(f.condition)}) if f.condition else []
        for f in dictionary.fields
    }
    findings = []
    for ring in _rings(asks):
        first = dictionary[ring[0]]
        findings.append(
            _finding(
                table,
                "redcap-logic-in-a-ring",
                first.row,
                "the branching logic of "
                + ", ".join(f"'{name}'" for name in ring)
                + " goes in a ring: each is shown only by the value of the next",
                "Break the ring in REDCap's designer.",
                column=first.name,
            )
        )
    return findings


def _rings(asks: Mapping[str, list[str]]) -> list[list[str]]:
    """Groups of fields that reach one another, by depth-first search without recursion."""
    rings: list[list[str]] = []
    done: set[str] = set()
    for start in asks:
        path: list[str] = []
        on_path: set[str] = set()
        todo = [(start, 0)]
        while todo:
            name, depth = todo.pop()
            while len(path) > depth:
                left = path.pop()
                on_path.discard(left)
                done.add(left)
            if name in on_path:
                ring = path[path.index(name) :]
                if not any(set(ring) & set(other) for other in rings):
                    rings.append(ring)
            elif name not in done and name in asks:
                path.append(name)
                on_path.add(name)
                todo += [(other, len(path)) for other in reversed(asks[name])]
        done |= set(path)
    return rings


def _finding(
    table: RawTable,
    code: str,
    row: int,
    message: str,
    remedy: str,
    *,
    column: str = "",
    warning: bool = False,
) -> Finding:
    return Finding(
        code=code,
        severity="warning" if warning else "error",
        file=table.file,
        sheet=table.sheet,
        row=row,
        column=column,
        message=message,
        remedy=remedy,
    )


def _nameless(table: RawTable, row: int) -> Finding:
    return _finding(
        table,
        "redcap-field-without-name",
        row,
        "a field of the data dictionary has no name or no form",
        "Download the dictionary anew from REDCap's designer.",
    )


def _twice(table: RawTable, row: int, name: str) -> Finding:
    return _finding(
        table,
        "redcap-field-twice",
        row,
        f"the data dictionary has the field '{name}' twice; the first was taken",
        "Download the dictionary anew from REDCap's designer.",
        column=name,
    )


def _bad_choice(table: RawTable, row: int, name: str) -> Finding:
    return _finding(
        table,
        "redcap-choices-not-read",
        row,
        f"a choice of '{name}' is not written as a code, a comma and a label, or comes twice",
        "Correct the choices in REDCap's designer: 1, Female | 2, Male.",
        column=name,
    )
