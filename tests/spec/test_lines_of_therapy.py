"""Regimens from names and drugs, lines and intent from dates and events (rule lines-1)."""

from __future__ import annotations

import pytest

from sequela.clinical.vocabulary import packaged_vocabulary
from spec_table import SpecTable

REGIMENS = packaged_vocabulary().regimens


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("hyper-CVAD", "hyper-CVAD"),
        ("HyperCVAD", "hyper-CVAD"),
        ("R-hyper-CVAD", "hyper-CVAD + rituximab"),
        ("hyper-CVAD + Rituxan", "hyper-CVAD + rituximab"),
        ("hyper-CVAD without vincristine", "hyper-CVAD without vincristine"),
        ("mini-hyper-CVD + InO", "mini-hyper-CVD + inotuzumab ozogamicin"),
        ("MSK 12-266", "MSK 12-266"),
        ("VP", "vincristine + prednisone"),
        ("V + P", "vincristine + prednisone"),
        ("dexamethasone + dasatinib", "dasatinib + corticosteroids"),
        ("Sprycel and prednisone", "dasatinib + corticosteroids"),
        ("Blincyto", "blinatumomab"),
        ("Revlimid/Velcade/dex", "VRd"),
        ("RVd", "VRd"),
        ("cytarabine", "cytarabine"),
        ("methotrexate + etoposide", "etoposide + methotrexate"),
        ("Kymriah", "CAR-T"),
        ("FLAG-Ida", "FLAG-IDA"),
    ],
)
def test_a_regimen_by_its_name(text, name):
    assert (REGIMENS.read(text).name, REGIMENS.read(text).unknown) == (name, ())


@pytest.mark.parametrize(
    ("drugs", "name"),
    [
        ("cyclophosphamide vincristine doxorubicin dexamethasone", "hyper-CVAD"),
        (
            "cyclophosphamide vincristine doxorubicin dexamethasone methotrexate cytarabine",
            "hyper-CVAD",
        ),
        ("cyclophosphamide vincristine dexamethasone", "mini-hyper-CVD"),
        (
            "cyclophosphamide daunorubicin vincristine prednisone pegaspargase",
            "five-drug induction with asparaginase",
        ),
        (
            "cyclophosphamide daunorubicin vincristine prednisone asparaginase filgrastim",
            "five-drug induction with asparaginase",
        ),
        (
            "cyclophosphamide daunorubicin vincristine dexamethasone asparaginase",
            "five-drug induction with asparaginase",
        ),
        (
            "daunorubicin vincristine prednisone pegaspargase",
            "four-drug induction with asparaginase",
        ),
        (
            "daunorubicin vincristine prednisone asparaginase",
            "four-drug induction with asparaginase",
        ),
        (
            "daunorubicin vincristine dexamethasone asparaginase rituximab",
            "four-drug induction with asparaginase + rituximab",
        ),
        ("cytarabine mitoxantrone", "cytarabine + mitoxantrone"),
        ("melphalan", "melphalan"),
        (
            "cyclophosphamide vincristine doxorubicin dexamethasone pegaspargase",
            "augmented hyper-CVAD",
        ),
        ("prednisone vincristine methotrexate mercaptopurine", "POMP"),
        ("mercaptopurine methotrexate", "6-MP + methotrexate"),
        ("ponatinib blinatumomab", "ponatinib + blinatumomab"),
        ("daratumumab bortezomib lenalidomide dexamethasone", "D-VRd"),
        ("carfilzomib lenalidomide dexamethasone", "KRd"),
        ("lenalidomide", "lenalidomide"),
        ("dexamethasone", "corticosteroids"),
        ("cytarabine methotrexate", "cytarabine + methotrexate"),
    ],
)
def test_a_regimen_by_its_drugs(drugs, name):
    assert REGIMENS.of_drugs(drugs.split()).name == name


@pytest.mark.parametrize(
    ("name", "drug", "has"),
    [
        ("CALGB 8811", "daunorubicin", True),
        ("CALGB 8811", "cytarabine", None),  # of a later course, which may not have been reached
        ("CALGB 10403", "methotrexate", None),
        ("CALGB 10403", "blinatumomab", False),
        ("UKALL XII", "cyclophosphamide", None),
        ("augmented hyper-CVAD", "cytarabine", True),
        ("MSK 12-266", "pegaspargase", None),  # known by its name alone
    ],
)
def test_whether_a_regimen_by_its_name_has_a_drug(name, drug, has):
    assert REGIMENS.read(name).has(frozenset({drug})) is has


