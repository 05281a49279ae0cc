from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from drawn_figures import FIGURES, HOSTILE, check_drawn, said, survival_figure
from lxml import etree
from matplotlib.figure import Figure
from PIL import Image

from sequela.display import style

# Linear RGB as seen without the red, green or blue cones (Machado, IEEE TVCG 2009;15:1291).
SIGHTS = {
    "full": np.eye(3),
    "protan": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deutan": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritan": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def linear(colour: str) -> np.ndarray:
    rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(to_xyz) @ np.clip(rgb, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", SIGHTS)
def test_colours_of_groups_differ_for_every_kind_of_sight(sight: str) -> None:
    seen = [lab(SIGHTS[sight] @ linear(colour)) for colour in style.GROUP_COLOURS]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 10


def test_colours_of_groups_differ_as_greys() -> None:
    greys = sorted(lab(linear(colour))[0] for colour in style.GROUP_COLOURS)
    assert min(np.diff(greys)) > 8


def test_groups_differ_by_line_pattern_too() -> None:
    assert len(set(map(str, style.GROUP_DASHES))) == len(style.GROUP_COLOURS) == 4


@pytest.mark.parametrize("width", [7.9, 0.0, 17.1])
def test_only_the_journals_widths_are_drawn(width: float) -> None:
    with pytest.raises(ValueError, match=r"8, 11\.5, 17 cm wide"):
        style.new_figure(width, 5)


@pytest.mark.parametrize("width", style.WIDTHS_CM)
def test_all_three_forms_have_the_width_asked_for(width: float) -> None:
    picture = style.write_figure(survival_figure(width_cm=width))
    points = width / 2.54 * 72
    assert picture.width_cm == width
    svg = etree.fromstring(picture.svg)
    assert float(svg.get("width", "").removesuffix("pt")) == pytest.approx(points, abs=1e-4)
    box = re.search(rb"/MediaBox\s*\[\s*0 0 ([0-9.]+) ([0-9.]+)\s*\]", picture.pdf)
    assert box is not None
    assert float(box[1]) == pytest.approx(points, abs=1e-4)
    assert float(box[2]) == pytest.approx(picture.height_cm / 2.54 * 72, abs=1e-3)
    with Image.open(io.BytesIO(picture.png)) as image:
        assert image.width == round(width / 2.54 * 300)
        assert image.height == pytest.approx(picture.height_cm / 2.54 * 300, abs=1)
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)


@pytest.mark.parametrize("make", FIGURES)
@pytest.mark.parametrize("width", style.WIDTHS_CM)
def test_every_figure_is_whole_and_legible(make: object, width: float) -> None:
    assert callable(make)
    check_drawn(make(width_cm=width))


@pytest.mark.parametrize("make", FIGURES)
def test_text_of_patients_is_shown_as_it_is(make: object) -> None:
    assert callable(make)
    figure: Figure = make(HOSTILE, 17.0)
    check_drawn(figure)
    assert any("$\\foo$ <script>" in text for text in said(figure))
    picture = style.write_figure(figure)
    names = {etree.QName(element).localname for element in etree.fromstring(picture.svg).iter()}
    assert "script" not in names
    assert "text" in names


def test_the_svg_carries_its_letters_and_points_nowhere() -> None:
    svg = style.write_figure(survival_figure()).svg.decode()
    assert svg.count("@font-face") == 2
    addresses = set(re.findall(r"https?://[^\"'\s]+", svg))
    assert addresses == {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "Overall survival (%)</text>" in svg
    assert re.search(r"font-family: 'Source Sans Pro'", svg)


def test_the_pdf_embeds_truetype_and_has_no_date() -> None:
    pdf = style.write_figure(survival_figure()).pdf
    assert b"SourceSansPro-Regular" in pdf
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf
    assert b"CreationDate" not in pdf


def test_settings_of_the_process_neither_change_nor_matter() -> None:
    plain = style.write_figure(survival_figure())
    theirs = {"axes.grid": True, "svg.fonttype": "path", "lines.linewidth": 9, "font.size": 30}
    with mpl.rc_context(theirs):
        before = dict(mpl.rcParams)
        assert style.write_figure(survival_figure()) == plain
        assert dict(mpl.rcParams) == before


def test_writing_twice_gives_the_same_bytes() -> None:
    figure = survival_figure()
    assert style.write_figure(figure) == style.write_figure(figure)


def test_another_process_writes_the_same_bytes(tmp_path: Path) -> None:
    strange = [
        {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "4711", "TZ": "Pacific/Apia", "LC_ALL": "C.UTF-8"},
    ]
    folders = [tmp_path / "one", tmp_path / "other"]
    for folder, settings in zip(folders, strange, strict=True):
        folder.mkdir()
        code = "import sys; from pathlib import Path; from drawn_figures import write_all; "
        subprocess.run(
            [sys.executable, "-W", "error", "-c", code + "write_all(Path(sys.argv[1]))", folder],
            check=True,
            cwd=Path(__file__).parent,
            env={**os.environ, **settings},
        )
    one, other = ({p.name: p.read_bytes() for p in sorted(f.iterdir())} for f in folders)
    assert len(one) == 3 * len(FIGURES)
    assert {name for name in one if one[name] != other[name]} == set()


def test_a_tint_lies_between_the_colour_and_white() -> None:
    assert style.tint("#000000", 1.0) == "#000000"
    assert style.tint("#000000", 0.0) == "#ffffff"
