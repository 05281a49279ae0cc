"""Facts about a transplant, engraftment, and GVHD as clinicians graded it."""

from __future__ import annotations

import pytest

from spec_table import SpecTable

# Facts -------------------------------------------------------------------------------------

FACT = '[columns.fact]\nderive = "transplant"\npart = "{}"\n'


@pytest.mark.parametrize(
    ("prophylaxis", "cd34", "conditioning", "answer"),
    [
        ("Tac/MTX", "", "", "calcineurin inhibitor + methotrexate"),
        ("CSA + methotrexate", "no", "", "calcineurin inhibitor + methotrexate"),
        ("tacrolimus, MMF", "", "", "calcineurin inhibitor + mycophenolate"),
        ("PTCy/Tac/MMF", "", "", "post-transplant cyclophosphamide"),
        ("tacrolimus/sirolimus", "", "", "calcineurin inhibitor + sirolimus"),
        ("CSA", "", "", "calcineurin inhibitor alone"),
        ("CSA/ATG", "", "", "calcineurin inhibitor alone with antibodies against T cells"),
        (
            "Tac/MTX",
            "",
            "Flu/Bu/ATG",
            "calcineurin inhibitor + methotrexate with antibodies against T cells",
        ),
        ("Tac/MTX", "yes", "", "ex vivo T-cell depletion"),
        ("T-cell depletion", "", "", "ex vivo T-cell depletion"),
        ("MMF", "", "", "other"),
        ("none", "", "", "none"),
        ("something", "", "", None),
        ("", "", "", None),
    ],
)
def test_the_class_of_prophylaxis(study, prophylaxis, cd34, conditioning, answer):
    told = study(
        FACT.format("prophylaxis"),
        transplants="patient_id|type|indication|gvhd_prophylaxis|cd34_selection|conditioning\n"
        f"1|allogeneic|AML|{prophylaxis}|{cd34}|{conditioning}",
    )
    assert told.column("fact") == {"1": answer}
    if answer is None:
        assert told.why("fact") == {"1": "not_evaluable" if prophylaxis else "missing"}
    codes = [f.place for f in told.findings if f.code == "transplant-word-unknown"]
    place = "transplants.csv, row 2, column gvhd_prophylaxis"
    assert codes == ([place] if prophylaxis == "something" else [])


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        ("first remission", "CR1"),
        ("CR1", "CR1"),
        ("2nd CR", "CR2"),
        ("third complete remission", "CR3 or later"),
        ("Refractory", "not in remission"),
        ("well", None),
    ],
)
def test_the_remission_of_a_transplant(study, status, answer):
    told = study(
        FACT.format("remission"),
        transplants=f"patient_id|type|indication|disease_status\n1|allogeneic|AML|{status}",
    )
    assert told.column("fact") == {"1": answer}


SEVERAL = """
patient_id | type       | indication | disease_status  | when
1          | autologous | myeloma    |                 | 10 days
1          | allogeneic | AML        | first remission | 900 days
1          | allogeneic | AML        | second remission | 1500 days
2          | allogeneic | AML        | second remission | 50 days
3          | allogeneic | ALL        | first remission |
"""


@pytest.mark.parametrize(
    ("part", "where", "answer"),
    [
        ("count", "", {"1": 3, "2": 1, "3": 1, "4": 0}),
        ("count", "type = 'allogeneic'", {"1": 2, "2": 1, "3": 1, "4": 0}),
        ("number", "type = 'allogeneic'", {"1": 2, "2": 1, "3": 1, "4": None}),
        # the first allogeneic transplant in a first remission of AML, whatever came before
        (
            "number",
            "type = 'allogeneic' AND indication = 'AML' AND disease_status = 'first remission'",
            {"1": 2, "2": None, "3": None, "4": None},
        ),
        ("number", "transplant_number > 1", {"1": 2, "2": None, "3": None, "4": None}),
    ],
)
def test_which_transplant_it_is(study, part, where, answer):
    told = study(
        FACT.format(part) + f'where = "{where}"\n',
        patients="patient_id|site\n1|A\n2|A\n3|A\n4|A",
        transplants=SEVERAL,
    )
    assert told.column("fact") == answer


def test_the_charts_own_number_counts(study):
    told = study(
        FACT.format("number"),
        transplants="patient_id|number|type|indication\n1|2|allogeneic|AML",
    )
    assert told.column("fact") == {"1": 2}


# Engraftment -------------------------------------------------------------------------------

