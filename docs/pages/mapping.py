"""The page of mapping.toml: every key, the spreadsheet form, units, and the words of a draft."""

from __future__ import annotations

from pages.markdown import page, prose, table
from pages.study_file import keys_of
from sequela.chart.mapping import Cell, DateParts, Holds, Link, MappingDefinition, Rows, Source
from sequela.chart.mapping_lines import LINE_COLUMNS
from sequela.chart.units import measures, units_version
from sequela.draft.knowledge import concepts, identifier_names, missing_words

PARTS = (
    ("The file", MappingDefinition),
    ("`[sources.NAME]`", Source),
    ("`link`", Link),
    ("`[[rows]]`", Rows),
    ("`columns.NAME`", Cell),
    ("`parts`", DateParts),
    ("`holds`", Holds),
)


def mapping_page() -> str:
    """docs/reference/mapping.md."""
    parts = [f"## {name}\n\n{prose(model.__doc__)}\n\n{keys_of(model)}" for name, model in PARTS]
    return page(
        "The mapping",
        "`mapping.toml` stands beside `study.toml` and says how sheets as they came become the "
        "[tables of the chart](chart.md). `sequela init` drafts one. A study without it has its "
        "chart as files of its own: `patients.csv`, `patients.parquet`, or the sheet `patients` of "
        "`chart.xlsx`.",
        "A cell is read in this order: words for unknown, what a blank stands for, splitting, yes "
        "and no, codes, dates or times, units. Whatever does not fit is a finding with its file, "
        "sheet, row and column, and gives no value. Every row of a source gives a chart row, or is "
        "named in a finding. In `where`, words for unknown count as blank.",
        *parts,
        "## The rows in a spreadsheet",
        'With `rows_from = "mapping.xlsx"` (its sheet `mapping`) or `rows_from = "mapping.csv"` '
        "the rows stand in a spreadsheet, one line a chart column. `mapping.toml` keeps the "
        "sources and the code lists; rows may stand in both. The columns:",
        table(("column", "what it says"), [(f"`{k}`", v) for k, v in LINE_COLUMNS.items()]),
        "## Units",
        f"The table `{units_version()}`. Bounds are in the first unit of each line, and are this "
        "table's own: wide enough for any patient, to catch a wrong unit or a slipped point.",
        table(("measure", "also called", "units", "possible"), _units()),
        "## Names that a draft knows",
        "`sequela init` compares the names of columns with these, without case and punctuation. "
        "They stand in `src/sequela/draft/knowledge.toml`, and nothing reads them when a study is "
        "run.",
        table(("chart column", "rows", "names"), _names()),
        "Left out, since they identify a person: "
        + ", ".join(f"`{n}`" for n in sorted(identifier_names()))
        + ".",
        "Words for unknown: " + ", ".join(f"`{w}`" for w in sorted(missing_words())) + ".",
    )


def _units() -> list[tuple[str, ...]]:
    return [
        (
            m.name,
            ", ".join(m.also),
            "; ".join(", ".join(f"`{n}`" for n in (u.name, *u.also)) for u in m.units),
            f"{m.lowest:g} to {m.highest:g}",
        )
        for m in measures()
    ]


def _names() -> list[tuple[str, ...]]:
    return [
        (f"`{c.table}.{c.column}`", c.row, ", ".join(f"`{n}`" for n in c.names)) for c in concepts()
    ]
