"""Residual disease: each run of an assay with its own denominator and limit of detection."""

from __future__ import annotations

import pytest

from spec_table import SpecTable

RUNS = SpecTable(
    "mrd",
    "One run, its share in percent (or the events counted), its limit of detection in percent, and "
    "the state at a threshold of 0.01 %.",
    """
    method         | share        | events | total   | limit  | state
    flow cytometry | 0.02         |        |         | 0.002  | positive
    flow cytometry | 0.01         |        |         | 0.002  | positive
    flow cytometry | 0.0099       |        |         | 0.002  | positive below the threshold
    flow cytometry |              | 50     | 500000  |        | positive
    flow cytometry |              | 49     | 500000  |        | positive below the threshold
    flow cytometry | not detected |        |         | 0.01   | negative
    flow cytometry | not detected |        |         | 0.0101 | negative at a lower sensitivity
    flow cytometry | not detected |        |         |        | not evaluable
    flow cytometry |              | 0      | 200000  |        | negative
    flow cytometry |              | 0      | 199999  |        | negative at a lower sensitivity
    flow cytometry |              | 0      | 200000  | 0.02   | negative at a lower sensitivity
    flow cytometry |              | 10     | 50000   |        | detected, not quantifiable
    flow cytometry | <0.01        |        |         |        | negative
    flow cytometry | <0.1         |        |         |        | negative at a lower sensitivity
    flow cytometry | <0.1         |        |         | 0.001  | negative at a lower sensitivity
    flow cytometry | >0.01        |        |         |        | positive
    flow cytometry | 0.005-0.02   |        |         | 0.001  | not evaluable
    PCR            | not detected |        |         | 0.001  | negative
    PCR            |              | 0      | 1000000 |        | not evaluable
    NGS            |              | 1      | 1000000 | 0.0001 | positive below the threshold
    """,
)
DAYS = SpecTable(
    "mrd",
    "Several runs of one day: one positive assay makes the day positive, and of assays that found "
    "nothing the most sensitive decides.",
    """
    flow cytometry | PCR          | state
    negative       | positive     | positive
    positive       | negative     | positive
    negative       | negative     | negative
    negative       | lower        | negative
    negative       | unknown      | negative
    lower          | unknown      | not evaluable
    negative       | straddling   | not evaluable
    positive       | unknown      | positive
    """,
)
GRAFT = SpecTable(
    "mrd",
    "The state before a transplant on day 100: the last run on or before it, within 30 days.",
    """
    runs                             | state
    positive on 40, negative on 90   | negative
    negative on 70                   | negative
    negative on 69                   | missing
    positive on 100                  | positive
    negative on 90, positive on 101  | negative
    """,
)
SPEC_TABLES = (RUNS, DAYS, GRAFT)

BEST = '[columns.mrd]\nderive = "mrd"\n'
HEADING = (
    "patient_id|population|method|share|events|total_events|limit_of_detection|denominator|when\n"
)
KNOWN = {
    "positive": ("0.5", "0.001"),
    "negative": ("not detected", "0.001"),
    "lower": ("not detected", "0.1"),
    "unknown": ("not detected", ""),
    "straddling": ("0.005-0.02", "0.001"),
}


def answers(told, name="mrd"):
    found, why = told.column(name), told.why(name)
    return [found[p] or why[p].replace("_", " ") for p in sorted(found, key=int)]


def run(patient, word, day, method="flow cytometry", denominator="nucleated cells"):
    share, limit = KNOWN[word]
    return f"{patient}|B lymphoblasts|{method}|{share}|||{limit}|{denominator}|{day} days\n"


def test_every_kind_of_run(study):
    rows = "".join(
        f"{n}|B lymphoblasts|{c['method']}|{c['share']}|{c['events']}|{c['total']}|{c['limit']}"
        f"|nucleated cells|28 days\n"
        for n, c in enumerate(RUNS.cases, start=1)
    )
    told = study(BEST, populations=HEADING + rows)
    assert answers(told) == [case["state"] for case in RUNS.cases]


def test_several_runs_of_one_day(study):
    rows = "".join(
        run(n, case[method], 28, method)
        for n, case in enumerate(DAYS.cases, start=1)
        for method in ("flow cytometry", "PCR")
    )
    told = study(BEST, populations=HEADING + rows)
    assert answers(told) == [case["state"] for case in DAYS.cases]


