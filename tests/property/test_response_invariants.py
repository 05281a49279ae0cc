"""What never changes a computed response: the order of the rows, the names of the patients."""

from __future__ import annotations

import random

TOML = """
[moments.therapy]
table = "treatments"
column = "start"

[columns.response]
derive = "response"
source = "computed"
criteria = "geyer-2023"
start = "therapy"
"""


def chart(names):
    made = random.Random(7)
    rows = []
    for name in names:
        rows.append((name, "marrow blasts", made.randint(20, 99), "%", 0))
        for day in (29, 60, 90):
            rows.append((name, "marrow blasts", made.choice([1, 4, 5, 6, 30]), "%", day))
            rows.append((name, "circulating blasts", made.choice([0, 0, 1]), "%", day))
            rows.append((name, "ANC", made.choice([0.4, 0.8, 1.0, 2]), "10^9/L", day))
            rows.append((name, "platelets", made.choice([20, 60, 100, 200]), "10^9/L", day))
    return rows


def answers(study, names, rows):
    told = study(
        TOML,
        treatments="patient_id|regimen|start\n" + "\n".join(f"{n}|x|1 days" for n in names),
        measurements="patient_id|name|value|unit|when\n"
        + "\n".join(f"{p}|{n}|{v}|{u}|{d} days" for p, n, v, u, d in rows),
    )
    found = told.column("response")
    return [found[name] for name in names]


def test_the_order_of_rows_and_the_names_of_patients_change_nothing(study):
    names = [f"P{n}" for n in range(40)]
    rows = chart(names)
    first = answers(study, names, rows)
    assert {"CR", "CRh", "PR"} <= set(first)
    random.Random(3).shuffle(rows)
    assert answers(study, names, rows) == first
    other = [f"Z{97 * n % 41}" for n in range(40)]
    renamed = [(other[names.index(row[0])], *row[1:]) for row in rows]
    assert answers(study, other, renamed) == first
