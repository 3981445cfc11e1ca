"""Figures of feature norms: bins, distributions, the bound, classes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from study_factory import StudyFactory, drawn_samples, incay, samples_of

from incay.analysis import figure, load
from incay.analysis.figures.features.norm_bins import bin_edges, round_width
from incay.analysis.results.study import StudyResults


def test_norm_bins_count_every_image(confirmed: StudyResults) -> None:
    frame = figure(confirmed, "paper-a-figure-1").to_pandas()
    assert frame.groupby("arm")["images"].sum().to_list() == [600.0, 600.0]
    softmax = frame[frame["arm"] == "Softmax"].dropna()
    right = (softmax["images"] * softmax["accuracy"] / 100.0).sum()
    assert right == pytest.approx(600.0 * (1.0 - 0.12))


@pytest.mark.parametrize(
    ("largest", "width"), [(950.0, 100.0), (2.3, 0.2), (47.0, 5.0), (0.0, 1.0), (12_000.0, 1000.0)]
)
def test_norm_bins_are_round(largest: float, width: float) -> None:
    assert round_width(largest) == pytest.approx(width)


@pytest.mark.parametrize("count", range(7, 15))
@pytest.mark.parametrize("width", [0.1, 0.2, 0.7 / 7, 1e-3, 3.0, 100.0])
def test_a_norm_at_an_exact_multiple_of_the_width_is_in_the_last_bin(
    width: float, count: int
) -> None:
    """Edges that are made by adding up widths stop short of it, or go on for an empty bin."""
    for largest in (count * width, sum([width] * count)):
        edges = bin_edges(largest)
        assert edges[0] == 0.0
        assert edges[-1] >= largest
        assert edges[-2] < largest * (1.0 - 1e-9)
        assert np.diff(edges) == pytest.approx(round_width(largest))
        images, _ = np.histogram([largest], edges)
        assert images.tolist() == [0] * (len(edges) - 2) + [1]


def test_no_image_is_lost_at_the_last_edge(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    norm = np.array([0.1, 0.2, 0.3, 0.6, 0.6])
    label = np.arange(5) % 2
    samples = samples_of(label, np.zeros(5, dtype=int), norm=norm)
    factory.trial("Softmax", 0, {"test.error": 40.0}, samples=samples)
    frame = figure(load(factory.write(), "planted"), "paper-a-figure-1").to_pandas()
    assert frame["images"].sum() == 5
    assert frame["images"].iloc[-1] == 2


def test_bins_of_features_that_are_all_zero() -> None:
    assert bin_edges(0.0).tolist() == [0.0, 1.0]


def test_distribution_sums_to_all_images(confirmed: StudyResults) -> None:
    frame = figure(confirmed, "paper-a-figure-3").to_pandas()
    totals = frame.groupby(["arm", "kind"])["images"].sum()
    assert totals["Softmax", "wrong"] == 3 * 72
    assert totals["RN + Softmax", "correct"] == 3 * 552
    assert frame.groupby(["arm", "kind"])["share"].sum().to_numpy() == pytest.approx(np.ones(4))


@pytest.mark.parametrize("name", ["paper-a-figure-1", "paper-a-figure-3"])
def test_an_exploded_model_leaves_the_others_readable(factory: StudyFactory, name: str) -> None:
    for arm, scale in (("Softmax", 20.0), ("RN", 25.0), ("RN, wild", 1e12)):
        factory.arm(arm, {} if arm == "Softmax" else incay(scale))
        factory.trial(arm, 0, {"test.error": 8.0}, samples=drawn_samples(1, scale, 0.1, images=50))
    made = figure(load(factory.write(), "planted"), name)
    frame = made.to_pandas()
    assert frame["high"].max() < 200.0
    assert frame.groupby("arm")["images"].sum().to_list() == [50, 50, 50]
    labels = [axes.get_xlabel() for axes in made.draw().axes]
    if name == "paper-a-figure-1":
        assert labels[-1] == "‖f‖ (last bin: and 50 images of RN, wild beyond)"
    else:
        assert labels == ["‖f‖", "‖f‖", "‖f‖ (last bin: and 50 images beyond)"]


def test_bound_counts_images_beyond(confirmed: StudyResults) -> None:
    frame = figure(confirmed, "paper-a-figure-5").to_pandas().set_index("arm")
    assert frame.loc["Softmax", "narrow"] == pytest.approx(
        (1.0 + math.sqrt(2.0)) * frame.loc["Softmax", "alpha"]
    )
    assert 0.0 <= frame.loc["Softmax", "beyond_wide"] <= frame.loc["Softmax", "beyond_narrow"] < 0.1


def test_classes_average_to_the_whole(confirmed: StudyResults) -> None:
    frame = figure(confirmed, "paper-a-figure-6").to_pandas()
    assert frame.groupby("arm")["accuracy"].mean()["Softmax"] == pytest.approx(88.0)
