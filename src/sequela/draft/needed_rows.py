"""What every chart needs beside what the columns of a sheet give: diagnosis, follow-up, centre."""

from __future__ import annotations

from sequela.draft.drafted_rows import DraftCell, DraftMapping, DraftRows

DISEASE = "the disease of the study"
EARLIER = "earlier disease"
SITE = "centre 1"


def date_visits(draft: DraftMapping) -> None:
    """What was measured or judged at diagnosis was so on its day, where a column has that."""
    diagnosis = draft.find("diagnoses", "diagnosis")
    when = diagnosis.cells["when"].rule if diagnosis and "when" in diagnosis.cells else {}
    for rows in draft.rows if "from" in when else ():
        said = rows.cells["timepoint"].rule if "timepoint" in rows.cells else {}
        at = rows.visit or (said.get("value") if rows.table == "assessments" else "")
        sourced = [c for c in rows.cells.values() if "from" in c.rule]
        if at == "diagnosis" and "when" not in rows.cells and sourced:
            rows.needs = list(dict.fromkeys([*rows.needs, *(c.rule["from"] for c in sourced)]))
            rows.cells["when"] = DraftCell(dict(when), ["the day of the diagnosis"])


def add_diagnoses(draft: DraftMapping) -> None:
    """The disease of the study, with its time; an earlier one stands before it."""
    earlier = draft.find("diagnoses", EARLIER)
    own = draft.find("diagnoses", "diagnosis")
    if own is None:
        own = DraftRows("diagnosis", "diagnoses")
        draft.rows.append(own)
    role = "second" if earlier else "first"
    own.cells["role"] = DraftCell({"value": role})
    if "disease" not in own.cells:
        own.cells["disease"] = DraftCell(
            {"value": DISEASE}, questions=["no column names the disease: write its name here"]
        )
    if "when" not in own.cells:
        own.cells["when"] = DraftCell(
            {"value": "0 days"},
            ["no column has a date of diagnosis, so times count from it"],
        )


def add_followup(draft: DraftMapping, *, main: bool) -> None:
    """Last contact and death: two columns of dates become two kinds of rows."""
    own, death = draft.find("followup", "followup"), draft.find("followup", "death")
    if death is None:
        _vital_status(draft, own, main=main)
        return
    when = death.cells["last_contact"].rule["from"]
    if own is None or "last_contact" not in own.cells:
        return
    death.cells["vital_status"] = DraftCell(
        own.cells["vital_status"].rule if "vital_status" in own.cells else {"value": "dead"}
    )
    for column in ("cause_of_death", "disease_status"):
        if column in own.cells:
            death.cells[column] = DraftCell(dict(own.cells[column].rule))
    death.needs = [when]
    own.where = f'"{when}" IS NULL'
    own.remarks.append("who has no date of death")
    if "vital_status" not in own.cells:
        own.cells["vital_status"] = DraftCell(
            {"value": "alive"},
            questions=[
                "no column has the vital status: who has no date of death is taken as alive"
            ],
        )


def _vital_status(draft: DraftMapping, own: DraftRows | None, *, main: bool) -> None:
    """Who is dead, where no column says it: by a cause of death, or a question."""
    if own is None and main:
        own = DraftRows("followup", "followup")
        draft.rows.append(own)
    if own is None:
        return
    if "vital_status" not in own.cells:
        own.cells["vital_status"] = DraftCell(
            {"value": "alive"},
            questions=["no column says who is dead: everybody is taken as alive"],
        )
    if "last_contact" not in own.cells:
        own.cells["last_contact"] = DraftCell(
            {"value": "0 days"},
            questions=["no column has the last contact: nobody has any follow-up"],
        )


def add_patients(draft: DraftMapping) -> None:
    """Everybody has a site; an age holds at the diagnosis where that has a date."""
    own = draft.find("patients")
    if own is None:
        own = DraftRows("patients", "patients")
        draft.rows.append(own)
    if "site" not in own.cells:
        own.cells["site"] = DraftCell(
            {"value": SITE}, questions=["no column names the centre: write its name here"]
        )
    diagnosis = draft.find("diagnoses", "diagnosis")
    when = diagnosis.cells["when"].rule if diagnosis else {}
    if "age" in own.cells and "from" in when:
        own.cells["age_when"] = DraftCell(dict(when), ["the age is taken to hold at the diagnosis"])
