"""Counts and places in the sentences of findings."""

from __future__ import annotations

from collections.abc import Sequence

# So many places are named in one sentence; the rest are counted.
_NAMED = 6


def listed(places: Sequence[str]) -> str:
    """Places in a sentence, the first few by name: `D5, D7 and 3 more`."""
    shown = ", ".join(places[:_NAMED])
    return f"{shown} and {len(places) - _NAMED} more" if len(places) > _NAMED else shown


def counted(number: int, what: str) -> str:
    """A number and what it counts: `1 cell`, `17 cells`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def rows_named(rows: Sequence[int]) -> str:
    """Rows by their numbers: `row 3`, `rows 3, 4 and 12 more`."""
    return f"{'row' if len(rows) == 1 else 'rows'} {listed([str(row) for row in rows])}"
