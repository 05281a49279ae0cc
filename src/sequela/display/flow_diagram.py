"""Flow diagrams: how a study's sets come out of each other, and who left at each step and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from sequela.display import style
from sequela.display.lettering import Face, wrap_text

_MARGIN, _LINE, _PAD, _RISE, _SPACE = 0.15, 0.36, 0.22, 0.75, 0.5
_NEAR = 0.4
_DASHED = (0, (3.5, 2))


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One box: a set and its size.

    `n` is None, and `state` `unknown`, where the size is not known: `unknown_text` then stands
    in its place. `excluded` are (reason, n) of those who do not go on to the next box; their n
    may be None too. `branches` are subsets side by side under the last box. Raises ValueError
    when n and state disagree, or when a branch branches again.
    """

    label: str
    n: int | None = None
    state: Literal["ok", "unknown"] = "ok"
    excluded: tuple[tuple[str, int | None], ...] = ()
    branches: tuple[FlowStep, ...] = ()
    unknown_text: str = "not published"

    def __post_init__(self) -> None:
        if (self.n is None) != (self.state == "unknown"):
            raise ValueError(f"Box '{self.label}': a number goes with state 'ok' and only with it.")
        if any(branch.branches or branch.excluded for branch in self.branches):
            raise ValueError(f"Box '{self.label}': a branch cannot branch or exclude again.")


@dataclass(frozen=True, slots=True)
class _Text:
    """One line in a box."""

    text: str
    face: Face = "regular"
    colour: str = style.INK


@dataclass(frozen=True, slots=True)
class _Block:
    """A box in its place, in centimetres, with its lines of text."""

    left: float
    top: float
    width: float
    lines: tuple[_Text, ...]
    unknown: bool = False
    aligned: Literal["left", "center"] = "center"
    least_lines: int = 0

    @property
    def height(self) -> float:
        return max(len(self.lines), self.least_lines) * _LINE + 2 * _PAD - 0.1

    @property
    def bottom(self) -> float:
        return self.top - self.height

    @property
    def middle(self) -> tuple[float, float]:
        return self.left + self.width / 2, self.top - self.height / 2


def draw_flow(boxes: Sequence[FlowStep], *, width_cm: float) -> Figure:
    """Draw the boxes from top to bottom with arrows; exclusions stand to the right of them.

    Raises ValueError without boxes, or when a box that is not the last one has branches.
    """
    if not boxes:
        raise ValueError("A flow diagram needs at least one box.")
    if any(box.branches for box in boxes[:-1]):
        raise ValueError("Only the last box of a flow diagram can have branches.")
    with style.house_style():
        main, side, branches = _lay_out(boxes, width_cm)
        lowest = min(block.bottom for block in (*main, *branches, *filter(None, side)))
        figure = style.new_figure(width_cm, 2 * _MARGIN - lowest)
        paper = style.add_paper(figure)
        # Blocks are laid out downwards from 0; the paper counts upwards from its lower edge.
        paper.set_ylim(lowest - _MARGIN, _MARGIN)
        for block in (*main, *branches, *filter(None, side)):
            _draw_block(paper, block)
        for before, after, aside in zip(main, [*main[1:], None], side, strict=True):
            _connect(paper, before, after, aside)
        _connect_branches(paper, main[-1], branches)
    return figure


def _lay_out(
    boxes: Sequence[FlowStep], width: float
) -> tuple[list[_Block], list[_Block | None], list[_Block]]:
    """Main boxes, the exclusion beside each (or None), and branches under the last."""
    any_side = any(box.excluded for box in boxes)
    inner = width - 2 * _MARGIN
    wide = 0.5 * inner if any_side else min(inner, 7.0)
    left = _MARGIN if any_side else (width - wide) / 2
    main: list[_Block] = []
    side: list[_Block | None] = []
    top = 0.0
    for box in boxes:
        block = _Block(left, top, wide, _box_lines(box, wide - 2 * _PAD), box.state == "unknown")
        aside = _exclusion(box, block, width) if box.excluded else None
        main.append(block)
        side.append(aside)
        top = block.bottom - _RISE if aside is None else aside.bottom - 0.5 * _RISE
    branches = list(_branch_blocks(boxes[-1].branches, main[-1], side[-1], width))
    return main, side, branches


def _exclusion(box: FlowStep, block: _Block, width: float) -> _Block:
    """The box of those who left, to the right of the arrow down from `block`."""
    left = block.left + block.width / 2 + 1.0
    left = max(left, block.left + block.width - 2.2)
    wide = width - _MARGIN - left
    lines: list[_Text] = []
    for reason, n in box.excluded:
        count = box.unknown_text if n is None else f"n = {n}"
        wrapped = wrap_text(f"{reason} ({count})", wide - 2 * _PAD, size=style.BODY)
        lines += [_Text(line, colour=style.MUTED if n is None else style.INK) for line in wrapped]
    unknown = all(n is None for _, n in box.excluded)
    return _Block(left, block.bottom - 0.5 * _RISE, wide, tuple(lines), unknown, "left")


