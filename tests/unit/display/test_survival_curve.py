from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_figures import TICKS, a_curve, check_drawn, lines, place_cm, said, survival_figure, texts
from matplotlib.figure import Figure

from sequela.display import style
from sequela.display.survival_curve import SurvivalPlot, draw_survival, few_at_risk_from


def draw(*curves: SurvivalPlot, **settings: object) -> Figure:
    plain = {"width_cm": 11.5, "ticks": TICKS}
    chosen = {**plain, **settings}
    return draw_survival(curves, unit="months", x_label="Time", y_label="Survival", **chosen)  # type: ignore[arg-type]


def test_the_curve_steps_down_at_its_times_and_starts_at_one() -> None:
    (curve,) = lines(draw(a_curve(faint=None)), "curve-0")
    assert curve.get_drawstyle() == "steps-post"
    np.testing.assert_array_equal(curve.get_xdata(), [0, 5, 10, 15, 20, 30, 34])
    np.testing.assert_allclose(curve.get_ydata(), [1, 0.9, 0.8, 0.8, 0.6857, 0.5714, 0.5714])


def test_a_curve_reaches_to_the_last_censoring() -> None:
    only_events = SurvivalPlot("", [5], [0.5], [0.2], [0.8], [40], [0.5], (2, 1), (0, 0), (0, 1))
    (curve,) = lines(draw(only_events, ticks=(0.0, 12.0)), "curve-0")
    assert list(curve.get_xdata()) == [0, 5, 40]


def test_a_group_without_events_is_a_level_line() -> None:
    level = SurvivalPlot("", [], [], [], [], [7, 9], [1, 1], (2, 0), (0, 2), (0, 0))
    figure = draw(level, ticks=(0.0, 12.0))
    (curve,) = lines(figure, "curve-0")
    assert list(curve.get_ydata()) == [1, 1]
    assert list(curve.get_xdata()) == [0, 9]
    style.write_figure(figure)


def test_where_few_are_at_risk_the_curve_is_pale() -> None:
    figure = draw(a_curve(faint=20.0))
    (full,), (pale,) = lines(figure, "curve-0"), lines(figure, "pale-0")
    assert max(full.get_xdata()) == min(pale.get_xdata()) == 20
    assert pale.get_color() == style.tint(style.GROUP_COLOURS[0], 0.55)
    assert any(text.startswith("Pale: fewer than 5") for text in said(figure))


def test_without_few_at_risk_nothing_is_pale() -> None:
    figure = draw(a_curve(faint=None))
    assert not lines(figure, "pale-0")
    assert not any(text.startswith("Pale") for text in said(figure))


@pytest.mark.parametrize(
    ("at_risk", "n", "expected"),
    [
        ([20, 10, 5, 4], 20, 3.0),
        ([20, 10, 6, 5], 20, None),
        ([100, 50, 11, 9], 100, 3.0),
        ([4, 3, 2, 1], 4, 0.0),
        ([], 0, 0.0),
    ],
)
def test_few_are_fewer_than_five_or_a_tenth(
    at_risk: list[float], n: float, expected: float | None
) -> None:
    assert few_at_risk_from([1, 2, 3, 4][: len(at_risk)], at_risk, n=n) == expected


def test_censorings_are_ticks_on_the_curve() -> None:
    marks = lines(draw(a_curve()), "censored-0")
    assert [mark.get_marker() for mark in marks] == ["|", "|"]
    assert [float(x) for mark in marks for x in mark.get_xdata()] == [15, 34]
    assert [float(y) for mark in marks for y in mark.get_ydata()] == [0.8, 0.5714]


def test_counts_stand_under_their_ticks() -> None:
    figure = draw(a_curve())
    panel = figure.axes[0]
    for name, counts in (("at_risk", "10 8 6 0"), ("censored", "0 0 1 6"), ("events", "0 2 3 4")):
        row = texts(figure, f"ticks_{name}-0")
        assert " ".join(text.get_text() for text in row) == counts
        assert len({text.get_position()[1] for text in row}) == 1
        for text, tick in zip(row, TICKS, strict=True):
            box = place_cm(figure, text)
            under = panel.transData.transform((tick, 0))[0] / figure.dpi * 2.54
            assert (box.x0 + box.x1) / 2 == pytest.approx(under, abs=0.03)


def test_three_rows_for_each_group_with_its_mark() -> None:
    figure = draw(a_curve("A group"), a_curve("Another", shift=1))
    assert said(figure).count("At risk") == 2
    assert said(figure).count("Censored") == said(figure).count("Events") == 2
    assert said(figure).count("A group") == 2
    check_drawn(figure)


