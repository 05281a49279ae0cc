"""REDCap exports: forms untangled, and everything that the dictionary forbids, with its place."""

from __future__ import annotations

import random

import pytest
from redcap_project import (
    COLUMNS,
    FIELDS,
    HEADER,
    PERSON,
    RELAPSE,
    complaints,
    dictionary,
    export,
    field,
    found,
    read,
    said,
)

from sequela.sources.options import RedcapOptions, SourceOptions
from sequela.sources.redcap_dictionary import plain_text
from sequela.sources.source import read_source


def test_a_form_is_a_table_and_what_does_not_apply_is_counted():
    source = read(export(PERSON, RELAPSE, RELAPSE | {"redcap_repeat_instance": "2"}))
    assert complaints(source) == []
    assert source.form == "redcap"
    person, relapse = source.tables
    assert (person.name, relapse.name) == ("person", "relapse")
    assert person.header == (
        "record_id", "mrn", "sex", "pregnant", "organs___1", "organs___2", "organs____9", "birth",
        "age", "person_complete",
    )  # fmt: skip
    assert person.rows == ((2, ("1", "00123", "1", "0", "1", "0", "0", "1960-03-14", "59", "2")),)
    assert relapse.header == (
        "record_id", "redcap_repeat_instance", "relapsed", "blasts", "note", "relapse_complete",
    )  # fmt: skip
    assert [number for number, _ in relapse.rows] == [3, 4]
    assert said(source, "redcap-rows-of-other-forms") == [
        "2 of 3 rows hold nothing of form 'person' and are no rows of it",
        "1 of 3 rows hold nothing of form 'relapse' and are no rows of it",
    ]


def test_what_the_dictionary_says_of_a_column_goes_with_it():
    source = read(export(PERSON), missing={"-99": "Not asked"})
    notes = source.table("person").notes
    assert notes["mrn"].label == "Record number"
    assert notes["mrn"].identifier
    assert notes["sex"].choices == {"1": "Female", "2": "Male"}
    assert notes["sex"].missing == {"-99": "Not asked"}
    assert notes["organs____9"].label == "Organs: Unknown"
    assert notes["organs___2"].choices == {"0": "Unchecked", "1": "Checked"}
    assert notes["birth"].validation == "date_dmy"
    assert notes["age"].field_type == "calc"


def test_checkboxes_can_be_one_column_of_codes():
    ticked = PERSON | {"organs____9": "1"}
    none = PERSON | {"record_id": "2", "organs___1": "0"}
    source = read(export(ticked, none), checkboxes="list")
    table = source.table("person")
    assert table.column("organs").to_list() == ["1; -9", None]
    assert table.header == (
        "record_id", "mrn", "sex", "pregnant", "organs", "birth", "age", "person_complete",
    )  # fmt: skip
    assert table.notes["organs"].choices == {"1": "Marrow", "2": "CSF", "-9": "Unknown"}


def test_missing_data_codes_are_no_wrong_values():
    row = PERSON | {"sex": "NASK", "birth": "UNK"}
    source = read(export(row), missing={"NASK": "Not asked", "UNK": "Unknown"})
    assert complaints(source) == ["redcap-hidden-but-filled"]  # pregnant, and no sex known
    assert source.table("person").column("birth").to_list() == ["UNK"]
    assert "redcap-choice-unknown" in complaints(read(export(row)))


@pytest.mark.parametrize(
    ("cell", "iso"),
    [
        ("1960-03-14", "1960-03-14"),
        ("14-03-1960", "1960-03-14"),
        ("03/04/1960", "1960-04-03"),
        ("4.3.1960", "1960-03-04"),
    ],
)
def test_dates_become_iso_by_the_validation_of_their_field(cell, iso):
    source = read(export(PERSON | {"birth": cell}))
    assert source.table("person").column("birth").to_list() == [iso]
    assert complaints(source) == []


def test_datetimes_and_decimal_commas_by_validation():
    fields = [
        *FIELDS[:2],
        field("seen", "person", "text", "Seen", validation="datetime_mdy"),
        field("dose", "person", "text", "Dose", validation="number_2dp_comma_decimal"),
    ]
    header = ("record_id", "mrn", "seen", "dose")
    rows = [
        dict(zip(header, cells, strict=True))
        for cells in (("1", "a", "03/14/2019 08:30", "3,50"), ("2", "b", "2019-03-14 00:00", "4"))
    ]
    table = read(export(*rows, header=header), dictionary(fields)).table("person")
    assert table.column("seen").to_list() == ["2019-03-14T08:30:00", "2019-03-14"]
    assert table.column("dose").to_list() == ["3.50", "4"]


