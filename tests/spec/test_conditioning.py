"""The intensity of conditioning, by named rule sets from agents and doses.

`cannot tell` is an answer: without the doses that a rule set needs nothing is guessed.
"""

from __future__ import annotations

import pytest

from spec_table import SpecTable

COLUMN = """
[columns.intensity]
derive = "conditioning_intensity"
rules = "{rules}"
"""

CIBMTR = SpecTable(
    "conditioning intensity",
    "Doses are totals. A threshold is passed by more than it, not by it; where the route or the "
    "fractions are not known, only a dose beyond every threshold decides.",
    """
    conditioning                                                | intensity
    busulfan 12.8 mg/kg iv + cyclophosphamide 120 mg/kg          | MAC
    busulfan 7.2 mg/kg iv + fludarabine 150 mg/m2                | RIC
    busulfan 7.3 mg/kg iv + fludarabine 150 mg/m2                | MAC
    busulfan 9 mg/kg po + fludarabine 150 mg/m2                  | RIC
    busulfan 9.5 mg/kg po + fludarabine 150 mg/m2                | MAC
    busulfan 8 mg/kg + fludarabine 150 mg/m2                     | cannot tell
    busulfan 9.5 mg/kg + fludarabine 150 mg/m2                   | MAC
    busulfan 6.4 mg/kg + fludarabine 150 mg/m2                   | RIC
    fludarabine 150 mg/m2 + melphalan 140 mg/m2                  | RIC
    fludarabine 150 mg/m2 + melphalan 150 mg/m2                  | RIC
    fludarabine 150 mg/m2 + melphalan 160 mg/m2                  | MAC
    TBI 500 cGy in 1 fraction + cyclophosphamide                 | RIC
    TBI 550 cGy in 1 fraction + cyclophosphamide                 | MAC
    TBI 800 cGy in 4 fractions + cyclophosphamide                | RIC
    TBI 13.2 Gy in 8 fractions + cyclophosphamide                | MAC
    TBI 600 cGy + cyclophosphamide                               | cannot tell
    TBI 12 Gy + cyclophosphamide                                 | MAC
    TBI 2 Gy in 1 fraction + fludarabine                         | NMA
    TBI 3 Gy in 1 fraction + fludarabine                         | RIC
    TBI 2 Gy in 1 fraction + fludarabine + cyclophosphamide      | RIC
    Flu/Cy                                                      | NMA
    Flu/Bu                                                      | cannot tell
    Flu/Mel                                                     | cannot tell
    TBI/cyclophosphamide/thiotepa                               | cannot tell
    treosulfan 42 g/m2 + fludarabine                             | cannot tell
    cyclophosphamide 200 mg/kg + ATG                             | cannot tell
    """,
    "cibmtr",
)

BACIGALUPO = SpecTable(
    "conditioning intensity",
    "Irradiation is myeloablative from its threshold on, busulfan only above it.",
    """
    conditioning                                  | intensity
    TBI 500 cGy in 1 fraction + cyclophosphamide   | MAC
    TBI 499 cGy in 1 fraction + cyclophosphamide   | RIC
    TBI 800 cGy in 4 fractions + cyclophosphamide  | MAC
    busulfan 8 mg/kg po + fludarabine              | RIC
    busulfan 8.5 mg/kg po + fludarabine            | MAC
    busulfan 6.4 mg/kg iv + fludarabine            | RIC
    fludarabine + melphalan 140 mg/m2              | RIC
    fludarabine + melphalan 150 mg/m2              | cannot tell
    TBI 200 cGy in 1 fraction + fludarabine        | NMA
    TLI + ATG                                     | NMA
    FLAG-IDA                                      | NMA
    fludarabine + cytarabine                      | cannot tell
    Flu/Bu                                        | cannot tell
    """,
    "bacigalupo-2009",
)

WORKSHOP = SpecTable(
    "conditioning intensity",
    "The workshop says what is of reduced intensity; from its doses on a regimen is above that.",
    """
    conditioning                        | intensity
    fludarabine + melphalan 139 mg/m2    | RIC
    fludarabine + melphalan 140 mg/m2    | above RIC
    fludarabine + busulfan 8.9 mg/kg po  | RIC
    fludarabine + busulfan 9 mg/kg po    | above RIC
    fludarabine + thiotepa 10 mg/kg      | above RIC
    """,
    "ricw-2006",
)


