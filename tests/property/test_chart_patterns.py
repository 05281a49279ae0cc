"""Charts without mistakes raise no alarm, and the order of the rows changes no finding."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta

import numpy as np
import pytest

from sequela.chart.chart import Chart, read_chart
from sequela.chart.rules import check_chart
from small_study import write_study

EPOCH = date(1970, 1, 1)


def day(number):
    return (EPOCH + timedelta(days=int(number))).isoformat()


def table(heading, rows):
    return "\n".join([heading, *("|".join(map(str, row)) for row in rows)])


def sound_chart(seed, n=80):
    """Tables of a cohort in which everything comes after what it must come after."""
    dice = np.random.default_rng(seed)
    ids = [f"P{number}" for number in dice.permutation(np.arange(100, 100 + n))]
    tables = {name: [] for name in ("patients", "diagnoses", "followup", "treatments")}
    tables |= {name: [] for name in ("assessments", "events", "exposures", "measurements")}
    for patient in ids:
        diagnosed = int(dice.integers(12_000, 18_000))
        lived = int(dice.exponential(700)) + 200
        born = diagnosed - int(dice.integers(7_000, 30_000))
        tables["patients"].append(
            (patient, dice.choice(["A", "B"]), dice.choice(["male", "female"]), day(born))
        )
        tables["diagnoses"].append((patient, dice.choice(["AML", "ALL"]), "first", day(diagnosed)))
        end = diagnosed + lived
        tables["followup"].append((patient, day(end), dice.choice(["alive", "dead"])))
        start = diagnosed + int(dice.integers(1, 20))
        tables["treatments"].append((patient, dice.choice(["7+3", "Flu/Bu"]), day(start), 1))
        remission = start + int(dice.integers(25, 60))
        tables["assessments"].append((patient, "response", "CR", day(remission)))
        if dice.random() < 0.4:
            relapse = int(dice.integers(remission + 1, end))
            tables["events"].append((patient, "relapse", day(relapse)))
        stop = int(dice.integers(start + 1, end))
        tables["exposures"].append((patient, "drug", day(start), day(stop), f"{stop - start} days"))
        for name, unit, draw in MEASURED:
            value = f"{draw(dice):.4g}"
            when = day(int(dice.integers(diagnosed, end)))
            tables["measurements"].append((patient, name, value, unit, when))
    headings = {
        "patients": "patient_id|site|sex|birth",
        "diagnoses": "patient_id|disease|role|when",
        "followup": "patient_id|last_contact|vital_status",
        "treatments": "patient_id|regimen|start|line",
        "assessments": "patient_id|what|value|when",
        "events": "patient_id|what|when",
        "exposures": "patient_id|drug|start|stop|duration",
        "measurements": "patient_id|name|value|unit|when",
    }
    return {name: table(headings[name], rows) for name, rows in tables.items()}


# Distributions as charts have them: normal, log-normal of several widths, exponential, a share
# that is uniform, a share near nothing, a count.
MEASURED = (
    ("hemoglobin", "g/dL", lambda dice: max(dice.normal(11, 1.8), 3)),
    ("WBC", "10^9/L", lambda dice: dice.lognormal(2, 1.3)),
    ("platelets", "10^9/L", lambda dice: dice.lognormal(4.5, 0.8)),
    ("LDH", "U/L", lambda dice: dice.lognormal(5.6, 0.5)),
    ("blasts", "%", lambda dice: dice.uniform(0.1, 100)),
    ("MRD", "% of WBC", lambda dice: min(10 ** dice.uniform(-3, 1), 100)),
    ("ferritin", "ug/L", lambda dice: dice.exponential(900) + 1),
    ("cells", "10^6/kg", lambda dice: dice.poisson(6) + 1),
)


def judged(folder, tables):
    chart, findings = read_chart(write_study(folder, **tables))
    assert findings == []
    return chart, [f for f in check_chart(chart, sites=("A", "B")) if f.severity != "note"]


@pytest.mark.parametrize("seed", range(12))
def test_a_sound_chart_raises_no_alarm(tmp_path, seed):
    _, found = judged(tmp_path / "study", sound_chart(seed))
    assert [(f.code, f.place) for f in found] == []


def test_the_patterns_are_rarely_alarmed_by_chance(tmp_path):
    """Of 200 measurements of 300 values each at most two are called a slip or a mixture."""
    dice = np.random.default_rng(11)
    rows = []
    for block in range(200):
        _, _, draw = MEASURED[block % len(MEASURED)]
        rows += [
            (f"{n + 1}", f"m{block}", f"{draw(dice):.4g}", "unit", f"{n} days") for n in range(300)
        ]
    followup = "patient_id|last_contact|vital_status\n" + "\n".join(
        f"{n + 1}|{1000 + (n * 7919) % 911} days|alive" for n in range(300)
    )
    tables = {"measurements": table("patient_id|name|value|unit|when", rows), "followup": followup}
    _, found = judged(tmp_path / "study", tables)
    counts = Counter(f.code for f in found)
    assert set(counts) <= {"unit-slip", "units-mixed"}
    assert sum(counts.values()) <= 2


def with_mistakes(seed):
    """A chart in which many rules are broken, with rows that differ in every table."""
    tables = sound_chart(seed, n=30)
    tables["patients"] += "\nP00100|A|male|1950-01-01\nP0100|B|male|1950-01-01"
    tables["followup"] += "\nP00100|2020-01-01|dead\nP0100|2020-01-05|alive"
    tables["events"] += (
        "\nP00100|relapse|2020-05-01\nP00100|death|2020-02-01\nP00100|death|2019-01-01"
    )
    tables["exposures"] += (
        "\nP00100|L|2019-01-01|2018-01-01|\nP00100|M|2018-01-01|2018-12-31|12 days"
    )
    tables["measurements"] += (
        "\nP0100|hemoglobin|1100|g/dL|2019-01-01\nP0100|blasts|101|%|2019-01-01"
    )
    tables["treatments"] += "\nP00100|FLU/BU|2020-03-01|1\nP0100|N/A|2018-01-01|1"
    return tables


@pytest.mark.parametrize("seed", range(3))
def test_shuffled_rows_give_the_same_findings(tmp_path, seed):
    """But for what is by nature about order: a row that is the second of two, a copy downwards."""
    chart, found = judged(tmp_path / "one", with_mistakes(seed))
    codes = {f.code for f in found}
    assert len(codes) >= 10
    mixed = {
        name: frame.sample(fraction=1, shuffle=True, seed=seed)
        for name, frame in chart.tables.items()
    }
    again = [
        f for f in check_chart(Chart(mixed, chart.files), sites=("A", "B")) if f.severity != "note"
    ]
    assert found == again


def test_the_frames_order_and_the_lines_order_may_both_change(tmp_path):
    """With other line numbers the same patients and cells are complained of."""
    tables = with_mistakes(1)
    _, found = judged(tmp_path / "one", tables)
    order = random.Random(4)
    for name, text in tables.items():
        heading, *rows = text.splitlines()
        order.shuffle(rows)
        tables[name] = "\n".join([heading, *rows])
    _, again = judged(tmp_path / "two", tables)
    about_order = {"numbers-alike", "person-twice", "death-twice", "row-twice", "copied-down"}

    def told(findings):
        return Counter(
            (f.code, f.table, f.column, f.patient_id, f.value)
            for f in findings
            if f.code not in about_order
        )

    assert told(found) == told(again)
    assert {f.code for f in found} == {f.code for f in again}