@pytest.mark.parametrize(
    ("cells", "code", "column"),
    [
        ({"birth": "31-02-1960"}, "redcap-date-not-read", "birth"),
        ({"birth": "1960-13-45"}, "redcap-date-not-read", "birth"),
        ({"birth": "14-03-60"}, "redcap-date-not-read", "birth"),
        ({"birth": "2021-01-01"}, "redcap-value-out-of-bounds", "birth"),
        ({"sex": "3", "pregnant": ""}, "redcap-choice-unknown", "sex"),
        ({"organs___1": "2"}, "redcap-checkbox-not-ticked-or-not", "organs___1"),
        ({"sex": "2", "pregnant": "1"}, "redcap-hidden-but-filled", "pregnant"),
    ],
)
def test_a_cell_that_the_dictionary_does_not_allow(cells, code, column):
    source = read(export(PERSON | cells))
    assert complaints(source) == [code]
    (finding,) = found(source, code)
    assert (finding.file, finding.row, finding.column) == ("data.csv", 2, column)
    assert finding.patient_id == "1"


def test_numbers_and_bounds_and_logic_that_asks_another_form():
    wrong = RELAPSE | {"blasts": "many"}
    high = RELAPSE | {"redcap_repeat_instance": "2", "blasts": "125"}
    low = RELAPSE | {"redcap_repeat_instance": "3", "blasts": "2"}
    source = read(export(PERSON, wrong, high, low))
    assert [(f.code, f.row) for f in source.findings if f.severity != "note"] == [
        ("redcap-value-not-validated", 3),
        ("redcap-value-out-of-bounds", 4),
        ("redcap-hidden-but-filled", 5),
    ]


def test_the_columns_of_the_dictionary_may_come_in_any_order_with_a_mark():
    shuffled = list(COLUMNS)
    random.Random(1).shuffle(shuffled)
    source = read(export(PERSON), "\ufeff" + dictionary(FIELDS, shuffled))
    assert complaints(source) == []
    assert source.table("person").notes["sex"].choices == {"1": "Female", "2": "Male"}


def test_labels_lose_their_html():
    assert plain_text("<b>Blasts</b><br>in &lt;marrow&gt; (%)") == "Blasts in <marrow> (%)"
    assert plain_text("WBC < 4 and > 2") == "WBC < 4 and > 2"
    assert plain_text("<script>alert(1)</script>x") == "alert(1)x"


def test_logic_in_a_ring_is_an_error():
    fields = [
        FIELDS[0],
        field("a", "person", "text", "A", logic="[b] = '1'"),
        field("b", "person", "text", "B", logic="[c] = '1'"),
        field("c", "person", "text", "C", logic="[a] = '1' or [record_id] <> ''"),
        field("d", "person", "text", "D", logic="[a] = '1'"),
    ]
    source = read(
        export({"record_id": "1", "d": ""}, header=("record_id", "d")), dictionary(fields)
    )
    assert said(source, "redcap-logic-in-a-ring") == [
        "the branching logic of 'a', 'b', 'c' goes in a ring: each is shown only by the value of "
        "the next"
    ]


def test_logic_that_is_not_read_or_asks_for_nothing_known():
    fields = [
        FIELDS[0],
        field("a", "person", "text", "A", logic="__import__('os').system('true')"),
        field("b", "person", "text", "B", logic="[gone] = '1'"),
    ]
    source = read(
        export({"record_id": "1", "a": "x"}, header=("record_id", "a")), dictionary(fields)
    )
    assert complaints(source) == ["redcap-logic-not-read", "redcap-logic-unknown-field"]


def test_a_calculation_is_text_and_never_run():
    fields = [*FIELDS[:2], field("x", "person", "calc", "X", choices="eval('1/0')")]
    source = read(
        export({"record_id": "1", "mrn": "a", "x": "5"}, header=("record_id", "mrn", "x")),
        dictionary(fields),
    )
    assert complaints(source) == []
    assert source.table("person").column("x").to_list() == ["5"]


def test_repeats_without_their_columns():
    header = [h for h in HEADER if not h.startswith("redcap_repeat")]
    source = read(export(PERSON, RELAPSE, header=header))
    assert said(source, "redcap-repeat-columns-absent") == [
        "records have more than one row, and the export has no 'redcap_repeat_instrument' to say "
        "which form each row repeats (row 3)"
    ]
    assert complaints(read(export(PERSON, header=header))) == []


def test_a_form_that_is_filled_once_and_as_repeats():
    both = PERSON | {"relapsed": "2018-01-01", "blasts": "30", "note": "x"}
    source = read(export(both, RELAPSE))
    assert said(source, "redcap-form-mixed") == [
        "form 'relapse' is filled both once and as repeats in the same record (outside the "
        "repeats: row 2)"
    ]
    assert source.table("relapse").height == 2


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (RELAPSE | {"record_id": "7", "note": ""}, "redcap-instance-orphan"),
        (RELAPSE | {"redcap_repeat_instance": ""}, "redcap-instance-without-number"),
        (RELAPSE | {"redcap_repeat_instrument": "lapse"}, "redcap-instrument-unknown"),
        (RELAPSE | {"record_id": ""}, "redcap-row-without-record"),
    ],
)
def test_repeats_that_do_not_fit(row, code):
    source = read(export(PERSON, row))
    (finding,) = found(source, code)
    assert (finding.row, finding.severity) == (3, "error")


