"""The paragraph styles of the Word report; a co-author changes the look here, in Word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.styles.style import ParagraphStyle

# On every machine that has Word; others have a face of the same widths under another name.
TYPEFACE = "Arial"
INK, ACCENT, SOFT, AMBER, AMBER_WASH = "1C2126", "14506E", "55606A", "8A5A00", "FDF6E6"

# Style, its parent (none: it is Word's own), size in points, colour, space before and after.
_STYLES: tuple[tuple[str, str, float, str, float, float], ...] = (
    ("Normal", "", 10, INK, 0, 0),
    ("Title", "", 19, INK, 0, 5),
    ("Subtitle", "", 11.5, SOFT, 0, 16),
    ("Heading 1", "", 14.5, ACCENT, 20, 6),
    ("Heading 2", "", 11.5, INK, 14, 4),
    ("Heading 3", "", 10, INK, 11, 3),
    ("Body Text", "", 10, INK, 0, 7),
    ("Caption", "", 9, INK, 4, 14),
    ("Table Caption", "Caption", 9, INK, 12, 4),
    ("Table Text", "Normal", 8.5, INK, 1.5, 1.5),
    ("Table Note", "Normal", 8, SOFT, 2, 0),
    ("Note", "Normal", 9, SOFT, 0, 7),
    ("Warning", "Normal", 9.5, INK, 6, 9),
    ("Figure", "Normal", 10, INK, 12, 0),
)
_BOLD = ("Title", "Heading 1", "Heading 2", "Heading 3")
_WITH_NEXT = (*_BOLD, "Table Caption", "Figure")


def prepare_styles(word: WordDocument) -> None:
    """Set the look of Word's styles and add those that a report needs besides."""
    for name, parent, *_ in _STYLES:
        if parent:
            _add_style(word, name, parent)
    for name, _, size, colour, before, after in _STYLES:
        style: Any = word.styles[name]
        _set_type(style, size, colour)
        style.paragraph_format.space_before = _points(before)
        style.paragraph_format.space_after = _points(after)
        style.font.bold, style.font.italic = name in _BOLD, False
        style.paragraph_format.keep_with_next = name in _WITH_NEXT
    word.styles["Body Text"].paragraph_format.line_spacing = 1.15
    word.styles["Warning"].paragraph_format.line_spacing = 1.1
    _drop_borders(word.styles["Title"])
    _set_box(word.styles["Warning"])


def _add_style(word: WordDocument, name: str, parent: str) -> None:
    from docx.enum.style import WD_STYLE_TYPE

    style: Any = word.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = word.styles[parent]
    style.quick_style = True


def _points(value: float) -> Any:
    from docx.shared import Pt

    return Pt(value)


def _set_type(style: ParagraphStyle, size: float, colour: str) -> None:
    """One typeface for all scripts; the template's theme fonts would win over a name."""
    from docx.oxml.ns import qn
    from docx.shared import RGBColor

    style.font.name = TYPEFACE
    style.font.size = _points(size)
    style.font.color.rgb = RGBColor.from_string(colour)
    properties = style.element.get_or_add_rPr()
    for spread in (qn("w:spacing"), qn("w:kern")):
        for found in properties.findall(spread):
            properties.remove(found)
    fonts = properties.get_or_add_rFonts()
    for name in list(fonts.attrib):
        if name.endswith("Theme"):
            del fonts.attrib[name]
    for script in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(script), TYPEFACE)


def _drop_borders(style: Any) -> None:
    from docx.oxml.ns import qn

    properties = style.element.get_or_add_pPr()
    for border in properties.findall(qn("w:pBdr")):
        properties.remove(border)


def _set_box(style: Any) -> None:
    """A bar at the left and a wash behind: a warning that no one reads past."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Cm

    style.paragraph_format.left_indent = style.paragraph_format.right_indent = Cm(0.3)
    bar = OxmlElement("w:left")
    for name, value in (("val", "single"), ("sz", "24"), ("space", "6"), ("color", AMBER)):
        bar.set(qn(f"w:{name}"), value)
    borders = OxmlElement("w:pBdr")
    borders.append(bar)
    wash = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", AMBER_WASH)):
        wash.set(qn(f"w:{name}"), value)
    spacing = style.element.get_or_add_pPr().get_or_add_spacing()
    # The order of these elements is fixed by the format: borders, shading, then spacing.
    spacing.addprevious(borders)
    spacing.addprevious(wash)
