"""What `sequela init` prints: what to answer, what was placed, what was not, and what is next."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sequela.console import make_console

if TYPE_CHECKING:
    from sequela.draft.draft import Draft
    from sequela.draft.propose import Proposal

_QUITE_SURE = 0.85


def print_draft(draft: Draft, source: Path, folder: Path) -> None:
    """Print a draft in the order in which it is read: questions first, then column by column."""
    console = make_console()
    for heading, lines in _parts(draft, folder):
        if lines:
            console.print(heading, style="bold", markup=False)
            for line in lines:
                console.print(f"  {line}", markup=False)
    console.print(f"The source stays at {source}; the study refers to it.", markup=False)
    for name in draft.files:
        console.print(f"  {folder / name}", markup=False)
    if draft.numbers_file:
        console.print(
            f"  {(folder / draft.numbers_file).resolve()}  (which record number is which study "
            "number: keep it where the sheet is, and do not send it along)",
            markup=False,
        )
    console.print(f"Next: sequela check {folder}", markup=False)


def _parts(draft: Draft, folder: Path) -> Iterable[tuple[str, list[str]]]:
    several = len({sheet for sheet, _ in draft.proposals}) > 1
    named = [(f"{sheet}, " if several else "", p) for sheet, p in draft.proposals]
    where = f"{folder / 'mapping.toml'}"
    yield (
        f"For you to answer, in {where} (each stands there under its number):",
        [f"{q.number}. {q.text}" for q in draft.questions],
    )
    yield (
        "Placed, for you to look through:",
        [_placed(sheet, p) for sheet, p in named if p.fate in ("patient", "placed")],
    )
    yield (
        "Left out, since they tell who somebody is:",
        _joined(f"{sheet}{_called(p)}" for sheet, p in named if p.fate == "identifier"),
    )
    yield (
        "Left out, since the export adds them of its own:",
        _joined(f"{sheet}{_called(p)}" for sheet, p in named if p.fate == "bookkeeping"),
    )
    yield (
        "Not placed; map them, or name them in `left_out`:",
        [f"{sheet}{_called(p)}: {p.reason}" for sheet, p in named if p.fate == "unplaced"],
    )
    yield (
        "Empty:",
        _joined(f"{sheet}{_called(p)}" for sheet, p in named if p.fate == "empty"),
    )


def _joined(names: Iterable[str]) -> list[str]:
    together = "; ".join(names)
    return [together] if together else []


def _called(one: Proposal) -> str:
    return f"{one.column.letter} ({one.column.name.text})"


def _placed(sheet: str, one: Proposal) -> str:
    becomes = f"{one.table}.{one.target}" if one.fate == "placed" else "the patient's number"
    said = one.reason.removeprefix(f"it is called '{one.column.name.text}'").removeprefix("; ")
    sure = f"{one.confidence:.0%} sure" if one.confidence < _QUITE_SURE else ""
    why = ": ".join(part for part in (sure, said) if part)
    return f"{sheet}{_called(one)}: {becomes}" + (f" [{why}]" if why else "")