def test_before_transplant(study):
    rows = ""
    for n, case in enumerate(GRAFT.cases, start=1):
        for one in case["runs"].split(", "):
            word, _, day = one.partition(" on ")
            rows += run(n, word, day)
    told = study(
        BEST + 'at = "graft"\npick = "on_or_before"\nwithin_days = 30\n'
        '[moments.graft]\ntable = "transplants"\n',
        populations=HEADING + rows,
        transplants="patient_id|type|indication|when\n"
        + "\n".join(f"{n}|allogeneic|ALL|100 days" for n in range(1, len(GRAFT.cases) + 1)),
    )
    assert answers(told) == [case["state"] for case in GRAFT.cases]


def test_the_best_of_all_and_its_row(study):
    told = study(BEST, populations=HEADING + run(1, "positive", 28) + run(1, "negative", 60))
    assert answers(told) == ["negative"]
    assert told.decided_by("mrd") == [("1", "populations", 3)]
    assert told.info("mrd").method == (
        "computed residual disease, state, best, rule mrd-3, threshold 0.01 %"
    )


def test_one_method_and_one_denominator_may_be_asked_for(study):
    rows = run(1, "negative", 28) + run(1, "positive", 28, "PCR", "DNA copies")
    for toml, state in (
        ('method = "PCR"', "positive"),
        ('method = "flow cytometry"', "negative"),
        ('denominator = "DNA copies"', "positive"),
        ('method = "sequencing"', "missing"),
    ):
        told = study(BEST + toml, populations=HEADING + rows)
        assert answers(told) == [state], toml


SHARE = BEST + 'measure = "share"\nat = "visit"\n[moments.visit]\ntable = "treatments"\n'
VISIT = "patient_id|regimen|start\n1|x|30 days\n2|x|30 days\n"


def test_shares_of_several_denominators_are_never_mixed(study):
    rows = run(1, "positive", 28) + run(2, "positive", 28, denominator="WBC")
    told = study(SHARE, populations=HEADING + rows, treatments=VISIT)
    assert told.why("mrd") == {"1": "not_evaluable", "2": "not_evaluable"}
    (found,) = (f for f in told.findings if f.code == "mrd-denominators-mixed")
    assert found.message == (
        "shares of residual disease have several denominators (WBC, nucleated cells) and cannot "
        "stand in one column"
    )
    told = study(
        SHARE.replace('at = "visit"', 'at = "visit"\ndenominator = "wbc"'),
        populations=HEADING + rows,
        treatments=VISIT,
    )
    assert told.column("mrd") == {"1": None, "2": 0.5}


def test_what_was_not_found_lies_below_the_limit(study):
    rows = run(1, "negative", 28) + run(2, "positive", 28)
    told = study(SHARE, populations=HEADING + rows, treatments=VISIT)
    assert told.ends("mrd") == {"1": (0, 0.001), "2": (0.5, 0.5)}


def test_measurements_named_mrd_are_runs_too(study):
    told = study(
        BEST,
        measurements="patient_id|name|value|unit|method|limit_of_detection|when\n"
        "1|MRD|0.01|% of WBC|flow|0.002|5 days\n2|MRD|not detected|% of WBC|flow|0.002|5 days\n"
        "3|MRD|5|cells|flow|0.002|5 days",
    )
    assert answers(told) == ["positive", "negative", "missing"]


def test_a_run_is_dated_by_its_specimen(study):
    told = study(
        BEST + 'at = "visit"\n[moments.visit]\ntable = "treatments"\n',
        treatments=VISIT,
        specimens="patient_id|specimen|when\n1|S1|28 days\n2|S1|29 days",
        populations="patient_id|specimen|population|share|limit_of_detection\n"
        "1|S1|B lymphoblasts|0.5|0.01",
    )
    assert told.column("mrd") == {"1": "positive", "2": None}


def test_more_events_than_there_are_is_a_finding_and_the_run_is_not_used(study):
    told = study(BEST, populations=HEADING + "1|B|flow cytometry||60|50|||28 days")
    assert answers(told) == ["missing"]
    (found,) = (f for f in told.findings if f.code == "events-exceed-total")
    assert (found.place, found.value) == ("populations.csv, row 2, column events", "60 of 50")


REPORTED = SpecTable(
    "mrd",
    "A clinician's word beside the run of the same day, and whether that is a finding.",
    """
    reported | run      | finding
    negative | negative | no
    positive | positive | no
    negative | positive | yes
    negative | lower    | yes
    NE       | positive | no
    negative | unknown  | no
    """,
)
SPEC_TABLES += (REPORTED,)


