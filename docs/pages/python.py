"""The page of the Python door: every public name with its docstring."""

from __future__ import annotations

import inspect
from typing import Any

import sequela
from pages.markdown import code, page, prose, table


def python_page() -> str:
    """docs/reference/python.md."""
    return page(
        "Python",
        code(
            "import sequela as sq\n\n"
            'study = sq.load("examples/lenalidomide")\n'
            'study.chart["patients"]\n'
            "study.subjects\n"
            "study.results\n"
            'study.exhibit("os")',
            "python",
        ),
        "In a notebook an exhibit shows its tables and figures.",
        *(_named(name) for name in sorted(sequela.__all__)),
    )


def _named(name: str) -> str:
    thing = getattr(sequela, name)
    parts = [f"## {name}", prose(inspect.getdoc(thing))]
    if inspect.isclass(thing):
        parts.append(table(("member", "what"), _members(thing)))
    else:
        parts.append(f"`{name}{_parameters(thing)}`")
    return "\n\n".join(part for part in parts if part)


def _members(of: type[Any]) -> list[tuple[str, str]]:
    members = []
    for name, member in vars(of).items():
        said = inspect.getdoc(member)
        if name.startswith("_") or said is None or not _speaks_for_itself(member):
            continue
        shown = f"{name}{_parameters(member)}" if inspect.isfunction(member) else name
        members.append((f"`{shown}`", prose(said).split("\n")[0]))
    return members


def _speaks_for_itself(member: Any) -> bool:
    """Whether the docstring is the member's own, not that of its type."""
    return inspect.isfunction(member) or type(member).__name__ in ("property", "cached_property")


def _parameters(function: Any) -> str:
    """The names of the parameters with their defaults, without types."""
    shown = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name == "self":
            continue
        bare = parameter.replace(annotation=inspect.Parameter.empty)
        shown.append(str(bare).replace("=", " = ") if "=" in str(bare) else str(bare))
    return f"({', '.join(shown)})"