NEUTROPHILS = SpecTable(
    "engraftment",
    "Neutrophils (x10^9/L) by day from transplant, as day:count. Open: days without a count may "
    "have been the three in a row.",
    """
    counts                                  | day
    5:0.1 14:0.5 15:0.6 16:0.9               | 14
    5:0.1 14:0.49 15:0.6 16:0.9 17:1.2       | 15
    5:0.1 14:0.5 15:0.4 16:0.5 17:0.6 18:0.7 | 16
    5:0.1 14:0.5 15:0.6 17:0.9               | open
    5:0.1 14:0.5 15:0.6                      | open
    5:0.1 14:0.5 16:0.6 19:0.9 23:1.5        | open
    5:0.1 13:0.4 14:0.5 15:0.6 16:0.4        | none
    5:0.1 14:0.5 17:0.4                      | open
    5:0.1 14:0.2 21:0.4                      | none
    0:3.0 1:2.0 2:1.0 5:0.1 14:1 15:1 16:1   | 14
    0:3.0 1:2.0 2:1.0 3:0.9                  | never below
    5:<0.5 14:0.5 15:0.6 16:0.9              | 14
    5:0.1 14:0.3-0.8 15:0.6 16:0.9 17:1      | 15
    -3:0.1 14:1 15:1 16:1                    | never below
    """,
)

PLATELETS = SpecTable(
    "engraftment",
    "Platelets (x10^9/L) by day from transplant; `T` a platelet transfusion.",
    """
    counts                                  | day
    5:8 20:20 21:25 22:30                    | 20
    5:8 20:19 21:25 22:30 23:31              | 21
    5:8 12:T 20:20 21:25 22:30               | 20
    5:8 13:T 20:20 21:25 22:30               | open
    5:8 13:T 20:20 21:25 22:30 23:15         | none
    5:8 13:T 20:20 21:25 22:30 23:40         | 21
    5:8 20:20 21:25 22:30 21:T               | open
    5:8 18:12 20:20 21:25 22:30 21:T         | none
    """,
)

SPEC_TABLES = [NEUTROPHILS, PLATELETS]


def engraftment(study, lineage: str, counts: str, more: str = ""):
    rows, events = [], ["patient_id|what|when"]
    for part in counts.split():
        day, _, value = part.partition(":")
        when = f"{int(day) + 100} days"
        if value == "T":
            events.append(f"1|platelet transfusion|{when}")
        else:
            rows.append(f"1|{'ANC' if lineage == 'neutrophils' else 'PLT'}|{value}|x10^9/L|{when}")
    about = f'derive = "engraftment"\nlineage = "{lineage}"\n{more}'
    return study(
        f'[columns.days]\n{about}\n[columns.engrafted]\npart = "engrafted"\n{about}\n',
        transplants="patient_id|type|indication|when\n1|allogeneic|AML|100 days",
        measurements="\n".join(["patient_id|name|value|unit|when", *rows]),
        events="\n".join(events),
        assessments="patient_id|what|value\n1|response|CR",
    )


@pytest.mark.parametrize(
    ("lineage", "case"),
    [("neutrophils", c) for c in NEUTROPHILS.cases] + [("platelets", c) for c in PLATELETS.cases],
    ids=lambda c: c["counts"] if isinstance(c, dict) else c,
)
def test_the_day_of_engraftment(study, lineage, case):
    told = engraftment(study, lineage, case["counts"])
    answers = (told.column("days")["1"], told.why("days")["1"], told.column("engrafted")["1"])
    expected = {
        "none": (None, "not_applicable", False),
        "never below": (None, "not_applicable", None),
        "open": (None, "not_evaluable", None),
    }
    day = case["day"]
    assert answers == (expected[day] if day in expected else (float(day), None, True))


def test_three_values_of_different_days_where_the_study_says_so(study):
    counts = "5:0.1 14:0.5 16:0.6 19:0.9"
    assert engraftment(study, "neutrophils", counts).column("days") == {"1": None}
    told = engraftment(study, "neutrophils", counts, 'three = "values"')
    assert told.column("days") == {"1": 14}


def test_counts_in_other_units_are_understood_and_without_a_unit_they_are_a_finding(study):
    told = study(
        '[columns.days]\nderive = "engraftment"\nlineage = "neutrophils"\n',
        transplants="patient_id|type|indication|when\n1|allogeneic|AML|0 days",
        measurements="patient_id|name|value|unit|when\n"
        "1|ANC|100|/uL|5 days\n1|ANC|500|/uL|14 days\n1|ANC|600|/uL|15 days\n"
        "1|ANC|900|/uL|16 days\n1|ANC|3||2 days",
    )
    assert told.column("days") == {"1": 14}
    assert [f.place for f in told.findings if f.code == "unit-not-understood"] == [
        "measurements.csv, row 6, column unit"
    ]
    assert told.decided_by("days") == [
        ("1", "measurements", 3),
        ("1", "measurements", 5),
        ("1", "transplants", 2),
    ]


def test_engraftment_is_a_moment_too(study):
    told = study(
        '[moments.transplant]\ntable = "transplants"\n'
        '[moments.engraftment]\nderive = "engraftment"\nlineage = "neutrophils"\n'
        '[columns.days]\nderive = "interval"\nfrom = "transplant"\nto = "engraftment"\n',
        transplants="patient_id|type|indication|when\n1|allogeneic|AML|100 days",
        measurements="patient_id|name|value|unit|when\n1|ANC|0.1|x10^9/L|105 days\n"
        "1|ANC|0.5|x10^9/L|114 days\n1|ANC|0.6|x10^9/L|115 days\n1|ANC|0.9|x10^9/L|116 days",
    )
    assert told.column("days") == {"1": 14}
    moment = told.loaded.clinical.moments["engraftment"]
    assert moment.select("table", "row").rows() == [("measurements", 3)]


