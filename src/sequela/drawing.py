"""Drawing all figures of a run, side by side with the rest of the work.

The figures are independent of each other, and each is a function of plain data, so a second
process draws them while the first one goes on. Bytes do not depend on where they were drawn.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sequela.exhibits.context import Drawing, Rows
from sequela.exhibits.kinds import drawings

if TYPE_CHECKING:
    from sequela.display.style import Picture
    from sequela.pipeline import Loaded
    from sequela.stats.results import Row


def drawings_of(loaded: Loaded, rows: Sequence[Row]) -> dict[str, list[Drawing]]:
    """The figures of every exhibit, still to be drawn."""
    context = loaded.context
    return {
        exhibit.id: drawings(
            exhibit, context, Rows([row for row in rows if row.exhibit == exhibit.id])
        )
        for exhibit in loaded.study.exhibit
    }


@contextmanager
def warm_up() -> Iterator[ProcessPoolExecutor | None]:
    """A second process that has the drawing library loaded; None on a machine with one core."""
    if (os.cpu_count() or 1) < 2 or multiprocessing.current_process().daemon:
        yield None
        return
    # A fresh interpreter: forking one that runs threads of its own is not safe.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        pool.submit(_load)
        yield pool


def _load() -> None:
    import sequela.display.style  # noqa: F401


def _drawn(drawing: Drawing) -> Picture:
    return drawing.draw()


def draw_all(
    by_exhibit: Mapping[str, Sequence[Drawing]], pool: ProcessPoolExecutor | None
) -> Callable[[], dict[str, Picture]]:
    """Start drawing; the function that is returned gives the pictures by the drawings' ids.

    What the second process has not begun when the pictures are asked for is drawn here.
    """
    wanted = [drawing for found in by_exhibit.values() for drawing in found]
    if pool is None:
        return lambda: {d.id: _drawn(d) for d in wanted}
    futures = {d.id: pool.submit(_drawn, d) for d in wanted}
    return lambda: _collected(wanted, futures)


def _collected(
    wanted: Sequence[Drawing], futures: Mapping[str, Future[Picture]]
) -> dict[str, Picture]:
    pictures = {}
    for drawing in reversed(wanted):
        # The queue is worked off from the front; the back is taken over from here.
        if futures[drawing.id].cancel():
            pictures[drawing.id] = _drawn(drawing)
    for drawing in wanted:
        if drawing.id not in pictures:
            pictures[drawing.id] = futures[drawing.id].result()
    return pictures
