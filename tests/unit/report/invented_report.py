"""An invented report with one of everything, hostile text among it; run it to hash its forms."""

from __future__ import annotations

import hashlib
import io

from PIL import Image

from sequela.display.table import Cell, Column, Line, Table
from sequela.report.document import (
    Document,
    FigureBlock,
    Heading,
    Paragraph,
    PatientPage,
    Report,
    RowDetail,
    Run,
    TableBlock,
    TimelineEntry,
)

HOSTILE = '</script><script>alert(1)</script> "q" & \'a\' #read("/etc/hostname") $x^2$ *b* @ref'
UNSEEN = "right\u202eleft \x07 bell \ud800 half"
SHOWN = "right[U+202E]left [U+0007] bell [U+D800] half"
PATIENTS = ("01", "A B", '"><b>')

SVG = b"""<?xml version="1.0" encoding="utf-8"?>
<svg xmlns:xlink="http://www.w3.org/1999/xlink" width="226pt" height="113pt"
 viewBox="0 0 226 113" xmlns="http://www.w3.org/2000/svg" version="1.1">
 <metadata>made by a program</metadata>
 <defs>
  <style type="text/css">*{stroke-linejoin: round}</style>
  <clipPath id="c1"><rect x="0" y="0" width="226" height="113"/></clipPath>
  <path id="m1" d="M 0 0 L 0 4" style="stroke: #000000"/>
 </defs>
 <g id="figure_1">
  <path d="M 0 0
L 200 100" clip-path="url(#c1)" style="fill: none; stroke: #0b3c6f; stroke-width: 1.3"/>
  <use xlink:href="#m1" x="20" y="20" style="stroke: #000000"/>
  <text x="10" y="90" style="font-size: 8px; font-family: 'Source Sans Pro'">Months &lt;1&gt;</text>
  <text x="10" y="105" style="font: 700 8px 'Source Sans Pro'">bold</text>
 </g>
</svg>"""


def picture(width: int = 90, height: int = 45) -> bytes:
    """A plain PNG."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), "#dde6ee").save(out, format="PNG")
    return out.getvalue()


def figure(id: str, *, width_cm: float = 8.0, patient_level: bool = False) -> FigureBlock:
    """A figure block with the invented drawing."""
    return FigureBlock(
        id=id,
        title="Survival.",
        legend=(Run("Ticks mark "), Run("2", ("r2",)), Run(" censored patients.")),
        svg=SVG,
        pdf=b"",
        png=picture(),
        width_cm=width_cm,
        alternative="A line that falls",
        patient_level=patient_level,
    )


def characteristics() -> Table:
    """A table with a heading line, indented lines and numbers."""
    return Table(
        id="characteristics",
        title="Characteristics",
        columns=(Column("", width=3), Column("All\nN = 3", "center"), Column("Site A", "right")),
        lines=(
            Line((Cell("Age, median (range)"), Cell("65 (50-86)", ("r1", "r2")), Cell("61"))),
            Line((Cell("Presentation, n (%)"),), heading=True),
            Line((Cell("Cytopenia"), Cell("2 (67)", ("r2",)), Cell("1 (50)", ("r3",))), indent=1),
            Line((Cell(HOSTILE), Cell(UNSEEN), Cell("line one\nline two"))),
        ),
        notes=("Percentages are of those with a value.", HOSTILE),
    )


def listing() -> Table:
    """A wide table of patients."""
    columns = tuple(Column(f"Column {i}") for i in range(1, 11))
    lines = tuple(
        Line((Cell(patient, patient_id=patient), *(Cell(str(i), (), patient) for i in range(9))))
        for patient in PATIENTS
    )
    return Table("listing", "Patients, one a line", columns, lines, patient_level=True)


def details(*, with_patients: bool = True) -> dict[str, RowDetail]:
    """What is known of the invented result rows; one of them is never printed."""
    counted = PATIENTS[:2] if with_patients else ()
    others = ((PATIENTS[2], "not_evaluable"),) if with_patients else ()
    return {
        "r1": RowDetail("Age, median", "type 7 quantile", "65", counted, others),
        "r2": RowDetail(HOSTILE, UNSEEN, "2", counted, others),
        "r3": RowDetail("Cytopenia at site A", "count", "1", counted[:1], others),
        "r9": RowDetail("Never printed", "count", "7", counted, others),
    }


def opening() -> tuple[Heading | Paragraph, ...]:
    """Headings and paragraphs of every kind."""
    return (
        Heading("Results", 1, "results"),
        Heading("Text", 2, "text"),
        Paragraph(
            (
                Run("Among "),
                Run(" 2 ", ("r2",), bold=True),
                Run("of three, "),
                Run("slanted", italic=True),
                Run(HOSTILE + UNSEEN),
            )
        ),
        Paragraph((Run("Conditional on transplant."),), kind="warning"),
        Paragraph((Run("A month is 30.4375 days."),), kind="note"),
    )


def report() -> Report:
    """The whole report with patients."""
    pages = tuple(
        PatientPage(
            patient_id=patient,
            facts=(("Age, years", "65", "diagnoses, row 2"), (HOSTILE, UNSEEN, "computed")),
            timeline=(
                TimelineEntry("Months from diagnosis", "0", "Diagnosis", "diagnoses, row 2"),
                TimelineEntry("Days from first marrow", "59", "Drug stopped", "exposures, row 9"),
                TimelineEntry("Months from diagnosis", "12", HOSTILE, "events, row 3"),
            ),
            sources=(Table("d", "diagnoses.csv", (Column("row"),), (Line((Cell("2"),)),)),),
        )
        for patient in PATIENTS
    )
    blocks = (
        *opening(),
        TableBlock(characteristics()),
        figure("os"),
        Heading("Listing", 2, "listing"),
        TableBlock(listing()),
        Paragraph((Run("A note to the listing."),), kind="note"),
        figure("os-wide", width_cm=17.0, patient_level=True),
    )
    return Report(Document("Invented <study>", "Three patients", blocks), details(), pages)


def aggregate_report() -> Report:
    """The same without anything about one patient."""
    blocks = (*opening(), TableBlock(characteristics()), figure("os"))
    document = Document("Invented <study>", "Three patients", blocks)
    return Report(document, details(with_patients=False))


def forms(of: Report) -> dict[str, bytes]:
    """The report as HTML, Word and PDF."""
    from sequela.report.docx import write_docx
    from sequela.report.html import write_html
    from sequela.report.pdf import write_pdf

    return {
        "html": write_html(of),
        "docx": write_docx(of.document),
        "pdf": write_pdf(of.document),
    }


if __name__ == "__main__":
    for name, content in forms(report()).items():
        print(name, hashlib.sha256(content).hexdigest())
