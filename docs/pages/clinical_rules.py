"""The page of clinical rules: each with version, source, parameters, use and spec tables.

The rules come from `sequela.clinical.rule_register`. The tables beside them are the ones that
the tests in `tests/spec` run: a test module names them in `SPEC_TABLES`.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from pages.markdown import page, table
from sequela.clinical.rule_register import ClinicalRule, clinical_rules

TESTS = Path(__file__).parents[2] / "tests"


def clinical_rules_page() -> str:
    """docs/reference/clinical-rules.md."""
    examples = spec_tables()
    rules = clinical_rules()
    return page(
        "Clinical rules",
        "Every rule by which a derived value is decided: who says so, with which numbers, and "
        "which words of a study file apply it. A study file may override a number; the Methods "
        "then say so. *Not first hand* marks a source that was not read for this project, only "
        "another account of it; response criteria that rest on it are no default.",
        table(("rule", "version", "source", "used by"), [_line(rule) for rule in rules]),
        *(_rule(rule, examples) for rule in rules),
    )


def _line(rule: ClinicalRule) -> tuple[str, ...]:
    link = f"[{rule.name}](#{anchor(rule)})"
    return link, rule.version, _source(rule.source, rule.read_first_hand), _words(rule.used_by)


def anchor(rule: ClinicalRule) -> str:
    """The anchor that the heading of a rule gets."""
    kept = (c for c in rule.title.lower() if c.isalnum() or c in " -_")
    return "".join(kept).replace(" ", "-")


def _source(source: str, read: bool) -> str:
    return source if read or not source else f"{source} (not first hand)"


def _words(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _rule(rule: ClinicalRule, examples: dict[str, list[Any]]) -> str:
    numbers = [
        (f"`{p.name}`", p.value, _source(p.source, p.read_first_hand)) for p in rule.parameters
    ]
    shown = [_example(e) for e in examples.get(rule.name, []) if e.holds_for(rule.version)]
    parts = [
        f"## {rule.title}",
        rule.says,
        f"Source: {_source(rule.source, rule.read_first_hand)}. Used by: {_words(rule.used_by)}.",
        table(("parameter", "value", "source"), numbers),
        *shown,
    ]
    return "\n\n".join(part for part in parts if part)


def _example(example: Any) -> str:
    heading, *rows = example.cells
    return f"*{example.says}*\n\n" + table(heading, rows)


def spec_tables() -> dict[str, list[Any]]:
    """The spec tables of all test modules, by the rule that they show."""
    found: dict[str, list[Any]] = {}
    sys.path.insert(0, str(TESTS))
    try:
        for path in sorted((TESTS / "spec").glob("test_*.py")):
            if "\nSPEC_TABLES" in path.read_text(encoding="utf-8"):
                for shown in _module(path).SPEC_TABLES:
                    found.setdefault(shown.rule, []).append(shown)
    finally:
        sys.path.remove(str(TESTS))
    return found


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"spec_of_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
