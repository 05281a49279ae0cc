from __future__ import annotations

import base64
import io
import re

import pytest
from fontTools.ttLib import TTFont

from sequela.display.lettering import (
    REPLACEMENT,
    clean_text,
    fit_text,
    font,
    font_face_css,
    font_file,
    text_width,
    wrap_text,
)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain", "plain"),
        ("$\\foo$ <b>&amp;", "$\\foo$ <b>&amp;"),
        (" two\n\tlines ", "two lines"),
        ("e\u0301", "é"),
        ("non\u2011breaking", "non-breaking"),
        ("a\u202eb", f"a{REPLACEMENT}b"),
        ("a\x00b", f"a{REPLACEMENT}b"),
        ("\u4e2d", REPLACEMENT),
        ("\ud800", REPLACEMENT),
        ("≥ 5 µg", "≥ 5 µg"),
        ("", ""),
    ],
)
def test_text_is_shown_as_letters_or_replaced(given: str, shown: str) -> None:
    assert clean_text(given) == shown


def test_the_replacement_is_in_every_face() -> None:
    for face in ("regular", "semibold", "italic"):
        assert clean_text(REPLACEMENT, face) == REPLACEMENT


def test_a_width_grows_with_text_and_size() -> None:
    assert text_width("", 8) == 0
    assert text_width("ab", 8) > text_width("a", 8)
    assert text_width("a", 12) == pytest.approx(1.5 * text_width("a", 8), rel=0.02)


@pytest.mark.parametrize("width", [0.5, 1.0, 2.5, 20.0])
def test_wrapping_keeps_every_letter_within_the_width(width: float) -> None:
    text = "Allogeneic transplant for Wolffian-like-unbreakable disease"
    lines = wrap_text(text, width, size=8)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(line and text_width(line, 8) <= width for line in lines)


def test_what_does_not_fit_ends_in_an_ellipsis() -> None:
    cut = fit_text("A long label of a patient", 1.5, size=8)
    assert cut.endswith("…")
    assert cut[:-1] in "A long label of a patient"
    assert text_width(cut, 8) <= 1.5
    assert fit_text("short", 5, size=8) == "short"


def test_a_text_names_its_font_by_file() -> None:
    assert font(8, "semibold").get_file() == str(font_file("semibold"))
    assert font(8, "italic").get_style() == "italic"


def test_an_embedded_face_holds_the_letters_asked_for() -> None:
    css = font_face_css("regular", "Ж1")
    found = re.search(r"base64,([A-Za-z0-9+/=]+)\)", css)
    assert found is not None
    with TTFont(io.BytesIO(base64.b64decode(found[1]))) as carried:
        letters = set(carried.getBestCmap())
    assert ord("Ж") in letters
    assert set(map(ord, "Az09 %")) <= letters
    assert ord("Я") not in letters
    assert css == font_face_css("regular", "1Ж")
