"""Relapse after a remission: in marrow or blood, as residual disease, or outside the marrow."""

from __future__ import annotations

import pytest

from sequela.pipeline import check_study
from small_study import write_study
from spec_table import SpecTable

MARROW = SpecTable(
    "relapse",
    "Blasts in the marrow (% on the days given) after a remission on day 30: the day of relapse "
    "and the last marrow known to be free of it.",
    """
    criteria     | marrow                  | found | free
    geyer-2023   | 2 on 60, 40 on 90       | 90    | 60
    geyer-2023   | 5 on 60                 | -     | -
    geyer-2023   | 5.1 on 60               | 60    | 30
    geyer-2023   | 2 on 60, 4-8 on 75, 40 on 90 | 90 | 60
    geyer-2023   | >5 on 60                | 60    | 30
    geyer-2023   | 40 on 30                | -     | -
    geyer-2023   | 40 on 20                | -     | -
    eln-2022-aml | 4.9 on 60, 5 on 90      | 90    | 60
    """,
)
BLOOD = SpecTable(
    "relapse",
    "Blasts in the blood (% on the days given) after a remission on day 30, by criteria that ask "
    "for one sample (ALL) or for two at least 7 days apart (AML): the day of relapse, the last "
    "blood known to be free of it, and whether a lone sample awaits a second.",
    """
    criteria     | blood                         | found | free | awaits
    eln-2024-all | 0 on 60, 3 on 90              | 90    | 60   | no
    eln-2024-all | not detected on 60, 0.5 on 90 | 90    | 60   | no
    eln-2024-all | 0 on 60, <1 on 75, 1 on 90    | 90    | 60   | no
    eln-2024-all | 4 on 30                       | -     | -    | no
    eln-2022-aml | 0 on 60, 3 on 90              | -     | -    | yes
    eln-2022-aml | 0 on 60, 3 on 90, 5 on 97     | 90    | 60   | no
    eln-2022-aml | 0 on 60, 3 on 90, 5 on 96     | -     | -    | yes
    eln-2022-aml | 3 on 90, 5 on 96, 9 on 98     | 90    | 30   | no
    eln-2022-aml | 3 on 90, 0 on 95, 5 on 97     | -     | -    | yes
    eln-2022-aml | 3 on 90, 0 on 97              | -     | -    | no
    eln-2022-aml | 3 on 90, <1 on 95, 5 on 97    | 90    | 30   | no
    eln-2022-aml | <1 on 90, 5 on 97             | -     | -    | yes
    """,
)
FLUID = SpecTable(
    "relapse",
    "Punctures after a remission on day 30 (blasts, white and red cells a µL, blood counts of "
    "that day where given as white x10^9/L and red x10^12/L): relapse of the CNS, where CNS3 "
    "counts (the default) and where CNS2 does.",
    """
    fluid                                                | CNS3 counts | free | CNS2 counts
    no 0 0 on 60, yes 5 0 on 90                          | 90          | 60   | 90
    no 0 0 on 60, yes 4 0 on 90                          | -           | -    | 90
    no 0 0 on 60, yes 4 0 on 90, yes 8 0 on 97           | 97          | 60   | 90
    yes 9 0 on 0, yes 9 0 on 90                          | -           | -    | -
    yes 9 0 on 0, no 1 0 on 28, yes 9 0 on 90            | 90          | 30   | 90
    yes 5 10 on 90 with blood 250 1                      | -           | -    | 90
    yes 6 10 on 90 with blood 250 1                      | 90          | 30   | 90
    yes 6 10 on 90                                       | -           | -    | -
    """,
)
MRD = SpecTable(
    "relapse",
    "Residual disease after a remission on day 30: a relapse needs a negative run before it, by "
    "the same method and with a sufficient sensitivity.",
    """
    runs                                         | found | free
    flow negative on 60, flow positive on 90     | 90    | 60
    flow positive on 60, flow positive on 90     | -     | -
    flow lower on 60, flow positive on 90        | -     | -
    flow negative on 60, PCR positive on 90      | -     | -
    flow negative on 20, flow positive on 90     | 90    | 30
    flow negative on 60, flow negative on 90, flow positive on 120 | 120 | 90
    flow negative on 60, flow lower on 90, flow positive on 120 | 120 | 60
    """,
)
SITES = SpecTable(
    "relapse",
    "Sites of disease after a remission on day 30, and when each kind of relapse was found.",
    """
    sites                                   | extramedullary | CNS | any
    skin present on 90                      | 90  | -  | 90
    CNS present on 90                       | -   | 90 | 90
    skin present on 0, skin resolved on 30, skin present on 90 | 90 | - | 90
    skin present on 0, skin present on 90   | -   | -  | -
    skin resolved on 60, CNS CNS3 on 95, skin present on 99 | 99 | 95 | 95
    CNS CNS2 on 90, CNS CNS3 on 95          | -   | 95 | 95
    CSF CNS3 on 0, CNS CNS1 on 60, CSF CNS3 on 90 | - | 90 | 90
    """,
)
SPEC_TABLES = (MARROW, BLOOD, FLUID, MRD, SITES)

