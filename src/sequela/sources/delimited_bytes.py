"""From bytes to text: which encoding, and what in it no text should hold."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from sequela.findings import Finding

# What begins a file that says its own encoding; the longer marks come first.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# C0 and C1 controls but tab and line ends, which a quoted cell may hold, a byte order mark
# inside the text, and the mark of a character that was lost when the file was made.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\ufffd]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a file and the encoding it was read with."""

    text: str
    encoding: str


def marked_encoding(data: bytes) -> str:
    """The encoding that a byte order mark at the beginning says, blank without one."""
    return next((name for mark, name in _MARKS if data.startswith(mark)), "")


def decode(file: str, data: bytes, declared: str) -> tuple[Decoded | None, list[Finding]]:
    """The text of a file, or why its bytes are no text in the encoding declared or marked."""
    encoding = marked_encoding(data) or declared or "utf-8"
    try:
        text = data.decode(encoding)
    except LookupError:
        return None, [_unknown(file, encoding)]
    except (UnicodeError, ValueError) as error:
        start = error.start if isinstance(error, UnicodeDecodeError) else 0
        return None, [_undecodable(file, data, encoding, start)]
    return Decoded(text, encoding), _not_as_declared(file, data, declared)


def _not_as_declared(file: str, data: bytes, declared: str) -> list[Finding]:
    marked = marked_encoding(data)
    if not declared or not marked or _same(declared, marked):
        return []
    return [
        Finding(
            code="file-encoding-marked",
            severity="warning",
            file=file,
            message=f"the file is declared to be {declared}, and marks itself as "
            f"{marked.removesuffix('-sig')}; its own mark was followed",
            remedy="Take the encoding out of the options.",
        )
    ]


def _same(one: str, other: str) -> bool:
    def family(name: str) -> str:
        return codecs.lookup(name).name.removesuffix("-sig").removesuffix("-le").removesuffix("-be")

    try:
        return family(one) == family(other)
    except LookupError:
        return False


def _unknown(file: str, encoding: str) -> Finding:
    return Finding(
        code="file-encoding-unknown",
        severity="error",
        file=file,
        message=f"no encoding has the name '{encoding}'",
        remedy="Name one such as utf-8, utf-16, windows-1252 or latin-1.",
    )


def _undecodable(file: str, data: bytes, encoding: str, start: int) -> Finding:
    guess = _guess(data)
    return Finding(
        code="file-not-utf8" if encoding.startswith("utf-8") else "file-not-as-encoded",
        severity="error",
        file=file,
        row=_line(data, start),
        message=f"the file is not {_spoken(encoding)} text: byte {start + 1} cannot be read",
        remedy="Save it as 'CSV UTF-8' in the spreadsheet program"
        + (f', or declare encoding = "{guess}", which its bytes look like.' if guess else "."),
    )


def _spoken(encoding: str) -> str:
    return encoding.removesuffix("-sig").upper()


def _line(data: bytes, start: int) -> int:
    before = data[:start]
    return before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n") + 1


def _guess(data: bytes) -> str:
    """An encoding that the bytes look like, blank when they look like none that is known.

    Every second byte NUL is UTF-16 without its mark. Else, where the bytes above 127 are
    letters and signs of Windows-1252 throughout, it is that; this is a guess and only said.
    """
    sample = data[:4096]
    for shift, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        half = sample[shift::2]
        if len(half) > 3 and half.count(0) > 0.6 * len(half):
            return name
    if 0 in data:
        return ""
    try:
        text = bytes(set(data)).decode("windows-1252")
    except UnicodeDecodeError:
        return ""
    return "" if CONTROL.search(text) else "windows-1252"


def looks_like_utf16(data: bytes) -> str:
    """`utf-16-le` or `utf-16-be` where every second byte is NUL, else blank."""
    guess = _guess(data) if 0 in data[:4096] else ""
    return guess if guess.startswith("utf-16") else ""