@pytest.mark.parametrize(
    ("drugs", "continues"),
    [
        ("methotrexate cytarabine", True),
        ("methotrexate cytarabine asparaginase vincristine dexamethasone", True),
        ("methotrexate cytarabine imatinib", False),
    ],
)
def test_the_second_course_of_augmented_hyper_cvad(drugs, continues):
    given = frozenset(drugs.split())
    assert REGIMENS.continues(given, "augmented hyper-CVAD") is continues


def test_only_its_name_says_which_of_several_regimens_with_the_same_drugs_it_was():
    """Four induction drugs are CALGB 10403, AALL0232 or augmented BFM; none is asserted."""
    alone = REGIMENS.of_drugs(["daunorubicin", "vincristine", "prednisone", "pegaspargase"])
    assert alone.bases == ("CALGB 10403", "AALL0232", "augmented BFM")
    assert REGIMENS.read("C10403").name == "CALGB 10403"
    assert REGIMENS.read("AALL-0232").name == "AALL0232"
    assert REGIMENS.read("DNR/VCR/pred/PEG").name == alone.name


def test_a_drug_alone_does_not_say_what_it_was_given_for():
    """Melphalan may be a tablet; only high-dose melphalan says that it is a consolidation."""
    assert REGIMENS.of_drugs(["melphalan"]).role == ""
    assert REGIMENS.read("Mel200").role == "consolidation"


def test_drugs_that_two_regimens_share_are_not_told_apart():
    from sequela.clinical.regimens import Regimen, RegimenFile, Regimens

    same = Regimen(drugs=("vincristine", "daunorubicin"))
    two = Regimens(RegimenFile(regimen={"One": same, "Two": same}), REGIMENS.drugs)
    assert two.of_drugs(["vincristine", "daunorubicin"]).name == "One or Two"


def test_a_word_that_is_not_known_is_left_as_it_stands():
    read = REGIMENS.read("hyper-CVAD + something")
    assert (read.name, read.unknown) == ("hyper-CVAD + something", ("something",))


LINES = SpecTable(
    "lines of therapy",
    "One patient a line: regimens with their days (start, or start-stop), `!` a relapse. The "
    "answer has the line and the intent of each regimen.",
    """
    therapy | lines
    0-20 hyper-CVAD                                      | 1 induction
    0-20 hyper-CVAD, 60 blinatumomab                     | 1 induction, 1 consolidation
    0-20 hyper-CVAD, 60 blinatumomab, 200 POMP | 1 induction, 1 consolidation, 1 maintenance
    0-20 hyper-CVAD, 90 !, 95 blinatumomab               | 1 induction, 2 salvage
    0-20 hyper-CVAD, 95 !, 95 blinatumomab               | 1 induction, 2 salvage
    0-20 hyper-CVAD, 96 !, 95 blinatumomab               | 1 induction, 1 consolidation
    0-20 hyper-CVAD, 90 !, 95 InO, 130 blinatumomab | 1 induction, 2 salvage, 2 consolidation
    0-20 hyper-CVAD, 200 blinatumomab                    | 1 induction, 1 consolidation
    0-20 hyper-CVAD, 201 blinatumomab                    | 1 induction, 2 salvage
    0-20 hyper-CVAD, 201 POMP                            | 1 induction, 1 maintenance
    0 corticosteroids, 9 hyper-CVAD                      | 0 supportive, 1 induction
    0 hydroxyurea, 9 hyper-CVAD, 30 !, 40 prednisone | 0 supportive, 1 induction, 1 supportive
    0 hyper-CVAD, 28 hyper-CVAD, 60 hyper-CVAD           | 1 induction
    0 VRd, 150 high-dose melphalan, 250 lenalidomide | 1 induction, 1 consolidation, 1 maintenance
    0 VRd, 250 lenalidomide, 900 !, 910 KRd | 1 induction, 1 maintenance, 2 salvage
    """,
)

DRUGS = SpecTable(
    "lines of therapy",
    "Drugs that start within 28 days of the first are one regimen.",
    """
    therapy | lines
    0 cyclophosphamide, 0 vincristine, 1 doxorubicin, 1 dexamethasone | 1 induction hyper-CVAD
    0 bortezomib, 0 dexamethasone, 28 lenalidomide                    | 1 induction VRd
    0 bortezomib, 0 dexamethasone, 29 Revlimid | 1 induction Vd, 1 maintenance lenalidomide
    """,
)

