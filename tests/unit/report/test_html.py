from __future__ import annotations

import base64
import hashlib
import json
import re
from urllib.parse import unquote

import pytest
from invented_report import HOSTILE, PATIENTS, SHOWN, report
from lxml import html

from sequela.report.document import Document, Heading, Paragraph, Report, Run, TableBlock
from sequela.report.html import write_html
from sequela.report.html_numbers import patient_anchor


@pytest.fixture(scope="module")
def text(written: dict[str, bytes]) -> str:
    return written["html"].decode()


@pytest.fixture(scope="module")
def page(text: str) -> html.HtmlElement:
    return html.document_fromstring(text)


@pytest.fixture(scope="module")
def data(page: html.HtmlElement) -> dict[str, list[list[object]]]:
    return json.loads(page.get_element_by_id("report-data").text)


def small(*blocks: object) -> Report:
    return Report(Document("t", "", blocks))  # type: ignore[arg-type]


def test_nothing_points_out_of_the_file(text: str, page: html.HtmlElement) -> None:
    assert not re.search("https?://", text)
    assert set(re.findall(r"url\((.{6})", text)) <= {'"data:', "#figur"}
    assert all(one.startswith("#") for one in page.xpath("//@href"))
    assert not page.xpath("//@src | //link | //iframe | //object | //form")
    assert "@import" not in text


def test_the_policy_allows_this_style_and_this_script_only(page: html.HtmlElement) -> None:
    policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy

    def hashed(content: str) -> str:
        return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()

    (style,) = page.xpath("//style")
    (script,) = page.xpath("//script[not(@type)]")
    assert f"style-src 'sha256-{hashed(style.text)}'" in policy
    assert f"script-src 'sha256-{hashed(script.text)}'" in policy
    assert not page.xpath("//@style | //@onclick | //@onload")


def test_hostile_text_stays_text(page: html.HtmlElement) -> None:
    assert len(page.xpath("//script")) == 2
    assert not page.xpath("//b")
    paragraph = page.xpath("//main/p[1]")[0].text_content()
    assert paragraph.endswith(HOSTILE + SHOWN)
    assert HOSTILE in page.xpath(
        "string(//*[@id='exhibit-characteristics']//tbody[last()]/tr[last()]/th)"
    )


def test_no_unseen_character_is_left(text: str) -> None:
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x07]", text)


def test_the_data_cannot_end_its_element(text: str, data: dict[str, list[list[object]]]) -> None:
    raw = text.split('id="report-data">', 1)[1].split("</script>", 1)[0]
    assert raw.isascii()
    assert not set("<>&") & set(raw)
    assert data["rows"]["r2"][0] == HOSTILE  # type: ignore[call-overload]
    assert data["rows"]["r2"][2] == SHOWN  # type: ignore[call-overload]


def test_every_number_is_a_button_that_leads_to_rows_and_patients(
    page: html.HtmlElement, data: dict[str, list[list[object]]]
) -> None:
    buttons = page.xpath("//button[@data-rows]")
    assert [button.text for button in buttons] == [
        "2", "65 (50-86)", "2 (67)", "1 (50)", "2", "2"
    ]  # fmt: skip
    for button in buttons:
        assert button.get("type") == "button"
        assert button.get("aria-expanded") == "false"
        for row in button.get("data-rows").split(" "):
            _, value, _, group = data["rows"][row]  # type: ignore[call-overload]
            counted, _ = data["groups"][group]
            assert value
            assert counted
            for place in counted:
                assert page.get_element_by_id(data["patients"][place][1]) is not None
    assert "r9" not in data["rows"]


def test_those_not_counted_are_named_with_their_reason(
    data: dict[str, list[list[object]]],
) -> None:
    _, others = data["groups"][data["rows"]["r3"][3]]  # type: ignore[call-overload]
    ((reason, places),) = others
    assert reason == "not evaluable"
    assert [data["patients"][place][0] for place in places] == ['"><b>']


def test_a_number_without_source_is_refused() -> None:
    paragraph = Paragraph((Run("7", ("unknown-row",)),))
    with pytest.raises(ValueError, match="nothing is known of: unknown-row"):
        write_html(small(paragraph))


