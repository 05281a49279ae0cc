"""Categories as text: the levels of a column, and yes and no."""

from __future__ import annotations

from sequela.exhibits.context import Context


def levels_of(context: Context, column: str) -> list[str]:
    """The levels of a column as text; a yes/no column has `yes` and `no`."""
    info = context.subjects.columns[column]
    return ["yes", "no"] if info.kind == "yes_no" else list(info.levels)


def yes_no(value: object) -> str:
    """A category as text, and True and False as `yes` and `no`."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
