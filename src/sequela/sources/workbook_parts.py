"""The parts of an .xlsx workbook beside its cells' values: where sheets stand, and styles.

Every part is XML from a stranger. It is read with defusedxml, which refuses document type
definitions, entities and external references, so no part can grow or reach out.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree as Safe
from defusedxml.common import DefusedXmlException

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
BROKEN_XML = (ParseError, DefusedXmlException, ValueError, LookupError)
_WHITE = {"FFFFFFFF", "00FFFFFF", "FFFFFF", "theme 0", "indexed 9", "indexed 1", "indexed 64"}


@dataclass(frozen=True, slots=True)
class Styles:
    """By number of a cell's style: its fill colour (blank for none), struck, digits shown."""

    colours: tuple[str, ...] = ()
    struck: tuple[bool, ...] = ()
    digits: tuple[int, ...] = ()
    percent: tuple[bool, ...] = ()


def local(tag: str) -> str:
    """The name of an element without its namespace."""
    return tag.rpartition("}")[2]


def tree(archive: zipfile.ZipFile, name: str) -> Element | None:
    """The root of a part, None when the archive has no such part; BROKEN_XML if malformed."""
    if name not in archive.NameToInfo:
        return None
    with archive.open(name) as part:
        root: Element = Safe.fromstring(part.read(), forbid_dtd=True)
        return root


def events(
    archive: zipfile.ZipFile, name: str, kinds: tuple[str, ...]
) -> Iterator[tuple[str, Any]]:
    """The elements of a part as they come, for parts that may be large."""
    with archive.open(name) as part:
        yield from Safe.iterparse(part, kinds, forbid_dtd=True)


def children(element: Element | None, name: str) -> list[Element]:
    """The children of an element that have a name, whichever namespace they are in."""
    return [] if element is None else [child for child in element if local(child.tag) == name]


def related(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """By its id, the kind and name of each part that a part refers to; outside links are not."""
    folder, _, name = part.rpartition("/")
    root = tree(archive, f"{folder}/_rels/{name}.rels")
    found = {}
    for link in children(root, "Relationship"):
        if link.get("TargetMode") == "External":
            continue
        target = link.get("Target", "")
        path = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}"
        kind = link.get("Type", "").rpartition("/")[2]
        found[link.get("Id", "")] = (kind, posixpath.normpath(path))
    return found


def sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """By the name of a sheet, the part that holds it."""
    links = related(archive, "xl/workbook.xml")
    found = {}
    for sheets in children(tree(archive, "xl/workbook.xml"), "sheets"):
        for sheet in children(sheets, "sheet"):
            link = next((v for k, v in sheet.attrib.items() if local(k) == "id"), "")
            kind, path = links.get(link, ("", ""))
            if kind == "worksheet" and path in archive.NameToInfo:
                found[sheet.get("name", "")] = path
    return found


def text_lengths(archive: zipfile.ZipFile) -> list[int]:
    """How long each of the shared texts is."""
    lengths: list[int] = []
    length = 0
    if "xl/sharedStrings.xml" not in archive.NameToInfo:
        return lengths
    for _, element in events(archive, "xl/sharedStrings.xml", ("end",)):
        if local(element.tag) == "t":
            length += len(element.text or "")
        elif local(element.tag) == "si":
            lengths.append(length)
            length = 0
        element.clear()
    return lengths


def read_styles(archive: zipfile.ZipFile) -> Styles:
    """What the styles of cells say that a value does not."""
    root = tree(archive, "xl/styles.xml")
    parts = {local(part.tag): part for part in root} if root is not None else {}
    fills = [_colour(fill) for fill in children(parts.get("fills"), "fill")]
    strikes = [_strikes(font) for font in children(parts.get("fonts"), "font")]
    formats = {
        form.get("numFmtId", ""): form.get("formatCode", "")
        for form in children(parts.get("numFmts"), "numFmt")
    }
    cells = children(parts.get("cellXfs"), "xf")
    codes = [_format(style.get("numFmtId", ""), formats) for style in cells]
    return Styles(
        tuple(_at(fills, style.get("fillId"), "") for style in cells),
        tuple(_at(strikes, style.get("fontId"), False) for style in cells),
        tuple(len(code) if set(code) == {"0"} and len(code) > 1 else 0 for code in codes),
        tuple("%" in code for code in codes),
    )


def _format(number: str, formats: dict[str, str]) -> str:
    return {"9": "0%", "10": "0.00%"}.get(number) or formats.get(number, "")


def _at(values: list[Any], number: str | None, otherwise: Any) -> Any:
    place = int(number) if number and number.isdecimal() else 0
    return values[place] if place < len(values) else otherwise


def _strikes(font: Element) -> bool:
    return any(mark.get("val", "1") not in ("0", "false") for mark in children(font, "strike"))


def _colour(fill: Element) -> str:
    """A name for a fill's colour that tells one from another, blank for none and for white."""
    for pattern in children(fill, "patternFill"):
        if pattern.get("patternType", "none") in ("none", "gray125"):
            continue
        for colour in children(pattern, "fgColor"):
            tint = colour.get("tint", "")
            for kind in ("rgb", "theme", "indexed"):
                if kind in colour.attrib:
                    name = colour.attrib[kind] if kind == "rgb" else f"{kind} {colour.attrib[kind]}"
                    return "" if name in _WHITE and not tint else f"{name} {tint}".strip()
    return "filled" if children(fill, "gradientFill") else ""
