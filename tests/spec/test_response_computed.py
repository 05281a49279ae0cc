"""Response as criteria compute it: one line a patient, and the category that follows."""

from __future__ import annotations

import pytest

from sequela.clinical.response.measures import factor
from sequela.pipeline import check_study
from small_study import write_study
from spec_table import SpecTable

HEADING = "marrow blasts | blood blasts | ANC | platelets | category"

GEYER = SpecTable(
    "geyer-2023",
    "A marrow on day 28 after 60 % blasts before therapy, with blood blasts (%), neutrophils and "
    "platelets (x10^9/L) of the same day. A dash: not in the chart.",
    f"""
    {HEADING}
    2      | 0  | 1.0  | 100  | CR
    4.9    | 0  | 1.0  | 100  | CR
    5      | 0  | 1.0  | 100  | PR
    2      | 0  | 0.99 | 100  | CRh
    2      | 0  | 1.0  | 99   | CRh
    2      | 0  | 0.51 | 51   | CRh
    2      | 0  | 0.5  | 100  | CRi
    2      | 0  | 1.0  | 50   | CRi
    2      | 0  | 0.2  | 10   | CRi
    2      | 1  | 1.0  | 100  | no response
    2      | not detected | 1.0 | 100 | CR
    25     | 0  | 1.0  | 100  | PR
    25.1   | 0  | 1.0  | 100  | no response
    30     | 3  | 0.1  | 10   | no response
    2      | 0  | -    | 100  | not evaluable
    2      | 0  | 1.0  | -    | not evaluable
    2      | -  | 1.0  | 100  | not evaluable
    30     | -  | -    | -    | no response
    <5     | 0  | 1.0  | 100  | CR
    <=5    | 0  | 1.0  | 100  | not evaluable
    3-8    | 0  | 1.0  | 100  | not evaluable
    1-4    | 0  | >1.0 | >100 | CR
    2      | 0  | 0.8-1.2 | 100 | not evaluable
    2      | <1 | 1.0  | 100  | not evaluable
    not detected | 0 | 1.0 | 100 | CR
    """,
)
ELN_ALL = SpecTable(
    "eln-2024-all",
    "The same by ELN 2024 for ALL, which has no CRh and asks one of the two counts for CRi.",
    f"""
    {HEADING}
    4.9  | 0 | 1.0  | 100 | CR
    5    | 0 | 1.0  | 100 | PR
    2    | 0 | 0.99 | 100 | CRi
    2    | 0 | 1.0  | 99  | CRi
    2    | 0 | 0.99 | 99  | MLFS
    2    | - | 1.0  | 100 | CR
    25   | 0 | 1.0  | 100 | PR
    25   | 0 | 0.9  | 100 | no response
    60   | 0 | 1.0  | 100 | no response
    """,
)
ELN_AML = SpecTable(
    "eln-2022-aml",
    "The same by ELN 2022 for AML, where exactly 0.5 and exactly 50 are enough for CRh.",
    f"""
    {HEADING}
    4.9  | 0 | 1.0  | 100 | CR
    2    | 0 | 0.5  | 50  | CRh
    2    | 0 | 0.49 | 100 | CRi
    2    | 0 | 1.0  | 49  | CRi
    2    | 0 | 0.49 | 49  | MLFS
    5    | 0 | 1.0  | 100 | PR
    2    | - | 1.0  | 100 | not evaluable
    """,
)
NCCN = SpecTable(
    "nccn-all",
    "The same by the NCCN-like criteria, with 60 % blasts before therapy: 75 % are a quarter more.",
    f"""
    {HEADING}
    4.9  | 0 | 1.0 | 100 | CR
    2    | 0 | 0.2 | 10  | CRi
    25   | 0 | 1.0 | 100 | PR
    40   | 0 | 1.0 | 100 | no response
    74   | 0 | 1.0 | 100 | no response
    75   | 0 | 1.0 | 100 | progressive disease
    """,
)
WINDOW = SpecTable(
    "geyer-2023",
    "Neutrophils of 1.2 and of 0.3 on the days given, with the marrow on day 40 and a window of 30 "
    "days: the nearest counts, and the last day of the window belongs to it.",
    """
    1.2 on day | 0.3 on day | category
    40         | 33         | CR
    20         | 39         | CRi
    70         | -          | CR
    71         | -          | not evaluable
    10         | -          | CR
    9          | -          | not evaluable
    38         | 42         | CR
    42         | 38         | CRi
    """,
)
SUPPORT = SpecTable(
    "geyer-2023",
    "Neutrophils of 1.2 and platelets of 120 on day 28. Filgrastim on the days given lifts the "
    "one, a platelet transfusion the other, for seven days.",
    """
    filgrastim | transfusion | category
    -          | -           | CR
    15 to 20   | -           | CR
    15 to 21   | -           | CRh
    15 to 28   | -           | CRh
    29 to 35   | -           | CR
    20 to ?    | -           | not evaluable
    -          | 20          | CR
    -          | 21          | CRh
    -          | 28          | CRh
    """,
)
SITES = SpecTable(
    "extramedullary",
    "A marrow in remission on day 28, and the statuses of a mediastinal mass.",
    """
    mass on day 0 | mass on day 27 | category
    -             | -              | CR
    present       | resolved       | CR
    present       | -              | no response
    Deauville 5   | Deauville 3    | CR
    Deauville 5   | Deauville 4    | no response
    present       | smaller        | not evaluable
    """,
)
WORDS = SpecTable(
    "geyer-2023",
    "What was judged of the marrow on day 28, its blasts and counts being those of a CR.",
    """
    cellularity          | trilineage haematopoiesis | category
    -                    | -                         | CR
    approximately normal | yes                       | CR
    aplastic             | yes                       | CRh
    approximately normal | no                        | CRh
    """,
)
SPEC_TABLES = (GEYER, ELN_ALL, ELN_AML, NCCN, WINDOW, SUPPORT, SITES, WORDS)

