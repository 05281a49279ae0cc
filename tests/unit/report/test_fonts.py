from __future__ import annotations

import base64
import io
import re

from fontTools.ttLib import TTFont

from sequela.report.fonts import ITALIC, REGULAR, SEMIBOLD, font_face_rules, subset_woff


def test_a_subset_holds_the_characters_asked_for_and_few_others() -> None:
    with TTFont(io.BytesIO(subset_woff(REGULAR, "aé–"))) as font:
        assert set(font.getBestCmap()) == {ord(c) for c in "aé–"}
        assert font.flavor == "woff"


def test_a_character_that_the_face_lacks_is_left_out() -> None:
    with TTFont(io.BytesIO(subset_woff(REGULAR, "a漢"))) as font:
        assert set(font.getBestCmap()) == {ord("a")}


def test_a_rule_a_face_with_nothing_but_data_in_it() -> None:
    css = font_face_rules((REGULAR, ITALIC, SEMIBOLD), "abc")
    assert re.findall(r"font-style:(\w+);font-weight:(\d+)", css) == [
        ("normal", "400"),
        ("italic", "400"),
        ("normal", "600"),
    ]
    packed = re.findall(r'url\("data:font/woff;base64,([^"]+)"\)', css)
    assert len(packed) == css.count("url(") == 3
    assert all(base64.b64decode(one).startswith(b"wOFF") for one in packed)