TOML = """
[moments.remission]
table = "assessments"
where = "value = 'CR'"

[moments.relapse]
derive = "relapse"
kind = "{}"
after = "remission"
"""
RUN = {
    "positive": ("0.5", "0.001"),
    "negative": ("not detected", "0.001"),
    "lower": ("not detected", "0.1"),
}


def found(study, kind, more="", patients=1, **tables):
    """The day of relapse and the day free of it, by patient."""
    told = study(
        TOML.format(kind) + more,
        assessments="patient_id|what|value|when\n"
        + "\n".join(f"{n}|response|CR|30 days" for n in range(1, patients + 1)),
        **tables,
    )
    rows = told.loaded.clinical.moments["relapse"]
    return {row["patient_id"]: row for row in rows.iter_rows(named=True)}


def day(number):
    return None if number == "-" else float(number)


@pytest.mark.parametrize("case", MARROW.cases, ids=str)
def test_in_the_marrow(study, case):
    values = [one.split(" on ") for one in case["marrow"].split(", ")]
    told = study(
        TOML.format("morphologic")
        + f'criteria = "{case["criteria"]}"\n'
        + '[endpoints.relapse]\nstart = "remission"\nevent = ["relapse"]\ncensor = ["remission"]\n',
        assessments="patient_id|what|value|when\n1|response|CR|30 days",
        measurements="patient_id|name|value|unit|when\n"
        + "\n".join(f"1|marrow blasts|{v}|%|{d} days" for v, d in values),
    )
    moment = told.loaded.clinical.moments["relapse"]
    assert moment["low"].to_list() == ([] if case["found"] == "-" else [day(case["found"])])
    (endpoint,) = told.loaded.clinical.endpoints["relapse"].iter_rows(named=True)
    assert endpoint["event"] is (case["found"] != "-")
    if case["found"] != "-":
        # both visits reach the endpoint, counted from the remission
        assert endpoint["low"] == day(case["free"]) - 30
        assert endpoint["high"] == day(case["found"]) - 30


def of_blood(study, criteria, blood, more="", kind="blood"):
    """The study of one patient whose blood was counted, with the endpoint of relapse."""
    values = [one.rsplit(" on ", 1) for one in blood.split(", ")]
    return study(
        TOML.format(kind)
        + f'criteria = "{criteria}"\n{more}'
        + '[endpoints.relapse]\nstart = "remission"\nevent = ["relapse"]\ncensor = ["remission"]\n',
        assessments="patient_id|what|value|when\n1|response|CR|30 days",
        measurements="patient_id|name|value|unit|tissue|when\n"
        + "\n".join(f"1|blasts|{v}|%|blood|{d} days" for v, d in values),
    )


def awaiting(told):
    return [f for f in told.loaded.findings if f.code == "relapse-not-confirmed"]


@pytest.mark.parametrize("case", BLOOD.cases, ids=str)
def test_in_the_blood(study, case):
    told = of_blood(study, case["criteria"], case["blood"])
    moment = told.loaded.clinical.moments["relapse"]
    assert moment["low"].to_list() == ([] if case["found"] == "-" else [day(case["found"])])
    assert bool(awaiting(told)) is (case["awaits"] == "yes")
    (endpoint,) = told.loaded.clinical.endpoints["relapse"].iter_rows(named=True)
    assert endpoint["event"] is (case["found"] != "-")
    if case["found"] != "-":
        assert endpoint["low"] == day(case["free"]) - 30


def test_a_lone_sample_says_what_to_do(study):
    (finding,) = awaiting(of_blood(study, "eln-2022-aml", "0 on 60, 3 on 90"))
    assert (finding.file, finding.row, finding.patient_id) == ("measurements.csv", 3, "1")
    assert finding.message == (
        "blasts are in the blood after a remission, and no later sample confirms or refutes them; "
        "the criteria ask for 2 samples at least 7 days apart, so this is neither a relapse nor "
        "free of one"
    )
    assert finding.remedy == (
        "Chart the next blood count or marrow. To count a single sample, set "
        "`thresholds = { relapse_blood_samples = 1 }`."
    )