SPEC_TABLES = [LINES, DRUGS]
COLUMN = """
[columns.intents]
derive = "therapy_line"
part = "intents"
line = {line}

[columns.count]
derive = "therapy_line"
part = "count"
"""


def tables(therapy: str) -> dict[str, str]:
    """A patient's therapy, as it stands in a spec table, as chart tables."""
    treatments = ["patient_id|regimen|start|stop"]
    events = ["patient_id|what|when"]
    for part in therapy.split(", "):
        when, _, what = part.partition(" ")
        start, _, stop = when.partition("-")
        if what == "!":
            events.append(f"1|relapse|{start} days")
        else:
            treatments.append(f"1|{what}|{start} days|{f'{stop} days' if stop else ''}")
    return {
        "treatments": "\n".join(treatments),
        "events": "\n".join(events),
        "assessments": "patient_id|what|value\n1|response|CR",
    }


def blocks_of(told) -> list[str]:
    """Each regimen's line, intent and name, from what the column keeps of it."""
    from sequela.clinical.drawn_lines import computed_lines
    from sequela.clinical.lines_of_therapy import LineRule

    drawn = computed_lines(told.loaded.chart, LineRule(), REGIMENS, table="treatments", where="")
    (lines,) = drawn.of.values()
    return [f"{b.line} {b.intent} {b.named.name}" for b in lines.blocks]


@pytest.mark.parametrize("case", [*LINES.cases, *DRUGS.cases], ids=lambda c: c["therapy"])
def test_lines_and_intents(study, case):
    told = study(COLUMN.format(line=1), **tables(case["therapy"]))
    found = blocks_of(told)
    expected = case["lines"].split(", ")
    named = len(expected[0].split()) > 2
    assert [" ".join(f.split()[: None if named else 2]) for f in found] == expected
    assert told.column("count") == {"1": max(int(f.split()[0]) for f in found)}


def test_what_the_columns_of_a_line_hold(study):
    parts = ("regimen", "regimens", "intents", "to_next", "duration")
    toml = "".join(
        f'[columns.{part}]\nderive = "therapy_line"\npart = "{part}"\n' for part in parts
    )
    told = study(toml, **tables("0-20 hyper-CVAD, 60-80 blinatumomab, 90 !, 95 InO"))
    assert {part: told.column(part)["1"] for part in parts} == {
        "regimen": "hyper-CVAD",
        "regimens": "hyper-CVAD; blinatumomab",
        "intents": "induction: hyper-CVAD; consolidation: blinatumomab",
        "to_next": 95,
        "duration": 80,
    }
    assert told.decided_by("regimen") == [("1", "treatments", 2), ("1", "treatments", 3)]


def test_without_a_next_line_there_is_no_time_to_it(study):
    told = study(
        '[columns.next]\nderive = "therapy_line"\npart = "to_next"\n'
        '[columns.second]\nderive = "therapy_line"\npart = "regimen"\nline = 2\n'
        '[columns.count]\nderive = "therapy_line"\npart = "count"\n',
        patients="patient_id|site\n1|A\n2|A",
        treatments="patient_id|regimen|start\n1|hyper-CVAD|0 days",
    )
    assert told.why("next") == {"1": "not_applicable", "2": "not_applicable"}
    assert told.why("second") == {"1": "not_applicable", "2": "not_applicable"}
    assert told.column("count") == {"1": 1, "2": 0}


def test_therapy_without_an_order_in_time_makes_no_lines(study):
    told = study(
        COLUMN.format(line=1),
        treatments="patient_id|regimen|start|clock\n"
        "1|hyper-CVAD|0 days|\n1|POMP||\n2|POMP|0 days|a\n2|VP|1 days|b",
    )
    assert told.why("count") == {"1": "not_evaluable", "2": "not_evaluable"}


def test_the_charts_own_numbers_where_the_study_says_so(study):
    told = study(
        '[columns.first]\nderive = "therapy_line"\npart = "regimen"\nsource = "reported"\n'
        '[columns.count]\nderive = "therapy_line"\npart = "count"\nsource = "reported"\n',
        treatments="patient_id|regimen|intent|line\n"
        "1|POMP|maintenance|2\n1|HCVAD|induction|1\n2|POMP||",
    )
    assert told.column("first") == {"1": "hyper-CVAD", "2": None}
    assert told.column("count") == {"1": 2, "2": None}
    assert told.why("count")["2"] == "missing"