def test_without_counts_it_is_missing(study):
    told = engraftment(study, "neutrophils", "-5:3")
    assert told.why("days") == {"1": "missing"}


# GVHD --------------------------------------------------------------------------------------

GVHD = """
[columns.worst]
derive = "gvhd"
kind = "acute"

[columns.two_to_four]
derive = "gvhd"
kind = "acute"
at_least = "II"

[columns.three_to_four]
derive = "gvhd"
kind = "acute"
at_least = "III"

[columns.by_day_100]
derive = "gvhd"
kind = "acute"
within_days = 100

[columns.chronic]
derive = "gvhd"
kind = "chronic"
"""


def gvhd(study, *judged: str, transplants: str = "1|allogeneic|AML|100 days"):
    told = study(
        GVHD,
        transplants=f"patient_id|type|indication|when\n{transplants}",
        assessments="\n".join(["patient_id|what|value|when", *judged]),
    )
    names = ("worst", "two_to_four", "three_to_four", "by_day_100", "chronic")
    return tuple(told.column(name)["1"] for name in names), told


def test_the_worst_grade_and_its_groups(study):
    found, told = gvhd(
        study,
        "1|acute GVHD|grade 2|130 days",
        "1|acute GVHD|III|201 days",
        "1|acute GVHD|I|220 days",
        "1|chronic GVHD|moderate|400 days",
    )
    assert found == ("III", True, True, "II", "moderate")
    assert told.decided_by("worst") == [("1", "assessments", 3)]


@pytest.mark.parametrize(
    ("grade", "groups"), [("0", (False, False)), ("I", (False, False)), ("II", (True, False))]
)
def test_the_groups_begin_at_their_grade(study, grade, groups):
    found, _ = gvhd(study, f"1|acute GVHD|{grade}|130 days")
    assert found[1:3] == groups


def test_day_100_of_100_days_counts_and_what_came_before_the_transplant_does_not(study):
    assert gvhd(study, "1|acute GVHD|I|200 days")[0][3] == "I"
    assert gvhd(study, "1|acute GVHD|I|201 days")[0][3] is None
    assert gvhd(study, "1|acute GVHD|I|99 days")[0][0] is None


def test_gvhd_of_the_month_of_the_transplant_counts(study):
    moved = "1|allogeneic|AML|2020-01-10"
    found, _ = gvhd(study, "1|acute GVHD|III|2020-01", transplants=moved)
    assert found[0] == "III"
    assert gvhd(study, "1|acute GVHD|III|2019-12", transplants=moved)[0][0] is None


@pytest.mark.parametrize(
    ("judged", "worst"),
    [
        (("III|2020-04",), None),  # day 91 to 120 of 100
        (("II|2020-02-20", "III|2020-04"), None),
        (("III|2020-02-20", "II|2020-04"), "III"),
        (("III|2020-03",), "III"),
        (("III|2020-05",), None),
    ],
)
def test_a_month_on_both_sides_of_day_100_tells_nothing_alone(study, judged, worst):
    rows = [f"1|acute GVHD|{row}" for row in judged]
    found, told = gvhd(study, *rows, transplants="1|allogeneic|AML|2020-01-01")
    assert found[3] == worst
    expected = "missing" if judged == ("III|2020-05",) else "not_evaluable"
    assert told.why("by_day_100") == {"1": None if worst else expected}


def test_gvhd_belongs_to_the_transplant_before_it(study):
    two = "1|allogeneic|AML|100 days\n1|allogeneic|AML|500 days"
    found, _ = gvhd(study, "1|acute GVHD|I|130 days", "1|acute GVHD|IV|530 days", transplants=two)
    assert found[0] == "I"
    # without a day it belongs to the only transplant, and to none of two
    assert gvhd(study, "1|acute GVHD|II|")[0][:2] == ("II", True)
    assert gvhd(study, "1|acute GVHD|II|", transplants=two)[0][0] is None


def test_a_grade_that_is_not_known_is_a_finding(study):
    _, told = gvhd(study, "1|acute GVHD|bad|130 days")
    assert [(f.place, f.message) for f in told.findings if f.code == "gvhd-grade-unknown"] == [
        ("assessments.csv, row 2, column value", "it names a grade that is not known")
    ]


def test_a_group_that_does_not_exist_is_an_error(tmp_path):
    from sequela.pipeline import check_study
    from small_study import write_study

    folder = write_study(
        tmp_path / "study",
        '[columns.g]\nderive = "gvhd"\nkind = "acute"\nat_least = "V"\n',
        transplants="patient_id|type|indication|when\n1|allogeneic|AML|100 days",
        assessments="patient_id|what|value\n1|response|CR",
    )
    _, findings = check_study(folder)
    assert [f.message for f in findings if f.severity == "error"] == [
        "there is no grade 'V' of acute GVHD"
    ]
