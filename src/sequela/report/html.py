"""The report as one HTML file that opens from disk, without a network, for years to come."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from html import escape, unescape
from importlib.resources import files

from sequela.report import fonts
from sequela.report.document import (
    Block,
    Document,
    FigureBlock,
    Heading,
    PatientPage,
    Report,
    TableBlock,
)
from sequela.report.html_blocks import Page, block_html, exhibit_anchor, text
from sequela.report.html_numbers import (
    as_script_data,
    patient_anchor,
    payload,
    refuse_patients,
    runs_of,
)
from sequela.report.html_patients import SECTION_ID, patient_links, patients_html
from sequela.report.numbering import exhibit_labels
from sequela.report.table_layout import sideways

# Either form in which a figure may ask for it, `font-weight: 700` or `font: bold 8px ...`.
_BOLD_IN_FIGURE = re.compile(r"font(?:-weight)?:[^;}]*\b(?:700|bold)\b")


def write_html(report: Report, *, aggregate: bool = False) -> bytes:
    """The report as one self-contained UTF-8 page; the same report gives the same bytes.

    Every number opens label, value, method and its patients; every patient has a section
    `#patient-ID`. With `aggregate` nothing about one patient may be left in the report.
    Raises ValueError when something is, when a printed number has no detail, or when two
    parts of the report share an id.
    """
    if aggregate:
        refuse_patients(report)
    _refuse_shared_ids(report)
    data = as_script_data(payload(report))
    page = Page(frozenset(one.patient_id for one in report.pages))
    body = _body(report, page)
    script = _asset("report.js")
    style = _style(report, page, body + data)
    return "\n".join(
        (
            "<!DOCTYPE html>",
            '<html lang="en">',
            _head(report.document, style, script),
            f"<body>{body}",
            f'<script type="application/json" id="report-data">{data}</script>',
            f"<script>{script}</script>",
            "</body>\n</html>\n",
        )
    ).encode()


def _asset(name: str) -> str:
    return files("sequela.report").joinpath("assets", name).read_text(encoding="utf-8")


def _head(document: Document, style: str, script: str) -> str:
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
    )
    return "\n".join(
        (
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            '<meta name="generator" content="Sequela">',
            f"<title>{text(document.title)}</title>",
            f"<style>{style}</style>",
            "</head>",
        )
    )


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _style(report: Report, page: Page, content: str) -> str:
    """All style of the page: typeface, the house's own rules, column widths, figures."""
    figures = page.styles.css()
    faces = [fonts.REGULAR, fonts.ITALIC, fonts.SEMIBOLD]
    if _BOLD_IN_FIGURE.search(figures):
        faces.append(fonts.BOLD)
    if any(run.bold and run.italic for b in report.document.blocks for run in runs_of(b)):
        faces.append(fonts.SEMIBOLD_ITALIC)
    widths = "\n".join(f".w{share}{{width:{share}%}}" for share in range(1, 101))
    typeface = fonts.font_face_rules(faces, _characters(content))
    return "\n".join((typeface, _asset("report.css"), widths, figures))


def _characters(content: str) -> set[str]:
    """The characters of the page, with all of ASCII for what the script adds."""
    return {chr(code) for code in range(32, 127)} | {c for c in set(unescape(content)) if c >= " "}


def _body(report: Report, page: Page) -> str:
    document = report.document
    listed = document.blocks
    blocks = "\n".join(
        block_html(block, label, page, turned=turned)
        for block, label, turned in zip(
            listed, exhibit_labels(listed), sideways(listed), strict=True
        )
    )
    subtitle = f'<p class="subtitle">{text(document.subtitle)}</p>' if document.subtitle else ""
    return "\n".join(
        (
            '<a class="skip" href="#main">Skip to the text</a>',
            f'<div class="page">{_contents(document, report.pages)}',
            '<main id="main" tabindex="-1">',
            f"<header><h1>{text(document.title)}</h1>{subtitle}</header>",
            blocks,
            patients_html(report.pages, page),
            "</main></div>",
            _PANEL,
        )
    )


_PANEL = (
    '<aside id="panel" role="dialog" aria-labelledby="panel-name" tabindex="-1" hidden>'
    '<div class="panel-head"><h2 id="panel-name">Where this number comes from</h2>'
    '<button type="button" id="panel-close">Close</button></div>'
    '<div id="panel-content"></div></aside>'
)


def _contents(document: Document, pages: Sequence[PatientPage]) -> str:
    """The contents: sections and the headings under them, then the patients."""
    items: list[str] = []
    for top, inner in _sections(document):
        inside = "".join(f"<li>{_link(heading)}</li>" for heading in inner)
        items.append(f"<li>{_link(top)}{f'<ul>{inside}</ul>' if inside else ''}</li>")
    if pages:
        items.append(
            f'<li><a href="#{SECTION_ID}">Patients</a>'
            f'<div class="who-links">{patient_links(pages)}</div></li>'
        )
    return (
        '<nav aria-label="Contents"><details id="contents" open><summary>Contents</summary>'
        f"<ul>{''.join(items)}</ul></details></nav>"
    )


def _sections(document: Document) -> list[tuple[Heading, list[Heading]]]:
    sections: list[tuple[Heading, list[Heading]]] = []
    for block in document.blocks:
        if not isinstance(block, Heading):
            continue
        if block.level == 1 or not sections:
            sections.append((block, []))
        elif block.level == 2:
            sections[-1][1].append(block)
    return sections


def _link(heading: Heading) -> str:
    return f'<a href="#{escape(heading.id)}">{text(heading.text)}</a>'


_OWN_IDS = (
    "main",
    "panel",
    "panel-name",
    "panel-close",
    "panel-content",
    "contents",
    "report-data",
)


def _refuse_shared_ids(report: Report) -> None:
    """Raise ValueError when a link could lead to two places."""
    ids = Counter(_OWN_IDS)
    if report.pages:
        ids[SECTION_ID] += 1
    ids.update(_block_id(block) for block in report.document.blocks)
    ids.update(patient_anchor(one.patient_id) for one in report.pages)
    shared = sorted(name for name, times in ids.items() if name and times > 1)
    if shared:
        raise ValueError(f"two parts of the report have the id {', '.join(shared)}")


def _block_id(block: Block) -> str:
    if isinstance(block, Heading):
        return block.id
    if isinstance(block, TableBlock):
        return exhibit_anchor(block.table.id)
    return exhibit_anchor(block.id) if isinstance(block, FigureBlock) else ""
