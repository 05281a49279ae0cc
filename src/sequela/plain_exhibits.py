"""One exhibit from one plain table: rows, printed tables, and the figure's files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

from sequela.chart.values import read_value
from sequela.display.table import Table
from sequela.exhibits.context import Context, Drawing, ExhibitDefinition, Rows
from sequela.exhibits.kinds import Exhibit, drawings, estimate, show
from sequela.findings import Finding, StudyError, did_you_mean
from sequela.plain import Outcome
from sequela.report.document import Paragraph, TableBlock
from sequela.stats.compare_categories import CategoryTest
from sequela.stats.compare_numbers import NumberTest
from sequela.stats.results import Row


@dataclass(frozen=True, slots=True)
class PlainResult:
    """What an exhibit gave: its rows, its tables, warnings in words, figures to be drawn."""

    rows: tuple[Row, ...]
    tables: tuple[Table, ...]
    warnings: tuple[str, ...]
    figures: tuple[Drawing, ...]

    def as_data(self) -> list[dict[str, Any]]:
        """The rows as plain data, for JSON."""
        return [asdict(row) for row in self.rows]


Defined = TypeVar("Defined", bound=ExhibitDefinition)


def definition_of(kind: type[Defined], given: dict[str, Any]) -> Defined:
    """The exhibit that a call describes; StudyError says what does not go together."""
    from pydantic import ValidationError

    try:
        return kind.model_validate(given)
    except ValidationError as error:
        reasons = [e["msg"].removeprefix("Value error, ") for e in error.errors()]
        remedy = "Leave one of the options out."
        raise StudyError([_misunderstood(why, remedy) for why in reasons]) from None


def make_exhibit(exhibit: Exhibit, context: Context) -> PlainResult:
    """Estimate and show one exhibit of a plain table."""
    rows = estimate(exhibit, context)
    index = Rows(rows)
    blocks = show(exhibit, context, index)
    return PlainResult(
        tuple(rows),
        tuple(b.table for b in blocks if isinstance(b, TableBlock)),
        tuple(
            "".join(run.text for run in b.runs)
            for b in blocks
            if isinstance(b, Paragraph) and b.kind == "warning"
        ),
        tuple(drawings(exhibit, context, index)),
    )


def write_figures(result: PlainResult, stem: Path) -> list[Path]:
    """The figures as SVG, PDF and PNG beside each other; the paths that were written."""
    written = []
    for number, drawing in enumerate(result.figures):
        picture = drawing.draw()
        base = stem if number == 0 else stem.with_name(f"{stem.name}-{number + 1}")
        for form in ("svg", "pdf", "png"):
            path = base.with_name(f"{base.name}.{form}")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(getattr(picture, form))
            written.append(path)
    return written


def read_outcome(time: str, event: str, competing: str = "") -> Outcome:
    """The outcome that a call describes: `status=2`, `status=1,2` or `status=2:death`.

    A status without a value means the value 1, if it holds 0 and 1 alone. StudyError when the
    two name different columns or a value is named twice or left blank.
    """
    column, events = _causes(event)
    other, rivals = _causes(competing) if competing else (column, {})
    if other != column:
        raise StudyError(
            [
                _misunderstood(
                    f"the event is in column '{column}' and the competing cause in '{other}'",
                    "Both must be values of one column.",
                )
            ]
        )
    if set(events) & set(rivals) or set(events.values()) & set(rivals.values()):
        raise StudyError(
            [_misunderstood("one value is both event and competing", "Name each value once.")]
        )
    return Outcome(time, column, events, rivals, assumed="=" not in event)


def _causes(text: str) -> tuple[str, dict[str, str]]:
    """The column, and the codes by the names of their causes."""
    column, named, codes = text.partition("=")
    found: dict[str, str] = {}
    for part in (codes if named else "1").split(","):
        code, _, name = part.strip().partition(":")
        if not code.strip():
            message = f"'{text}' names no value of '{column.strip()}'"
            raise StudyError([_misunderstood(message, "Write column=value, such as status=2.")])
        found[name.strip() or _name_of(column.strip(), code.strip())] = code.strip()
    return column.strip(), found


def _name_of(column: str, code: str) -> str:
    """What a code is called where the call gives no name: a word names itself."""
    return f"{column} {code}" if read_value(code) is not None else code


def the_cause(outcome: Outcome, *, fine_gray: bool) -> str:
    """The cause that a regression models; blank where there is no competing cause."""
    if not outcome.competing:
        if fine_gray:
            message = "--fine-gray needs a cause that competes with the event"
            remedy = f"Name it, such as --competing {outcome.status}=2."
            raise StudyError([_misunderstood(message, remedy)])
        return ""
    if len(outcome.events) > 1:
        message = "a regression with competing causes is of one event"
        raise StudyError([_misunderstood(message, "Name one value after --event.")])
    (cause,) = outcome.events
    return cause


def read_names(text: str, what: str) -> list[str]:
    """The names between the commas, each once; StudyError when there is none."""
    names = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if what and not names:
        message = f"no column is named for the {what}"
        raise StudyError([_misunderstood(message, "Name columns, with commas between them.")])
    return names


def check_times(times: Sequence[float]) -> None:
    """StudyError when a time to report lies before the start or is no number."""
    if any(not 0 <= time < math.inf for time in times):
        message = "a time to report must be zero or more"
        raise StudyError([_misunderstood(message, "Correct the times after --at.")])


def read_tests(
    given: Sequence[str], context: Context, columns: Sequence[str], *, by: str, file: str
) -> dict[str, str]:
    """The tests that a call names, by column: `age=wilcoxon`.

    StudyError names every column that the table does not show and every test that does not
    exist for a column of that kind, and tests without groups.
    """
    tests, findings = {}, []
    if given and not by:
        message = "a test compares groups, and none are named"
        findings.append(_misunderstood(message, "Name their column with --by.", file))
    for text in given:
        column, _, test = (part.strip() for part in text.partition("="))
        if column not in columns:
            remedy = did_you_mean(column, columns)
            findings.append(_misunderstood(f"the table does not show '{column}'", remedy, file))
            continue
        numeric = context.subjects.columns[column].kind == "number"
        fitting = get_args(NumberTest if numeric else CategoryTest)
        if test not in fitting:
            kind = "a number" if numeric else "a category"
            message = f"there is no test '{test}' of {kind} such as '{column}'"
            findings.append(_misunderstood(message, did_you_mean(test, fitting), file))
        tests[column] = test
    if findings:
        raise StudyError(findings)
    return tests


def _misunderstood(message: str, remedy: str, file: str = "") -> Finding:
    return Finding(code="plain-call", severity="error", file=file, message=message, remedy=remedy)
