"""A drawn figure as part of an HTML page: live text, no scripts, no addresses, own ids.

The page's security policy forbids style attributes, so each distinct style of a figure
becomes a class of the page's one style sheet.
"""

from __future__ import annotations

import re
from html import escape
from xml.etree import ElementTree

from sequela.report.characters import shown

_NAMES_OF_ELEMENTS = (
    "svg g defs path use clipPath rect circle ellipse line polyline polygon text tspan image "
    "pattern linearGradient radialGradient stop mask"
)
_NAMES_OF_ATTRIBUTES = (
    "d x y x1 y1 x2 y2 cx cy r rx ry dx dy width height viewBox points transform fill stroke "
    "stroke-width fill-opacity stroke-opacity opacity clip-path clip-rule fill-rule mask offset "
    "gradientUnits gradientTransform patternUnits patternContentUnits patternTransform "
    "clipPathUnits preserveAspectRatio text-anchor rotate stop-color stop-opacity"
)
_ELEMENTS = frozenset(_NAMES_OF_ELEMENTS.split())
_ATTRIBUTES = frozenset(_NAMES_OF_ATTRIBUTES.split())
_REFERENCE = re.compile(r"url\(\s*#([^)\s]+)\s*\)")
_DECLARATION = re.compile(r"\s*([a-z-]+)\s*:\s*([^<>{}@\\;]+?)\s*\Z")
_INLINE_PICTURE = re.compile(r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/=]+\Z")


class FigureStyles:
    """The styles of all figures of a page, each under a class name of its own."""

    def __init__(self) -> None:
        self._classes: dict[str, str] = {}

    def class_of(self, declarations: str) -> str:
        """The class for some declarations; the same ones always get the same class."""
        return self._classes.setdefault(declarations, f"f{len(self._classes) + 1}")

    def css(self) -> str:
        """The rules of all classes, in the order in which they were first met."""
        return "\n".join(f".{name}{{{rule}}}" for rule, name in self._classes.items())


def inline_svg(svg: bytes, *, prefix: str, label: str, styles: FigureStyles) -> str:
    """The drawing as an `svg` element that may stand in a page beside others.

    `prefix` is put before every id, so that two drawings cannot clash; `label` is read out
    instead of the drawing. Elements, attributes and addresses that a drawing does not need
    are dropped, scripts and outside pictures among them.
    """
    root = ElementTree.fromstring(svg)
    writer = _Writer(prefix, _ids_used(root), styles)
    sizes = "".join(
        f' {name}="{escape(root.attrib[name])}"'
        for name in ("width", "height", "viewBox")
        if name in root.attrib
    )
    inside = "".join(writer.element(child) for child in root)
    return f'<svg role="img" aria-label="{escape(shown(label))}"{sizes}>{inside}</svg>'


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _ids_used(root: ElementTree.Element) -> frozenset[str]:
    """The ids that something in the drawing points to; all other ids are only names."""
    used: set[str] = set()
    for element in root.iter():
        for name, value in element.attrib.items():
            used.update(_REFERENCE.findall(value))
            if _local(name) == "href" and value.startswith("#"):
                used.add(value[1:])
    return frozenset(used)


class _Writer:
    """Writes the elements of one drawing as HTML."""

    def __init__(self, prefix: str, ids: frozenset[str], styles: FigureStyles) -> None:
        self._prefix = prefix
        self._ids = ids
        self._styles = styles

    def element(self, element: ElementTree.Element) -> str:
        """One element with all that is in it; nothing when a drawing does not need it."""
        name = _local(element.tag) if isinstance(element.tag, str) else ""
        if name not in _ELEMENTS:
            return ""
        inside = self._text(element.text, name)
        for child in element:
            inside += self.element(child) + self._text(child.tail, name)
        opening = name + "".join(self._attributes(element))
        return f"<{opening}>{inside}</{name}>" if inside else f"<{opening}/>"

    def _text(self, text: str | None, parent: str) -> str:
        return escape(shown(text or "")) if parent in ("text", "tspan") else ""

    def _attributes(self, element: ElementTree.Element) -> list[str]:
        written: list[str] = []
        for name, value in element.attrib.items():
            kept = self._attribute(_local(name), " ".join(value.split()))
            if kept is not None:
                written.append(f' {kept[0]}="{escape(kept[1])}"')
        return written

    def _attribute(self, name: str, value: str) -> tuple[str, str] | None:
        if name == "style":
            rule = self._declarations(value)
            return ("class", self._styles.class_of(rule)) if rule else None
        if name == "id":
            return ("id", self._prefix + value) if value in self._ids else None
        if name == "href":
            address = self._address(value)
            return ("href", address) if address else None
        return (name, self._own(value)) if name in _ATTRIBUTES and self._safe(value) else None

    def _address(self, value: str) -> str:
        if value.startswith("#"):
            return f"#{self._prefix}{value[1:]}"
        packed = value.replace(" ", "")
        return packed if _INLINE_PICTURE.match(packed) else ""

    def _declarations(self, style: str) -> str:
        kept = [found.groups() for part in style.split(";") if (found := _DECLARATION.match(part))]
        return ";".join(f"{name}:{self._own(value)}" for name, value in kept if self._safe(value))

    def _safe(self, value: str) -> bool:
        """Whether the value points nowhere but into the drawing itself."""
        rest = _REFERENCE.sub("", value).lower()
        return not any(word in rest for word in ("url", "://", "image", "import", "/*"))

    def _own(self, value: str) -> str:
        return _REFERENCE.sub(lambda found: f"url(#{self._prefix}{found[1]})", value)
