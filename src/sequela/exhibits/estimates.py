"""How estimates with an interval, and p values, are printed: once for all kinds of exhibits."""

from __future__ import annotations

from dataclasses import dataclass

from sequela.display.numbers import format_interval, format_p, format_value, round_number
from sequela.display.table import Cell
from sequela.exhibits.context import Rows
from sequela.report.document import Block, Paragraph, Run
from sequela.report.sentences import Slot
from sequela.stats.results import Row

ENDS = ("", "_ci_low", "_ci_high")


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate and its interval: the rows, and each as it is printed."""

    rows: tuple[Row, ...]
    texts: tuple[str, ...]

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return self.rows[0].value is not None

    @property
    def cell(self) -> Cell:
        """`77.8 (58.9 to 88.7)`, or `100.0 (NE)` where neither end can be estimated."""
        interval = interval_words(self.texts[1], self.texts[2])
        return Cell(f"{self.texts[0]} ({interval})", tuple(row.id for row in self.rows))

    def slots(self, name: str) -> dict[str, Slot | str]:
        """The three parts as slots of a sentence: `name`, `low` and `high`."""
        return {
            slot: Slot(text, (row.id,))
            for slot, text, row in zip((name, "low", "high"), self.texts, self.rows, strict=True)
        }


def estimate_of(
    rows: Rows,
    statistic: str,
    variable: str,
    *,
    level: str = "",
    group: str = "",
    time: float | None = None,
    share: bool = False,
) -> Estimate:
    """The estimate of a statistic; a `share` (0 to 1) is printed in percent."""
    found = tuple(
        rows.of(f"{statistic}{end}", variable, level=level, group=group, time=time) for end in ENDS
    )
    return Estimate(found, tuple(percent(r) if share else format_value(r, 1) for r in found))


def percent(row: Row) -> str:
    """A share in percent with one decimal, or what stands for it."""
    return format_value(row, 1) if row.value is None else round_number(row.value * 100, 1)


def interval_words(low: str, high: str) -> str:
    """`58.9 to 88.7`; what stands for both ends, such as `NE`, once."""
    both = low == high and not low[:1].isdigit()
    return low if both else format_interval(low, high, comparator=" to ")


def p_words(p: float) -> str:
    """`p = 0.03` or `p <0.001`."""
    text = format_p(p)
    return f"p {text}" if text[0] in "<>" else f"p = {text}"


def refused(title: str, reason: str) -> list[Block]:
    """What stands in place of an exhibit that is refused."""
    return [Paragraph((Run(f"{title}: refused. {reason}"),), kind="warning")]
