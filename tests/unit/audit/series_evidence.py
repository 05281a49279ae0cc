"""The published series as Evidence, from the tables that the article prints."""

from __future__ import annotations

import csv
from pathlib import Path

from chart_evidence import FrameEvidence

PAPER = Path(__file__).parents[4] / "shared" / "paper"

DONORS = {
    "MRD": "matched related",
    "MUD": "matched unrelated",
    "MMUD": "mismatched unrelated",
    "haploidentical": "haploidentical",
}
PROTOCOLS = {
    "augmented hyper-CVAD": "hyper-CVAD",
    "hyper-CVAD + R": "hyper-CVAD",
    "hyper-CVAD - V": "hyper-CVAD",
    "m-HCVD + I": "mini-hyper-CVD + inotuzumab",
}
# Where these are empty, nobody forgot to write something down.
KNOWN_ELSEWHERE = frozenset(
    {
        "status_at_death",
        "donor",
        "induction_protocol",
        "regressed",
        "remission_by_best_response",
    }
)
REGRESSED = ("09", "10", "11", "15", "21")


def read(name: str) -> list[dict[str, str]]:
    with (PAPER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def series() -> FrameEvidence:
    """Everyone of Table 2 with what the tables state, and nothing that they do not."""
    transplants = {row["id"]: row for row in read("table3.csv")}
    records = [_subject(row, transplants) for row in read("table2.csv")]
    cells = {name: [record[name] for record in records] for name in records[0]}
    return FrameEvidence(
        cells,
        sets={
            "treated": "treated",
            "transplanted": "transplanted",
            "survivors": "NOT dead",
            "regressed": "regressed",
        },
        endpoints={
            "os": ("os_months", "dead"),
            "efs": ("os_months", "dead_or_relapsed", "between 0 and then"),
        },
        not_evaluable=KNOWN_ELSEWHERE,
    )


def _subject(row: dict[str, str], transplants: dict[str, dict[str, str]]) -> dict[str, str]:
    treated = not row["induction"].startswith("none")
    dead = row["vital_status"] == "dead"
    course = row["relapse_or_refractory"]
    known = course != "lost?"
    years = row["years_mm_to_all"]
    return {
        "patient_id": row["id"],
        "site": row["institution"],
        "sex": row["sex"],
        "presentation": row["population_at_diagnosis"],
        "age_at_diagnosis": row["age_at_diagnosis"],
        "age_at_myeloma": _age_at_myeloma(float(row["age_at_diagnosis"]), years),
        "years_to_diagnosis": years,
        "months_to_diagnosis": _times_twelve(years),
        "lenalidomide_months": row["lenalidomide_months"],
        "treated": _yes(treated),
        "induction_protocol": PROTOCOLS.get(row["induction"], row["induction"]) if treated else "",
        "mrd": {"CR MRD-": "negative", "CR MRD+": "positive"}.get(row["best_response"], ""),
        "dead": _yes(dead),
        "alive_without_leukemia": _yes(not dead),
        "dead_or_relapsed": _yes(dead or course not in ("no", "n/a")),
        "relapsed": _yes("relapsed" in course) if known else "",
        "refractory": _yes("never" in course or "refractory" in course) if known else "",
        "relapsed_or_refractory": _yes(course not in ("no", "n/a")) if known else "",
        "status_at_death": _cause(row["last_status"]) if dead else "",
        "observed_months": row["followup_months"],
        "os_months": row["followup_months"],
        "regressed": "yes" if row["id"] in REGRESSED else "",
        "regressed_untreated": _yes(row["id"] in ("10", "15")),
        "fold_decline": "49.6" if row["id"] == "21" else "",
        "months_off_drug_alone": str((284 - 59) / 30.4375) if row["id"] == "09" else "",
        "months_first_specimen_to_therapy": str(284 / 30.4375) if row["id"] == "09" else "",
        **_remission(row),
        **_transplant(transplants.get(row["id"])),
    }


def _remission(row: dict[str, str]) -> dict[str, str]:
    best, last = row["best_response"], row["last_status"]
    evaluable = best not in ("NE", "n/a")
    return {
        "remission_by_best_response": _yes(best.startswith("CR")) if evaluable else "",
        "remission_by_any_report": _yes(best.startswith("CR") or last == "CR" or "in CR" in last),
    }


def _transplant(row: dict[str, str] | None) -> dict[str, str]:
    before = {"CR MRD-": "negative", "CR MRD+": "positive"}
    return {
        "transplanted": _yes(row is not None),
        "donor": DONORS[row["donor"]] if row else "",
        "mrd_before_transplant": before.get(row["response_before_hct"], "") if row else "",
    }


def _cause(status: str) -> str:
    """The disease's status at death, in the groups of the example's study file."""
    groups = {
        "CR after HCT": "in remission after HCT",
        "therapy-related MDS; ALL in CR": "therapy-related MDS, B-ALL in CR",
        "B-ALL in CR after HCT for therapy-related AML": (
            "after HCT for therapy-related AML, B-ALL in CR"
        ),
        "died during induction": "died during induction",
        "refractory ALL": "refractory B-ALL",
        "ALL not treated": "untreated B-ALL",
    }
    return groups.get(status, "relapsed B-ALL")


def _age_at_myeloma(age: float, years: str) -> str:
    """An age in completed years is up to a year more; an interval is rounded to a tenth."""
    given = float(years.lstrip(">"))
    low = 18.0 if years.startswith(">") else age - given - 0.05
    return f"{low}-{age + 1 - given + 0.05}"


def _times_twelve(years: str) -> str:
    sign = ">" if years.startswith(">") else ""
    return f"{sign}{round(float(years.lstrip('>')) * 12, 4)}"


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"
