"""Tables of a causality scale: the verdicts counted, and every answer with what it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sequela.clinical.causality import Answer, Judged
from sequela.display.table import Cell, Column, Line, Table
from sequela.exhibits.context import Context


def judged_in(context: Context, columns: Sequence[str]) -> dict[str, list[Judged]]:
    """What each causality column keeps of its patients, by the column's name."""
    return {name: context.clinical.details[name] for name in columns}


def answers_table(id: str, title: str, judged: Sequence[Judged]) -> Table:
    """One line a patient, one column a question; the notes say what the questions ask."""
    scale = judged[0].scale
    numbers = range(1, len(scale.question) + 1)
    columns = (
        Column("Patient", width=0.7),
        *(Column(str(n), "center", 0.6) for n in numbers),
        *((Column("Sum", "right", 0.5),) if scale.adds_up else ()),
        Column("Verdict", width=1.0),
    )
    lines = tuple(Line(tuple(_cells(one))) for one in judged)
    asked = "; ".join(f"{n}, {q.asks}" for n, q in zip(numbers, scale.question, strict=True))
    notes = (
        f"Scale: {scale.source}. ? is not known and scores nothing. {asked}.",
        "What each answer rests on stands on the patient's page.",
    )
    return Table(id, title, columns, lines, notes, patient_level=True)


def _cells(one: Judged) -> Iterable[Cell]:
    yield Cell(one.patient_id, patient_id=one.patient_id)
    for answer in one.answers:
        yield Cell(_short(answer, scored=one.score is not None))
    if one.score is not None:
        yield Cell(str(one.score).replace("-", "−"))
    yield Cell(one.verdict)


def _short(answer: Answer, *, scored: bool) -> str:
    if answer.said is None:
        return "?"
    if not scored:
        return answer.said
    return f"{answer.said} {_points(answer.score)}"


def _points(score: int) -> str:
    return f"+{score}" if score > 0 else str(score).replace("-", "−")


def causality_pages(context: Context) -> dict[str, list[Table]]:
    """For the patients' pages: each scale with question, answer, score and chart rows."""
    pages: dict[str, list[Table]] = {}
    for name, kept in context.clinical.details.items():
        for one in kept if isinstance(kept, list) else ():
            if isinstance(one, Judged):
                table = _page_table(context.label(name), name, one)
                pages.setdefault(one.patient_id, []).append(table)
    return pages


def _page_table(label: str, name: str, one: Judged) -> Table:
    scored = one.score is not None
    columns = (
        Column("Question", width=3.0),
        Column("Answer", width=0.8),
        *((Column("Score", "right", 0.5),) if scored else ()),
        Column("Because", width=3.0),
        Column("Rows", width=1.6),
    )
    lines = tuple(
        Line(
            (
                Cell(a.question.asks),
                Cell(a.text),
                *((Cell(_points(a.score)),) if scored else ()),
                Cell(a.basis),
                Cell("; ".join(f"{table}.csv, row {row}" for table, row in a.rows)),
            )
        )
        for a in one.answers
    )
    total = f"Sum {one.score}: {one.verdict}. " if scored else f"Verdict: {one.verdict}. "
    known = f"{one.known} of {len(one.answers)} questions could be answered."
    title = f"{label}: {one.verdict}"
    return Table(f"causality-{name}", title, columns, lines, (total + known,), patient_level=True)
