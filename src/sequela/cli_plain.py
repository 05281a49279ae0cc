"""The commands for a plain table, without a study: km, cuminc, cox, table1."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from sequela import console as shown
from sequela.cli_plain_file import AS_FOUND, File, FileOptions

if TYPE_CHECKING:
    from sequela.plain_exhibits import PlainResult

Time = Annotated[str, Parameter(help="the column with the time")]
Event = Annotated[
    str, Parameter(help="column=value of the event, such as status=2 or status=2:death")
]
By = Annotated[str, Parameter(help="the column with the groups")]
At = Annotated[
    tuple[float, ...], Parameter(help="times to report", consume_multiple=True, negative="")
]
Unit = Annotated[
    Literal["days", "weeks", "months", "years"], Parameter(help="the unit of the times")
]
Json = Annotated[bool, Parameter(help="print the result rows as JSON, and draw nothing")]
Stem = Annotated[Path | None, Parameter(help="where the figure goes, without an ending")]


def km(
    file: File,
    *,
    time: Time,
    event: Event,
    by: By = "",
    at: At = (),
    unit: Unit = "days",
    interval: Literal["log-log", "log", "plain", "logit", "arcsine"] = "log-log",
    out: Stem = None,
    json: Json = False,
    source: FileOptions = AS_FOUND,
) -> int:
    """Kaplan-Meier from a plain table: medians, survival at times, the test, the figure.

    For example: sequela km lung.csv --time time --event status=2 --by sex --at 180 365
    """
    from sequela.exhibits.survival import KaplanMeier
    from sequela.plain import plain_context, reading_of
    from sequela.plain_exhibits import check_times, definition_of, make_exhibit, read_outcome

    check_times(at)
    outcome = read_outcome(time, event)
    found = source.read(file, [time, outcome.status, by])
    context = plain_context(
        found.table, unit=unit, outcome=outcome, columns=[by], categories=[by], needed=[by]
    )
    exhibit = definition_of(
        KaplanMeier,
        {
            "kind": "km",
            "id": "km",
            "title": f"Survival, {file.name}",
            "endpoint": "outcome",
            "by": by,
            "at": at,
            "interval": interval,
        },
    )
    notes = [*found.notes, *reading_of(found.table, unit, outcome, by)]
    stem = out or Path(f"{file.stem}-km")
    return _print_plain(make_exhibit(exhibit, context), stem, notes=notes, json=json)


def cuminc(
    file: File,
    *,
    time: Time,
    event: Event,
    competing: Annotated[str, Parameter(help="column=value of the competing cause or causes")],
    by: By = "",
    at: At = (),
    unit: Unit = "days",
    interval: Literal["log-log", "log", "plain", "logit", "arcsine"] = "log-log",
    out: Stem = None,
    json: Json = False,
    source: FileOptions = AS_FOUND,
) -> int:
    """Cumulative incidence with competing causes: incidences at times, Gray's test, the figure.

    For example: sequela cuminc mgus2.csv --time etime --event event=1:progression
    --competing event=2:death --by sex --at 120 240 --unit months
    """
    from sequela.exhibits.cumulative_incidence import CumulativeIncidence
    from sequela.plain import plain_context, reading_of
    from sequela.plain_exhibits import check_times, definition_of, make_exhibit, read_outcome

    check_times(at)
    outcome = read_outcome(time, event, competing)
    found = source.read(file, [time, outcome.status, by])
    context = plain_context(
        found.table, unit=unit, outcome=outcome, columns=[by], categories=[by], needed=[by]
    )
    exhibit = definition_of(
        CumulativeIncidence,
        {
            "kind": "cuminc",
            "id": "cuminc",
            "title": f"Cumulative incidence, {file.name}",
            "endpoint": "outcome",
            "by": by,
            "at": at,
            "interval": interval,
        },
    )
    stem = out or Path(f"{file.stem}-cuminc")
    notes = [*found.notes, *reading_of(found.table, unit, outcome, by)]
    return _print_plain(make_exhibit(exhibit, context), stem, notes=notes, json=json)


def cox(
    file: File,
    *,
    time: Time,
    event: Event,
    covariates: Annotated[str, Parameter(help="the covariates, with commas between them")],
    strata: Annotated[str, Parameter(help="columns with a baseline hazard of their own")] = "",
    categories: Annotated[str, Parameter(help="covariates of codes that are no numbers")] = "",
    competing: Annotated[str, Parameter(help="column=value of the competing cause or causes")] = "",
    fine_gray: Annotated[
        bool, Parameter(help="the hazard of the cumulative incidence; else they are censored")
    ] = False,
    ties: Literal["efron", "breslow", "exact"] = "efron",
    firth: Annotated[bool, Parameter(help="penalise, for few events or separation")] = False,
    unit: Unit = "days",
    out: Stem = None,
    json: Json = False,
    source: FileOptions = AS_FOUND,
) -> int:
    """Cox regression from a plain table: hazard ratios, warnings, the forest plot.

    With a competing cause the hazard is that of the event alone; with --fine-gray that of its
    cumulative incidence.

    For example: sequela cox lung.csv --time time --event status=2 --covariates age,sex
    --categories sex --strata inst
    """
    from sequela.exhibits.forest import Forest
    from sequela.plain import plain_context, reading_of
    from sequela.plain_exhibits import (
        definition_of,
        make_exhibit,
        read_names,
        read_outcome,
        the_cause,
    )

    names, layers = read_names(covariates, "covariates"), read_names(strata, "")
    outcome = read_outcome(time, event, competing)
    found = source.read(file, [time, outcome.status, *names, *layers])
    context = plain_context(
        found.table,
        unit=unit,
        outcome=outcome,
        columns=[*names, *layers],
        categories=[*read_names(categories, ""), *layers],
        needed=[*names, *layers],
    )
    exhibit = definition_of(
        Forest,
        {
            "kind": "forest",
            "id": "cox",
            "title": f"{'Fine-Gray' if fine_gray else 'Cox'} regression, {file.name}",
            "endpoint": "outcome",
            "covariates": names,
            "strata": layers,
            "cause": the_cause(outcome, fine_gray=fine_gray),
            "hazard": "subdistribution" if fine_gray else "cause-specific",
            "ties": ties,
            "firth": firth,
        },
    )
    notes = [*found.notes, *reading_of(found.table, unit, outcome)]
    stem = out or Path(f"{file.stem}-cox")
    return _print_plain(make_exhibit(exhibit, context), stem, notes=notes, json=json)


def table1(
    file: File,
    *,
    columns: Annotated[str, Parameter(help="the columns, with commas between them")],
    by: By = "",
    categories: Annotated[str, Parameter(help="columns of codes that are no numbers")] = "",
    tests: Annotated[
        str, Parameter(help="column=test between the groups, such as age=wilcoxon")
    ] = "",
    differences: Annotated[bool, Parameter(help="standardized mean differences")] = False,
    json: Json = False,
    source: FileOptions = AS_FOUND,
) -> int:
    """Table 1 from a plain table: median and range or counts, overall and by group.

    A test is made where one is named, and nowhere else.

    For example: sequela table1 lung.csv --columns age,ph.ecog --categories ph.ecog --by sex
    --tests age=wilcoxon,ph.ecog=fisher
    """
    from sequela.exhibits.table1 import Table1
    from sequela.plain import plain_context
    from sequela.plain_exhibits import definition_of, make_exhibit, read_names, read_tests

    names, coded = read_names(columns, "table"), read_names(categories, "")
    found = source.read(file, [*names, by])
    context = plain_context(
        found.table, unit="days", columns=[*names, by], categories=[*coded, by], needed=[by]
    )
    asked = read_tests(read_names(tests, ""), context, names, by=by, file=found.table.file)
    exhibit = definition_of(
        Table1,
        {
            "kind": "table1",
            "id": "table-1",
            "title": f"Characteristics, {file.name}",
            "by": by,
            "differences": differences,
            "rows": [
                {"column": c, "show": ("median_range", "median_iqr"), "test": asked.get(c)}
                for c in names
            ],
        },
    )
    return _print_plain(make_exhibit(exhibit, context), None, notes=found.notes, json=json)


def _print_plain(
    result: PlainResult, stem: Path | None, *, json: bool, notes: Sequence[str] = ()
) -> int:
    """Print tables and warnings and write the figures; or print the rows and nothing else."""
    from sequela.plain import BASELINE_NOTE
    from sequela.plain_exhibits import write_figures

    console = shown.make_console()
    if json:
        import json as data

        sys.stdout.write(data.dumps(result.as_data(), ensure_ascii=False, indent=2) + "\n")
        return 0
    for warning in result.warnings:
        console.print(warning, style="yellow", markup=False)
    for table in result.tables:
        shown.print_table(console, table)
    for note in notes:
        console.print(note, markup=False)
    if any(row.contrast for row in result.rows):
        console.print(BASELINE_NOTE, markup=False)
    if stem is not None:
        paths = write_figures(result, stem)
        for path in paths:
            console.print(f"  {path}", markup=False)
        if not paths:
            console.print("No figure: it needs an estimate, and at most four groups.")
    return 0


def add_plain_commands(app: App) -> None:
    """Add the commands for a plain table to the program."""
    for command in (km, cuminc, cox, table1):
        app.command(command)