TOML = """
[moments.therapy]
table = "treatments"
column = "start"

[columns.response]
derive = "response"
source = "computed"
criteria = "{}"
start = "therapy"
"""
THERAPY = "patient_id|regimen|start\n1|induction|1 days"
BLOOD = {"ANC": "x10^9/L", "platelets": "x10^9/L", "circulating blasts": "%"}


def measured(*found: tuple[str, object, object], patient: int = 1) -> str:
    """The table of measurements: name, value, day; what is a dash is not in the chart."""
    units = BLOOD | {"marrow blasts": "%"}
    known = [one for one in found if "-" not in one[1:]]
    rows = [f"{patient}|{n}|{v}|{units[n]}|{day} days" for n, v, day in known]
    return "patient_id|name|value|unit|when\n" + "\n".join(rows)


def remission(day=28, *, without=()):
    found = {"marrow blasts": 2, "circulating blasts": 0, "ANC": 1.2, "platelets": 120}
    return [("marrow blasts", 60, 0)] + [(n, v, day) for n, v in found.items() if n not in without]


@pytest.fixture
def category(study):
    """The category of one patient, or why there is none."""

    def make(measurements, *, criteria="geyer-2023", more="", **tables):
        told = study(
            TOML.format(criteria) + more,
            treatments=THERAPY,
            measurements=measurements if isinstance(measurements, str) else measured(*measurements),
            **tables,
        )
        why = told.why("response")["1"]
        return told.column("response")["1"] or why.replace("_", " ")

    return make


COUNTED = {
    "marrow blasts": "marrow blasts",
    "circulating blasts": "blood blasts",
    "ANC": "ANC",
    "platelets": "platelets",
}
COUNT_TABLES = (GEYER, ELN_ALL, ELN_AML, NCCN)


@pytest.mark.parametrize("table", COUNT_TABLES, ids=lambda t: t.rule)
def test_marrow_and_counts(table, study):
    # one study with a patient a line
    rows, therapy = [], ["patient_id|regimen|start"]
    for number, case in enumerate(table.cases, start=1):
        therapy.append(f"{number}|induction|1 days")
        rows += measured(("marrow blasts", 60, 0), patient=number).splitlines()[1:]
        found = [(name, case[column], 28) for name, column in COUNTED.items()]
        rows += measured(*found, patient=number).splitlines()[1:]
    told = study(
        TOML.format(table.rule),
        treatments="\n".join(therapy),
        measurements="\n".join(["patient_id|name|value|unit|when", *rows]),
    )
    found, why = told.column("response"), told.why("response")
    got = [found[p] or why[p].replace("_", " ") for p in sorted(found, key=int)]
    assert got == [case["category"] for case in table.cases]