@pytest.mark.parametrize("source", ["reported", "computed"])
def test_reported_and_computed_are_compared(study, source):
    cases = list(enumerate(REPORTED.cases, start=1))
    told = study(
        BEST + f'source = "{source}"',
        populations=HEADING + "".join(run(n, c["run"], 28) for n, c in cases),
        assessments="patient_id|what|value|when\n"
        + "\n".join(f"{n}|MRD|{c['reported']}|28 days" for n, c in cases),
    )
    differ = [f.patient_id for f in told.findings if f.code == "reported-computed-differ"]
    assert differ == [str(n) for n, c in cases if c["finding"] == "yes"]
    assert told.column("mrd")["3"] == {"reported": "negative", "computed": "positive"}[source]


VISITS = SpecTable(
    "mrd",
    "Runs and what was reported of them, each with its day: which judgements are findings, by "
    "their days. Those within 14 days are of one visit.",
    """
    runs                             | reported                       | findings
    negative on 28                   | negative on 28                 | -
    positive on 28, negative on 84   | negative on 28, negative on 84 | 28
    positive on 28, negative on 84   | positive on 28, positive on 84 | 84
    positive on 28                   | negative on 42                 | 42
    lower on 28                      | negative on 28                 | 28
    unknown on 28                    | negative on 28                 | -
    """,
)
SPEC_TABLES += (VISITS,)


@pytest.mark.parametrize("case", VISITS.cases, ids=str)
def test_each_judgement_beside_the_run_of_its_visit(study, case):
    runs = [one.split(" on ") for one in case["runs"].split(", ")]
    said = [one.split(" on ") for one in case["reported"].split(", ")]
    told = study(
        BEST,
        populations=HEADING + "".join(run(1, word, day) for word, day in runs),
        assessments="patient_id|what|value|when\n"
        + "\n".join(f"1|MRD|{word}|{day} days" for word, day in said),
    )
    differ = [f for f in told.findings if f.code == "reported-computed-differ"]
    assert [said[f.row - 2][1] for f in differ] == case["findings"].replace("-", "").split()
    for one in differ:
        assert one.message == (
            "the residual disease that was reported at this visit is not the one that the run of "
            "the assay gives"
        )
        assert one.value.endswith(f"from populations row {one.row}")


PLACED = SpecTable(
    "mrd",
    "The only run of a patient, negative, with therapy from day 10 (`start`) and a transplant "
    "(`until`): its state, and whether it is a finding that the dates leave open whether it "
    "counts.",
    """
    run on  | transplant on | state         | finding
    28      | 100           | negative      | no
    10      | 100           | missing       | no
    5-20    | 100           | not evaluable | yes
    100     | 100           | negative      | no
    101     | 100           | missing       | no
    90-110  | 100           | not evaluable | yes
    28      | ?             | not evaluable | yes
    28      | -             | negative      | no
    """,
)
SPEC_TABLES += (PLACED,)


@pytest.mark.parametrize("case", PLACED.cases, ids=str)
def test_a_run_that_the_dates_do_not_place_is_a_finding(study, case):
    on = case["transplant on"]
    grafts = "" if on == "-" else f"\n1|allogeneic|ALL|{'' if on == '?' else on + ' days'}"
    told = study(
        BEST + 'start = "therapy"\nuntil = "graft"\n'
        '[moments.therapy]\ntable = "treatments"\n[moments.graft]\ntable = "transplants"\n',
        populations=HEADING + run(1, "negative", case["run on"]),
        treatments="patient_id|regimen|start\n1|hyper-CVAD|10 days",
        transplants="patient_id|type|indication|when" + grafts + "\n2|allogeneic|ALL|5 days",
    )
    found = told.column("mrd")["1"] or told.why("mrd")["1"].replace("_", " ")
    assert found == case["state"]
    said = [f for f in told.findings if f.code == "run-not-placed"]
    assert len(said) == (case["finding"] == "yes")
    for one in said:
        assert (one.place, one.patient_id) == ("populations.csv, row 2, column when", "1")
        assert one.message == (
            "the dates leave open whether this run for residual disease was made within the time "
            "that counts, so it is not evaluable"
        )


JUDGED = SpecTable(
    "mrd",
    "The only judgement of a patient's residual disease, negative, with therapy from day 10 "
    "(`start`) and a transplant (`until`): the reported state, and whether it is a finding that "
    "nothing shows whether it counts.",
    """
    judged on | transplant on | state         | finding
    28        | 100           | negative      | no
    10        | 100           | missing       | no
    5-20      | 100           | not evaluable | yes
    90-110    | 100           | not evaluable | yes
    ?         | 100           | not evaluable | yes
    ?         | -             | negative      | no
    """,
)
SPEC_TABLES += (JUDGED,)


