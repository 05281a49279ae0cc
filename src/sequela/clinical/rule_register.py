"""The register of clinical rules: name, version, source, parameters, and what uses each.

A module of this room that decides something by a clinical rule says so in a constant `RULES`,
and its name stands in `MODULES_WITH_RULES`; the reference page of clinical rules follows. A
rule that changes its answers gets a new version, so that old reports stay true.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

MODULES_WITH_RULES: tuple[str, ...] = (
    "cns",
    "causality_scales",
    "dechallenge",
    "endpoint_templates",
    "endpoints",
    "exposure",
    "kinetics",
    "rechallenge",
    "mrd.records",
    "relapse",
    "response.criteria",
    "response.extramedullary",
    "response.light_chains",
    "response.refractory",
    "response.reported",
    "response.visits",
    "second_cancer",
    "timeline",
    "lines_of_therapy",
    "transplant.engraftment",
    "transplant.hla.columns",
    "transplant.hla.permissiveness",
    "transplant.rules",
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number or word that a rule rests on.

    `value` is written with its unit. `source` says where it comes from; blank is the source of
    the rule. `read_first_hand` is whether that source was read for this, and not another's
    account of it.
    """

    name: str
    value: str
    source: str = ""
    read_first_hand: bool = True


@dataclass(frozen=True, slots=True)
class ClinicalRule:
    """A rule by which this room decides.

    `says` is the rule in sentences, `source` the paper or guideline, or `this project` where no
    published rule exists. `used_by` names the words of a study file that apply it: derivations
    (`response`), moments or endpoints. `read_first_hand` is whether the source was read for
    this; where it was not, the rule is no default.
    """

    name: str
    version: str
    says: str
    source: str
    used_by: tuple[str, ...]
    parameters: tuple[Parameter, ...] = ()
    read_first_hand: bool = True

    @property
    def title(self) -> str:
        """Name and version as reports print them."""
        return f"{self.name} ({self.version})"


def clinical_rules() -> tuple[ClinicalRule, ...]:
    """All registered rules, by name and version; ValueError when two are the same."""
    rules = [
        rule
        for module in MODULES_WITH_RULES
        for rule in import_module(f"sequela.clinical.{module}").RULES
    ]
    keys = [(rule.name, rule.version) for rule in rules]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise ValueError(f"registered twice: {twice}")
    return tuple(sorted(rules, key=lambda r: (r.name, r.version)))
