"""Letters of the figures: the typeface, what it can show, how wide a text is, embedding it.

One family is used everywhere (Source Sans Pro, from an installed package). It is named by its
file in each text, so that matplotlib's font list and defaults stay as they are.
"""

from __future__ import annotations

import base64
import io
import unicodedata
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from matplotlib.font_manager import FontProperties, get_font
from matplotlib.textpath import TextToPath

Face = Literal["regular", "semibold", "italic"]

FAMILY = "Source Sans Pro"
REPLACEMENT = "◊"
CM_PER_POINT = 2.54 / 72

_FILES: dict[Face, str] = {
    "regular": "SourceSansPro-Regular.ttf",
    "semibold": "SourceSansPro-Semibold.ttf",
    "italic": "SourceSansPro-It.ttf",
}
FACES: dict[Face, tuple[int, Literal["normal", "italic"]]] = {
    "regular": (400, "normal"),
    "semibold": (600, "normal"),
    "italic": (400, "italic"),
}
# Cheaper to carry than to cut again for every figure: the letters that nearly all figures share.
_USUAL = "".join(map(chr, range(0x20, 0x7F))) + "–—·×−±≤≥°µ³²…◊"
_STAND_INS = {
    "\u2010": "-",
    "\u2011": "-",
    "\u2009": " ",
    "\u200a": " ",
    "\u2028": " ",
    "\u2029": " ",
}
_MEASURE = TextToPath()


@cache
def font_file(face: Face) -> Path:
    """The TrueType file of a face.

    Raises FileNotFoundError when the package that carries the typeface is not installed.
    """
    found = find_spec("font_source_sans_pro")
    if found is None or found.origin is None:
        raise FileNotFoundError("The package font-source-sans-pro is not installed.")
    return Path(found.origin).parent / "files" / _FILES[face]


@cache
def _glyphs(face: Face) -> frozenset[int]:
    return frozenset(get_font(str(font_file(face))).get_charmap())


def _letter(letter: str, face: Face) -> str:
    letter = _STAND_INS.get(letter, letter)
    if letter.isspace():
        return " "
    shown = unicodedata.category(letter)[0] != "C" and ord(letter) in _glyphs(face)
    return letter if shown else REPLACEMENT


@lru_cache(4096)
def clean_text(text: str, face: Face = "regular") -> str:
    """The text as a figure can show it, on one line.

    Runs of white space become one space. Control and direction characters, and letters that the
    typeface lacks, each become `REPLACEMENT`; nothing is read as markup.
    """
    whole = unicodedata.normalize("NFC", text)
    return " ".join("".join(_letter(letter, face) for letter in whole).split())


@lru_cache(256)
def font(size: float, face: Face = "regular") -> FontProperties:
    """The properties that set a text in one face, `size` in points at final size."""
    weight, slant = FACES[face]
    return FontProperties(
        family=[FAMILY, "sans-serif"],
        style=slant,
        weight=weight,
        size=size,
        fname=str(font_file(face)),
    )


@lru_cache(4096)
def text_width(text: str, size: float, face: Face = "regular") -> float:
    """The width of a text in centimetres once it has been made showable."""
    shown = clean_text(text, face)
    if not shown:
        return 0.0
    width, _, _ = _MEASURE.get_text_width_height_descent(shown, font(size, face), False)
    return float(width) * CM_PER_POINT


def wrap_text(text: str, width: float, *, size: float, face: Face = "regular") -> list[str]:
    """The text in lines no wider than `width` centimetres, broken at spaces.

    A single word that is wider is broken where it must be; no letter is dropped.
    """
    lines = [""]
    for word in clean_text(text, face).split():
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, size, face) <= width:
            lines[-1] = longer
            continue
        pieces = _break_word(word, width, size, face)
        lines.extend(pieces if lines[-1] else [])
        if not lines[0]:
            lines = pieces
    return lines


def _break_word(word: str, width: float, size: float, face: Face) -> list[str]:
    pieces = [""]
    for letter in word:
        if pieces[-1] and text_width(pieces[-1] + letter, size, face) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def fit_text(text: str, width: float, *, size: float, face: Face = "regular") -> str:
    """The text, cut with an ellipsis where it is wider than `width` centimetres."""
    shown = clean_text(text, face)
    if text_width(shown, size, face) <= width:
        return shown
    while shown and text_width(shown + "…", size, face) > width:
        shown = shown[:-1]
    return shown.rstrip() + "…"


def font_face_css(face: Face, letters: str) -> str:
    """An `@font-face` rule that carries the face, cut to the usual letters and `letters`."""
    weight, slant = FACES[face]
    data = _cut_font(face, frozenset(_USUAL) | frozenset(letters))
    return (
        f"@font-face{{font-family:'{FAMILY}';font-weight:{weight};font-style:{slant};"
        f"src:url(data:font/woff;base64,{data}) format('woff')}}"
    )


@lru_cache(32)
def _cut_font(face: Face, letters: frozenset[str]) -> str:
    from fontTools import subset  # type: ignore[import-untyped]
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    options = subset.Options()
    options.layout_features = ["kern"]
    options.hinting = False
    options.name_IDs = []
    options.drop_tables += ["DSIG", "BASE", "GDEF"]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=sorted(ord(letter) for letter in letters))
    out = io.BytesIO()
    with TTFont(font_file(face), lazy=True, recalcTimestamp=False) as whole:
        cutter.subset(whole)
        whole.flavor = "woff"
        whole.save(out)
    return base64.b64encode(out.getvalue()).decode("ascii")