@pytest.mark.parametrize("case", WINDOW.cases, ids=str)
def test_findings_are_brought_together_within_a_window(case, category):
    found = remission(40, without=("ANC",))
    found += [("ANC", 1.2, case["1.2 on day"]), ("ANC", 0.3, case["0.3 on day"])]
    assert category(found, more="thresholds = { window_days = 30 }") == case["category"]


@pytest.mark.parametrize("case", SUPPORT.cases, ids=str)
def test_a_count_that_was_lifted_is_not_recovered(case, category):
    # another patient's row says that this chart records growth factors and transfusions
    given = ["2|filgrastim|1 days|2 days"]
    if case["filgrastim"] != "-":
        start, stop = case["filgrastim"].split(" to ")
        given.append(f"1|filgrastim|{start} days|" + ("" if stop == "?" else f"{stop} days"))
    events = "patient_id|what|when\n2|platelet transfusion|1 days"
    if case["transfusion"] != "-":
        events += f"\n1|platelet transfusion|{case['transfusion']} days"
    found = category(
        remission(),
        exposures="patient_id|drug|start|stop\n" + "\n".join(given),
        events=events,
    )
    assert found == case["category"]


@pytest.mark.parametrize("case", SITES.cases, ids=str)
def test_disease_outside_the_marrow_rules_out_a_remission(case, category):
    rows = [
        f"1|mediastinum|{case[f'mass on day {day}']}|{day} days"
        for day in (0, 27)
        if case[f"mass on day {day}"] != "-"
    ]
    sites = "patient_id|site|status|when\n" + "\n".join([*rows, "2|skin|resolved|5 days"])
    assert category(remission(), extramedullary=sites) == case["category"]


@pytest.mark.parametrize("case", WORDS.cases, ids=str)
def test_what_was_judged_of_the_marrow(case, category):
    judged = [
        f"1|{what}|{case[what]}|28 days"
        for what in ("cellularity", "trilineage haematopoiesis")
        if case[what] != "-"
    ]
    table = "patient_id|what|value|when\n" + "\n".join([*judged, "1|performance|1|28 days"])
    assert category(remission(), assessments=table) == case["category"]


CELLS = SpecTable(
    "geyer-2023",
    "Cellularity of the marrow in percent (of the patient's age in years on that day), its blasts "
    "and counts being those of a CR; a word beside it comes first.",
    """
    age | percent | word         | category
    19  | 44      | -            | CRh
    19  | 45      | -            | CR
    20  | 40      | -            | CR
    39  | 39      | -            | CRh
    40  | 35      | -            | CR
    59  | 34      | -            | CRh
    60  | 30      | -            | CR
    75  | 29.9    | -            | CRh
    60  | 90      | -            | CR
    60  | <30     | -            | CRh
    60  | 25-35   | -            | not evaluable
    ?   | 45      | -            | CR
    ?   | 29      | -            | CRh
    ?   | 35      | -            | not evaluable
    60  | 10      | normal       | CR
    60  | 50      | aplastic     | CRh
    60  | 50      | not sampled  | CR
    """,
)
SPEC_TABLES += (CELLS,)


def of_cells(study, case, *, measured_=(), judged=()):
    """The category of a marrow in remission, and the study, with its cellularity as given."""
    age = case["age"].strip("?")
    told = study(
        TOML.format("geyer-2023"),
        patients=f"patient_id|site|age|age_when\n1|A|{age}|" + ("28 days" if age else ""),
        treatments=THERAPY,
        measurements="\n".join([measured(*remission()), *measured_]),
        assessments="\n".join(
            ["patient_id|what|value|when", "1|performance|1|28 days", *judged],
        ),
    )
    return told.column("response")["1"] or told.why("response")["1"].replace("_", " "), told


