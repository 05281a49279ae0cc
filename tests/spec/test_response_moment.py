"""When a response was found: a moment, so that endpoints and intervals can use it."""

from __future__ import annotations

from sequela.pipeline import check_study
from small_study import write_study

TOML = """
[moments.therapy]
table = "treatments"
column = "start"

[moments.remission]
derive = "response"
criteria = "eln-2024-all"
start = "therapy"

[moments.last_contact]
table = "followup"

[columns.days_to_remission]
derive = "interval"
from = "therapy"
to = "remission"

[endpoints.remission]
start = "therapy"
event = ["remission"]
censor = ["last_contact"]
"""
THERAPY = "patient_id|regimen|start\n1|induction|1 days\n2|induction|1 days"
HEADING = "patient_id|name|value|unit|when\n"


def visits(patient, *found):
    """Marrow blasts (%) by day, with recovered counts at each."""
    return "".join(
        f"{patient}|marrow blasts|{blasts}|%|{day} days\n"
        f"{patient}|ANC|2|x10^9/L|{day} days\n{patient}|platelets|200|x10^9/L|{day} days\n"
        for blasts, day in found
    )


CHART = HEADING + visits(1, (60, 0), (12, 29), (2, 57), (1, 90)) + visits(2, (60, 0), (50, 29))


def test_the_first_remission_with_the_last_visit_without_it(study):
    told = study(TOML, treatments=THERAPY, measurements=CHART)
    (found,) = told.loaded.clinical.moments["remission"].iter_rows(named=True)
    assert (found["patient_id"], found["low"], found["high"]) == ("1", 57, 57)
    assert (found["table"], found["row"]) == ("measurements", 8)
    assert told.column("days_to_remission") == {"1": 56, "2": None}


def test_an_endpoint_keeps_both_visits(study):
    told = study(TOML, treatments=THERAPY, measurements=CHART)
    one, two = told.loaded.clinical.endpoints["remission"].iter_rows(named=True)
    assert (one["low"], one["high"], one["time"], one["event"]) == (28, 56, 56, True)
    assert (two["event"], two["ended_by"]) == (False, "last_contact")


def test_other_categories_may_be_meant(study):
    toml = TOML.replace(
        'start = "therapy"\n\n[moments.last',
        'start = "therapy"\nreach = ["CR", "CRi", "PR"]\n\n[moments.last',
    )
    told = study(toml, treatments=THERAPY, measurements=CHART)
    assert told.column("days_to_remission") == {"1": 28, "2": None}


def test_mistakes_in_a_derived_moment_are_findings(tmp_path):
    for old, new, message in (
        ('"eln-2024-all"', '"eln-2019"', "there are no criteria 'eln-2019'; there are "),
        ('start = "therapy"', 'start = "theraphy"', "there is no moment above it 'theraphy'"),
        (
            'start = "therapy"',
            'start = "therapy"\nreach = ["CRp"]',
            "eln-2024-all has no category ",
        ),
        ('start = "therapy"', 'start = "therapy"\nreech = ["CR"]', "'reech' is not known here"),
        ('derive = "response"', 'derive = "respons"', "'respons' is no derivation"),
    ):
        text = TOML.replace(old, new, 1)
        _, findings = check_study(write_study(tmp_path / "s", text, treatments=THERAPY))
        said = [f.message for f in findings if f.severity == "error"]
        assert len(said) == 1 and said[0].startswith(message), (new, said)


def test_a_mistake_in_a_moment_of_the_chart_is_named_as_before(tmp_path):
    text = TOML.replace('table = "treatments"\n', 'table = "treatments"\nwhere_ = "true"\n')
    _, findings = check_study(write_study(tmp_path / "s", text, treatments=THERAPY))
    (found,) = (f for f in findings if f.severity == "error")
    assert (found.column, found.message) == (
        "moments.therapy.where_",
        "'where_' is not known here",
    )
    assert found.remedy == "Did you mean 'where'?"
