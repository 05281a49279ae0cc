"""Relapse after a remission: in the marrow, as residual disease, or outside the marrow."""

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
    """,
)
SPEC_TABLES = (MARROW, MRD, SITES)

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
            "a relapse in the marrow needs `criteria`, whose number counts",
        ),
        (
            TOML.format("any") + 'criteria = "imwg-serological"',
            "imwg-serological says nothing of relapse",
        ),
        (TOML.format("marrow"), "'marrow' is not possible here"),
    ],
)
def test_what_cannot_be_asked_is_a_finding(tmp_path, toml, message):
    _, findings = check_study(
        write_study(tmp_path / "s", toml, assessments="patient_id|what|value\n1|a|b")
    )
    assert [f.message for f in findings if f.severity == "error"] == [message]
