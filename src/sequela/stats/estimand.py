"""What a family of result rows is about, so that each row says it in the same words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from sequela.stats.results import NOBODY_ABSENT, Absent, Row

NoValue = Literal["not_reached", "not_estimable", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimand:
    """The part that the rows of one estimate share: variable, people and method.

    `n` counts those with a value and `absent` those without, so that every row made here
    satisfies the denominator identity of `Row`.
    """

    variable: str
    n: int
    absent: Absent = NOBODY_ABSENT
    group: str = ""
    contrast: str = ""
    level: str = ""
    time: float | None = None
    method: str = ""

    def by(self, method: str) -> Estimand:
        """The same estimand, made by another method."""
        return replace(self, method=method)

    def at(self, time: float) -> Estimand:
        """The same estimand at one time, in the unit of the study."""
        return replace(self, time=float(time))

    def of_level(self, level: str) -> Estimand:
        """The same estimand for one level of the variable."""
        return replace(self, level=level)

    def value(self, statistic: str, value: float) -> Row:
        """A row with a number."""
        return self._row(statistic, float(value), "ok", "")

    def no_value(self, statistic: str, state: NoValue, reason: str) -> Row:
        """A row without a number; `reason` is a clause that a reader can follow."""
        return self._row(statistic, None, state, reason)

    def _row(
        self,
        statistic: str,
        value: float | None,
        state: Literal["ok", "not_reached", "not_estimable", "refused"],
        error: str,
    ) -> Row:
        return Row(
            statistic=statistic,
            value=value,
            state=state,
            error=error,
            n=self.n,
            n_missing=self.absent.missing,
            n_not_evaluable=self.absent.not_evaluable,
            n_not_applicable=self.absent.not_applicable,
            group=self.group,
            contrast=self.contrast,
            variable=self.variable,
            level=self.level,
            time=self.time,
            method=self.method,
        )
