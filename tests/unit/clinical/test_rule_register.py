"""The register of clinical rules: complete, without doubles, and pointing to what exists."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest

import sequela.clinical
from sequela.clinical import rule_register
from sequela.clinical.derivations import AnyColumn
from sequela.clinical.rule_register import MODULES_WITH_RULES, clinical_rules

ROOM = Path(sequela.clinical.__file__).parent
DERIVATIONS = {
    get_args(m.model_fields["derive"].annotation)[0] for m in get_args(get_args(AnyColumn)[0])
}
PARTS_OF_A_STUDY = {"moments", "endpoints", "sets"}


def test_every_module_that_has_rules_is_in_the_register():
    having = {
        ".".join(path.relative_to(ROOM).with_suffix("").parts).removesuffix(".__init__")
        for path in ROOM.rglob("*.py")
        if "\nRULES" in path.read_text(encoding="utf-8") and path.stem != "rule_register"
    }
    assert having == set(MODULES_WITH_RULES)


def test_every_rule_has_words_a_source_and_a_user_that_exists():
    for rule in clinical_rules():
        assert rule.says.endswith(".") and rule.source and rule.version, rule.name
        assert rule.used_by, rule.name
        assert set(rule.used_by) <= DERIVATIONS | PARTS_OF_A_STUDY, rule.name
        assert all(p.name and p.value for p in rule.parameters), rule.name


def test_one_name_and_version_stands_once(monkeypatch):
    module = import_module("sequela.clinical.dechallenge")
    monkeypatch.setattr(module, "RULES", (*module.RULES, *module.RULES))
    monkeypatch.setattr(rule_register, "MODULES_WITH_RULES", ("dechallenge",))
    with pytest.raises(ValueError, match="registered twice"):
        clinical_rules()
