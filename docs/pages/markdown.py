"""The little Markdown that the reference pages are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MADE = "<!-- Made by docs/generate.py from the code. Change the code, then run `make docs`. -->"


def page(title: str, *parts: str) -> str:
    """A whole page: the heading, where it comes from, and its parts with a blank line between."""
    return "\n\n".join([f"# {title}", MADE, *(part.strip("\n") for part in parts if part)]) + "\n"


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; nothing where there are no rows."""
    lines = ["| " + " | ".join(cell(c) for c in row) + " |" for row in rows]
    if not lines:
        return ""
    head = "| " + " | ".join(heading) + " |"
    return "\n".join([head, "|" + "---|" * len(heading), *lines])


def cell(text: str) -> str:
    """Text that cannot end a table's cell early."""
    return text.replace("|", "\\|").replace("\n", " ")


def prose(docstring: str | None) -> str:
    """A docstring as paragraphs and lists, without its indentation."""
    from inspect import cleandoc

    return cleandoc(docstring or "")


def code(text: str, language: str = "text") -> str:
    """A block of code."""
    return f"```{language}\n{text.strip()}\n```"
