"""A line of words over a finished figure, such as that its data are simulated."""

from __future__ import annotations

import re

from sequela.display.lettering import FAMILY
from sequela.display.printing import print_svg
from sequela.display.style import CM_PER_INCH, DOTS_PER_INCH, INK, SMALL, Picture

_BAND = 10.0  # points that the words add to the height
_SIZE = re.compile(
    r'<svg (?P<before>[^>]*?)width="(?P<width>[\d.]+)pt" height="(?P<height>[\d.]+)pt" '
    r'viewBox="0 0 (?P<view>[\d. ]+)"'
)


def mark_picture(picture: Picture, words: str) -> Picture:
    """The figure with a band above it that says `words`; its width stays as it is.

    The words stand outside of what was drawn, so they cover nothing. ValueError when the
    picture's SVG is not one of ours.
    """
    text = picture.svg.decode("utf-8")
    size = _SIZE.search(text)
    if not size:
        raise ValueError("Only a figure of this project can be marked.")
    width, height = float(size["width"]), float(size["height"])
    head = (
        f'<svg {size["before"]}width="{size["width"]}pt" height="{height + _BAND:g}pt" '
        f'viewBox="0 {-_BAND:g} {width:g} {height + _BAND:g}"'
    )
    band = (
        f'<rect x="0" y="{-_BAND:g}" width="{width:g}" height="{_BAND + 0.5:g}" fill="white"/>'
        f'<text x="{width - 3:g}" y="-2.5" text-anchor="end" fill="{INK}" '
        f"style=\"font-family:'{FAMILY}';font-size:{SMALL:g}px\">{words}</text>"
    )
    text = text[: size.start()] + head + text[size.end() :]
    marked = text.replace("</svg>", f"{band}</svg>").encode("utf-8")
    pdf, png = print_svg(marked, dots_per_inch=DOTS_PER_INCH)
    return Picture(marked, pdf, png, picture.width_cm, picture.height_cm + _BAND / 72 * CM_PER_INCH)
