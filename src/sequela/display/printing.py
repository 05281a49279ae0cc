"""PDF and PNG of a figure, made from its SVG.

Typst reads the SVG and sets its text with our own letters: five milliseconds a PDF, where
matplotlib takes two hundred, most of them for cutting the font anew.
"""

from __future__ import annotations

import shutil
import struct
import tempfile
import zlib
from functools import cache
from pathlib import Path

from sequela.display.lettering import FACES, font_file

_PAGE = """#set page(width: auto, height: auto, margin: 0pt, fill: white)
#set document(date: none)
#image("figure.svg")
"""
_SIGNATURE_AND_HEADER = 33  # bytes of a PNG before the first chunk that may be added
_INCH_IN_METRES = 0.0254


def print_svg(svg: bytes, *, dots_per_inch: int) -> tuple[bytes, bytes]:
    """The figure as PDF and as PNG; text in our faces is embedded, nothing is fetched."""
    import typst

    with tempfile.TemporaryDirectory(prefix="sequela-") as folder:
        root = Path(folder)
        (root / "figure.svg").write_bytes(svg)
        (root / "page.typ").write_text(_PAGE, encoding="utf-8")
        compiler = typst.Compiler(
            root=str(root), font_paths=[_faces_folder().name], ignore_system_fonts=True
        )
        pdf = compiler.compile(input=str(root / "page.typ"), format="pdf")
        png = compiler.compile(input=str(root / "page.typ"), format="png", ppi=float(dots_per_inch))
    if not isinstance(pdf, bytes) or not isinstance(png, bytes):
        raise TypeError("a figure of one page prints as one file")
    return pdf, _with_resolution(png, dots_per_inch)


@cache
def _faces_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder with the TrueType files of our faces and no others; it goes with the process.

    The font's package has each face in two formats, and typst would take the other one.
    """
    folder = tempfile.TemporaryDirectory(prefix="sequela-fonts-")
    for face in FACES:
        shutil.copy(font_file(face), folder.name)
    return folder


def _with_resolution(png: bytes, dots_per_inch: int) -> bytes:
    """The PNG with its resolution written down, so that a page sets it at its true size."""
    dots_per_metre = round(dots_per_inch / _INCH_IN_METRES)
    body = b"pHYs" + struct.pack(">IIB", dots_per_metre, dots_per_metre, 1)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:_SIGNATURE_AND_HEADER] + chunk + png[_SIGNATURE_AND_HEADER:]