TCI = SpecTable(
    "conditioning intensity",
    "Points of each agent and dose are added up: low from 1 to 2, intermediate from 2.5 to 3.5, "
    "high from 4 to 6. The points were not read in the paper; a study may replace them.",
    """
    conditioning                                                   | intensity
    fludarabine 150 mg/m2 + busulfan 6.4 mg/kg iv                   | low
    fludarabine 160 mg/m2 + busulfan 8 mg/kg po                     | low
    fludarabine 161 mg/m2 + busulfan 6.4 mg/kg iv                   | low
    fludarabine 150 mg/m2 + busulfan 7.2 mg/kg iv                   | cannot tell
    fludarabine 150 mg/m2 + busulfan 9.6 mg/kg iv                   | intermediate
    fludarabine 150 mg/m2 + busulfan 11 mg/kg iv                    | intermediate
    fludarabine 150 mg/m2 + busulfan 12.8 mg/kg iv                  | intermediate
    fludarabine 161 mg/m2 + busulfan 12.8 mg/kg iv                  | high
    fludarabine 150 mg/m2 + busulfan 12 mg/kg po                    | intermediate
    fludarabine 150 mg/m2 + busulfan 16 mg/kg po                    | intermediate
    busulfan 12.8 mg/kg iv + cyclophosphamide 89 mg/kg              | intermediate
    busulfan 12.8 mg/kg iv + cyclophosphamide 90 mg/kg              | high
    fludarabine 150 mg/m2 + melphalan 139 mg/m2                     | low
    fludarabine 150 mg/m2 + melphalan 140 mg/m2                     | intermediate
    melphalan 199 mg/m2                                             | low
    melphalan 200 mg/m2                                             | intermediate
    fludarabine 150 mg/m2 + treosulfan 30 g/m2                      | low
    fludarabine 150 mg/m2 + treosulfan 33 g/m2                      | cannot tell
    fludarabine 150 mg/m2 + treosulfan 36 g/m2                      | intermediate
    fludarabine 150 mg/m2 + treosulfan 42 g/m2                      | intermediate
    thiotepa 9.9 mg/kg + busulfan 6.4 mg/kg iv                      | low
    thiotepa 10 mg/kg + busulfan 6.4 mg/kg iv                       | low
    thiotepa 19.9 mg/kg + busulfan 6.4 mg/kg iv                     | low
    thiotepa 20 mg/kg + busulfan 6.4 mg/kg iv                       | intermediate
    thiotepa 10 mg/kg + busulfan 9.6 mg/kg iv + fludarabine 150 mg/m2 | intermediate
    TBI 2 Gy in 1 fraction + fludarabine 90 mg/m2                   | low
    TBI 5 Gy in 2 fractions + fludarabine 90 mg/m2                  | low
    TBI 5.5 Gy in 2 fractions + fludarabine 90 mg/m2                | cannot tell
    TBI 6 Gy in 3 fractions + fludarabine 90 mg/m2                  | intermediate
    TBI 8 Gy in 4 fractions + cyclophosphamide 120 mg/kg            | intermediate
    TBI 8.5 Gy in 4 fractions + cyclophosphamide 120 mg/kg          | cannot tell
    TBI 9 Gy in 3 fractions + cyclophosphamide 120 mg/kg            | high
    TBI 12 Gy + cyclophosphamide 120 mg/kg                          | high
    clofarabine 150 mg/m2 + melphalan 139 mg/m2 + carmustine 250 mg/m2 | low
    clofarabine 151 mg/m2 + melphalan 139 mg/m2 + carmustine 250 mg/m2 | intermediate
    melphalan 139 mg/m2 + carmustine 300 mg/m2                      | low
    melphalan 139 mg/m2 + carmustine 350 mg/m2                      | intermediate
    melphalan 139 mg/m2 + cytarabine 5.9 g/m2 + etoposide 49 mg/kg  | low
    melphalan 139 mg/m2 + cytarabine 6 g/m2 + etoposide 49 mg/kg    | intermediate
    melphalan 139 mg/m2 + cytarabine 5.9 g/m2 + etoposide 50 mg/kg  | intermediate
    fludarabine 150 mg/m2 + melphalan 140 mg/m2 + ATG               | intermediate
    Flu/Bu                                                         | cannot tell
    """,
    "tci-2020",
)