def test_a_study_says_how_many_samples_and_how_far_apart(study):
    one = "thresholds = { relapse_blood_samples = 1 }\n"
    assert of_blood(study, "eln-2022-aml", "3 on 90", one).loaded.clinical.moments["relapse"][
        "low"
    ].to_list() == [90.0]
    none = "thresholds = { relapse_blood_samples = 0 }\n"
    told = of_blood(study, "eln-2024-all", "3 on 90", none, kind="morphologic")
    assert told.loaded.clinical.moments["relapse"].is_empty()
    closer = "thresholds = { relapse_blood_days = 6 }\n"
    told = of_blood(study, "eln-2022-aml", "3 on 90, 5 on 96", closer)
    assert told.loaded.clinical.moments["relapse"]["low"].to_list() == [90.0]


def test_marrow_and_blood_make_the_morphologic_relapse(study):
    """The first of the two; a lone sample of blood is no question once the marrow relapsed."""
    measurements = (
        "patient_id|name|value|unit|tissue|when\n1|blasts|3|%|blood|90 days\n"
        "1|blasts|40|%|marrow|94 days"
    )
    for criteria, expected in (("eln-2024-all", 90.0), ("eln-2022-aml", 94.0)):
        told = study(
            TOML.format("morphologic") + f'criteria = "{criteria}"\n',
            assessments="patient_id|what|value|when\n1|response|CR|30 days",
            measurements=measurements,
        )
        assert told.loaded.clinical.moments["relapse"]["low"].to_list() == [expected]
        assert awaiting(told) == []


def of_fluid(study, case, least="CNS3", **tables):
    judged, counts = [], []
    for one in case.split(", "):
        puncture, when = one.split(" on ")
        when, _, blood = when.partition(" with blood ")
        blasts, white, red = puncture.split()
        judged.append(f"1|CSF blasts|{blasts}|{when} days")
        counts += [f"1|WBC|{white}|/µL|CSF|{when} days", f"1|RBC|{red}|/µL|CSF|{when} days"]
        if blood:
            white, red = blood.split()
            counts += [f"1|WBC|{white}|10^9/L|blood|{when} days"]
            counts += [f"1|RBC|{red}|10^12/L|blood|{when} days"]
    return study(
        TOML.format("CNS")
        + f'cns_from = "{least}"\n'
        + '[endpoints.relapse]\nstart = "remission"\nevent = ["relapse"]\ncensor = ["remission"]\n',
        assessments="patient_id|what|value|when\n1|response|CR|30 days\n" + "\n".join(judged),
        measurements="patient_id|name|value|unit|tissue|when\n" + "\n".join(counts),
        **tables,
    )


@pytest.mark.parametrize("least", ["CNS3", "CNS2"])
@pytest.mark.parametrize("case", FLUID.cases, ids=str)
def test_in_the_cerebrospinal_fluid(study, case, least):
    told = of_fluid(study, case["fluid"], least)
    moment = told.loaded.clinical.moments["relapse"]
    wanted = case[f"{least} counts"]
    assert moment["low"].to_list() == ([] if wanted == "-" else [day(wanted)])
    if least == "CNS3" and wanted != "-":
        (end,) = told.loaded.clinical.endpoints["relapse"].iter_rows(named=True)
        assert end["low"] == day(case["free"]) - 30
        assert (end["table"], end["row"] > 2) == ("assessments", True)


def test_a_fluid_that_cannot_be_judged_is_a_finding(study):
    told = of_fluid(study, "yes 6 10 on 90")
    (finding,) = [f for f in told.loaded.findings if f.code == "fluid-not-evaluable"]
    assert (finding.file, finding.row) == ("assessments.csv", 3)
    assert finding.message == (
        "the cerebrospinal fluid has blasts, and its counts do not tell CNS2 from CNS3; for a "
        "relapse of the CNS it is neither diseased nor free"
    )


