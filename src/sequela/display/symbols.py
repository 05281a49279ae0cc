"""Symbols and fills for kinds of things: each kind keeps its own throughout a figure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from sequela.display import style


@dataclass(frozen=True, slots=True)
class Symbol:
    """A marker: its shape, its colour, and whether it is filled or open."""

    shape: str
    colour: str
    filled: bool = True


@dataclass(frozen=True, slots=True)
class Fill:
    """How a bar is filled: its colour and, so that it reads in grey, its hatching."""

    colour: str
    hatch: str = ""


_NAVY, _VERMILION, _SKY, _AMBER = style.GROUP_COLOURS
_SYMBOLS = (
    Symbol("o", _NAVY),
    Symbol("D", _VERMILION),
    Symbol("s", _SKY),
    Symbol("^", style.INK, filled=False),
    Symbol("v", _AMBER),
    Symbol("P", _NAVY),
    Symbol("o", _VERMILION, filled=False),
    Symbol("s", style.INK, filled=False),
    Symbol("*", _VERMILION),
    Symbol("D", _NAVY, filled=False),
)
_FILLS = (
    Fill(_SKY),
    Fill(_AMBER, "////"),
    Fill(_NAVY),
    Fill(style.tint(_VERMILION, 0.75), "\\\\\\\\"),
    Fill(style.tint(_NAVY, 0.45), "xxxx"),
    Fill(style.tint(style.INK, 0.3), "...."),
)


def kinds_in_order(seen: Iterable[str], first: Sequence[str] = ()) -> tuple[str, ...]:
    """The distinct kinds: those named in `first` in that order, the others as they turn up."""
    found = tuple(dict.fromkeys(seen))
    return tuple(kind for kind in first if kind in found) + tuple(
        kind for kind in found if kind not in first
    )


def symbols_of(kinds: Sequence[str]) -> dict[str, Symbol]:
    """A symbol of its own for each kind; ValueError when they are too many to tell apart."""
    if len(kinds) > len(_SYMBOLS):
        raise ValueError(f"{len(kinds)} kinds of marks; {len(_SYMBOLS)} can be told apart.")
    return dict(zip(kinds, _SYMBOLS, strict=False))


def fills_of(kinds: Sequence[str]) -> dict[str, Fill]:
    """A fill of its own for each kind; ValueError when they are too many to tell apart."""
    if len(kinds) > len(_FILLS):
        raise ValueError(f"{len(kinds)} kinds of bars; {len(_FILLS)} can be told apart.")
    return dict(zip(kinds, _FILLS, strict=False))


def draw_symbol(
    axes: Axes, xs: Sequence[float], ys: Sequence[float], symbol: Symbol, *, size: float = 4.5,
    gid: str = "",
) -> None:  # fmt: skip
    """Set a symbol at each place; an open one is white inside, so that it hides what is behind."""
    axes.plot(
        xs,
        ys,
        linestyle="none",
        marker=symbol.shape,
        markersize=size * (1.35 if symbol.shape in "*P^v" else 1.0),
        color=symbol.colour,
        markerfacecolor=symbol.colour if symbol.filled else "white",
        markeredgecolor=symbol.colour if not symbol.filled else "white",
        markeredgewidth=0.9 if not symbol.filled else 0.5,
        clip_on=False,
        zorder=5,
        gid=gid,
    )


def draw_bar(
    axes: Axes, span: tuple[float, float], y: float, height: float, fill: Fill, *, gid: str = ""
) -> None:
    """A bar from `span[0]` to `span[1]`, centred on `y`."""
    axes.add_patch(
        Rectangle(
            (span[0], y - height / 2),
            span[1] - span[0],
            height,
            facecolor=fill.colour,
            edgecolor="white" if fill.hatch else "none",
            hatch=fill.hatch or None,
            linewidth=0,
            gid=gid,
            zorder=3,
        )
    )