def found(told):
    """The findings about conditioning, without those of rules over the whole chart."""
    about = ("conditioning-", "intensity-not", "intensity-cannot", "transplant-not-found")
    return [f for f in told.findings if f.code.startswith(about)]


SPEC_TABLES = [CIBMTR, BACIGALUPO, WORKSHOP, TCI]


@pytest.mark.parametrize("shown", SPEC_TABLES, ids=lambda t: t.version)
def test_the_intensity_of_a_regimen(study, shown):
    rows = "\n".join(
        f"{n}|allogeneic|AML|{case['conditioning']}" for n, case in enumerate(shown.cases, 1)
    )
    told = study(
        COLUMN.format(rules=shown.version),
        transplants="patient_id|type|indication|conditioning\n" + rows,
    )
    values, whys = told.column("intensity"), told.why("intensity")
    for n, case in enumerate(shown.cases, start=1):
        expected = (None, "not_evaluable")
        if case["intensity"] != "cannot tell":
            expected = (case["intensity"], None)
        assert (values[str(n)], whys[str(n)]) == expected, case["conditioning"]


ONE = "patient_id|type|indication|when\n1|allogeneic|AML|100 days"


@pytest.fixture
def intensity(study):
    """The intensity and the findings of a chart with the table `conditioning`."""

    def make(doses: str, transplants: str = ONE, rules: str = "cibmtr", **more):
        told = study(
            COLUMN.format(rules=rules), transplants=transplants, conditioning=doses, **more
        )
        codes = [(f.code, f.place) for f in found(told)]
        return told.column("intensity"), codes, told

    return make


def test_doses_of_a_day_count_for_all_their_days(intensity):
    values, codes, told = intensity(
        """
        patient_id | agent       | dose | unit  | per | days | route
        1          | Busulfex    | 3.2  | mg/kg | day | 4    | intravenous
        1          | fludarabine | 40   | mg/m2 | day | 4    |
        """
    )
    assert values == {"1": "MAC"}
    assert codes == []
    assert told.decided_by("intensity") == [
        ("1", "conditioning", 2),
        ("1", "conditioning", 3),
        ("1", "transplants", 2),
    ]


def test_a_product_of_decimals_does_not_pass_a_threshold_by_its_last_bit(intensity):
    # 2.4 mg/kg on three days are 7.2 mg/kg, which is not more than 7.2
    values, _, _ = intensity(
        "patient_id|agent|dose|unit|per|days|route\n1|busulfan|2.4|mg/kg|day|3|intravenous"
    )
    assert values == {"1": "RIC"}


def test_doses_of_an_agent_in_several_rows_are_added_up(intensity):
    doses = "patient_id|agent|dose|unit|route\n1|busulfan|4|mg/kg|intravenous"
    assert intensity(doses)[0] == {"1": "RIC"}
    assert intensity(doses + "\n1|Bu|4|mg/kg|intravenous")[0] == {"1": "MAC"}


def test_a_range_decides_only_where_all_of_it_does(intensity):
    doses = "patient_id|agent|dose|unit|route\n1|busulfan|{}|mg/kg|intravenous"
    assert intensity(doses.format("8-9"))[0] == {"1": "MAC"}
    assert intensity(doses.format("5-6"))[0] == {"1": "RIC"}
    assert intensity(doses.format("6-9"))[0] == {"1": None}
    assert intensity(doses.format(">7.2"))[0] == {"1": None}


