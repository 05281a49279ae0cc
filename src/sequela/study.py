"""A study file as data: study.toml composed of every room's definitions.

Reading never stops at the first mistake: every key that is unknown, missing or of the wrong
kind becomes a finding with its place and the nearest known word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, model_validator

from sequela.chart.waivers import HARD, WAIVABLE, Waiver
from sequela.clinical.definition import Definition, TimeUnit
from sequela.clinical.derivations import AnyColumn
from sequela.clinical.derive import Definitions, SetDefinition
from sequela.clinical.derived_moments import AnyMoment
from sequela.clinical.eligibility import Eligibility
from sequela.clinical.endpoints import EndpointDefinition, endpoints_like
from sequela.clinical.imputation import PartialDates
from sequela.definition_file import line_of, model_findings, read_definition_file
from sequela.exhibits.context import EVERYONE
from sequela.exhibits.kinds import Exhibit
from sequela.findings import Finding, did_you_mean
from sequela.references import clashes, pointers

FILE = "study.toml"
NAME = re.compile(r"^(?!.*__)[a-z][a-z0-9_]*$")
ID = re.compile(r"^[a-z0-9][a-z0-9-]*$")


class About(Definition):
    """What the study is, in words."""

    title: str
    sites: tuple[str, ...] = Field((), description="the sites that patients.csv may name")
    time_unit: TimeUnit = "months"
    partial_dates: PartialDates = Field(
        "middle", description="the point that stands for a date known only in part"
    )
    data_cut: date | None = Field(
        None, description="the day of the data cut, such as 2021-12-31; later dates are findings"
    )
    design: str = ""
    source: str = Field("", description="the publication that the chart comes from")
    simulated: bool = Field(False, description="no patient exists; every output says so")
    notes: tuple[str, ...] = Field((), description="what a reader of the report must know")


class Study(Definition):
    """A whole study file."""

    study: About
    moments: Mapping[str, AnyMoment] = {}
    columns: Mapping[str, AnyColumn] = {}
    eligibility: tuple[Eligibility, ...] = ()
    sets: Mapping[str, SetDefinition] = {}
    endpoints: Mapping[str, EndpointDefinition] = {}
    exhibit: tuple[Exhibit, ...] = ()
    waive: tuple[Waiver, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _filled_in(cls, data: Any) -> Any:
        """Every study has the set of everyone; an endpoint may be like one above it.

        A moment that does not say how it is derived is a row of the chart.
        """
        if not isinstance(data, dict):
            return data
        if isinstance(moments := data.get("moments"), dict):
            rows = {
                n: {"derive": "chart", **m} if isinstance(m, dict) else m
                for n, m in moments.items()
            }
            data = data | {"moments": rows}
        if isinstance(endpoints := data.get("endpoints"), dict):
            data = data | {"endpoints": endpoints_like(endpoints)}
        if EVERYONE not in data.get("sets", {}):
            data = data | {"sets": {EVERYONE: {"label": "All patients"}} | data.get("sets", {})}
        return data

    @property
    def definitions(self) -> Definitions:
        """The clinical definitions."""
        return Definitions(
            self.moments,
            self.columns,
            self.endpoints,
            self.sets,
            self.study.time_unit,
            self.study.partial_dates,
        )


def study_schema() -> dict[str, Any]:
    """The JSON Schema of a study file, for editors that complete and check TOML."""
    return Study.model_json_schema()


def read_study(folder: Path) -> tuple[Study | None, list[Finding]]:
    """The study in a folder, or None, and everything that is wrong with its file."""
    path = folder / FILE
    if not path.exists():
        return None, [
            Finding(
                code="study-missing",
                severity="error",
                file=FILE,
                message=f"the folder has no {FILE}",
                remedy="Give the study's folder; `sequela --help` shows what it holds.",
            )
        ]
    file, findings = read_definition_file(path, subject="study")
    if file is None:
        return None, findings
    try:
        study = Study.model_validate(file.data)
    except ValidationError as error:
        return None, model_findings(error, Study, file)
    return study, _references(study, file.text)


def _references(study: Study, text: str) -> list[Finding]:
    """Names that point to nothing: moments, columns, tables, sets, endpoints, exhibits twice."""
    findings = []
    for place, word, known, what in pointers(study):
        if word and word not in known:
            path = place.split(".")
            findings.append(
                Finding(
                    code="study-unknown-name",
                    severity="error",
                    file=FILE,
                    row=line_of(path, text),
                    column=place,
                    message=f"there is no {what} '{word}'",
                    remedy=did_you_mean(word, known),
                )
            )
    findings += [
        Finding(
            code="study-name-twice",
            severity="error",
            file=FILE,
            row=line_of(clash.place.split("."), text),
            column=clash.place,
            message=f"'{clash.name}' is also the name of {clash.what}"
            if clash.what != "the same list"
            else f"'{clash.name}' stands twice in the list",
            remedy="Give one of the two another name, or leave one out.",
        )
        for clash in clashes(study)
    ]
    return findings + _names(study) + _hard_waivers(study, text)


def waiver_lines(text: str) -> dict[int, int]:
    """The line of each `[[waive]]` of a study file, by its place among them."""
    lines = (n for n, line in enumerate(text.splitlines(), start=1) if _WAIVE.match(line))
    return dict(enumerate(lines))


_WAIVE = re.compile(r"^\s*\[\[\s*waive\s*\]\]")


def _hard_waivers(study: Study, text: str) -> list[Finding]:
    """Waivers of what cannot be waived, and of what is no rule."""
    lines = waiver_lines(text)
    return [
        Finding(
            code="waiver-impossible" if waiver.rule in HARD else "study-unknown-name",
            severity="error",
            file=FILE,
            row=lines.get(place),
            column=f"waive.{place + 1}.rule",
            message=f"'{waiver.rule}' cannot be waived: without it the chart has no one reading"
            if waiver.rule in HARD
            else f"there is no rule '{waiver.rule}' that can be waived",
            remedy="Correct the chart."
            if waiver.rule in HARD
            else did_you_mean(waiver.rule, WAIVABLE),
        )
        for place, waiver in enumerate(study.waive)
        if waiver.rule not in WAIVABLE
    ]


def _names(study: Study) -> list[Finding]:
    """Names that SQL or a file system could not bear."""
    named = [("columns", n, NAME) for n in study.columns] + [
        ("endpoints", n, NAME) for n in study.endpoints
    ]
    named += [("exhibit", e.id, ID) for e in study.exhibit]
    named += [("columns", n, re.compile(r"^(?!patient_id$).*")) for n in study.columns]
    return [
        Finding(
            code="study-bad-name",
            severity="error",
            file=FILE,
            column=f"{section}.{name}",
            message=f"'{name}' cannot be a name here",
            remedy="Use small letters, digits and single _ (in ids -), beginning with a letter.",
        )
        for section, name, form in named
        if not form.match(name)
    ]