def test_groups_differ_by_colour_and_dash() -> None:
    figure = draw(*(a_curve(name, shift=i) for i, name in enumerate("ABCD")))
    drawn = [lines(figure, f"curve-{index}")[0] for index in range(4)]
    assert len({line.get_color() for line in drawn}) == 4
    assert len({str(line._unscaled_dash_pattern) for line in drawn}) == 4
    check_drawn(figure)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ticks_censored": (0, 0, 1, 5)}, "add up to 9, 10 at different ticks"),
        ({"ticks_at_risk": (10, 8, 6)}, "one count of each kind for each tick"),
        ({"ticks_censored": (0, 1, 0, 6), "ticks_at_risk": (10, 7, 7, 0)}, "the wrong way"),
    ],
)
def test_a_risk_table_that_loses_patients_is_refused(
    changes: dict[str, tuple[int, ...]], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        draw(replace(a_curve(), **changes))  # type: ignore[arg-type]


def test_no_group_and_a_fifth_group_are_refused() -> None:
    for count in (0, 5):
        with pytest.raises(ValueError, match=f"1 to 4 groups, not {count}"):
            draw(*(a_curve(str(index)) for index in range(count)))


def band_heights(figure: Figure, box_cm: tuple[float, float]) -> np.ndarray:
    """Upper edges of the bands, in centimetres, between two places."""
    panel = figure.axes[0]
    (band, *_) = panel.collections
    vertices = band.get_paths()[0].vertices
    places = panel.transData.transform(vertices) / figure.dpi * 2.54
    inside = (places[:, 0] >= box_cm[0]) & (places[:, 0] <= box_cm[1])
    return places[inside, 1]


@pytest.mark.parametrize("height", [0.3, 0.6, 1.0])
def test_annotations_keep_clear_of_curve_and_band(height: float) -> None:
    curve = a_curve(faint=None)
    level = np.asarray(curve.survival) * height
    curve = replace(curve, survival=level, low=level * 0.5, high=np.minimum(level + 0.1, 1))
    figure = draw(curve, annotations=("An annotation of some length", "and another line"))
    check_drawn(figure)
    for text in texts(figure):
        if "annotation" in text.get_text() or "another" in text.get_text():
            box = place_cm(figure, text)
            edges = band_heights(figure, (box.x0, box.x1))
            assert not ((edges > box.y0) & (edges < box.y1)).any()


def test_annotations_without_a_free_corner_stand_above_the_panel() -> None:
    curve = a_curve(faint=None)
    wide = replace(curve, low=np.zeros(6), high=np.ones(6))
    figure = draw(wide, annotations=("Median 20 months",), width_cm=8.0)
    (text,) = (text for text in texts(figure) if text.get_text() == "Median 20 months")
    assert place_cm(figure, text).y0 >= place_cm(figure, figure.axes[0].patch).y1
    check_drawn(figure)


def test_the_key_stands_above_the_panel() -> None:
    figure = draw(a_curve("One"), a_curve("Two", shift=1))
    panel = place_cm(figure, figure.axes[0].patch)
    keys = [text for text in texts(figure) if text.get_text() in ("One", "Two")]
    above = [text for text in keys if place_cm(figure, text).y0 >= panel.y1]
    below = [text for text in keys if place_cm(figure, text).y1 <= panel.y0]
    assert len(above) == len(below) == 2


def test_a_warning_is_in_the_figure_on_as_many_lines_as_it_needs() -> None:
    figure = draw(a_curve(), warning="Conditional on living to transplant: " * 5)
    italic = [text.get_text() for text in texts(figure) if text.get_fontstyle() == "italic"]
    assert len(italic) > 1
    assert " ".join(italic).count("Conditional on living") == 5
    assert "Conditional on living to transplant" in said(survival_figure())


def test_the_axis_starts_at_zero_in_percent_or_shares() -> None:
    assert draw(a_curve()).axes[0].get_ylim()[0] == 0
    percent, shares = said(draw(a_curve())), said(draw(a_curve(), percent=False))
    assert {"0", "20", "100", "Survival (%)", "Time (months)"} <= set(percent)
    assert {"0.0", "0.2", "1.0", "Survival"} <= set(shares)


def test_a_missing_bound_leaves_the_band_out_and_nothing_else() -> None:
    curve = a_curve()
    low = np.array([*np.asarray(curve.low)[:-2], np.nan, np.nan])
    figure = draw(replace(curve, low=low, high=low), annotations=("x",))
    (drawn,) = lines(figure, "pale-0")
    assert np.isfinite(np.asarray(drawn.get_ydata())).all()
    style.write_figure(figure)
