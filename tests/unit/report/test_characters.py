from __future__ import annotations

from xml.etree import ElementTree

import pytest

from sequela.report.characters import shown


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("plain <b> & “quoted” é ≥ 漢字", "plain <b> & “quoted” é ≥ 漢字"),
        ("a\u202eb", "a[U+202E]b"),
        ("a\u2066b", "a[U+2066]b"),
        ("bell \x07", "bell [U+0007]"),
        ("half \ud800", "half [U+D800]"),
        ("none \uffff", "none [U+FFFF]"),
        ("one\r\ntwo\rthree\nfour", "one\ntwo\nthree\nfour"),
        ("tab\there", "tab here"),
        ("", ""),
    ],
)
def test_only_what_cannot_be_shown_is_replaced(given: str, expected: str) -> None:
    assert shown(given) == expected


def test_what_is_shown_is_legal_xml_and_utf8() -> None:
    text = shown("".join(map(chr, range(0x3000))) + "\ud800\udfff\ufffe\uffff")
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    assert ElementTree.fromstring(f"<t>{escaped}</t>".encode()).text == text