def test_line_and_intent_as_stated_against_the_rule(study):
    told = study(
        COLUMN.format(line=1),
        treatments="patient_id|regimen|start|intent|line\n"
        "1|hyper-CVAD|0 days|induction|1\n"
        "1|blinatumomab|60 days|post-induction|2\n"
        "1|POMP|90 days|salvage|1",
    )
    found = [(f.code, f.place, f.message) for f in told.findings if "as-computed" in f.code]
    assert found == [
        (
            "line-not-as-computed",
            "treatments.csv, row 3, column line",
            "the rule lines-1 makes it line 1, and the chart says otherwise",
        ),
        (
            "intent-not-as-computed",
            "treatments.csv, row 4, column intent",
            "the rule lines-1 makes it maintenance, and the chart says otherwise",
        ),
    ]


def test_refractory_disease_ends_a_line(study):
    told = study(
        COLUMN.format(line=1),
        treatments="patient_id|regimen|start\n1|VP|0 days\n1|InO|40 days",
        assessments="patient_id|what|value|when\n1|refractory|yes|30 days",
    )
    assert told.column("count") == {"1": 2}


def test_a_change_may_begin_a_line(study):
    toml = COLUMN.format(line=1).replace(
        'part = "count"', 'part = "count"\nchange = "new line"\ntogether_days = 10'
    )
    told = study(toml, **tables("0 Vd, 100 KRd, 200 Kd, 300 lenalidomide"))
    # Kd has no drug that the line has not had, and maintenance is planned
    assert told.column("count") == {"1": 2}


def test_a_regimen_that_is_not_known_is_a_finding(study):
    told = study(COLUMN.format(line=1), treatments="patient_id|regimen|start\n1|hyper-CVAF|0 days")
    (finding,) = [f for f in told.findings if f.code == "regimen-unknown"]
    assert (finding.place, finding.message, finding.remedy) == (
        "treatments.csv, row 2, column regimen",
        "it names a regimen or drug that is not known",
        "Did you mean 'hyper-CVAD'?",
    )
    # it is therapy all the same
    assert told.column("count") == {"1": 1}


def test_a_study_adds_its_own_regimens(tmp_path):
    from small_study import tell, write_study

    folder = write_study(
        tmp_path / "study",
        '[columns.first]\nderive = "therapy_line"\npart = "regimen"\n',
        treatments="patient_id|regimen|start\n1|Protocol 7|0 days",
    )
    (folder / "regimens.toml").write_text(
        '[regimen."Protocol Seven"]\nsynonyms = ["Protocol 7"]\ndrugs = ["vincristine"]\n',
        encoding="utf-8",
    )
    told = tell(folder)
    assert told.column("first") == {"1": "Protocol Seven"}
    assert [f.code for f in told.findings if f.code == "regimen-unknown"] == []


EXPOSURE = '[columns.had]\nderive = "drug_exposure"\n'


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ('drugs = ["Besponsa"]', {"1": True, "2": False, "3": False, "4": None}),
        ('classes = ["anthracycline"]', {"1": False, "2": True, "3": False, "4": None}),
        ('classes = ["immunomodulatory drug"]', {"1": False, "2": False, "3": True, "4": None}),
    ],
)
def test_any_exposure_to_a_drug_or_class(study, asked, expected):
    told = study(
        EXPOSURE + asked,
        treatments="patient_id|regimen\n1|mini-hyper-CVD + InO\n2|hyper-CVAD\n4|MSK L-20",
        exposures="patient_id|drug\n3|Revlimid",
    )
    # of a regimen that is known by name alone, what was in it is not known
    assert told.column("had") == expected
    assert told.why("had")["4"] == "not_evaluable"


@pytest.mark.parametrize(
    ("start", "had"), [("9 days", True), ("10 days", False), ("", None), ("2019-01-01", None)]
)
def test_exposure_before_a_moment(study, start, had):
    told = study(
        '[moments.diagnosis]\ntable = "diagnoses"\n'
        + EXPOSURE
        + 'drugs = ["lenalidomide"]\nuntil = "diagnosis"\n',
        diagnoses="patient_id|disease|when\n1|ALL|10 days",
        exposures=f"patient_id|drug|start\n1|Len|{start}",
    )
    assert told.column("had") == {"1": had}


