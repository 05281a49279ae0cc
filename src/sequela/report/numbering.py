"""The numbers of tables and figures, the same in every form of the report."""

from __future__ import annotations

from collections.abc import Iterable

from sequela.report.document import Block, FigureBlock, TableBlock


def exhibit_labels(blocks: Iterable[Block]) -> tuple[str, ...]:
    """One label a block: `Table 1`, `Figure 1` in order of appearance, empty for the others."""
    tables = figures = 0
    labels: list[str] = []
    for block in blocks:
        if isinstance(block, TableBlock):
            tables += 1
            labels.append(f"Table {tables}")
        elif isinstance(block, FigureBlock):
            figures += 1
            labels.append(f"Figure {figures}")
        else:
            labels.append("")
    return tuple(labels)
