"""Scales of causality between a drug and an event: Naranjo 1981, and the WHO-UMC categories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from sequela.clinical.data_files import packaged
from sequela.clinical.definition import Definition
from sequela.clinical.rule_register import ClinicalRule, Parameter

FILE = "causality.toml"
Said = Literal["yes", "no"]
Scale = Literal["naranjo", "who-umc"]


class Question(Definition):
    """A question of a scale, with what its answers score where the scale adds up."""

    key: str
    asks: str
    yes: int = 0
    no: int = 0


class Category(Definition):
    """A verdict of a scale: reached by a sum, or by the answers it needs and excludes."""

    name: str
    at_least: int | None = None
    needs: Mapping[str, Said] = {}
    never: Mapping[str, Said] = {}


class CausalityScale(Definition):
    """A scale: its questions and its categories, the strongest first."""

    title: str
    source: str
    question: tuple[Question, ...]
    category: tuple[Category, ...]

    @property
    def adds_up(self) -> bool:
        """Whether the verdict comes from a sum of scores."""
        return self.category[0].at_least is not None

    def score(self, answers: Mapping[str, Said | None]) -> int:
        """The sum; a question without an answer scores nothing."""
        return sum(
            {"yes": q.yes, "no": q.no}.get(str(answers.get(q.key)), 0) for q in self.question
        )

    def verdict(self, answers: Mapping[str, Said | None]) -> str:
        """The first category that the answers reach."""
        if self.adds_up:
            total = self.score(answers)
            return next(c.name for c in self.category if total >= (c.at_least or 0))
        return next(c.name for c in self.category if _reached(c, answers))


def _reached(category: Category, answers: Mapping[str, Said | None]) -> bool:
    needed = all(answers.get(key) == said for key, said in category.needs.items())
    return needed and all(answers.get(key) != said for key, said in category.never.items())


def causality_scale(name: Scale) -> CausalityScale:
    """The scale of a name."""
    return CausalityScale.model_validate(packaged("sequela.clinical", FILE)[name])


_SAYS = {
    "naranjo": "Ten questions, each answered yes, no or not known, add up to a verdict. What the "
    "chart cannot answer scores nothing, and is counted.",
    "who-umc": "A category holds when every point of it is met. What is not known is not met; an "
    "event of which only the time is not known stays conditional.",
}

RULES = tuple(
    ClinicalRule(
        f"causality {name}",
        "1",
        _SAYS[name],
        causality_scale(name).source,
        ("causality",),
        tuple(
            Parameter(c.name, f"{c.at_least} or more" if c.at_least != -99 else "any lower sum")
            for c in causality_scale(name).category
            if c.at_least is not None
        ),
    )
    for name in ("naranjo", "who-umc")
)