@pytest.mark.parametrize("case", CELLS.cases, ids=str)
def test_cellularity_in_percent_for_the_age(case, study):
    word = [] if case["word"] == "-" else [f"1|cellularity|{case['word']}|28 days"]
    row = f"1|marrow cellularity|{case['percent']}|%|28 days"
    category, told = of_cells(study, case, measured_=[row], judged=word)
    assert category == case["category"]
    differ = [f.place for f in told.findings if f.code == "cellularity-differs"]
    otherwise = case["word"] in ("normal", "aplastic")
    assert differ == ["assessments.csv, row 3, column value"] * otherwise


@pytest.mark.parametrize(
    "case", [c for c in CELLS.cases if c["word"] == "-" and "<" not in c["percent"]], ids=str
)
def test_a_percentage_may_stand_among_the_judgements(case, study):
    row = f"1|cellularity|{case['percent']} %|28 days"
    category, told = of_cells(study, case, judged=[row])
    assert category == case["category"]
    assert [f for f in told.findings if f.code == "word-not-understood"] == []


def test_the_age_is_that_of_the_day_of_the_sample(study):
    # sixty on 10 March 2020: 35 % is needed the day before, 30 % from then on
    for day, category in (("2020-03-09", "CRh"), ("2020-03-10", "CR")):
        found = measured(*remission()).replace("28 days", day).replace("0 days", "2020-01-01")
        told = study(
            TOML.format("geyer-2023"),
            patients="patient_id|site|birth\n1|A|1960-03-10",
            treatments="patient_id|regimen|start\n1|induction|2020-02-01",
            measurements=found + f"\n1|marrow cellularity|30|%|{day}",
        )
        assert told.column("response") == {"1": category}, day
    assert ("1", "measurements", 7) in told.decided_by("response")


def test_a_study_says_which_cellularity_is_normal(category):
    found = measured(*remission()) + "\n1|cellularity|25|%|28 days"
    more = "thresholds = { cellularity_from_60 = 20 }"
    patients = "patient_id|site|age\n1|A|70"
    assert category(found, patients=patients) == "CRh"
    assert category(found, more=more, patients=patients) == "CR"


def test_the_best_of_several_restagings_counts_and_the_rows_that_decided_are_named(study):
    told = study(
        TOML.format("geyer-2023"),
        treatments=THERAPY,
        measurements=measured(
            ("marrow blasts", 60, 0),
            ("marrow blasts", 20, 28),
            *remission(60)[1:],
            ("marrow blasts", 50, 200),
        ),
    )
    assert told.column("response") == {"1": "CR"}
    assert told.decided_by("response") == [("1", "measurements", row) for row in (4, 5, 6, 7)]
    known = told.loaded.clinical.subjects.known_at.filter(column="response")
    assert known["known_at"].to_list() == [60]
    assert told.info("response").levels == (
        "CR",
        "CRh",
        "CRi",
        "PR",
        "no response",
        "induction death",
    )


def test_every_restaging_can_be_listed_with_what_is_open(study):
    told = study(
        TOML.format("geyer-2023") + "each = true",
        treatments=THERAPY,
        measurements=measured(
            ("marrow blasts", 60, 0), ("marrow blasts", 2, 28), *remission(60)[1:]
        ),
    )
    assert told.column("response") == {
        "1": "28 days: not evaluable (open for CR: no circulating blasts, neutrophils at least 1 "
        "x10^9/L, platelets at least 100 x10^9/L); 60 days: CR"
    }


def test_a_marrow_of_the_day_therapy_began_was_taken_before_it(category):
    found = [("marrow blasts", 2, 1), ("ANC", 1.2, 1), ("platelets", 120, 1)]
    assert category(found) == "missing"


def test_nothing_after_the_end_counts_but_the_day_itself_does(category, study):
    more = 'until = "graft"\n[moments.graft]\ntable = "transplants"\n'
    for day, expected in ((28, "CR"), (27, "missing")):
        grafts = f"patient_id|type|indication|when\n1|allogeneic|ALL|{day} days"
        assert category(remission(28), more=more, transplants=grafts) == expected


PARTIAL = SpecTable(
    "geyer-2023",
    "A marrow in remission of which the day is known in part, with therapy from day 10 and a "
    "transplant on day 100 until which restagings count: what follows where it stands alone, and "
    "whether it is a finding.",
    """
    marrow on   | transplant | category      | finding
    11-40 days  | 100 days   | CR            | no
    10-40 days  | 100 days   | not evaluable | yes
    1-10 days   | 100 days   | missing       | no
    90-100 days | 100 days   | CR            | no
    90-101 days | 100 days   | not evaluable | yes
    101-110 days | 100 days  | missing       | no
    50 days     | ?          | not evaluable | yes
    50 days     | -          | CR            | no
    """,
)
SPEC_TABLES += (PARTIAL,)