def _branch_blocks(
    branches: Sequence[FlowStep], above: _Block, aside: _Block | None, width: float
) -> Iterator[_Block]:
    if not branches:
        return
    inner = width - 2 * _MARGIN
    wide = min((inner - _SPACE * (len(branches) - 1)) / len(branches), 5.5)
    span = wide * len(branches) + _SPACE * (len(branches) - 1)
    centre = above.left + above.width / 2
    left = min(max(_MARGIN, centre - span / 2), width - _MARGIN - span)
    top = (above.bottom if aside is None else aside.bottom) - 1.3 * _RISE
    texts = [_box_lines(branch, wide - 2 * _PAD) for branch in branches]
    tallest = max(map(len, texts))
    for branch, lines in zip(branches, texts, strict=True):
        unknown = branch.state == "unknown"
        yield _Block(left, top, wide, lines, unknown, least_lines=tallest)
        left += wide + _SPACE


def _box_lines(box: FlowStep, width: float) -> tuple[_Text, ...]:
    label = [_Text(line) for line in wrap_text(box.label, width, size=style.BODY)]
    if box.n is not None:
        return (*label, _Text(f"n = {box.n}", "semibold"))
    said = wrap_text(box.unknown_text, width, size=style.BODY, face="italic")
    return (*label, *(_Text(line, "italic", style.MUTED) for line in said))


def _draw_block(paper: Axes, block: _Block) -> None:
    patch = FancyBboxPatch(
        (block.left, block.bottom),
        block.width,
        block.height,
        boxstyle="round,pad=0,rounding_size=0.08",
        facecolor=style.ZEBRA if block.aligned == "left" else "white",
        edgecolor=style.MUTED if block.unknown or block.aligned == "left" else style.INK,
        linewidth=style.RULE,
        linestyle=_DASHED if block.unknown else "solid",
        zorder=3,
        gid="unknown" if block.unknown else "box",
    )
    paper.add_patch(patch)
    centred = block.aligned == "center"
    x = block.middle[0] if centred else block.left + _PAD
    for number, line in enumerate(block.lines):
        y = block.top - _PAD - number * _LINE - 0.19
        style.write_text(
            paper,
            x,
            y,
            line.text,
            face=line.face,
            color=line.colour,
            ha="center" if centred else "left",
            zorder=4,
        )


def _connect(paper: Axes, before: _Block, after: _Block | None, aside: _Block | None) -> None:
    """The arrow down to the next box, and the one that branches off to those who left."""
    x = before.middle[0]
    if after is not None:
        _arrow(paper, (x, before.bottom), (x, after.top))
    if aside is not None:
        y = aside.middle[1]
        if after is None:
            paper.plot([x, x], [before.bottom, y], color=style.INK, linewidth=style.RULE, zorder=2)
        _arrow(paper, (x, y), (aside.left, y))


def _connect_branches(paper: Axes, above: _Block, branches: Sequence[_Block]) -> None:
    """A stem down, a bar across, and an arrow into each branch."""
    if not branches:
        return
    x, top = above.middle[0], branches[0].top
    bar = top + 0.5 * _RISE
    middles = [block.middle[0] for block in branches]
    # A stem that all but meets a branch goes straight down into it, without a jog.
    x = next((m for m in middles if abs(m - x) < _NEAR), x)
    first, last = min([x, *middles]), max([x, *middles])
    line: dict[str, Any] = {"color": style.INK, "linewidth": style.RULE, "zorder": 2, "snap": False}
    paper.plot([x, x], [above.bottom, bar], **line)
    # Drawn round its corners, so that they are square.
    ends = [top + 0.2 if end in middles else bar for end in (first, last)]
    paper.plot(
        [first, first, last, last],
        [ends[0], bar, bar, ends[1]],
        **line,
        solid_joinstyle="miter",
        solid_capstyle="butt",
    )
    for middle in middles:
        _arrow(paper, (middle, bar), (middle, top))


def _arrow(paper: Axes, start: tuple[float, float], stop: tuple[float, float]) -> None:
    paper.annotate(
        "",
        xy=stop,
        xytext=start,
        zorder=2,
        annotation_clip=False,
        snap=False,
        arrowprops={
            "arrowstyle": "-|>,head_length=0.32,head_width=0.16",
            "color": style.INK,
            "linewidth": style.RULE,
            "shrinkA": 0,
            "shrinkB": 0,
            "mutation_scale": 12,
            "joinstyle": "miter",
            "capstyle": "butt",
        },
    )