@pytest.mark.parametrize(
    ("row", "code", "place"),
    [
        ("1|busulfan|12|mg/kg", None, None),
        ("1|busulfan|12|cGy", "conditioning-dose", "row 2, column dose"),
        ("1|TBI|12|mg/kg", "conditioning-dose", "row 2, column dose"),
        ("1|busulfan|12|", "conditioning-dose", "row 2, column dose"),
        ("1|busulfan|0|mg/kg", "conditioning-dose", "row 2, column dose"),
        ("1|busulfam|12|mg/kg", "conditioning-agent-unknown", "row 2, column agent"),
    ],
)
def test_a_bad_dose_is_a_finding_and_decides_nothing(intensity, row, code, place):
    values, codes, told = intensity("patient_id|agent|dose|unit\n" + row)
    bad = [c for c in codes if c[0] != "intensity-cannot-tell"]
    assert bad == ([(code, f"conditioning.csv, {place}")] if code else [])
    assert values == {"1": None if code else "MAC"}
    if code == "conditioning-agent-unknown":
        (finding,) = [f for f in found(told) if f.code == code]
        assert finding.message == "it names an agent that is not known"
        assert finding.remedy == "Did you mean 'busulfan'?"


def test_a_dose_in_milligrams_alone_cannot_be_compared(intensity):
    values, codes, _ = intensity("patient_id|agent|dose|unit\n1|busulfan|900|mg")
    assert values == {"1": None}
    assert codes == [("intensity-cannot-tell", "transplants.csv, column conditioning")]


def test_what_cannot_be_told_is_one_counted_line_a_reason(study):
    told = study(
        COLUMN.format(rules="cibmtr"),
        transplants="patient_id|type|indication|conditioning\n"
        "1|allogeneic|AML|Flu/Bu\n2|allogeneic|AML|Flu/Bu\n3|allogeneic|AML|BEAM",
    )
    assert [f.message for f in found(told)] == [
        "the rule set cibmtr cannot tell the intensity of 1 transplant: the rule set says nothing "
        "of carmustine and cytarabine and etoposide",
        "the rule set cibmtr cannot tell the intensity of 2 transplants: the dose of busulfan is "
        "not known well enough",
    ]


def test_without_conditioning_it_is_missing_and_without_transplant_too(study):
    told = study(
        COLUMN.format(rules="cibmtr"),
        patients="patient_id|site\n1|A\n2|A",
        transplants="patient_id|type|indication|conditioning\n1|allogeneic|AML|",
    )
    assert told.why("intensity") == {"1": "missing", "2": "missing"}


def test_a_difference_from_what_the_chart_says_is_a_finding(intensity):
    doses = "patient_id|agent|dose|unit|route\n1|busulfan|12.8|mg/kg|intravenous"
    said = "patient_id|what|value\n1|conditioning intensity|{}"
    values, codes, told = intensity(doses, assessments=said.format("RIC"))
    assert values == {"1": "MAC"}
    assert codes == [("intensity-not-as-reported", "assessments.csv, row 2, column value")]
    assert found(told)[0].message == (
        "agents and doses give MAC by the rule set cibmtr, and the chart says otherwise"
    )
    assert intensity(doses, assessments=said.format("MAC"))[1] == []


def test_reported_takes_the_charts_word_and_still_compares(study):
    told = study(
        COLUMN.format(rules="cibmtr") + 'source = "reported"\n',
        transplants=ONE,
        conditioning="patient_id|agent|dose|unit|route\n1|busulfan|12.8|mg/kg|intravenous",
        assessments="patient_id|what|value\n1|conditioning intensity|RIC",
    )
    assert told.column("intensity") == {"1": "RIC"}
    assert told.decided_by("intensity") == [("1", "assessments", 2)]
    assert [f.code for f in found(told)] == ["intensity-not-as-reported"]


def test_the_rule_sets_beside_each_other_where_they_differ(study):
    told = study(
        '[columns.sets]\nderive = "conditioning_comparison"\n',
        transplants="patient_id|type|indication|conditioning\n"
        "1|allogeneic|AML|fludarabine + busulfan 7 mg/kg iv\n"
        "2|allogeneic|AML|fludarabine + busulfan 12.8 mg/kg iv\n"
        "3|allogeneic|AML|Flu/Bu",
        assessments="patient_id|what|value\n3|conditioning intensity|RIC",
    )
    assert told.column("sets") == {
        "1": "ricw-2006: RIC; bacigalupo-2009: MAC; cibmtr: RIC; tci-2020: cannot tell",
        "2": "ricw-2006: RIC; bacigalupo-2009: MAC; cibmtr: MAC; tci-2020: cannot tell",
        "3": None,
    }
    assert told.why("sets")["3"] == "not_applicable"