def test_every_patient_has_a_section_and_every_link_a_place(page: html.HtmlElement) -> None:
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    for patient in PATIENTS:
        assert patient_anchor(patient) in ids
    for address in page.xpath("//a/@href"):
        assert unquote(address[1:]) in ids


def test_a_section_holds_facts_timeline_by_clock_and_sources(page: html.HtmlElement) -> None:
    section = page.get_element_by_id("patient-01")
    captions = [one.text_content() for one in section.xpath(".//figcaption")]
    assert captions == [
        "Derived values",
        "Timeline: Months from diagnosis",
        "Timeline: Days from first marrow",
        "diagnoses.csv",
    ]
    months = section.xpath(".//figure[2]//tbody/tr/th/text()")
    assert months == ["0", "12"]


def test_patients_never_share_a_section() -> None:
    names = ("a b", "a~20b", "a_b", "a-b", "ä", "A B")
    anchors = [patient_anchor(name) for name in names]
    assert len(set(anchors)) == len(names)
    assert all(re.fullmatch(r"patient-[A-Za-z0-9._~-]+", one) for one in anchors)
    assert patient_anchor("07") == "patient-07"


def test_only_the_first_cell_that_names_a_patient_is_a_link(page: html.HtmlElement) -> None:
    rows = page.xpath("//figure[@id='exhibit-listing']//tbody/tr")
    assert [row.xpath(".//a/@href") for row in rows] == [
        [f"#{patient_anchor(patient)}"] for patient in PATIENTS
    ]


def test_tables_say_what_their_headers_head(page: html.HtmlElement) -> None:
    table = page.xpath("//figure[@id='exhibit-characteristics']//table")[0]
    assert table.xpath("./thead//th/@scope") == ["col"] * 3
    assert table.xpath("./tbody//th/@scope") == ["row", "rowgroup", "row", "row"]
    assert len(table.xpath("./tbody")) == 2
    assert table.xpath("./tbody[2]/tr[2]/th/@class") == ["left in1"]
    assert table.xpath("./thead//th/@class") == ["left", "center", "right"]


def test_warnings_and_notes_have_their_own_look(page: html.HtmlElement) -> None:
    assert page.xpath("//p[@class='warning']")[0].text_content() == (
        "Warning. Conditional on transplant."
    )
    assert page.xpath("//p[@class='note']")[0].text_content() == "A month is 30.4375 days."


def test_figures_have_a_name_a_caption_and_no_clash(page: html.HtmlElement) -> None:
    figures = page.xpath("//figure[contains(@class, 'picture')]")
    assert [one.xpath("./figcaption")[0].text_content() for one in figures] == [
        f"Figure {i}. Survival. Ticks mark 2 censored patients." for i in (1, 2)
    ]
    assert page.xpath("//svg/@role") == ["img", "img"]


def test_the_contents_name_sections_and_patients(page: html.HtmlElement) -> None:
    links = page.xpath("//nav//a")
    assert [link.text for link in links] == [
        "Results", "Text", "Listing", "Patients", *PATIENTS
    ]  # fmt: skip


def test_the_bold_face_is_carried_because_a_figure_sets_it(text: str) -> None:
    assert "font-style:normal;font-weight:700;src" in text
    assert write_html(small(Paragraph((Run("x"),)))).count(b"@font-face") == 3
    assert write_html(small(Paragraph((Run("x", bold=True, italic=True),)))).count(b"@font-f") == 4


def test_two_parts_with_one_id_are_refused(whole: Report) -> None:
    one = Heading("A", 1, "a")
    with pytest.raises(ValueError, match="have the id a"):
        write_html(small(one, one))
    with pytest.raises(ValueError, match="have the id exhibit-listing"):
        listing = [b for b in whole.document.blocks if isinstance(b, TableBlock)][1]
        write_html(small(listing, listing))
    with pytest.raises(ValueError, match="have the id panel"):
        write_html(small(Heading("A", 1, "panel")))


def test_an_empty_report_can_be_written() -> None:
    page = html.document_fromstring(write_html(small()).decode())
    assert page.xpath("//h1")[0].text == "t"
    assert json.loads(page.get_element_by_id("report-data").text)["rows"] == {}


def test_the_report_is_not_changed_by_writing_it() -> None:
    one = report()
    write_html(one)
    assert one == report()
