"""What all figures share: widths, inks, line patterns, text, and the three forms they leave in.

A figure is laid out in centimetres at final size. Settings of matplotlib hold only inside
`house_style`, so that nothing is changed for the process and no user's `matplotlibrc` shows.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from sequela.display.lettering import FACES, Face, clean_text, font, font_face_css
from sequela.display.printing import print_svg

# Blood prints one, one and a half or two columns: 8.0, 11.5, 17.0 cm.
# Source: the journal's instructions for figures.
WIDTHS_CM = (8.0, 11.5, 17.0)
DOTS_PER_INCH = 300
CM_PER_INCH = 2.54

SMALL, BODY, LARGE = 6.5, 7.5, 8.5
"""Sizes of text in points at final size, all within the 6 to 12 that journals ask for."""
HAIRLINE, RULE, STROKE = 0.5, 0.75, 1.3
"""Widths of lines in points; none is thinner than 0.5."""

INK, MUTED, FAINT, ZEBRA = "#1C1C1C", "#5A5F66", "#B9BFC7", "#F2F4F7"

GROUP_COLOURS = ("#0B3C6F", "#C24A00", "#4BA3D9", "#E3B23C")
"""Colours of groups, after Okabe and Ito, spread so that they also differ as greys."""
GROUP_DASHES: tuple[Any, ...] = ("solid", (0, (4.5, 1.6)), (0, (1.3, 1.3)), (0, (6, 1.5, 1.3, 1.5)))
"""Line patterns of groups, so that colour is never the only mark."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished figure as bytes of SVG, PDF and PNG, with its size in centimetres."""

    svg: bytes
    pdf: bytes
    png: bytes
    width_cm: float
    height_cm: float


@contextmanager
def house_style() -> Iterator[None]:
    """Matplotlib's own defaults plus what the figures need, until the block ends."""
    plain = {
        name: value
        for name, value in dict.items(mpl.rcParamsDefault)
        if not name.startswith(("backend", "interactive", "toolbar", "keymap", "webagg", "_"))
    }
    ours = {
        "svg.fonttype": "none",
        "svg.hashsalt": "sequela",
        "pdf.fonttype": 42,
        "text.parse_math": False,
        "font.sans-serif": ["Arial", "Helvetica"],
        "hatch.linewidth": HAIRLINE,
    }
    settings: dict[Any, Any] = {**plain, **ours}
    with mpl.rc_context(settings):
        yield


def new_figure(width_cm: float, height_cm: float) -> Figure:
    """An empty white figure of one of the journal's widths.

    Raises ValueError for another width, because a figure that is scaled later has text and
    lines of another size than the one checked here.
    """
    if width_cm not in WIDTHS_CM:
        known = ", ".join(f"{width:g}" for width in WIDTHS_CM)
        raise ValueError(f"A figure is {known} cm wide, not {width_cm:g} cm.")
    return Figure(
        figsize=(width_cm / CM_PER_INCH, height_cm / CM_PER_INCH), dpi=72, facecolor="white"
    )


def size_cm(figure: Figure) -> tuple[float, float]:
    """Width and height of a figure in centimetres."""
    width, height = figure.get_size_inches()
    return round(float(width) * CM_PER_INCH, 6), round(float(height) * CM_PER_INCH, 6)


