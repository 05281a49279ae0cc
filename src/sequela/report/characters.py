"""Characters that a reader cannot see, or that a format forbids, made visible.

Patient text is shown as it is, with one exception: a character that would vanish, reverse
its neighbours or break a file is written out as its code point, such as `[U+202E]`.
"""

from __future__ import annotations

import re

# Controls and noncharacters are no legal XML; the bidirectional overrides and isolates turn
# the text after them round, so that a reader sees another value than the chart holds.
_UNSHOWABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufff9-\ufffb"
    "\ufeff\ufffe\uffff]"
)


def shown(text: str) -> str:
    """The text with every unshowable character written as its code point.

    Line ends become `\\n` and tabs a space; everything else is left alone. The result can
    stand in HTML, XML and JSON and can be encoded as UTF-8.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return _UNSHOWABLE.sub(lambda found: f"[U+{ord(found[0]):04X}]", lines)


_LONG_WORD = 18
_SLASH = re.compile(r"(?<=\w)/(?=\w)")


def shown_in_cell(text: str) -> str:
    """The text as `shown`, with places to break a long word after its slashes.

    A chain such as a conditioning regimen has no blank, and would take a column's whole width
    or be broken anywhere. The break is a zero-width space.
    """
    words = (_SLASH.sub("/\u200b", w) if len(w) > _LONG_WORD else w for w in shown(text).split(" "))
    return " ".join(words)
