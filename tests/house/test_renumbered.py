"""Patients renumbered and rows shuffled: the same results, of the same people."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest

from sequela.membership import patients_of
from small_study import Told, tell

EXAMPLE = Path(__file__).parents[2] / "examples" / "lenalidomide"


def rewritten(folder: Path, *, seed: int, number: dict[str, str]) -> Told:
    """The published series with other numbers for its patients and its rows in another order."""
    order = random.Random(seed)
    for path in sorted(EXAMPLE.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            heading, *rows = list(csv.reader(file))
        at = heading.index("patient_id")
        order.shuffle(rows)
        columns = list(range(len(heading)))
        order.shuffle(columns)
        with (folder / path.name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([heading[i] for i in columns])
            for row in rows:
                writer.writerow([number[row[i]] if i == at else row[i] for i in columns])
    (folder / "study.toml").write_bytes((EXAMPLE / "study.toml").read_bytes())
    return tell(folder)


@pytest.fixture(scope="module")
def renumbered(tmp_path_factory, example):
    patients = example.frame["patient_id"].to_list()
    others = [f"X-{(17 * i) % 101:03d}" for i in range(len(patients))]
    assert len(set(others)) == len(patients)
    number = dict(zip(patients, others, strict=True))
    return rewritten(tmp_path_factory.mktemp("study"), seed=1, number=number), number


def values(rows):
    return {r.key: (r.value, r.state, r.size, r.n, r.n_missing, r.method, r.error) for r in rows}


def test_the_rows_are_the_same(renumbered, example_rows):
    told, _ = renumbered
    one, other = values(example_rows), values(told.rows)
    assert list(one) == list(other)
    for key, (value, *rest) in one.items():
        assert other[key][1:] == tuple(rest), key
        # sums in another order may differ in the last place
        assert other[key][0] == (None if value is None else pytest.approx(value, rel=1e-12)), key


def test_the_same_people_stand_behind_them(renumbered, example, example_rows):
    told, number = renumbered
    for row, other in zip(example_rows, told.rows, strict=True):
        counted = {number[p] for p in patients_of(example.loaded.context, row)[0]}
        assert counted == set(patients_of(told.loaded.context, other)[0]), row.key


def test_the_findings_are_the_same(renumbered, example):
    told, number = renumbered
    one = sorted((f.code, f.file, number.get(f.patient_id, "")) for f in example.findings)
    assert one == sorted((f.code, f.file, f.patient_id) for f in told.findings)


def test_the_courses_are_the_same(renumbered, example):
    told, number = renumbered
    one = {
        number[c.patient_id]: (c.verdict, c.reason, c.background)
        for c in example.loaded.clinical.details["regression"]
    }
    other = {
        c.patient_id: (c.verdict, c.reason, c.background)
        for c in told.loaded.clinical.details["regression"]
    }
    assert one == other