def test_a_charted_status_stands_before_the_counts_of_its_day(study):
    told = of_fluid(
        study,
        "yes 8 0 on 90",
        extramedullary="patient_id|site|status|when\n1|CNS|CNS1|90 days",
    )
    assert told.loaded.clinical.moments["relapse"].is_empty()
    (finding,) = [f for f in told.loaded.findings if f.code == "reported-computed-differ"]
    assert finding.value == "reported CNS1, computed CNS3 from assessments row 3"
    assert (finding.file, finding.row, finding.column) == ("extramedullary.csv", 2, "status")
    agreed = of_fluid(
        study,
        "yes 8 0 on 90",
        extramedullary="patient_id|site|status|when\n1|CNS|CNS3|90 days",
    )
    assert agreed.loaded.clinical.moments["relapse"]["low"].to_list() == [90.0]
    assert not [f for f in agreed.loaded.findings if f.code == "reported-computed-differ"]


def test_as_residual_disease(study):
    heading = "patient_id|population|method|share|limit_of_detection|when\n"
    rows = ""
    for n, case in enumerate(MRD.cases, start=1):
        for one in case["runs"].split(", "):
            (method, word), on = one.split(" on ")[0].split(), one.split(" on ")[1]
            rows += f"{n}|B lymphoblasts|{method}|{RUN[word][0]}|{RUN[word][1]}|{on} days\n"
    got = found(study, "MRD", populations=heading + rows, patients=len(MRD.cases))
    days = [got[str(n)]["low"] if str(n) in got else None for n in range(1, len(MRD.cases) + 1)]
    assert days == [day(case["found"]) for case in MRD.cases]


def test_the_last_run_without_residual_disease_is_kept(study):
    toml = TOML.format("MRD")
    toml += '[endpoints.r]\nstart = "remission"\nevent = ["relapse"]\ncensor = ["remission"]\n'
    for case in MRD.cases:
        rows = ""
        for one in case["runs"].split(", "):
            (method, word), on = one.split(" on ")[0].split(), one.split(" on ")[1]
            rows += f"1|B lymphoblasts|{method}|{RUN[word][0]}|{RUN[word][1]}|{on} days\n"
        told = study(
            toml,
            assessments="patient_id|what|value|when\n1|response|CR|30 days",
            populations="patient_id|population|method|share|limit_of_detection|when\n" + rows,
        )
        (end,) = told.loaded.clinical.endpoints["r"].iter_rows(named=True)
        if case["found"] != "-":
            assert (end["low"] + 30, end["high"] + 30) == (day(case["free"]), day(case["found"]))


@pytest.mark.parametrize("kind", ["extramedullary", "CNS", "any"])
def test_outside_the_marrow(study, kind):
    rows = ""
    for n, case in enumerate(SITES.cases, start=1):
        for one in case["sites"].split(", "):
            site, status, _, on = one.split()
            rows += f"{n}|{site}|{status}|{on} days\n"
    more = 'criteria = "geyer-2023"\n' if kind == "any" else ""
    got = found(
        study,
        kind,
        more,
        patients=len(SITES.cases),
        extramedullary="patient_id|site|status|when\n" + rows,
    )
    days = [got[str(n)]["low"] if str(n) in got else None for n in range(1, len(SITES.cases) + 1)]
    assert days == [day(case[kind]) for case in SITES.cases]


def test_the_deciding_row_is_named(study):
    got = found(
        study,
        "morphologic",
        'criteria = "geyer-2023"',
        measurements="patient_id|name|value|unit|when\n1|marrow blasts|2|%|60 days\n"
        "1|marrow blasts|20|%|90 days",
    )
    assert (got["1"]["table"], got["1"]["row"]) == ("measurements", 3)


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        (
            TOML.format("morphologic"),
            "a relapse in marrow or blood needs `criteria`, whose numbers count",
        ),
        (
            TOML.format("blood")
            + 'criteria = "eln-2024-all"\nthresholds = { relapse_blood_samples = 0 }',
            "a relapse in the blood needs a relapse_blood_samples above zero",
        ),
        (
            TOML.format("any")
            + 'criteria = "eln-2024-all"\nthresholds = { relapse_blood_samples = 1.5 }',
            "relapse_blood_samples is a whole number of samples",
        ),
        (
            TOML.format("any") + 'criteria = "imwg-serological"',
            "imwg-serological says nothing of relapse",
        ),
        (TOML.format("skin"), "'skin' is not possible here"),
    ],
)
def test_what_cannot_be_asked_is_a_finding(tmp_path, toml, message):
    _, findings = check_study(
        write_study(tmp_path / "s", toml, assessments="patient_id|what|value\n1|a|b")
    )
    assert [f.message for f in findings if f.severity == "error"] == [message]
