"""The one typeface of the reports: Source Sans Pro, from the package that ships it.

HTML carries a subset of the characters it uses, so that the file is whole on its own and
the live text of the figures has the widths they were drawn with.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FAMILY = "Source Sans Pro"
# Features that a browser applies to running text and figures; the rest would pull in
# glyphs (small capitals, fractions, swashes) that no report uses.
_FEATURES = ("kern", "mark", "mkmk", "ccmp", "locl", "liga", "tnum", "lnum")


@dataclass(frozen=True, slots=True)
class Face:
    """One face of the family: its file and how CSS names it."""

    file: str
    weight: int
    style: str = "normal"


REGULAR = Face("SourceSansPro-Regular.ttf", 400)
ITALIC = Face("SourceSansPro-It.ttf", 400, "italic")
SEMIBOLD = Face("SourceSansPro-Semibold.ttf", 600)
SEMIBOLD_ITALIC = Face("SourceSansPro-SemiboldIt.ttf", 600, "italic")
BOLD = Face("SourceSansPro-Bold.ttf", 700)


def font_directory() -> Path:
    """The folder of the font files."""
    import font_source_sans_pro

    return Path(str(font_source_sans_pro.font_directory))


def font_face_rules(faces: Iterable[Face], characters: Iterable[str]) -> str:
    """The `@font-face` rules of the faces, each with its subset as a data address."""
    needed = "".join(sorted(set(characters) | set(" 0123456789")))
    return "\n".join(_font_face_rule(face, needed) for face in faces)


def _font_face_rule(face: Face, characters: str) -> str:
    encoded = base64.b64encode(subset_woff(face, characters)).decode("ascii")
    return (
        f'@font-face{{font-family:"{FAMILY}";font-style:{face.style};font-weight:{face.weight};'
        f'src:url("data:font/woff;base64,{encoded}") format("woff")}}'
    )


@lru_cache(maxsize=16)
def subset_woff(face: Face, characters: str) -> bytes:
    """The face as WOFF, cut down to the characters; those the face lacks are left out."""
    from fontTools import subset, ttLib  # type: ignore[import-untyped]

    options = subset.Options()
    options.layout_features = list(_FEATURES)
    options.hinting = False
    options.notdef_outline = True
    # The font's own time stays; a new one would change the bytes at every run.
    font = ttLib.TTFont(font_directory() / face.file, recalcTimestamp=False, lazy=True)
    cutter = subset.Subsetter(options)
    cutter.populate(text=characters)
    cutter.subset(font)
    font.flavor = "woff"
    out = io.BytesIO()
    font.save(out, reorderTables=True)
    font.close()
    return out.getvalue()
