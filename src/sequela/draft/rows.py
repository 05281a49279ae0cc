"""From proposals for single columns to the chart rows of a mapping, with what they need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from sequela.chart import schema
from sequela.chart.values import read_value
from sequela.draft.drafted_rows import DraftCell, DraftMapping, DraftRows
from sequela.draft.knowledge import (
    NUMBER,
    code_words,
    mrd_threshold,
    no_words,
    plain,
    yes_words,
)
from sequela.draft.needed_rows import (
    DISEASE,
    add_diagnoses,
    add_followup,
    add_patients,
    date_visits,
)
from sequela.draft.propose import Proposal, is_series

# A judgement with MRD behind it, as in `CR MRD-` or `CR, MRD neg`.
_WITH_MRD = re.compile(
    r"^(?P<response>.*?)[\s,/;]*\bMRD\s*(?P<mrd>[-+–]|neg\w*|pos\w*|NE|n/?a|unk\w*)?$",
    re.IGNORECASE,
)


def draft_rows(proposals: Sequence[Proposal], *, main: bool = True) -> DraftMapping:
    """The chart rows that the placed columns of one sheet give together.

    The `main` sheet has a row a patient: everybody in it gets a centre and a diagnosis.
    """
    draft = DraftMapping()
    groups: dict[tuple[str, str], list[Proposal]] = {}
    for one in proposals:
        if one.fate == "placed":
            groups.setdefault((one.table, one.row), []).append(one)
    for (table, name), members in groups.items():
        at = len(draft.rows)
        if rows := _rows(table, name, members, draft):
            draft.rows.insert(at, rows)
    add_followup(draft, main=main)
    if main:
        add_diagnoses(draft)
        add_patients(draft)
    date_visits(draft)
    order = {t: i for i, t in enumerate(schema.TABLE_NAMES)}
    draft.rows.sort(key=lambda r: order[r.table])
    return draft


def _rows(
    table: str, name: str, members: Sequence[Proposal], draft: DraftMapping
) -> DraftRows | None:
    rows = DraftRows(name, table)
    constants = {k: v for m in members for k, v in m.constants.items()}
    targets: dict[str, list[Proposal]] = {}
    for m in members:
        targets.setdefault("holds" if m.role == "holds" else m.target, []).append(m)
    series = [group for group in targets.values() if len(group) > 1 and is_series(group)]
    if series:
        rows.repeat = [m.column.name.spelled for m in series[0]]
    for group in targets.values():
        _add(rows, group[0].target, group, draft)
    for column, value in constants.items():
        if column not in rows.cells:
            rows.cells[column] = DraftCell({"value": value})
    position = next((m.position for m in members if m.position is not None), None)
    if position is not None:
        rows.cells["line"] = DraftCell({"position": position})
    visit = next((m.visit for m in members if m.visit), "")
    if table == "measurements" and visit and "note" not in rows.cells:
        rows.visit = visit
        rows.cells["note"] = DraftCell(
            {"value": f"visit: {visit}"}, ["the visit that the name gives"]
        )
    if table == "transplants":
        _kind_of_transplant(rows, members)
        rows.cells.setdefault("indication", DraftCell({"value": DISEASE}))
    _needs(rows)
    lacking = _lacking(rows)
    if lacking:
        for m in members:
            draft.lost[m.column.place] = f"no column gives the '{lacking}' that '{table}' needs"
        return None
    return rows


def _add(rows: DraftRows, target: str, group: Sequence[Proposal], draft: DraftMapping) -> None:
    first = group[0]
    if first.role == "holds":
        look = first.column.look
        rows.holds = {
            "from": first.column.name.text,
            "yes": [w for w in look.words if w.lower() in yes_words()],
            "no": [w for w in look.words if w.lower() in no_words()],
        }
        rows.remarks.append(_remark(first))
        if target == "value":
            rows.cells["value"] = DraftCell({"value": "yes"})
        return
    # In a series the cells of one column may prove the order of dates for all of them.
    proven = [m for m in group if "dates" in m.cell]
    told = {str(m.cell["dates"]) for m in proven}
    if len(told) == 1:
        first = proven[0]
        draft.answered |= {m.column.place for m in group}
    rule = dict(first.cell)
    name = first.column.name
    if rows.repeat and name.number:
        rule["from"] = name.text.replace(name.spelled, NUMBER, 1)
    asked = [q for m in group if len(told) != 1 for q in m.questions]
    cell = DraftCell(rule, [_remark(m) for m in group], asked or list(first.questions))
    rows.cells[target] = cell
    _code(rows, target, group, draft)


def _remark(one: Proposal) -> str:
    column = one.column
    return f"column {column.letter}, {one.confidence:.0%} sure: {one.reason}"


def _code(rows: DraftRows, target: str, group: Sequence[Proposal], draft: DraftMapping) -> None:
    """The code list of a column that takes codes, of the words that stand in the sheet."""
    column = schema.table(rows.table).column(target)
    words = list(dict.fromkeys(w for m in group for w in m.column.look.words))
    if rows.table == "assessments" and any(_WITH_MRD.match(w) for w in words):
        _with_mrd(rows, target, words, draft)
        return
    if column.kind == "yes_no":
        rule = rows.cells[target].rule
        rule["yes"] = [w for w in words if w.lower() in yes_words()]
        rule["no"] = [w for w in words if w.lower() in no_words()]
        return
    choices = group[0].column.notes.choices
    if group[0].list and target == "value" and not choices:
        _judged(rows, group[0], words, draft)
        return
    if column.kind != "code":
        if choices and column.kind == "text":
            _labelled(rows, target, choices, draft)
        return
    known = dict(code_words(target)) | {c: c for c in column.codes}
    if target == "vital_status":
        known |= _vital(group[0])
    if target == "sex" and {"m"} < {w.lower() for w in words} <= {"m", "h", "v"}:
        # Hombre and mujer, varón and mujer: m is a woman here.
        known |= {"h": "male", "v": "male", "m": "female"}
    # A code that the source explains stands for its explanation.
    meant = {w: choices.get(w, w).lower() for w in words}
    codes = {w: known[said] for w, said in meant.items() if said in known}
    unknown = [w for w in words if w not in codes]
    if all(w == code for w, code in codes.items()) and not unknown:
        return
    rows.cells[target].rule["codes"] = target
    draft.codes.setdefault(target, {}).update(codes)
    if unknown:
        draft.unknown.setdefault(target, []).extend(unknown)


def _labelled(
    rows: DraftRows, target: str, choices: Mapping[str, str], draft: DraftMapping
) -> None:
    """A code list from the choices that the source declares, each code for its own words."""
    name = re.sub(r"\W+", "_", f"{rows.name} {target}").lower()
    rows.cells[target].rule["codes"] = name
    draft.codes[name] = dict(choices)


def _judged(rows: DraftRows, one: Proposal, words: Sequence[str], draft: DraftMapping) -> None:
    """The code list of a judgement; numbers of MRD are judged by the threshold, and kept too."""
    known = code_words(one.list)
    codes = {w: known[w.lower()] for w in words if w.lower() in known}
    numbers = [w for w in words if w not in codes and read_value(w) is not None]
    others = [w for w in words if w not in codes and w not in numbers]
    measured = rows.cells["what"].rule.get("value") == "MRD" if "what" in rows.cells else False
    measured = measured or one.constants.get("what") == "MRD"
    as_they_stand = all(w == code for w, code in codes.items()) and not (others or numbers)
    if as_they_stand or (not codes and not (measured and numbers)):
        return
    rule = rows.cells[one.target].rule
    name = re.sub(r"\W+", "_", f"{rows.name}").lower()
    if codes:
        rule["codes"] = name
        draft.codes[name] = codes
    if measured and numbers:
        rule["positive_from"] = mrd_threshold()
        rows.cells[one.target].remarks.append(
            f"a number of {mrd_threshold():g} and more is positive, <{mrd_threshold():g} negative"
        )
        rows.cells[one.target].questions.append(
            f"are the numbers of '{one.column.name.text}' percent, and is {mrd_threshold():g} % "
            "the threshold?"
        )
        draft.rows.append(_mrd_level(rows, one, [*codes, *others]))
    if others and codes:
        draft.unknown.setdefault(name, []).extend(others)
        rule["others"] = "keep"
        what = "a word stands" if len(others) == 1 else f"{len(others)} words stand"
        rows.cells[one.target].questions.append(
            f"{what} in '{one.column.name.text}' that no code is known for, and "
            f"{'is' if len(others) == 1 else 'are'} kept as written: see [codes.{name}]"
        )


def _mrd_level(rows: DraftRows, one: Proposal, words: list[str]) -> DraftRows:
    """The numbers of a column of MRD as measurements beside the judgement."""
    level = DraftRows(f"{rows.name} in numbers", "measurements")
    rule = {"from": one.column.name.text, "unit": "%", "missing": words}
    level.cells["value"] = DraftCell(
        {k: v for k, v in rule.items() if v}, ["its numbers, beside the judgement of them"]
    )
    level.cells["name"] = DraftCell({"value": "MRD"})
    level.cells["unit"] = DraftCell({"value": "%"})
    if one.visit:
        level.cells["note"] = DraftCell({"value": f"visit: {one.visit}"})
    return level


def _kind_of_transplant(rows: DraftRows, members: Sequence[Proposal]) -> None:
    """Allogeneic where nothing says otherwise: with a question, unless the donors prove it."""
    if "type" in rows.cells:
        return
    words = {w.lower() for m in members if m.target == "donor" for w in m.column.look.words}
    others = {w for w in words if code_words("donor").get(w, "self") != "self"}
    cell = DraftCell({"value": "allogeneic"})
    if words and others == words:
        cell.remarks.append("every donor is another person")
    else:
        cell.questions.append("are all transplants allogeneic? no column says so")
    rows.cells["type"] = cell


def _vital(one: Proposal) -> Mapping[str, str]:
    """What yes and no mean in a column called dead, or alive; no meaning by another name."""
    name = f"{one.column.name.plain} {plain(one.column.notes.label)}".split()
    if {"dead", "died", "death", "deceased", "event"} & set(name) and "alive" not in name:
        yes, no = "dead", "alive"
    elif {"alive", "living"} & set(name) and not {"or", "dead"} & set(name):
        yes, no = "alive", "dead"
    else:
        return {}
    return dict.fromkeys(yes_words(), yes) | dict.fromkeys(no_words(), no)


_MRD = {"-": "negative", "–": "negative", "+": "positive", "ne": "NE"}


def _with_mrd(rows: DraftRows, target: str, words: Iterable[str], draft: DraftMapping) -> None:
    """`CR MRD-` says two things: a response, and MRD; each gets a code list of its own."""
    responses, mrd = {}, {}
    for word in words:
        match = _WITH_MRD.match(word)
        responses[word] = match["response"].strip() if match else word
        said = (match["mrd"] or "").lower() if match else ""
        mrd[word] = _MRD.get(said) or {"neg": "negative", "pos": "positive"}.get(said[:3], "")
    list_name = re.sub(r"\W+", "_", rows.name).lower()
    rule = rows.cells[target].rule
    rule["codes"] = list_name
    draft.codes[list_name] = responses
    draft.codes[f"{list_name}_mrd"] = mrd
    other = DraftRows(rows.name.replace("response", "MRD"), "assessments")
    other.cells[target] = DraftCell(
        {"from": rule["from"], "codes": f"{list_name}_mrd"},
        [f"'{rule['from']}' speaks of MRD too; a blank code says that a text does not"],
    )
    other.cells["what"] = DraftCell({"value": "MRD"})
    other.cells["timepoint"] = DraftCell({"value": _timepoint(rows.name)})
    draft.rows.append(other)


def _timepoint(name: str) -> str:
    """The visit that the name of an assessment's rows speaks of."""
    return name.removeprefix("response").strip().removeprefix("at ").strip() or "best"


def _needs(rows: DraftRows) -> None:
    """Rows need the columns that their table requires, where other columns are filled too."""
    table = schema.table(rows.table)
    sourced = [c for c, cell in rows.cells.items() if "from" in cell.rule]
    required = [c.name for c in table.columns if c.required and c.name in sourced]
    if len(sourced) > 1 and required and not table.one_row_a_patient:
        rows.needs = [rows.cells[c].rule["from"] for c in required]


def _lacking(rows: DraftRows) -> str:
    """A required chart column that nothing gives; a few have an answer of their own later."""
    given_later = {"disease", "indication"}
    table = schema.table(rows.table)
    if table.one_row_a_patient:
        return ""
    return next(
        (
            c.name
            for c in table.columns
            if c.required
            and c.name not in rows.cells
            and c.name not in {"patient_id"} | given_later
        ),
        "",
    )


def sheet_key(name: str, taken: Iterable[str]) -> str:
    """A short name for a source in the mapping."""
    base = re.sub(r"[^a-z0-9]+", "_", plain(name)).strip("_") or "sheet"
    base = base if base[0].isalpha() else f"sheet_{base}"
    key, n = base, 2
    while key in set(taken):
        key, n = f"{base}_{n}", n + 1
    return key