@pytest.mark.parametrize("case", PARTIAL.cases, ids=str)
def test_a_sample_that_the_dates_do_not_place_is_a_finding(case, study):
    rows = "\n".join(
        f"1|{name}|{value}|{unit}|{case['marrow on']}"
        for name, value, unit in (
            ("marrow blasts", 2, "%"),
            ("circulating blasts", 0, "%"),
            ("ANC", 1.2, "x10^9/L"),
            ("platelets", 120, "x10^9/L"),
        )
    )
    graft = "" if case["transplant"] == "-" else f"1|allogeneic|ALL|{case['transplant'].strip('?')}"
    told = study(
        TOML.format("geyer-2023")
        + 'thresholds = { window_days = 60 }\nuntil = "graft"\n'
        + '[moments.graft]\ntable = "transplants"\n',
        treatments="patient_id|regimen|start\n1|induction|10 days",
        measurements="patient_id|name|value|unit|when\n" + rows,
        transplants=f"patient_id|type|indication|when\n2|allogeneic|ALL|5 days\n{graft}",
    )
    found = told.column("response")["1"] or told.why("response")["1"].replace("_", " ")
    assert found == case["category"]
    said = [f for f in told.findings if f.code == "restaging-not-placed"]
    assert len(said) == (case["finding"] == "yes")
    for one in said:
        assert (one.place, one.patient_id) == ("measurements.csv, row 2, column when", "1")
        assert one.message == (
            "the dates leave open whether this sample was taken between the start and the end of "
            "the therapy that counts, so its restaging is not evaluable"
        )


def test_a_restaging_that_the_dates_do_not_place_is_listed_and_costs_no_other(study):
    found = [*remission(60), ("marrow blasts", 30, "1-40")]
    toml = '[moments.therapy]\ntable = "treatments"\n' + TOML.format("geyer-2023").replace(
        '[moments.therapy]\ntable = "treatments"\ncolumn = "start"\n', ""
    )
    each = toml.replace("[columns.response]", "[columns.each]") + "each = true\n"
    told = study(
        toml + each[each.index("[columns.each]") :],
        treatments="patient_id|regimen|start\n1|induction|10 days",
        measurements=measured(*found),
    )
    assert told.column("response") == {"1": "CR"}
    assert told.column("each") == {
        "1": "1-40 days: not evaluable (not surely between the start and the end of therapy); "
        "60 days: CR"
    }


def test_counts_from_before_the_therapy_restage_nothing(category):
    found = [*remission(8, without=("ANC",)), ("ANC", 1.2, 1)]
    assert category(found) == "not evaluable"


def test_the_response_at_a_named_moment(category):
    more = 'at = "graft"\npick = "on_or_before"\n[moments.graft]\ntable = "transplants"\n'
    grafts = "patient_id|type|indication|when\n1|allogeneic|ALL|100 days"
    found = [*remission(28), ("marrow blasts", 40, 90), ("marrow blasts", 1, 110)]
    assert category(found, more=more, transplants=grafts) == "no response"


DEATH = SpecTable(
    "geyer-2023",
    "Therapy from day 1, and death; deaths within 30 days count as induction deaths.",
    """
    marrow          | death on day | category
    -               | 20           | induction death
    -               | 31           | induction death
    -               | 32           | missing
    remission on 28 | 30           | CR
    blasts on 28    | 30           | induction death
    -               | 25-31        | induction death
    -               | 25-32        | not evaluable
    blasts on 28    | 30-40        | not evaluable
    remission on 28 | 30-40        | CR
    """,
)
SPEC_TABLES += (DEATH,)


@pytest.mark.parametrize("case", DEATH.cases, ids=str)
def test_death_in_induction(case, category):
    found = [("marrow blasts", 60, 0)]
    found += remission(28)[1:] if "remission" in case["marrow"] else []
    found += [("marrow blasts", 60, 28)] if "blasts" in case["marrow"] else []
    followup = f"patient_id|last_contact|vital_status\n1|{case['death on day']} days|dead"
    assert category(found, followup=followup) == case["category"]


