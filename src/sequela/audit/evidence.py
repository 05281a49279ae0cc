"""What the audit asks of a study: result rows for a selection, and who stands behind them.

The audit knows nothing of charts. The pipeline answers these two questions from `subjects`;
the audit reads the rows that come back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from sequela.stats.results import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Which number of the study is meant.

    An empty `set` is everyone; `where` is a SQL condition over `subjects`; `variable` a
    column, with `level` one of its categories; `endpoint` a time to an event; `patient` one
    patient.
    """

    set: str = ""
    where: str = ""
    variable: str = ""
    level: str = ""
    endpoint: str = ""
    patient: str = ""


class NoEvidenceError(Exception):
    """The study cannot answer a selector; the message says why, as the end of a sentence."""


class Evidence(Protocol):
    """What the pipeline answers.

    `rows` gives, for a numeric `variable`, the rows median, q1, q3, min, max, mean and sd; for
    `where`, or `variable` with `level`, the row `count`; for an `endpoint` the rows events,
    median, median_ci_low, median_ci_high; for `patient` with `variable` the row `value`. A
    statistic that the values leave undecided has the state `refused`, beside the rows
    `<statistic>_low_bound` and `<statistic>_high_bound`; a bound that does not exist has the
    state `not_estimable`. A condition on a missing value is neither true nor false: it is
    counted in `n_missing`.

    `patients` names those in `set` who satisfy `where` or have the `level`, or the whole set.

    Both raise NoEvidenceError when the study has no such set, column or endpoint.
    """

    def rows(self, selector: Selector, leaving_out: frozenset[str] = frozenset()) -> list[Row]:
        """The result rows of a selection, as if some patients were not in the study."""
        ...

    def patients(self, selector: Selector) -> tuple[str, ...]:
        """The patients of a selection."""
        ...


@dataclass(slots=True)
class RememberedEvidence:
    """The same evidence, asked once for each question; a search asks the same ones often."""

    source: Evidence
    _rows: dict[tuple[Selector, frozenset[str]], list[Row]] = field(default_factory=dict)
    _patients: dict[Selector, tuple[str, ...]] = field(default_factory=dict)

    def rows(self, selector: Selector, leaving_out: frozenset[str] = frozenset()) -> list[Row]:
        """The result rows of a selection; raises what the source raises."""
        key = (selector, leaving_out)
        if key not in self._rows:
            self._rows[key] = self.source.rows(selector, leaving_out)
        return self._rows[key]

    def patients(self, selector: Selector) -> tuple[str, ...]:
        """The patients of a selection; raises what the source raises."""
        if selector not in self._patients:
            self._patients[selector] = self.source.patients(selector)
        return self._patients[selector]
