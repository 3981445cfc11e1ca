"""Arms stay apart for colour-blind readers and in grey, and look the same in every figure."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from study_factory import StudyFactory, drawn_samples, incay

from incay.analysis import figure, load
from incay.analysis.figures.shared.style import (
    COLOURS,
    arm_styles,
    as_text,
    bar_styles,
    line_styles,
)


def test_an_arm_looks_the_same_in_every_figure(factory: StudyFactory) -> None:
    """Also where another has diverged and is not drawn."""
    for arm in ("Softmax", "LN", "RN"):
        factory.arm(arm, {} if arm == "Softmax" else incay(form=arm))
    for arm in ("Softmax", "RN"):
        factory.trial(arm, 0, {"test.error": 8.0}, samples=drawn_samples(1, 100.0, 0.1, images=50))
    factory.trial("LN", 0, status="diverged")
    made = figure(load(factory.write(), "planted"), "norm-roc")
    assert {arm: style["color"] for arm, style in arm_styles(made.data).items()} == {
        "Softmax": COLOURS[0],
        "RN": COLOURS[2],
    }


def test_neighbouring_styles_differ_in_more_than_colour() -> None:
    count = len(COLOURS)
    names = [str(index) for index in range(3 * count)]
    lines, bars = list(line_styles(names).values()), list(bar_styles(names).values())
    for some in (lines[:count], lines[count : 2 * count]):
        assert len({(str(style["linestyle"]), style["marker"]) for style in some}) == count
    assert len({tuple(map(str, style.values())) for style in lines}) == len(names)
    assert len({style["hatch"] for style in bars[:count]}) == count
    assert len({(style["facecolor"], style["hatch"]) for style in bars}) == len(names)


@pytest.mark.parametrize("kind", ["protanopia", "deuteranopia", "grey"])
def test_the_first_colours_stay_apart(kind: str) -> None:
    """The first four differ for the colour-blind and, in lightness, in grey."""
    for first, second in itertools.combinations(COLOURS[:4], 2):
        seen = np.array([_as_seen(colour, kind) for colour in (first, second)])
        assert np.abs(seen[0] - seen[1]).max() > 0.06, (first, second)


def _as_seen(colour: str, kind: str) -> np.ndarray:
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255.0
    linear = rgb**2.2
    grey = np.array([[0.2126, 0.7152, 0.0722]] * 3)
    # Machado, Oliveira and Fernandes (2009), severity 1.
    protanopia = [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]
    deuteranopia = [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]
    matrix = {"grey": grey, "protanopia": protanopia, "deuteranopia": deuteranopia}[kind]
    return np.asarray(matrix @ linear)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("RN", "RN"),
        ("_ours $x$", r" _ours \$x\$"),
        ("a\tb\x1b[31m", r"a b\x1b[31m"),
        ("n" * 40 + "é" * 160, "n" * 24 + "…" + "é" * 12),
    ],
)
def test_a_label_is_the_name_as_matplotlib_shows_it(name: str, shown: str) -> None:
    assert as_text(name) == shown
