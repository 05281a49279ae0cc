"""What every clinical definition shares: frozen, strict about its keys, evaluated elsewhere."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from sequela.chart.conditions import ConditionError, evaluate_condition, read_condition, select_rows

__all__ = [
    "ConditionError",
    "Definition",
    "Reason",
    "TimeUnit",
    "evaluate_condition",
    "read_condition",
    "select_rows",
]

Reason = Literal["missing", "not_evaluable", "not_applicable", "no common clock", "interval"]
TimeUnit = Literal["days", "weeks", "months", "years"]


class Definition(BaseModel):
    """A part of a study, as data. Unknown keys are refused, so that a typo is never silent."""

    model_config = ConfigDict(frozen=True, extra="forbid")
