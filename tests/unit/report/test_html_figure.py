from __future__ import annotations

import io

import matplotlib as mpl
import pytest
from invented_report import SVG
from lxml import html
from matplotlib.figure import Figure

from sequela.report.html_figure import FigureStyles, inline_svg


def inlined(svg: bytes, prefix: str = "figure-1-") -> tuple[str, FigureStyles]:
    styles = FigureStyles()
    return inline_svg(svg, prefix=prefix, label='A "line" <falls>', styles=styles), styles


def drawing(inside: str) -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{inside}</svg>'.encode()


def test_the_drawing_is_a_picture_with_a_name_and_live_text() -> None:
    text, _ = inlined(SVG)
    svg = html.fromstring(text)
    assert (svg.get("role"), svg.get("aria-label")) == ("img", 'A "line" <falls>')
    assert svg.get("width") == "226pt"
    assert svg.xpath("string(.//*[local-name()='text'][1])") == "Months <1>"


def test_styles_become_classes_shared_by_equal_styles() -> None:
    text, styles = inlined(SVG)
    assert "style=" not in text
    assert ".f1{stroke:#000000}" in styles.css()
    assert text.count('class="f1"') == 2
    assert ".f4{font:700 8px 'Source Sans Pro'}" in styles.css()


def test_ids_are_the_figures_own_and_unused_ones_are_dropped() -> None:
    text, _ = inlined(SVG)
    assert 'id="figure-1-c1"' in text
    assert 'clip-path="url(#figure-1-c1)"' in text
    assert 'href="#figure-1-m1"' in text
    assert "figure_1" not in text


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        "<foreignObject><b>x</b></foreignObject>",
        '<a href="https://example.org"><text>x</text></a>',
        '<image href="https://example.org/x.png" width="1" height="1"/>',
        '<rect onclick="alert(1)" width="1" height="1"/>',
        '<rect fill="url(https://example.org/x)" width="1" height="1"/>',
        '<rect style="fill: url(https://example.org/x); background: url(//example.org)"/>',
        '<rect style="fill: red} body{display: none"/>',
        '<use href="other.svg#x"/>',
        "<style>@import 'x'</style>",
        '<animate attributeName="href" values="javascript:alert(1)"/>',
    ],
)
def test_what_a_drawing_does_not_need_is_dropped(inside: str) -> None:
    text, styles = inlined(drawing(inside))
    whole = text + styles.css()
    for word in ("example.org", "script", "alert", "foreign", "import", "body", "other.svg"):
        assert word not in whole


def test_a_picture_within_is_kept_as_data() -> None:
    text, _ = inlined(drawing('<image href="data:image/png;base64,\nAAAA\nBBBB" width="1"/>'))
    assert 'href="data:image/png;base64,AAAABBBB"' in text


def test_two_drawings_of_matplotlib_share_no_id() -> None:
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "same"}):
        figure = Figure(figsize=(2, 1))
        axes = figure.add_subplot()
        axes.fill_between([0, 1], [0, 1], hatch="//")
        out = io.BytesIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    ids = []
    for prefix in ("figure-1-", "figure-2-"):
        text, styles = inlined(out.getvalue(), prefix)
        found = html.fromstring(text).xpath("//@id")
        assert found
        assert all(one.startswith(prefix) for one in found)
        assert f"fill:url(#{prefix}" in styles.css()
        ids += found
    assert len(set(ids)) == len(ids)