def test_the_text_and_the_table_may_not_name_other_agents(intensity):
    transplants = "patient_id|type|indication|conditioning\n1|allogeneic|AML|Flu/Mel"
    _, codes, told = intensity(
        "patient_id|agent|dose|unit\n1|fludarabine|150|mg/m2\n1|busulfan|12|mg/kg", transplants
    )
    assert codes == [("conditioning-differs", "transplants.csv, row 2, column conditioning")]
    assert found(told)[0].value == "busulfan, melphalan"


TWO = "patient_id|type|indication|when\n1|autologous|MM|10 days\n1|allogeneic|AML|900 days"


def test_doses_name_their_transplant_where_there_are_several(study):
    told = study(
        COLUMN.format(rules="cibmtr") + "where = \"type = 'allogeneic'\"\n",
        transplants=TWO,
        conditioning="""
        patient_id | transplant | agent     | dose | unit
        1          | 1          | melphalan | 200  | mg/m2
        1          | 2          | melphalan | 100  | mg/m2
        1          |            | melphalan | 140  | mg/m2
        1          | 3          | melphalan | 140  | mg/m2
        """,
    )
    assert told.column("intensity") == {"1": "RIC"}
    assert [(f.code, f.place) for f in found(told)] == [
        ("transplant-not-found", "conditioning.csv, row 4, column transplant"),
        ("transplant-not-found", "conditioning.csv, row 5, column transplant"),
    ]


def test_transplants_without_an_order_are_not_put_in_one(study):
    told = study(
        COLUMN.format(rules="cibmtr"),
        transplants="patient_id|type|indication|when|conditioning\n"
        "1|allogeneic|AML||Flu/Cy\n1|allogeneic|AML|900 days|Flu/Cy",
    )
    assert (told.column("intensity"), told.why("intensity")) == ({"1": None}, {"1": "missing"})


def test_agents_by_their_names(study):
    told = study(
        '[columns.agents]\nderive = "conditioning_agents"\n',
        transplants="patient_id|type|indication|conditioning\n"
        "1|allogeneic|AML|Flu/Bu\n2|allogeneic|AML|Busulfex, FLUDARA\n3|allogeneic|AML|FluBu\n"
        "4|allogeneic|AML|Flu-Bu and ATG\n5|allogeneic|AML|Flu/Bux",
    )
    assert told.column("agents") == {
        "1": "busulfan + fludarabine",
        "2": "busulfan + fludarabine",
        "3": "busulfan + fludarabine",
        "4": "antithymocyte globulin + busulfan + fludarabine",
        "5": None,
    }
    assert told.why("agents")["5"] == "not_evaluable"
    assert [f.place for f in found(told)] == ["transplants.csv, row 6, column conditioning"]


# The points of this file are invented: a study may replace those of the package.
POINTS = """
[set."tci-2020"]
weights = [
  { agent = "busulfan", points = 1, up_to = 6.4, unit = "mg/kg" },
  { agent = "busulfan", points = 3, over = 6.4, unit = "mg/kg" },
  { agent = "fludarabine", points = 0.5, unit = "mg/m2" },
]
"""


@pytest.mark.parametrize(
    ("conditioning", "level"),
    [
        ("fludarabine 150 mg/m2 + busulfan 6.4 mg/kg iv", "low"),
        ("fludarabine 150 mg/m2 + busulfan 9 mg/kg iv", "intermediate"),
        ("Flu/Bu", None),
        ("busulfan 9 mg/kg iv", "intermediate"),
        ("fludarabine", None),  # half a point lies below the lowest category
        ("fludarabine + busulfan 4 mg/kg iv + ATG", "low"),
    ],
)
def test_a_score_counts_the_points_of_the_studys_own_file(tmp_path, conditioning, level):
    from small_study import tell, write_study

    folder = write_study(
        tmp_path / "study",
        COLUMN.format(rules="tci-2020"),
        transplants=f"patient_id|type|indication|conditioning\n1|allogeneic|AML|{conditioning}",
    )
    (folder / "intensity.toml").write_text(POINTS, encoding="utf-8")
    assert tell(folder).column("intensity") == {"1": level}


