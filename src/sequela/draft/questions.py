"""The questions of a drafted mapping, numbered in the order in which they stand in its text."""

from __future__ import annotations

from dataclasses import dataclass

MARK = "# QUESTION: "


@dataclass(frozen=True, slots=True)
class Question:
    """What only the user can answer: its number in the text of the mapping, and the words."""

    number: int
    text: str


def numbered(text: str) -> tuple[str, list[Question]]:
    """A mapping's text with a number at each question, and the questions."""
    questions: list[Question] = []
    lines = text.split("\n")
    for place, line in enumerate(lines):
        if line.startswith(MARK):
            question = Question(len(questions) + 1, line.removeprefix(MARK))
            questions.append(question)
            lines[place] = f"# QUESTION {question.number}: {question.text}"
    return "\n".join(lines), questions
