"""A first study.toml for a drafted mapping: it runs, and says where a person must decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sequela.draft.drafted_rows import DraftMapping, DraftRows
from sequela.draft.study_columns import REMISSION, StudyColumn, has, of_rows, sourced
from sequela.draft.toml_text import toml_key, toml_value

AT_MONTHS = [12, 24, 36, 60]


@dataclass(frozen=True)
class StudyFacts:
    """What a drafted study rests on: its title, sites, the charted rows, and its columns.

    `role` is the place of the study's disease among the diagnoses of a patient.
    """

    title: str
    sites: tuple[str, ...]
    rows: tuple[DraftRows, ...]
    columns: tuple[StudyColumn, ...]
    role: str

    def column(self, name: str) -> bool:
        """Whether the study has a column of that name."""
        return any(c.name == name for c in self.columns)

    @property
    def relapses_dated(self) -> bool:
        """Whether the chart can say when a relapse was."""
        return has(self.rows, "events", "when", "relapse")

    @property
    def remissions_dated(self) -> bool:
        """Whether the chart can say when a remission was reached."""
        return has(self.rows, "assessments", "when", "response")

    @property
    def followed(self) -> bool:
        """Whether the sheet says until when patients were followed."""
        return sourced(self.rows, "followup", "last_contact")


def facts_of(title: str, sites: Sequence[str], drafts: Iterable[DraftMapping]) -> StudyFacts:
    """The facts of all drafted sheets together."""
    rows = [r for d in drafts for r in d.rows]
    second = any(r.table == "diagnoses" and r.name == "earlier disease" for r in rows)
    role = "second" if second else "first"
    columns = of_rows(rows, role)
    return StudyFacts(title, tuple(sites), tuple(rows), tuple(columns), role)


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
    yield "# Who belongs to the study: everybody in the sheet, until you say otherwise in SQL."
    if facts.column("age"):
        yield '# Adults alone would be: label = "Adult", where = "age >= 18".'
    yield "[[eligibility]]"
    yield 'label = "In the chart"'
    yield 'where = "patient_id IS NOT NULL"'


def _table(name: str, **keys: object) -> Iterable[str]:
    yield ""
    yield f"[{name}]"
    for key, value in keys.items():
        yield f"{toml_key(key.rstrip('_'))} = {toml_value(value)}"


def _moments(facts: StudyFacts) -> Iterable[str]:
    yield from _table("moments.diagnosis", table="diagnoses", where=f"role = '{facts.role}'")
    yield from _table("moments.death", table="followup", where="vital_status = 'dead'")
    yield from _table("moments.last_contact", table="followup")
    if facts.remissions_dated:
        where = f"what = 'response' AND {REMISSION}"
        yield from _table("moments.remission", table="assessments", where=where)
    if has(facts.rows, "events", name="relapse"):
        yield from _table("moments.relapse", table="events", where="what = 'relapse'")
    if has(facts.rows, "transplants"):
        yield from _table("moments.transplant", table="transplants")


def _columns(facts: StudyFacts) -> Iterable[str]:
    for column in facts.columns:
        yield from _table(f"columns.{column.name}", **column.keys)


def _sets(facts: StudyFacts) -> Iterable[str]:
    if facts.column("treated"):
        yield from _table("sets.treated", where="treated", label="Treated")
    if facts.column("transplanted"):
        yield from _table("sets.transplanted", where="transplanted", label="Transplanted")
    if facts.column("vital_status"):
        yield from _table("sets.alive", where="vital_status = 'alive'", label="Alive")


def _endpoints(facts: StudyFacts) -> Iterable[str]:
    yield from _table("endpoints.os", template="os", label="Overall survival")
    if facts.followed and facts.relapses_dated and facts.remissions_dated:
        yield from _table("endpoints.rfs", template="rfs", label="Relapse-free survival")
        yield from _table(
            "endpoints.relapse", template="relapse_incidence", label="Relapse after remission"
        )
    elif facts.followed and facts.relapses_dated:
        yield from _table(
            "endpoints.relapse",
            label="Relapse",
            start="diagnosis",
            event=["relapse"],
            competing=["death"],
            censor=["last_contact"],
        )


def _exhibits(facts: StudyFacts) -> Iterable[str]:
    sets = [s for s in ("treated", "transplanted") if facts.column(s)]
    yield from _exhibit(id="flow", kind="flow", title="Patients", sets=sets)
    rows = [{"column": c.name} for c in facts.columns if c.in_table]
    by = {"by": "site"} if len(facts.sites) > 1 else {}
    if rows:
        yield from _exhibit(id="table-1", kind="table1", title="Characteristics", **by, rows=rows)
    judged = [{"column": c} for c in ("response", "mrd") if facts.column(c)]
    if judged:
        yield from _exhibit(id="response", kind="table1", title="Best response", rows=judged)
    donors = [{"column": c} for c in ("donor", "conditioning") if facts.column(c)]
    if donors:
        title = "Transplants"
        yield from _exhibit(
            id="transplants", kind="table1", title=title, set="transplanted", rows=donors
        )
    yield from _happened(facts)
    if facts.followed:
        yield from _survival(facts)


def _happened(facts: StudyFacts) -> Iterable[str]:
    treated = {"set": "treated"} if facts.column("treated") else {}
    shares = [
        {"column": c} | (treated if c in ("remission", "mrd_negative") else {})
        for c in ("remission", "mrd_negative", "relapsed", "transplanted")
        if facts.column(c)
    ]
    if shares:
        yield from _exhibit(
            id="what-happened", kind="proportions", title="What happened", rows=shares
        )


def _survival(facts: StudyFacts) -> Iterable[str]:
    if facts.column("observed_months") and facts.column("vital_status"):
        yield from _exhibit(
            id="follow-up",
            kind="followup",
            title="Follow-up",
            endpoint="os",
            column="observed_months",
            survivors="alive",
        )
    yield from _exhibit(id="os", kind="km", title="Overall survival", endpoint="os", at=AT_MONTHS)
    if not facts.relapses_dated:
        return
    if facts.remissions_dated:
        yield from _exhibit(
            id="rfs", kind="km", title="Relapse-free survival", endpoint="rfs", at=AT_MONTHS
        )
    yield from _exhibit(
        id="relapse", kind="cuminc", title="Relapse", endpoint="relapse", at=AT_MONTHS
    )


def _exhibit(**keys: object) -> Iterable[str]:
    yield ""
    yield "[[exhibit]]"
    for key, value in keys.items():
        if value != []:
            yield f"{key} = {toml_value(value)}"