def add_panel(figure: Figure, *, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes at a place given in centimetres from the lower left corner, with two thin spines."""
    whole_width, whole_height = size_cm(figure)
    axes = figure.add_axes(
        (left / whole_width, bottom / whole_height, width / whole_width, height / whole_height),
        facecolor="none",
    )
    axes.spines[["top", "right"]].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set(linewidth=RULE, color=INK)
    axes.tick_params(width=RULE, length=2.5, pad=2.0, color=INK)
    return axes


def add_paper(figure: Figure) -> Axes:
    """Axes over the whole figure whose coordinates are centimetres from the lower left corner."""
    width, height = size_cm(figure)
    axes = figure.add_axes((0, 0, 1, 1), facecolor="none", zorder=-1)
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.set_axis_off()
    return axes


def write_text(
    axes: Axes,
    x: float,
    y: float,
    text: str,
    *,
    size: float = BODY,
    face: Face = "regular",
    **settings: Any,
) -> Text:
    """Set one line of text; whatever it holds is shown as letters, never read as markup.

    `size` is in points at final size. `settings` are matplotlib's, such as `ha`, `va`, `color`.
    """
    shown, face = _showable(text, face)
    plain = {"color": INK, "va": "baseline", "parse_math": False, "clip_on": False}
    return axes.text(x, y, shown, fontproperties=font(size, face), **{**plain, **settings})


def _showable(text: str, face: Face) -> tuple[str, Face]:
    """The text, upright where the italic lacks one of its letters."""
    upright, slanted = clean_text(text), clean_text(text, "italic")
    if face == "italic" and upright != slanted:
        return upright, "regular"
    return (slanted, face) if face == "italic" else (clean_text(text, face), face)


def label_axis(axis: Axis, text: str, *, size: float = BODY, pad: float = 3.0) -> None:
    """Name an axis in the house typeface, `pad` points from its tick labels."""
    axis.set_label_text(clean_text(text), fontproperties=font(size), color=INK, parse_math=False)
    axis.labelpad = pad


def label_ticks(
    axis: Axis, positions: Sequence[float], labels: Sequence[str], *, size: float = SMALL
) -> None:
    """Put ticks at these places with these labels, and no others."""
    axis.set_ticks(list(positions), labels=[clean_text(label) for label in labels])
    axis.set_ticks([], minor=True)
    for tick in axis.get_major_ticks():
        for text in (tick.label1, tick.label2):
            text.set(fontproperties=font(size), color=INK, parse_math=False)


def tint(colour: str, share: float) -> str:
    """The colour mixed with white; `share` is what is left of it, from 0 to 1."""
    red, green, blue = (1 - share * (1 - part) for part in to_rgb(colour))
    return to_hex((red, green, blue))


def write_figure(figure: Figure) -> Picture:
    """The figure as SVG, PDF and PNG, the same bytes every time.

    Text stays text in the SVG, which carries the letters it needs. PDF and PNG are made from
    that SVG, so the three cannot disagree; the PDF embeds its letters as TrueType, the PNG has
    300 dots an inch, its width rounded to whole dots.
    """
    width_cm, height_cm = size_cm(figure)
    with house_style():
        svg = _svg(figure)
    pdf, png = print_svg(svg, dots_per_inch=DOTS_PER_INCH)
    return Picture(svg, pdf, png, width_cm, height_cm)


def _saved(figure: Figure, form: str, **settings: Any) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format=form, facecolor="white", edgecolor="none", **settings)
    return out.getvalue()


def _svg(figure: Figure) -> bytes:
    """The SVG without outside addresses of its own making and with its letters inside."""
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    text = _saved(figure, "svg", metadata=nothing).decode("utf-8")
    start = text.index("<svg")
    faces = "".join(font_face_css(face, letters) for face, letters in _letters(figure).items())
    head, mark, tail = text[start:].partition("<defs>")
    declaration = '<?xml version="1.0" encoding="utf-8"?>\n'
    return f"{declaration}{head}{mark}<style>{faces}</style>{tail}".encode()


def _letters(figure: Figure) -> dict[Face, str]:
    """The letters that the figure sets in each face."""
    used: dict[Face, set[str]] = {}
    for text in figure.findobj(Text):
        weight, slant = text.get_fontweight(), text.get_fontstyle()
        for face, css in FACES.items():
            if css == (weight, slant) and text.get_text():
                used.setdefault(face, set()).update(text.get_text())
    return {face: "".join(sorted(used[face])) for face in sorted(used)}
