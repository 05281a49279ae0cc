"""The tables of the chart: what one row is, which columns it has, what a cell may hold.

One place defines them; reading, checking and the reference pages all use it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "text", "code", "number", "count", "moment", "length", "yes_no"]

WHAT_A_CELL_HOLDS: dict[Kind, str] = {
    "id": "a patient's study number, kept as text",
    "text": "text",
    "code": "one of the listed codes",
    "number": "a number such as 12.5, a bound such as >90, a range such as 3-7, or not detected",
    "count": "a whole number",
    "moment": "a date such as 2019-03-14, 14 Mar 2019, 2019-03, 2019 Q2 or 2019, or a time such as "
    "14.2 months or -2.5 years on the clock of the row",
    "length": "a length of time such as 26 months, >90 months or 3-7 months",
    "yes_no": "yes or no",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a chart table."""

    name: str
    kind: Kind
    doc: str
    required: bool = False
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChartTable:
    """A table of the chart; `moment` is the column that dates its rows, if any."""

    name: str
    row_is: str
    columns: tuple[Column, ...]
    required: bool = False
    one_row_a_patient: bool = False
    moment: str = ""

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when there is none."""
        return {c.name: c for c in self.columns}[name]


_ID = Column("patient_id", "id", "the patient's study number", required=True)
_CLOCK = Column(
    "clock", "text", "the clock of the row's times; blank is the patient's own time zero"
)
_NOTE = Column("note", "text", "anything worth keeping, never analysed")
_TRANSPLANT = Column(
    "transplant", "count", "the number of the transplant; blank where the patient has one"
)


def _when(name: str = "when", doc: str = "when it was", *, required: bool = False) -> Column:
    return Column(name, "moment", doc, required=required)


TABLES: tuple[ChartTable, ...] = (
    ChartTable(
        "patients",
        "a person",
        (
            _ID,
            Column("site", "text", "the centre that treated the patient", required=True),
            Column("sex", "code", "sex", codes=("female", "male")),
            Column("birth", "moment", "date of birth"),
            Column("age", "count", "age in completed years at `age_when`"),
            _when("age_when", "the moment at which `age` holds; blank is time zero"),
            _NOTE,
        ),
        required=True,
        one_row_a_patient=True,
    ),
    ChartTable(
        "diagnoses",
        "a disease",
        (
            _ID,
            Column("disease", "text", "the disease in words", required=True),
            Column("code", "text", "OncoTree code or ICD-O-3 morphology"),
            Column("role", "code", "its place in the study", codes=("first", "second", "other")),
            _when(doc="when it was diagnosed"),
            _CLOCK,
            Column("lineage", "text", "the lineage, for a leukemia"),
            Column("presentation", "text", "how it presented"),
            _NOTE,
        ),
        moment="when",
    ),
    ChartTable(
        "exposures",
        "an interval on a drug",
        (
            _ID,
            Column("drug", "text", "the drug", required=True),
            _when("start", "first day on the drug"),
            _when("stop", "last day on the drug"),
            _CLOCK,
            Column("duration", "length", "the cumulative time on the drug, where given as such"),
            Column("dose", "text", "the dose in words"),
            Column("dose_amount", "number", "the amount of one dose"),
            Column("dose_unit", "text", "its unit, such as mg"),
            Column("frequency", "text", "how often: daily, weekly, days 1-21 of 28"),
            Column("intent", "text", "why it was given"),
            Column("stop_reason", "text", "why it was stopped"),
            _NOTE,
        ),
        moment="start",
    ),
    ChartTable(
        "treatments",
        "a line of therapy",
        (
            _ID,
            Column("regimen", "text", "the regimen", required=True),
            _when("start", "first day of the line"),
            _when("stop", "last day of the line"),
            _CLOCK,
            Column(
                "intent",
                "code",
                "what the line was for",
                codes=("induction", "post-induction", "maintenance", "salvage", "supportive"),
            ),
            Column("line", "count", "number of the line"),
            _NOTE,
        ),
        moment="start",
    ),
    ChartTable(
        "transplants",
        "a transplant",
        (
            _ID,
            Column(
                "number",
                "count",
                "its number among the patient's transplants; blank counts by their times",
            ),
            Column("type", "code", "kind", required=True, codes=("allogeneic", "autologous")),
            Column("indication", "text", "the disease it was done for", required=True),
            Column("disease_status", "text", "status of that disease at transplant"),
            _when(doc="day of infusion"),
            _CLOCK,
            Column(
                "donor",
                "code",
                "the donor",
                codes=(
                    "matched related",
                    "mismatched related",
                    "matched unrelated",
                    "mismatched unrelated",
                    "haploidentical",
                    "cord blood",
                    "twin",
                    "self",
                ),
            ),
            Column("graft", "text", "the graft"),
            Column("cd34_selection", "yes_no", "whether the graft was CD34-selected"),
            Column(
                "conditioning",
                "text",
                "the conditioning agents, such as Flu/Bu; doses stand in `conditioning`",
            ),
            Column("gvhd_prophylaxis", "text", "prophylaxis of graft-versus-host disease"),
            _NOTE,
        ),
        moment="when",
    ),
    ChartTable(
        "conditioning",
        "an agent of a conditioning regimen",
        (
            _ID,
            _TRANSPLANT,
            Column("agent", "text", "the drug, or TBI", required=True),
            Column("dose", "number", "the dose, a total unless `per` says otherwise"),
            Column(
                "unit",
                "code",
                "the unit of the dose",
                codes=("mg/kg", "mg/m2", "g/m2", "cGy", "Gy", "mg", "g", "mg*h/L"),
            ),
            Column("per", "code", "what the dose is for; blank is course", codes=("course", "day")),
            Column("days", "count", "on how many days it was given"),
            Column("route", "code", "how it was given", codes=("intravenous", "oral")),
            Column("fractions", "count", "of irradiation: in how many fractions; 1 is single"),
            _NOTE,
        ),
    ),
    ChartTable(
        "hla",
        "the HLA type of a person at one locus",
        (
            _ID,
            _TRANSPLANT,
            Column("person", "code", "whose type it is", required=True, codes=("patient", "donor")),
            Column(
                "locus",
                "code",
                "the locus",
                required=True,
                codes=("A", "B", "C", "DRB1", "DQB1", "DPB1"),
            ),
            Column("allele1", "text", "an allele, such as A*02:01", required=True),
            Column("allele2", "text", "the other allele; blank where both are the same"),
            _NOTE,
        ),
    ),
    ChartTable(
        "specimens",
        "a sample",
        (
            _ID,
            Column("specimen", "text", "the sample's number within the patient", required=True),
            _when(doc="when it was taken"),
            _CLOCK,
            Column("tissue", "text", "the tissue"),
            Column("quality", "text", "its quality"),
            _NOTE,
        ),
        moment="when",
    ),
    ChartTable(
        "measurements",
        "a number",
        (
            _ID,
            Column("name", "text", "what was measured", required=True),
            Column("value", "number", "the value", required=True),
            Column("unit", "text", "the unit with its denominator, such as % of WBC"),
            Column("tissue", "text", "where it was measured"),
            Column("method", "text", "how it was measured"),
            Column("limit_of_detection", "number", "the assay's limit, in the unit of the value"),
            _when(doc="when the sample was taken"),
            _CLOCK,
            _NOTE,
        ),
        moment="when",
    ),
    ChartTable(
        "assessments",
        "what a clinician judged",
        (
            _ID,
            Column("what", "text", "what was judged", required=True),
            Column("value", "text", "the judgement; NE is not evaluable", required=True),
            Column("timepoint", "text", "the visit in words, such as best or last contact"),
            _when(doc="when it was judged"),
            _CLOCK,
            Column("criteria", "text", "by which criteria"),
            _NOTE,
        ),
        moment="when",
    ),
    ChartTable(
        "populations",
        "a population that an assay for residual disease looked for",
        (
            _ID,
            Column("specimen", "text", "the sample's number; dates the row where `when` is blank"),
            Column("population", "text", "the population or marker", required=True),
            Column("method", "text", "flow cytometry, PCR or sequencing"),
            Column("events", "count", "cells or reads of the population, as counted"),
            Column("total_events", "count", "cells or reads of the denominator, as counted"),
            Column("denominator", "text", "what the share is of, such as nucleated cells or WBC"),
            Column("share", "number", "the share in percent of the denominator, where reported"),
            Column(
                "limit_of_detection",
                "number",
                "the least share in percent that this run of the assay could have found",
            ),
            Column("antigens", "text", "expression of antigens in words, such as CD10 bright"),
            Column("tissue", "text", "where the sample was taken"),
            _when(doc="when the sample was taken"),
            _CLOCK,
            _NOTE,
        ),
        moment="when",
    ),
    ChartTable(
        "extramedullary",
        "a site of disease",
        (
            _ID,
            Column("site", "text", "the site", required=True),
            Column("status", "text", "its status", required=True),
            _when(doc="when it was seen"),
            _CLOCK,
            _NOTE,
        ),
        moment="when",
    ),
    ChartTable(
        "events",
        "something that happened",
        (
            _ID,
            Column("what", "text", "what happened, such as relapse", required=True),
            _when(doc="when it happened, or the visit at which it was found"),
            _when("free_until", "the last visit at which it was known not to have happened yet"),
            _CLOCK,
            Column("cause", "text", "its cause"),
            _NOTE,
        ),
        moment="when",
    ),
    ChartTable(
        "followup",
        "last contact with a person",
        (
            _ID,
            _when("last_contact", "last contact, or death", required=True),
            _CLOCK,
            Column(
                "vital_status", "code", "at last contact", required=True, codes=("alive", "dead")
            ),
            Column("disease_status", "text", "status of the disease at last contact"),
            Column("cause_of_death", "text", "the cause of death as stated"),
            _NOTE,
        ),
        required=True,
        one_row_a_patient=True,
        moment="last_contact",
    ),
)

TABLE_NAMES = tuple(t.name for t in TABLES)

# Tables of the design whose rooms are still to come; a file of that name is kept, not read.
TABLES_TO_COME = (
    "karyotypes",
    "fish",
    "arrays",
    "assays",
    "mutations",
    "copy_number",
    "fusions",
    "clonotypes",
)


def table(name: str) -> ChartTable:
    """The chart table of that name; KeyError when there is none."""
    return {t.name: t for t in TABLES}[name]
