"""A first study.toml for a drafted mapping: it runs, and says where a person must decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sequela.draft.rows import DraftMapping
from sequela.draft.toml_text import toml_value


@dataclass(frozen=True)
class StudyFacts:
    """What a drafted study rests on: its title, sites, the charted parts, whether times are dates.

    `charted` has (table, name of the rows). `columns` has (table, chart column).
    """

    title: str
    sites: tuple[str, ...]
    charted: frozenset[tuple[str, str]]
    columns: frozenset[tuple[str, str]]
    role: str


def facts_of(title: str, sites: Sequence[str], drafts: Iterable[DraftMapping]) -> StudyFacts:
    """The facts of all drafted sheets together."""
    rows = [r for d in drafts for r in d.rows]
    second = any(r.table == "diagnoses" and r.name == "earlier disease" for r in rows)
    return StudyFacts(
        title,
        tuple(sites),
        frozenset((r.table, r.name) for r in rows),
        frozenset((r.table, c) for r in rows for c in r.cells),
        "second" if second else "first",
    )


def study_text(facts: StudyFacts) -> str:
    """The text of study.toml."""
    parts = [*_about(facts), *_moments(facts), *_columns(facts)]
    parts += [*_sets(facts), *_endpoints(facts), *_exhibits(facts)]
    return "\n".join(parts) + "\n"


def _about(facts: StudyFacts) -> Iterable[str]:
    yield "# What the study is: a draft. Change the title, the words and the questions; every key"
    yield "# is explained in the reference of the study file."
    yield ""
    yield "[study]"
    yield f"title = {toml_value(facts.title)}"
    yield f"sites = {toml_value(list(facts.sites))}"
    yield 'time_unit = "months"'
    yield ""
    yield "# Who belongs to the study: write your criteria as SQL, such as age >= 18."
    yield "[[eligibility]]"
    yield 'label = "In the chart"'
    yield 'where = "patient_id IS NOT NULL"'


def _table(name: str, **keys: object) -> Iterable[str]:
    yield ""
    yield f"[{name}]"
    for key, value in keys.items():
        yield f"{key.rstrip('_')} = {toml_value(value)}"


def _moments(facts: StudyFacts) -> Iterable[str]:
    yield from _table("moments.diagnosis", table="diagnoses", where=f"role = '{facts.role}'")
    yield from _table("moments.death", table="followup", where="vital_status = 'dead'")
    yield from _table("moments.last_contact", table="followup")
    if ("events", "relapse") in facts.charted:
        yield from _table("moments.relapse", table="events", where="what = 'relapse'")
    if ("transplants", "transplant") in facts.charted:
        yield from _table("moments.transplant", table="transplants")


def _columns(facts: StudyFacts) -> Iterable[str]:
    look_ups = (("patients", "site"), ("patients", "sex"), ("diagnoses", "presentation"))
    for table, column in look_ups:
        if (table, column) in facts.columns:
            where: dict[str, str] = (
                {"where": f"role = '{facts.role}'"} if table == "diagnoses" else {}
            )
            yield from _table(
                f"columns.{column}", derive="look_up", table=table, **where, column=column
            )
    if {("patients", "age"), ("patients", "birth")} & facts.columns:
        yield from _table(
            "columns.age", derive="age", at="diagnosis", label="Age at diagnosis", unit="years"
        )
    if ("treatments", "induction") in facts.charted:
        yield from _table("columns.treated", derive="present", table="treatments", label="Treated")
    if ("assessments", "response") in facts.charted:
        yield from _table(
            "columns.response",
            derive="response",
            criteria="as charted",
            timepoint="best",
            label="Best response",
        )
    if ("events", "relapse") in facts.charted:
        yield from _table(
            "columns.relapsed",
            derive="present",
            table="events",
            where="what = 'relapse'",
            label="Relapse",
        )
    if ("transplants", "transplant") in facts.charted:
        yield from _table(
            "columns.transplanted", derive="present", table="transplants", label="Transplanted"
        )


def _sets(facts: StudyFacts) -> Iterable[str]:
    if ("treatments", "induction") in facts.charted:
        yield from _table("sets.treated", where="treated", label="Treated")


def _endpoints(facts: StudyFacts) -> Iterable[str]:
    common = {"start": "diagnosis", "censor": ["last_contact"]}
    yield from _table("endpoints.os", label="Overall survival", **common, event=["death"])


def _exhibits(facts: StudyFacts) -> Iterable[str]:
    named = [
        c
        for t, c in (("patients", "sex"), ("diagnoses", "presentation"))
        if (t, c) in facts.columns
    ]
    aged = ["age"] if {("patients", "age"), ("patients", "birth")} & facts.columns else []
    rows = [{"column": c} for c in (*named, *aged)]
    sets = ["treated"] if ("treatments", "induction") in facts.charted else []
    yield from _exhibit(id="flow", kind="flow", title="Patients", sets=sets)
    if rows:
        by = {"by": "site"} if len(facts.sites) > 1 else {}
        yield from _exhibit(id="table-1", kind="table1", title="Characteristics", **by, rows=rows)
    if ("assessments", "response") in facts.charted:
        yield from _exhibit(
            id="response", kind="table1", title="Best response", rows=[{"column": "response"}]
        )
    shares = [
        {"column": c}
        for c, part in (
            ("relapsed", ("events", "relapse")),
            ("transplanted", ("transplants", "transplant")),
        )
        if part in facts.charted
    ]
    if shares:
        yield from _exhibit(
            id="what-happened", kind="proportions", title="Relapse and transplant", rows=shares
        )
    yield from _exhibit(
        id="os", kind="km", title="Overall survival", endpoint="os", at=[12, 24, 36, 60]
    )


def _exhibit(**keys: object) -> Iterable[str]:
    yield ""
    yield "[[exhibit]]"
    for key, value in keys.items():
        if value != []:
            yield f"{key} = {toml_value(value)}"
