"""Each named endpoint on one history: what it counts from, what ends it, and when."""

from __future__ import annotations

import pytest

from sequela.clinical.endpoint_templates import endpoint_templates
from sequela.clinical.endpoints import EndpointDefinition

MOMENTS = """
[moments.diagnosis]
table = "diagnoses"
[moments.treatment]
table = "treatments"
where = "line = '1'"
[moments.next_treatment]
table = "treatments"
where = "line = '2'"
[moments.remission]
table = "assessments"
where = "what = 'response' AND value = 'CR'"
[moments.response]
table = "assessments"
where = "what = 'response' AND value = 'CR'"
[moments.refractory]
table = "assessments"
where = "what = 'refractory' AND value = 'yes'"
[moments.mrd_relapse]
table = "events"
where = "what = 'MRD relapse'"
[moments.relapse]
table = "events"
where = "what = 'relapse'"
[moments.transplant]
table = "transplants"
[moments.acute_gvhd_3_4]
table = "assessments"
where = "what = 'acute GVHD' AND value IN ('III', 'IV')"
[moments.chronic_gvhd_systemic]
table = "assessments"
where = "what = 'chronic GVHD' AND value = 'systemic therapy'"
[moments.death]
table = "followup"
where = "vital_status = 'dead'"
[moments.last_contact]
table = "followup"
"""
# Patient 1: remission on day 30, MRD relapse on day 200, relapse and the next line on day 250,
# transplant on day 300, grade II then III GVHD on days 320 and 340, death on day 500.
# Patient 2: refractory, found on day 40; dies on day 90. Patient 3: alive in remission.
TABLES = {
    "diagnoses": "patient_id|disease|when\n1|ALL|0 days\n2|ALL|0 days\n3|ALL|0 days",
    "treatments": "patient_id|regimen|line|start\n1|a|1|5 days\n2|a|1|5 days\n3|a|1|5 days\n"
    "1|b|2|250 days",
    "assessments": "patient_id|what|value|when\n1|response|CR|30 days\n2|refractory|yes|40 days\n"
    "3|response|CR|35 days\n1|acute GVHD|II|320 days\n1|acute GVHD|III|340 days",
    "events": "patient_id|what|when\n1|MRD relapse|200 days\n1|relapse|250 days",
    "transplants": "patient_id|type|indication|when\n1|allogeneic|ALL|300 days",
    "followup": "patient_id|last_contact|vital_status\n1|500 days|dead\n2|90 days|dead\n"
    "3|400 days|alive",
}
NOT = "not applicable"
EXPECTED = {
    "os": [(500, "death"), (90, "death"), (400, None)],
    "efs": [(250, "relapse"), (40, "refractory"), (400, None)],
    "efs_day_1": [(250, "relapse"), (0, "refractory"), (400, None)],
    "rfs": [(220, "relapse"), NOT, (365, None)],
    "mrd_rfs": [(170, "mrd_relapse"), NOT, (365, None)],
    "relapse_incidence": [(220, "relapse"), NOT, (365, None)],
    "nrm": [(220, "relapse"), NOT, (365, None)],
    "grfs": [(40, "acute_gvhd_3_4"), NOT, NOT],
    "ttnt": [(245, "next_treatment"), (85, "death"), (395, None)],
    "dor": [(220, "relapse"), NOT, (365, None)],
}


@pytest.mark.parametrize("name", endpoint_templates())
def test_every_template(study, name):
    told = study(f'{MOMENTS}[endpoints.it]\ntemplate = "{name}"\n', **TABLES)
    frame = told.loaded.clinical.endpoints["it"]
    found = [
        NOT if row["why"] == "not_applicable" else (row["time"], row["cause"])
        for row in frame.iter_rows(named=True)
    ]
    assert found == EXPECTED[name]


def test_every_template_has_a_source_and_words():
    for template in endpoint_templates().values():
        assert template.source and template.about.endswith("."), template.name
        EndpointDefinition(template=template.name)


def test_an_unknown_template_says_which_there_are(tmp_path):
    with pytest.raises(ValueError, match="there is no template 'efz'; there are os, efs, "):
        EndpointDefinition(template="efz")


def labels(told, *names):
    return [told.info(name).label for name in names]


def test_a_template_has_a_label_for_people(study):
    told = study(
        MOMENTS
        + '[endpoints.a]\ntemplate = "os"\n[endpoints.b]\ntemplate = "nrm"\nlabel = "NRM"\n'
        + '[endpoints.c]\nstart = "diagnosis"\nevent = ["death"]\ncensor = ["last_contact"]\n',
        **TABLES,
    )
    assert labels(told, "a", "b", "c") == ["Overall survival", "NRM", "c"]
    assert labels(told, "a_event") == ["Overall survival: event"]


def test_two_endpoints_never_have_one_label(study):
    """A variant counts something else than the template; its own name tells it apart."""
    told = study(
        MOMENTS
        + '[endpoints.os]\ntemplate = "os"\n'
        + '[endpoints.os_censored]\nlike = "os"\ncensor_at = ["transplant"]\n'
        + '[endpoints.os_treated]\ntemplate = "os"\nstart = "treatment"\n'
        + '[endpoints.efs]\ntemplate = "efs"\nevent = ["relapse", "death"]\n'
        + '[endpoints.mine]\ntemplate = "rfs"\n[endpoints.rfs]\ntemplate = "rfs"\n'
        + 'label = "Relapse-free survival"\n',
        **TABLES,
    )
    assert labels(told, "os", "os_censored", "os_treated", "efs", "mine", "rfs") == [
        "Overall survival",
        "Overall survival (os censored)",
        "Overall survival (os treated)",
        "Event-free survival (efs)",
        "Relapse-free survival (mine)",
        "Relapse-free survival",
    ]


def test_the_label_stands_in_tables_figures_and_methods(study):
    from sequela.compose import Material, compose_report
    from sequela.pipeline import estimate_study

    loaded = study(
        MOMENTS
        + '[endpoints.survival]\ntemplate = "os"\n'
        + '[[exhibit]]\nid = "km"\nkind = "km"\ntitle = "Curve"\nendpoint = "survival"\n',
        **TABLES,
    ).loaded
    rows = estimate_study(loaded)
    material = Material(loaded.study, loaded.context, rows, {"km": []}, {}, loaded.findings, [])
    text = str(compose_report(material, aggregate=False).document)
    # In the Results beside the numbers, and in the Methods beside what is counted.
    assert "Run(text='Overall survival: '" in text
    assert "Overall survival: from diagnosis to death" in text