def test_a_drug_that_does_not_exist_is_an_error(tmp_path):
    from sequela.pipeline import check_study
    from small_study import write_study

    folder = write_study(
        tmp_path / "study", EXPOSURE + 'drugs = ["lenalidomid"]', exposures="patient_id|drug\n1|Len"
    )
    _, findings = check_study(folder)
    assert [(f.place, f.message) for f in findings if f.severity == "error"] == [
        ("study.toml, column columns.had", "there is no drug or class 'lenalidomid'")
    ]


def test_the_start_of_a_line_is_a_moment(study):
    told = study(
        '[moments.first]\nderive = "therapy_line"\n'
        '[moments.next_treatment]\nderive = "therapy_line"\nline = 2\n'
        '[columns.between]\nderive = "interval"\nfrom = "first"\nto = "next_treatment"\n',
        **tables("0-20 hyper-CVAD, 60 blinatumomab, 90 !, 95 InO"),
    )
    assert told.column("between") == {"1": 95}
    moment = told.loaded.clinical.moments["next_treatment"]
    assert moment.select("low", "table", "row").rows() == [(95.0, "treatments", 4)]


def test_a_moment_says_of_whom_it_cannot_be_told(study):
    told = study(
        '[moments.next_treatment]\nderive = "therapy_line"\nline = 2\n',
        treatments="patient_id|regimen|start\n1|hyper-CVAD|0 days\n1|POMP|",
    )
    (finding,) = [f for f in told.findings if f.code == "lines-without-order"]
    assert finding.message == (
        "the therapy of 1 patient has no order in time, so this moment is not found there"
    )


def test_every_regimen_of_the_published_series_is_known(example):
    texts = example.loaded.chart["treatments"]["regimen"].unique().to_list()
    assert len(texts) > 10
    assert [t for t in texts if REGIMENS.read(t).unknown] == []


@pytest.mark.parametrize(
    ("regimen", "asked", "expected"),
    [
        ("POMP", 'classes = ["corticosteroid"]', True),  # either of two corticosteroids
        ("CALGB 8811", 'classes = ["asparaginase"]', True),
        ("CALGB 8811", 'drugs = ["pegaspargase"]', None),  # it or asparaginase
        ("hyper-CVAD", 'drugs = ["filgrastim"]', None),  # may be given with it
        ("hyper-CVAD", 'drugs = ["blinatumomab"]', False),
    ],
)
def test_a_regimen_by_name_has_one_of_each_choice(study, regimen, asked, expected):
    told = study(
        f'[columns.had]\nderive = "drug_exposure"\n{asked}\n',
        treatments=f"patient_id|regimen|start\n1|{regimen}|0 days",
    )
    assert told.column("had") == {"1": expected}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("rituximab + hyper-CVAD", "hyper-CVAD + rituximab"),
        ("hyper-CVAD-R", "hyper-CVAD + rituximab"),
        ("hyper-CVAD + R", "hyper-CVAD + rituximab"),
        ("inotuzumab + mini-hyper-CVD", "mini-hyper-CVD + inotuzumab ozogamicin"),
        ("7+3", "7+3"),
        ("R", "R"),  # rituximab or Revlimid: not guessed
    ],
)
def test_what_is_added_may_stand_first(text, name):
    assert packaged_vocabulary().regimens.read(text).name == name


def test_a_no_before_a_moment_is_known_at_that_moment(study):
    told = study(
        '[moments.dx]\ntable = "diagnoses"\n[moments.end]\ntable = "followup"\n'
        '[columns.had]\nderive = "drug_exposure"\ndrugs = ["blinatumomab"]\nuntil = "dx"\n'
        '[columns.rows]\nderive = "count"\ntable = "treatments"\nuntil = "dx"\n'
        '[columns.ever]\nderive = "drug_exposure"\ndrugs = ["blinatumomab"]\n',
        diagnoses="patient_id|disease|when\n1|B-ALL|10 days",
        treatments="patient_id|regimen|start\n1|POMP|0 days",
    )
    known = told.loaded.clinical.subjects.known_at
    assert {c: known.filter(column=c)["known_at"].to_list() for c in ("had", "rows", "ever")} == {
        "had": [10.0],
        "rows": [10.0],
        "ever": [None],
    }
