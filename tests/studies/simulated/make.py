"""Make the chart of this study: invented patients with known true effects. Run it to make it anew.

From diagnosis each patient has a relapse hazard of 0.0007 a day in the low-risk and 0.0014 in
the high-risk group (hazard ratio 2), a hazard of death without relapse of 0.0003, and of death
after relapse of 0.004. A transplant comes at a random time in six of ten; it halves the hazard
of relapse and triples that of death without relapse for a year. Follow-up ends between two and
eight years. No patient here exists.
"""

from __future__ import annotations

import csv
import random
from datetime import date, timedelta
from pathlib import Path

HERE = Path(__file__).parent
N, SEED = 300, 20_231
RELAPSE, HIGH_RISK, DEATH, AFTER_RELAPSE = 0.0007, 2.0, 0.0003, 0.004
ON_RELAPSE, ON_DEATH, TRANSPLANT_YEAR = 0.5, 3.0, 365
JUDGED = 35


def history(draw: random.Random, *, high: bool) -> tuple[int | None, int | None, int | None, int]:
    """Days of transplant, relapse and death (None: never seen) and of the end of follow-up."""
    end = draw.randint(730, 2920)
    transplant = draw.randint(60, 400) if draw.random() < 0.6 else None
    relapse: int | None = None
    for day in range(1, end + 1):
        # Relapse is from remission, which is reached by the day of judgement at the earliest.
        after = transplant is not None and day > transplant
        rate = RELAPSE * (HIGH_RISK if high else 1) * (ON_RELAPSE if after else 1)
        recent = after and day <= (transplant or 0) + TRANSPLANT_YEAR
        dying = AFTER_RELAPSE if relapse else DEATH * (ON_DEATH if recent else 1)
        if draw.random() < dying:
            return _seen(transplant, day), relapse, day, day
        if relapse is None and draw.random() < rate and day > JUDGED:
            relapse = day
            transplant = _seen(transplant, day)
    return _seen(transplant, end), relapse, None, end


def _seen(transplant: int | None, day: int) -> int | None:
    return transplant if transplant is not None and transplant < day else None


def write(name: str, heading: list[str], rows: list[list[object]]) -> None:
    with (HERE / f"{name}.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(heading)
        writer.writerows(rows)


def main() -> None:
    draw = random.Random(SEED)
    tables: dict[str, list[list[object]]] = {
        name: [] for name in ("patients", "diagnoses", "treatments", "transplants")
    } | {name: [] for name in ("assessments", "events", "followup")}
    for number in range(1, N + 1):
        patient, high = f"S{number:03d}", draw.random() < 0.4
        born = date(1940, 1, 1) + timedelta(days=draw.randint(0, 18_000))
        start = date(2012, 1, 1) + timedelta(days=draw.randint(0, 2_500))
        transplant, relapse, death, end = history(draw, high=high)
        days = {
            k: (start + timedelta(days=v)).isoformat()
            for k, v in (("transplant", transplant), ("relapse", relapse), ("end", end))
            if v is not None
        }
        sex = draw.choice(("female", "male"))
        tables["patients"].append([patient, draw.choice("AB"), sex, born.isoformat()])
        risk = "high risk" if high else "standard risk"
        tables["diagnoses"].append([patient, "B-ALL", "first", start.isoformat(), risk])
        begun = (start + timedelta(days=min(draw.randint(1, 14), end))).isoformat()
        tables["treatments"].append([patient, "hyper-CVAD", begun, "induction", 1])
        # Only who was in remission can relapse.
        reached = "CR" if draw.random() < 0.85 or relapse else "no CR"
        if end >= JUDGED:
            judged = (start + timedelta(days=JUDGED)).isoformat()
            row = [patient, "response", reached, "end of induction", judged]
            tables["assessments"].append(row)
        if "transplant" in days:
            donor = draw.choice(("matched related", "matched unrelated"))
            row = [patient, "allogeneic", "B-ALL", days["transplant"], donor]
            tables["transplants"].append(row)
        if "relapse" in days:
            tables["events"].append([patient, "relapse", days["relapse"]])
        state = "dead" if death else "alive"
        tables["followup"].append([patient, days["end"], state])
    headings = {
        "patients": ["patient_id", "site", "sex", "birth"],
        "diagnoses": ["patient_id", "disease", "role", "when", "presentation"],
        "treatments": ["patient_id", "regimen", "start", "intent", "line"],
        "transplants": ["patient_id", "type", "indication", "when", "donor"],
        "assessments": ["patient_id", "what", "value", "timepoint", "when"],
        "events": ["patient_id", "what", "when"],
        "followup": ["patient_id", "last_contact", "vital_status"],
    }
    for name, heading in headings.items():
        write(name, heading, tables[name])


if __name__ == "__main__":
    main()
