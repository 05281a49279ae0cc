from __future__ import annotations

import json
from dataclasses import replace

import pytest
from invented_report import PATIENTS, aggregate_report, details, figure, listing, report
from lxml import html

from sequela.display.table import Cell, Column, Line, Table
from sequela.report.document import Block, Report, TableBlock
from sequela.report.html import write_html


def with_block(block: Block) -> Report:
    one = aggregate_report()
    return replace(one, document=replace(one.document, blocks=(*one.document.blocks, block)))


def test_an_aggregate_report_names_no_patient() -> None:
    page = html.document_fromstring(write_html(aggregate_report(), aggregate=True).decode())
    data = json.loads(page.get_element_by_id("report-data").text)
    assert data["patients"] == []
    assert data["groups"] == [[[], []]]
    assert data["rows"]["r1"][:3] == ["Age, median", "65", "type 7 quantile"]
    assert len(page.xpath("//button[@data-rows]")) == 5
    assert not page.xpath("//section[@class='patients'] | //nav//div")


NAMED = Table("t", "", (Column("a"),), (Line((Cell("x", patient_id=PATIENTS[0]),)),))


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (replace(aggregate_report(), pages=report().pages), "patient pages"),
        (replace(aggregate_report(), details=details()), "numbers with their patients"),
        (with_block(TableBlock(listing())), "table listing"),
        (with_block(TableBlock(NAMED)), "table t"),
        (with_block(figure("course", patient_level=True)), "figure course"),
    ],
)
def test_anything_about_one_patient_is_refused(given: Report, complaint: str) -> None:
    with pytest.raises(ValueError, match=f"an aggregate report may not hold .*{complaint}"):
        write_html(given, aggregate=True)


def test_all_reasons_are_told_at_once() -> None:
    with pytest.raises(ValueError, match=r"patient pages, nor .*patients, nor table listing, nor"):
        write_html(report(), aggregate=True)