def test_a_study_may_take_the_points_away_and_is_told_so(tmp_path):
    from small_study import tell, write_study

    folder = write_study(
        tmp_path / "study",
        COLUMN.format(rules="tci-2020"),
        transplants="patient_id|type|indication|conditioning\n1|allogeneic|AML|Flu/Bu",
    )
    (folder / "intensity.toml").write_text('[set."tci-2020"]\nweights = []\n', encoding="utf-8")
    assert [f.message.split(": ")[1] for f in found(tell(folder))] == [
        "the rule set comes without its points; add them to intensity.toml"
    ]


@pytest.mark.parametrize(
    ("conditioning", "reason"),
    [
        ("fludarabine 150 mg/m2 + busulfan 7.2 mg/kg iv",
         "the dose of busulfan lies between doses that have points"),
        ("fludarabine 150 mg/m2 + busulfan 9.6 mg/kg",
         "the dose of busulfan is not known well enough"),
        ("fludarabine 150 mg/m2 + melphalan", "the dose of melphalan is not known well enough"),
        ("fludarabine 150 mg/m2", "the sum of points is in no category"),
        ("TBI 5 Gy in 1 fraction + cyclophosphamide 120 mg/kg",
         "a dose lies outside what the rule set gives points for"),
        ("amsacrine + busulfan 6.4 mg/kg iv", "an agent is not known"),
    ],
)  # fmt: skip
def test_why_the_score_cannot_tell(study, conditioning, reason):
    told = study(
        COLUMN.format(rules="tci-2020"),
        transplants=f"patient_id|type|indication|conditioning\n1|allogeneic|AML|{conditioning}",
    )
    reasons = [f.message.split(": ")[1] for f in found(told) if f.code == "intensity-cannot-tell"]
    assert reasons == [reason]


def test_the_method_says_that_the_points_were_not_read(study):
    told = study(
        COLUMN.format(rules="tci-2020"),
        transplants="patient_id|type|indication|conditioning\n1|allogeneic|AML|Flu/Bu",
    )
    method = told.loaded.clinical.subjects.columns["intensity"].method
    assert method.endswith("its numbers were not read in the source itself")


def test_a_rule_set_that_does_not_exist_is_a_finding(tmp_path):
    from sequela.pipeline import check_study
    from small_study import write_study

    folder = write_study(tmp_path / "study", COLUMN.format(rules="cibmt"), transplants=ONE)
    _, findings = check_study(folder)
    assert [(f.severity, f.place, f.message, f.remedy) for f in findings] == [
        (
            "error",
            "study.toml, column columns.intensity.rules",
            "there is no rule set 'cibmt'",
            "Did you mean 'cibmtr'?",
        )
    ]


def test_a_mistake_in_the_studys_own_data_file_is_a_finding_with_its_line(tmp_path):
    from sequela.pipeline import check_study
    from small_study import write_study

    folder = write_study(tmp_path / "study", COLUMN.format(rules="cibmtr"), transplants=ONE)
    (folder / "drugs.toml").write_text(
        '[drug.busulfan]\nsynonym = ["Busilvex"]\n', encoding="utf-8"
    )
    _, findings = check_study(folder)
    assert [(f.place, f.message, f.remedy) for f in findings] == [
        (
            "drugs.toml, row 2, column drug.busulfan.synonym",
            "'synonym' is not known here",
            "Did you mean 'synonyms'?",
        )
    ]


@pytest.mark.parametrize("rules", ["cibmtr", "bacigalupo-2009", "ricw-2006"])
def test_without_doses_nothing_is_said_of_the_published_series(example, rules):
    from sequela.clinical.transplant.intensity_columns import (
        ConditioningIntensity,
        derive_intensity,
    )
    from sequela.clinical.vocabulary import packaged_vocabulary
    from sequela.findings import Finding

    place = Finding(code="", severity="error", message="", remedy="")
    definition = ConditioningIntensity(
        derive="conditioning_intensity", rules=rules, where="indication = 'B-ALL'"
    )
    derived, findings = derive_intensity(
        example.loaded.chart, definition, packaged_vocabulary(), place=place
    )
    # its agents all are known, and not one dose: Flu/Bu stands there as RIC and as MAC
    assert derived.values.height == 13
    assert set(derived.values["why"]) == {"not_evaluable"}
    assert {f.code for f in findings} == {"intensity-cannot-tell"}