def test_an_instance_twice_and_a_value_in_the_wrong_row():
    source = read(export(PERSON, RELAPSE, RELAPSE, RELAPSE | {"redcap_repeat_instance": "2",
                                                             "sex": "1"}))  # fmt: skip
    assert [(f.code, f.row) for f in source.findings if f.severity == "error"] == [
        ("redcap-instance-twice", 4),
        ("redcap-value-misplaced", 5),
    ]


def test_rows_without_any_entry_are_named():
    empty = {"record_id": "2", "organs___1": "0", "person_complete": "0"}
    source = read(export(PERSON, empty))
    assert said(source, "redcap-rows-blank") == [
        "1 row with a record's number and no entry in any form: row 3"
    ]


def test_an_export_with_labels_for_its_values():
    row = PERSON | {"sex": "Female", "pregnant": "No", "organs___1": "Checked",
                    "organs___2": "Unchecked", "organs____9": "Unchecked",
                    "person_complete": "Complete"}  # fmt: skip
    source = read(export(row))
    assert set(complaints(source)) == {"redcap-labels-for-codes"}
    assert said(source, "redcap-labels-for-codes")[0] == (
        "'sex' holds labels where its codes belong; they were read as their codes (1 cell)"
    )
    assert source.table("person").column("sex").to_list() == ["1"]
    assert source.table("person").column("organs___1").to_list() == ["1"]


def test_an_export_with_labels_for_its_heading():
    header = ["Record", "Repeat Instrument", "Repeat Instance", "Record number", "Sex", "Pregnant?",
              "Organs (choice=Marrow)", "Organs (choice=CSF)", "Born"]  # fmt: skip
    row = ["1", "", "", "00123", "Female", "No", "Checked", "Unchecked", "1960-03-14"]
    fields = [f for f in FIELDS if f[COLUMNS[1]] == "person"]
    source = read(export(dict(zip(header, row, strict=True)), header=header), dictionary(fields))
    (finding,) = found(source, "redcap-labelled-export")
    assert "raw data" in finding.remedy
    assert source.table("person").column("sex").to_list() == ["1"]


def test_columns_that_the_dictionary_does_not_have():
    header = [*HEADER, "organs___7", "other"]
    source = read(export(PERSON | {"organs___7": "1", "other": "x"}, header=header))
    assert [(f.code, f.column) for f in source.findings if f.severity != "note"] == [
        ("redcap-checkbox-unknown", "organs___7"),
        ("redcap-column-unknown", "other"),
    ]


def test_events_and_the_forms_that_belong_to_them():
    header = ["record_id", "redcap_event_name", *HEADER[1:]]
    first = PERSON | {"redcap_event_name": "baseline_arm_1"}
    later = RELAPSE | {"redcap_event_name": "later_arm_1", "redcap_repeat_instrument": "",
                       "redcap_repeat_instance": ""}  # fmt: skip
    mapping = "arm_num,unique_event_name,form\n1,baseline_arm_1,person\n1,later_arm_1,relapse\n"
    source = read(export(first, later, header=header), more={"events": mapping})
    assert complaints(source) == ["redcap-hidden-but-filled"]  # sex was asked in another event
    assert source.table("relapse").header[:2] == ("record_id", "redcap_event_name")
    wrong = later | {"redcap_event_name": "baseline_arm_1"}
    source = read(export(first, wrong, header=header), more={"events": mapping})
    (finding,) = found(source, "redcap-form-not-of-event")
    assert (finding.row, finding.message) == (
        3,
        "form 'relapse' is filled in an event that it does not belong to",
    )


def test_a_pair_of_files_and_a_folder(tmp_path):
    (tmp_path / "data.csv").write_text(export(PERSON, RELAPSE), encoding="utf-8")
    (tmp_path / "words.csv").write_text(dictionary(), encoding="utf-8")
    options = SourceOptions(redcap=RedcapOptions(dictionary=str(tmp_path / "words.csv")))
    pair = read_source(tmp_path / "data.csv", options)
    folder = read_source(tmp_path)
    assert [t.name for t in pair.tables] == [t.name for t in folder.tables] == ["person", "relapse"]
    assert pair.tables[0].rows == folder.tables[0].rows
    lost = SourceOptions(redcap=RedcapOptions(dictionary=str(tmp_path / "gone.csv")))
    (finding,) = read_source(tmp_path / "data.csv", lost).findings
    assert (finding.code, finding.file) == ("file-unreadable", "gone.csv")


def test_a_dictionary_alone_and_an_export_of_another_project():
    assert complaints(read("a,b\n1,2\n")) == ["redcap-not-of-dictionary"]


def test_every_row_is_in_a_form_or_in_a_finding():
    rows = [PERSON, RELAPSE, {"record_id": "2"}, RELAPSE | {"record_id": "9"}, {"sex": "1"},
            RELAPSE | {"redcap_repeat_instrument": "lapse"}]  # fmt: skip
    source = read(export(*rows))
    read_rows = {number for table in source.tables for number, _ in table.rows}
    named = {f.row for f in source.findings} | {4}  # row 4 is named in a sentence
    assert said(source, "redcap-rows-blank") == [
        "1 row with a record's number and no entry in any form: row 4"
    ]
    assert read_rows | named >= set(range(2, 8))