UNITS = SpecTable(
    "geyer-2023",
    "Neutrophils in the units that laboratories use; a blank or strange unit is a finding, and the "
    "value is not used.",
    """
    ANC  | unit    | category
    1.2  | 10^9/L  | CR
    1.2  | K/µL    | CR
    1200 | /µL     | CR
    999  | cells/uL | CRh
    1200 |         | not evaluable
    1.2  | percent | not evaluable
    """,
)
SPEC_TABLES += (UNITS,)


@pytest.mark.parametrize("case", UNITS.cases, ids=str)
def test_units(case, category):
    table = measured(*remission(without=("ANC",))) + f"\n1|ANC|{case['ANC']}|{case['unit']}|28 days"
    assert category(table) == case["category"]


def test_a_measure_may_have_several_units_in_a_chart(category):
    table = measured(*remission(without=("ANC",)))
    table += "\n1|ANC|300|/uL|10 days\n1|ANC|1.2|x10^9/L|28 days"
    assert category(table) == "CR"
    # whole numbers beside others in one column would end the run
    assert {type(factor(unit, "x10^9/L")) for unit in ("K/µL", "/µL", "10^9/L")} == {float}


def test_a_unit_that_is_not_understood_is_a_finding(study):
    told = study(
        TOML.format("geyer-2023"),
        treatments=THERAPY,
        measurements=measured(*remission(without=("ANC",))) + "\n1|ANC|1200||28 days",
    )
    (found,) = (f for f in told.findings if f.code == "unit-not-understood")
    assert (found.place, found.patient_id) == ("measurements.csv, row 6, column unit", "1")
    assert found.message == (
        "the unit is blank or not understood; the value is not used for neutrophils"
    )


def test_a_marrow_counted_by_flow_is_no_morphology(category):
    rows = "\n".join(
        f"1|blasts|{v}|%|bone marrow|{how}|{day} days"
        for v, how, day in ((60, "aspirate", 0), (30, "aspirate", 28), (1, "flow cytometry", 28))
    )
    assert category("patient_id|name|value|unit|tissue|method|when\n" + rows) == "no response"


def test_two_methods_of_one_day_leave_the_value_between_them(category):
    rows = "\n".join(
        f"1|blasts|{v}|%|bone marrow|{how}|{day} days"
        for v, how, day in ((60, "aspirate", 0), (4, "aspirate", 28), (8, "immunostain", 28))
    )
    rest = measured(*remission(without=("marrow blasts",))).split("\n", 1)[1]
    rest = "\n".join(
        "|".join([*parts[:4], "", "", parts[4]])
        for line in rest.splitlines()
        if (parts := line.split("|"))[1] != "marrow blasts"
    )
    table = "patient_id|name|value|unit|tissue|method|when\n" + rows + "\n" + rest
    assert category(table) == "not evaluable"


def test_a_study_names_its_own_measurements_and_numbers_and_the_method_says_so(study):
    told = study(
        TOML.format("geyer-2023")
        + 'thresholds = { platelets = 75 }\nnames = { anc = ["granulocytes"] }\n',
        treatments=THERAPY,
        measurements=measured(*remission(without=("ANC", "platelets")))
        + "\n1|granulocytes|1.1|x10^9/L|28 days\n1|platelets|75|x10^9/L|28 days",
    )
    assert told.column("response") == {"1": "CR"}
    assert told.info("response").method == (
        "computed response, best, after therapy, criteria geyer-2023-2, with this study's "
        "platelets = 75"
    )


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        (
            TOML.format("eln-2023-all"),
            "there are no criteria 'eln-2023-all'; there are eln-2022-aml, eln-2024-all, "
            "geyer-2023, imwg-serological, nccn-all",
        ),
        (
            TOML.format("nccn-all") + "thresholds = { platelet = 75 }",
            "nccn-all has no number 'platelet'; it has blasts, neutrophils, platelets, "
            "blasts_at_most_25, blasts_halved, blasts_risen, window_days, relapse_blasts_above, "
            "relapse_blood_samples, refractory_courses, relapse_blood_days",
        ),
        (
            TOML.format("nccn-all").replace('start = "therapy"\n', ""),
            "a computed response needs `start`, when the therapy began",
        ),
        (
            TOML.format("nccn-all") + "with_mrd = true",
            'residual disease is computed by `derive = "mrd"`',
        ),
    ],
)
def test_criteria_and_numbers_that_do_not_exist_are_findings(tmp_path, toml, message):
    _, findings = check_study(write_study(tmp_path / "s", toml, treatments=THERAPY))
    assert [f.message for f in findings if f.severity == "error"] == [message]


