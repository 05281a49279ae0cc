"""Imports between rooms go one way; this list is the rule (docs/explanation has the reasons)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import sequela

SRC = Path(sequela.__file__).parent

# Which rooms a room may import. `findings` may be imported by all.
MAY_IMPORT = {
    "stats": set(),
    "sources": set(),
    "chart": {"sources"},
    "draft": {"sources", "chart"},
    "clinical": {"chart", "stats"},
    "display": {"stats"},
    "audit": {"stats"},
    "report": {"display", "audit"},
    "simulate": set(),
    "sharing": {"sources", "chart"},
    "exhibits": {"chart", "clinical", "stats", "display", "report"},
}
# What every room may import, and what imports none (a definition file needs the findings).
# All other modules stand on top of the rooms; no room imports one of these.
GROUND = {"findings", "definition_file"}
HEAVY_OR_UNWANTED = {"pandas", "matplotlib.pyplot", "pylab", "requests", "urllib.request", "socket"}
NO_SUCH_ROOMS = {"utils", "helpers", "common", "core", "misc", "util", "helper"}

MODULES = sorted(SRC.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(SRC.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(text: str, package: str) -> set[str]:
    """The full names of all that a module's text imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            parts = [*(above if node.level else []), *([node.module] if node.module else [])]
            found |= {".".join(parts)} | {".".join([*parts, a.name]) for a in node.names}
    return found


def imports_of(path: Path) -> set[str]:
    name = name_of(path)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    return imported(path.read_text(encoding="utf-8"), package)


def rooms_of(names: set[str]) -> set[str]:
    """The rooms, and modules beside them, that the names stand in."""
    return {n.split(".")[1] for n in names if n.startswith("sequela.")}


def test_every_room_is_in_the_list():
    rooms = {p.parent.name for p in SRC.glob("*/__init__.py")}
    assert rooms == set(MAY_IMPORT)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_one_way(path):
    names = imports_of(path)
    room = name_of(path).split(".")[1] if "." in name_of(path) else ""
    if room in MAY_IMPORT:
        allowed = MAY_IMPORT[room] | GROUND | {room}
        assert rooms_of(names) - allowed == set()
    elif room in GROUND:
        assert rooms_of(names) - {"findings"} == set()
    assert not {n for n in names if n in HEAVY_OR_UNWANTED or n.split(".")[0] in HEAVY_OR_UNWANTED}


@pytest.mark.parametrize(
    "text",
    [
        "from sequela.chart import time",
        "import sequela.chart.time as t",
        "from ..chart.time import point",
        "from .. import chart",
        "def f():\n    from sequela.chart.time import point",
        "if TYPE_CHECKING:\n    from sequela.chart.time import Moment",
    ],
)
def test_the_check_sees_every_form_of_import(text):
    assert rooms_of(imported(text, "sequela.stats")) == {"chart"}


def test_no_room_or_module_is_a_junk_drawer():
    names = {p.stem for p in MODULES} | {p.parent.name for p in MODULES}
    assert names & NO_SUCH_ROOMS == set()


def test_no_module_is_longer_than_five_hundred_lines():
    long = {name_of(p): len(p.read_text(encoding="utf-8").splitlines()) for p in MODULES}
    assert {name: lines for name, lines in long.items() if lines > 500} == {}
