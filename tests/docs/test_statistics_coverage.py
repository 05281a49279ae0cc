"""The page of what the statistics room has names only what is there, and all of it."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import sys
from functools import cache
from importlib import import_module
from typing import get_args

import pytest
from documentation import ROOT

from sequela import cli
from sequela.exhibits.kinds import KINDS

sys.path.insert(0, str(ROOT / "docs"))
try:
    from pages.statistics_coverage import SECTIONS, choices_of
finally:
    sys.path.remove(str(ROOT / "docs"))

ENTRIES = [entry for entries in SECTIONS.values() for entry in entries]
VERBS = ("estimate_", "compare_", "build_")


def read_call(text: str) -> tuple[str, list[str]]:
    """`name(one, two)` as its name and its arguments."""
    name, _, inside = text.partition("(")
    return name, [a.strip() for a in inside.removesuffix(")").split(",") if a.strip()]


def statistic(text: str):
    name, arguments = read_call(text)
    module, _, function = name.partition(".")
    return getattr(import_module(f"sequela.stats.{module}"), function), arguments


@cache
def names_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def public_functions() -> set[str]:
    return {
        f"{path.stem}.{node.name}"
        for path in (ROOT / "src" / "sequela" / "stats").glob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith(VERBS)
    }


def kinds() -> dict[str, type]:
    return {get_args(kind.model_fields["kind"].annotation)[0]: kind for kind in KINDS}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.what)
def test_every_name_of_an_entry_is_there(entry):
    for text in entry.python:
        thing, arguments = statistic(text)
        known = (
            {field.name for field in dataclasses.fields(thing)}
            if dataclasses.is_dataclass(thing)
            else set(inspect.signature(thing).parameters)
        )
        assert set(arguments) <= known, text
    for test in entry.held:
        file, _, name = test.partition("::")
        assert name in names_in(file), test
    if entry.choices:
        assert len(choices_of(entry)) > 1
    if entry.study:
        kind, keys = read_call(entry.study)
        assert set(keys) <= set(kinds()[kind].model_fields), entry.study
        assert keys, "which key of the exhibit?"
    if entry.command:
        command, flags = read_call(entry.command)
        arguments = cli.app[command].assemble_argument_collection()
        written = " ".join(name for argument in arguments for name in argument.names)
        assert all(re.search(rf"(^| ){flag}( |$)", written) for flag in flags), entry.command


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.what)
def test_every_entry_has_been_put_to_r_or_says_that_it_cannot(entry):
    against_r = any(test.startswith("tests/reference/") for test in entry.held)
    assert against_r or entry.r.startswith("none; ") or entry.r == "prop.table(table())"


def test_every_public_function_stands_on_the_page():
    named = {read_call(text)[0] for entry in ENTRIES for text in entry.python}
    assert public_functions() - named == set()


def test_every_choice_that_a_caller_has_stands_on_the_page():
    """Each closed list of options in the room is the `choices` of an entry."""
    inner = {"State", "NoValue", "LeftOut"}
    listed = {entry.choices for entry in ENTRIES}
    found = set()
    for path in (ROOT / "src" / "sequela" / "stats").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        found |= {f"{path.stem}.{n}" for n in re.findall(r"^(\w+) = Literal\[", text, re.M)}
    assert {name for name in found if name.split(".")[1] not in inner} <= listed