def test_criteria_whose_source_was_not_read_say_so(study):
    noted = {}
    for criteria in ("geyer-2023", "eln-2024-all"):
        told = study(TOML.format(criteria), treatments=THERAPY, measurements=measured(*remission()))
        noted[criteria] = [f.severity for f in told.findings if f.code == "criteria-not-read"]
    assert noted == {"geyer-2023": ["note"], "eln-2024-all": []}


DIFFER = SpecTable(
    "response as reported",
    "What a clinician reported beside what the criteria compute from the chart, and whether that "
    "is a finding.",
    """
    reported  | computed    | finding
    CR        | CR          | no
    CR        | CRi         | yes
    CRi       | CRh         | no
    no CR     | no response | no
    no CR     | PR          | no
    no CR     | CR          | yes
    NE        | CR          | no
    """,
)
SPEC_TABLES += (DIFFER,)
COUNTS = {"CR": (2, 1.2, 120), "CRi": (2, 0.1, 120), "CRh": (2, 0.8, 80)}
COUNTS |= {"PR": (20, 1.2, 120), "no response": (60, 1.2, 120)}


@pytest.mark.parametrize("source", ["reported", "computed"])
@pytest.mark.parametrize("case", DIFFER.cases, ids=str)
def test_reported_and_computed_are_compared(case, source, study):
    blasts, anc, platelets = COUNTS[case["computed"]]
    told = study(
        TOML.format("geyer-2023").replace('"computed"', f'"{source}"'),
        treatments=THERAPY,
        measurements=measured(
            ("marrow blasts", 60, 0),
            ("marrow blasts", blasts, 28),
            ("circulating blasts", 0, 28),
            ("ANC", anc, 28),
            ("platelets", platelets, 28),
        ),
        assessments=f"patient_id|what|value|when\n1|response|{case['reported']}|28 days",
    )
    value = case[source] if case[source] != "NE" else None
    assert told.column("response") == {"1": value}
    assert source in told.info("response").method
    found = [f for f in told.findings if f.code == "reported-computed-differ"]
    assert len(found) == (case["finding"] == "yes")
    for one in found:
        assert one.place == "assessments.csv, row 2, column value"
        assert one.message == (
            "the response that was reported at this visit is not the one that geyer-2023 computes"
        )
        assert one.value == (
            f"reported {case['reported']}, computed {case['computed']} from measurements rows "
            "3, 4, 5, 6"
        )


def test_reported_responses_without_a_start_are_passed_through(study):
    told = study(
        '[columns.response]\nderive = "response"\ncriteria = "geyer-2023"\n',
        measurements=measured(("marrow blasts", 60, 0)),
        assessments="patient_id|what|value|when\n1|response|CR|28 days",
    )
    assert told.column("response") == {"1": "CR"}
    assert [f for f in told.findings if f.code == "reported-computed-differ"] == []


def test_a_study_may_say_when_a_death_is_an_induction_death(study):
    toml = (
        '[moments.therapy]\ntable = "treatments"\n[columns.r]\nderive = "response"\n'
        'source = "computed"\ncriteria = "eln-2024-all"\nstart = "therapy"\n'
    )
    tables = {
        "treatments": THERAPY,
        "measurements": "patient_id|name|value|unit|when\n1|marrow blasts|60|%|0 days",
        "followup": "patient_id|last_contact|vital_status\n1|20 days|dead",
    }
    assert study(toml, **tables).column("r") == {"1": None}
    told = study(toml + "thresholds = { induction_death_days = 30 }\n", **tables)
    assert told.column("r") == {"1": "induction death"}
    assert "this study's induction_death_days = 30" in told.info("r").method