@pytest.mark.parametrize("case", JUDGED.cases, ids=str)
def test_a_judgement_that_nothing_places_is_a_finding(study, case):
    on, day = case["transplant on"], case["judged on"]
    grafts = "" if on == "-" else f"\n1|allogeneic|ALL|{on} days"
    told = study(
        BEST + 'source = "reported"\nstart = "therapy"\nuntil = "graft"\n'
        '[moments.therapy]\ntable = "treatments"\n[moments.graft]\ntable = "transplants"\n',
        assessments="patient_id|what|value|when\n1|MRD|negative|"
        + ("" if day == "?" else f"{day} days"),
        treatments="patient_id|regimen|start\n1|hyper-CVAD|10 days",
        transplants="patient_id|type|indication|when" + grafts + "\n2|allogeneic|ALL|5 days",
    )
    found = told.column("mrd")["1"] or told.why("mrd")["1"].replace("_", " ")
    assert found == case["state"]
    said = [f for f in told.findings if f.code == "judgement-not-placed"]
    assert len(said) == (case["finding"] == "yes")
    for one in said:
        assert (one.place, one.patient_id) == ("assessments.csv, row 2, column when", "1")
        assert one.message == (
            "nothing shows that this judgement of residual disease was made within the time that "
            "counts, so it is not counted"
        )


def test_an_undated_judgement_of_a_patient_without_the_start_does_not_count(study):
    told = study(
        BEST + 'source = "reported"\nstart = "therapy"\n[moments.therapy]\ntable = "treatments"\n',
        assessments="patient_id|what|value|when\n1|MRD|negative|\n2|MRD|positive|",
        treatments="patient_id|regimen|start\n2|hyper-CVAD|10 days",
    )
    assert told.column("mrd") == {"1": None, "2": "positive"}
    assert told.why("mrd")["1"] == "missing"


def test_an_undated_judgement_cannot_be_near_a_moment(study):
    told = study(
        BEST + 'source = "reported"\nat = "graft"\npick = "on_or_before"\n'
        '[moments.graft]\ntable = "transplants"\n',
        assessments="patient_id|what|value|when\n1|MRD|negative|\n2|MRD|positive|20 days",
        transplants="patient_id|type|indication|when\n1|allogeneic|ALL|30 days\n"
        "2|allogeneic|ALL|30 days",
    )
    assert told.column("mrd") == {"1": None, "2": "positive"}
    assert [f.row for f in told.findings if f.code == "judgement-not-placed"] == [2]


def test_the_first_negativity_is_a_moment(study):
    told = study(
        '[moments.negative]\nderive = "mrd"\n',
        populations=HEADING
        + run(1, "positive", 28)
        + run(1, "lower", 56)
        + run(1, "negative", 84)
        + run(1, "positive", 200)
        + run(2, "lower", 28),
    )
    (found,) = told.loaded.clinical.moments["negative"].iter_rows(named=True)
    assert (found["patient_id"], found["low"], found["table"], found["row"]) == (
        "1",
        84,
        "populations",
        4,
    )


def test_a_weaker_run_is_no_proof_that_it_was_not_negative_yet(study):
    told = study(
        '[moments.start]\ntable = "treatments"\n[moments.negative]\nderive = "mrd"\n'
        '[endpoints.e]\nstart = "start"\nevent = ["negative"]\ncensor = ["start"]\n',
        treatments="patient_id|regimen|start\n1|POMP|0 days",
        populations=HEADING + run(1, "positive", 28) + run(1, "lower", 56) + run(1, "negative", 84),
    )
    (end,) = told.loaded.clinical.endpoints["e"].iter_rows(named=True)
    assert (end["low"], end["high"]) == (28, 84)


def test_other_cells_of_the_tube_are_no_residual_disease(study):
    rows = run(1, "negative", 28) + run(1, "positive", 28).replace("B lymphoblasts", "plasma cells")
    mixed = study(BEST, populations=HEADING + rows)
    assert answers(mixed) == ["positive"]
    (said,) = [f for f in mixed.findings if f.code == "mrd-populations-mixed"]
    assert "B lymphoblasts, plasma cells" in said.message
    named = study(BEST + 'population = ["b lymphoblasts"]\n', populations=HEADING + rows)
    assert answers(named) == ["negative"]
    assert not [f for f in named.findings if f.code == "mrd-populations-mixed"]
    assert ", b lymphoblasts" in named.info("mrd").method


def test_a_marker_of_each_method_is_one_disease(study):
    rows = run(1, "negative", 28) + run(1, "negative", 28, "PCR").replace(
        "B lymphoblasts", "BCR::ABL1"
    )
    told = study(BEST, populations=HEADING + rows)
    assert answers(told) == ["negative"]
    assert not [f for f in told.findings if f.code == "mrd-populations-mixed"]
