from __future__ import annotations

import itertools
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from matplotlib.figure import Figure as Canvas
from study_factory import StudyFactory, drawn_history, drawn_samples

from incay.analysis import AnalysisError, figure, load
from incay.analysis.figures import figures
from incay.analysis.figures.norm_bins import round_width
from incay.analysis.figures.shared.style import COLOURS, arm_styles, bar_styles, line_styles
from incay.analysis.results.study import StudyResults

RN = {"incay.form": "reciprocal", "incay.weight": 0.1}
SPACE = {"incay.weight": "log 1e-3 .. 1e3", "optimizer.weight_decay": "log 1e-5 .. 1e-2"}
LAYERS = ("conv0", "conv1", "head")


@pytest.fixture(scope="module")
def confirmed(tmp_path_factory: pytest.TempPathFactory) -> StudyResults:
    """Two arms of three seeds with everything beside their records."""
    factory = StudyFactory(tmp_path_factory.mktemp("confirmed"), protocol="paper")
    for index, (arm, difference) in enumerate((("Softmax", {}), ("RN + Softmax", RN))):
        factory.arm(arm, difference)
        for number in range(3):
            samples = drawn_samples(number, 200.0 + 100.0 * index, 0.12 - 0.04 * index)
            error = 100.0 * float(np.mean(samples["label"].to_numpy() != samples["prediction"]))
            fingerprint = factory.trial(
                arm,
                number,
                {"test.error": error, "test.norm": 200.0},
                samples=samples,
                history=drawn_history(number, error, 200.0 + 100.0 * index),
            )
            factory.attach(fingerprint, "weights", weights(0.1 - 0.03 * index))
            same = np.arange(200) % 2 == 0
            score = np.random.default_rng(number).normal(same * (1.0 + index), 1.0)
            factory.attach(fingerprint, "pairs", pa.table({"score": score, "same": same}))
    return load(factory.write(), factory.name)


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> StudyResults:
    """An arm whose error is least at λ = 10 and does not depend on weight decay."""
    factory = StudyFactory(tmp_path_factory.mktemp("searched"), budget={"trials": 40})
    factory.arm("Softmax", {}, {"optimizer.weight_decay": SPACE["optimizer.weight_decay"]})
    factory.arm("RN + Softmax", RN, SPACE)
    random = np.random.default_rng(5)
    for number in range(40):
        decay = float(10 ** random.uniform(-5, -2))
        weight = float(10 ** random.uniform(-3, 3))
        error = 8.0 + 0.3 * (math.log10(weight) - 1.0) ** 2 + float(random.normal(0.0, 0.05))
        ends = ["completed", "pruned"][number == 7]
        for arm, params in (
            ("Softmax", {"optimizer.weight_decay": decay}),
            ("RN + Softmax", {"optimizer.weight_decay": decay, "incay.weight": weight}),
        ):
            value = {"val.error": error if arm != "Softmax" else 9.0 + 0.1 * (number % 3)}
            factory.trial(arm, number, value, phase="search", params=params, status=ends)
    return load(factory.write(), factory.name)


def weights(deviation: float) -> pa.Table:
    edges = np.linspace(-0.5, 0.5, 21)
    rows = [
        {"layer": layer, "moment": moment, "low": low, "high": high, "count": count}
        for layer, (moment, spread) in itertools.product(
            LAYERS, (("initial", 0.2), ("final", deviation))
        )
        for low, high in itertools.pairwise(edges.tolist())
        if (count := int(1000 * math.exp(-((low / spread) ** 2) / 2))) >= 0
    ]
    return pa.Table.from_pylist(rows)


OF_CONFIRMED = [
    "feature-scatter",
    "norm-roc",
    "paper-a-figure-1",
    "paper-a-figure-2",
    "paper-a-figure-3",
    "paper-a-figure-5",
    "paper-a-figure-6",
    "paper-a-figure-7",
    "paper-a-figure-8",
    "paper-b-figure-1",
    "paper-b-figure-3",
    "paper-b-figure-4",
    "paired-differences",
    "roc",
]
OF_SEARCHED = ["best-so-far", "importance", "weight-response"]


def test_every_figure_has_a_case() -> None:
    assert sorted(OF_CONFIRMED + OF_SEARCHED) == sorted(figures)


@pytest.mark.parametrize("name", OF_CONFIRMED + OF_SEARCHED)
def test_figures_are_drawn_and_saved(
    name: str, confirmed: StudyResults, searched: StudyResults, tmp_path: Path
) -> None:
    made = figure(confirmed if name in OF_CONFIRMED else searched, name)
    assert made.data.num_rows > 0
    svg = made.save(tmp_path / "figure.svg").read_bytes()
    assert svg.startswith(b"<?xml")
    assert b"http" not in svg.replace(b"http://www.w3.org", b"").replace(
        b"http://purl.org", b""
    ).replace(b"http://creativecommons.org", b"").replace(b"https://matplotlib.org", b"")
    assert made.save(tmp_path / "data.csv").read_text().splitlines()[0].count(",") >= 3
    arrow = pa.ipc.open_file(made.save(tmp_path / "data.arrow")).read_all()
    assert arrow.equals(made.data)
    assert len(made.to_pandas()) == made.data.num_rows
    assert "Protocol: " in made.caption


def test_formats_and_reproducible_bytes(searched: StudyResults, tmp_path: Path) -> None:
    made = figure(searched, "best-so-far")
    for suffix, start in (("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")):
        saved = made.save(tmp_path / f"figure.{suffix}").read_bytes()
        assert saved.startswith(start)
        assert saved == made.render(suffix)


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


def test_distribution_sums_to_all_images(confirmed: StudyResults) -> None:
    frame = figure(confirmed, "paper-a-figure-3").to_pandas()
    totals = frame.groupby(["arm", "kind"])["images"].sum()
    assert totals["Softmax", "wrong"] == 3 * 72
    assert totals["RN + Softmax", "correct"] == 3 * 552
    assert frame.groupby(["arm", "kind"])["share"].sum().to_numpy() == pytest.approx(np.ones(4))


@pytest.mark.parametrize("name", ["paper-a-figure-1", "paper-a-figure-3"])
def test_an_exploded_model_leaves_the_others_readable(factory: StudyFactory, name: str) -> None:
    for arm, scale in (("Softmax", 20.0), ("RN", 25.0), ("RN, wild", 1e12)):
        factory.arm(arm, {} if arm == "Softmax" else {**RN, "incay.weight": scale})
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


def test_curves_are_means_over_seeds(confirmed: StudyResults) -> None:
    frame = figure(confirmed, "paper-a-figure-2").to_pandas()
    assert set(frame["metric"]) == {"test.norm", "test.loss", "test.accuracy"}
    assert set(frame["n"]) == {3}
    last = frame[(frame["metric"] == "test.norm") & (frame["arm"] == "Softmax")]["mean"].iloc[-1]
    assert last == pytest.approx(200.0 * (1.0 - math.exp(-3.0)))
    both = figure(confirmed, "paper-a-figure-8").to_pandas()
    assert {"train.norm", "train.softmax"} <= set(both["metric"])


def test_curves_fall_back_to_validation(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    history = [{"step": float(step), "val.error": 9.0 - step} for step in (1, 2)]
    factory.trial("Softmax", 0, {"test.error": 5.0}, history=[*history, {"test.error": 5.0}])
    frame = figure(load(factory.write(), "planted"), "paper-a-figure-2").to_pandas()
    assert list(frame["metric"]) == ["val.accuracy", "val.accuracy"]


def test_bound_counts_images_beyond(confirmed: StudyResults) -> None:
    frame = figure(confirmed, "paper-a-figure-5").to_pandas().set_index("arm")
    assert frame.loc["Softmax", "narrow"] == pytest.approx(
        (1.0 + math.sqrt(2.0)) * frame.loc["Softmax", "alpha"]
    )
    assert 0.0 <= frame.loc["Softmax", "beyond_wide"] <= frame.loc["Softmax", "beyond_narrow"] < 0.1


def test_classes_average_to_the_whole(confirmed: StudyResults) -> None:
    frame = figure(confirmed, "paper-a-figure-6").to_pandas()
    assert frame.groupby("arm")["accuracy"].mean()["Softmax"] == pytest.approx(88.0)


def test_weights_start_from_one_initialisation(confirmed: StudyResults) -> None:
    frame = figure(confirmed, "paper-a-figure-7").to_pandas()
    assert list(frame["arm"].unique()) == ["initialisation", "Softmax", "RN + Softmax"]
    sums = frame.groupby(["arm", "layer"])["share"].sum()
    assert sums.to_numpy() == pytest.approx(np.ones(len(sums)))


def test_roc_rises_and_separates(confirmed: StudyResults) -> None:
    frame = figure(confirmed, "roc").to_pandas()
    assert all(each["tar"].is_monotonic_increasing for _, each in frame.groupby("arm"))
    auc = frame.groupby("arm")["auc"].first()
    assert auc["RN + Softmax"] > auc["Softmax"] > 0.7


def test_response_finds_the_best_weight(searched: StudyResults) -> None:
    frame = figure(searched, "weight-response").to_pandas()
    band = frame[frame["kind"] == "band"]
    best = band.loc[band["value"].idxmin()]
    assert 3.0 < best["weight"] < 30.0
    assert abs(best["value"] - 8.0) < 0.1
    assert (band["low"] <= band["high"]).all()
    assert (band["low"] > 0.0).all()  # an error, however little is known of it
    assert best["high"] - best["low"] < 0.2
    zero = frame[(frame["kind"] == "mean") & (frame["arm"] == "Softmax")]
    assert zero["weight"].to_list() == [0.0]
    # Its search trials differ in more than their seed: that is no interval.
    assert (zero["low"] == zero["high"]).all()


def test_an_arm_without_incay_that_none_is_compared_with_has_no_response(
    factory: StudyFactory,
) -> None:
    factory.arm("Softmax")
    factory.arm("CosFace", {"loss.name": "cosface"})
    for weight in (0.1, 1.0):
        factory.arm(f"λ = {weight:g}", {**RN, "incay.weight": weight})
    for arm in ("Softmax", "CosFace", "λ = 0.1", "λ = 1"):
        factory.replicates(arm, [8.0, 8.5])
    frame = figure(load(factory.write(), "planted"), "weight-response").to_pandas()
    assert list(frame["arm"].unique()) == ["Softmax", "λ = 0.1", "λ = 1"]


def test_an_arm_looks_the_same_in_every_figure(factory: StudyFactory) -> None:
    """Also where another has diverged and is not drawn."""
    for arm in ("Softmax", "LN", "RN"):
        factory.arm(arm, {} if arm == "Softmax" else {**RN, "incay.form": arm})
    for arm in ("Softmax", "RN"):
        factory.trial(arm, 0, {"test.error": 8.0}, samples=drawn_samples(1, 100.0, 0.1, images=50))
    factory.trial("LN", 0, status="diverged")
    made = figure(load(factory.write(), "planted"), "norm-roc")
    assert {arm: style["color"] for arm, style in arm_styles(made.data).items()} == {
        "Softmax": COLOURS[0],
        "RN": COLOURS[2],
    }


def test_response_of_a_grid(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    for weight in (0.1, 1.0, 100.0):
        factory.arm(f"RN, λ = {weight:g}", {**RN, "incay.weight": weight})
    for arm in ("Softmax", "RN, λ = 0.1", "RN, λ = 1"):
        factory.replicates(arm, [8.0, 98.5])
    factory.trial("RN, λ = 1", 2, status="diverged")
    factory.trial("RN, λ = 100", 0, status="diverged")
    made = figure(load(factory.write(), "planted"), "weight-response")
    frame = made.to_pandas()
    errors = frame[frame["metric"] == "test.error"]
    assert Counter(errors["kind"]) == {"seed": 6, "mean": 3, "diverged": 2}
    assert set(errors["series"]) == {"Softmax", "RN"}
    means = errors[errors["kind"] == "mean"]
    assert set(means["low"]) == {0.0}  # an error lies between 0 and 100 %
    assert set(means["high"]) == {100.0}
    assert made.render("png")


def test_series_of_a_response_keep_apart(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    for gate in ("all", "correct"):
        for weight in (0.1, 1.0):
            settings = {**RN, "incay.weight": weight, "incay.gate": gate}
            factory.arm(f"RN, λ = {weight:g} ({gate})", settings)
            factory.replicates(f"RN, λ = {weight:g} ({gate})", [8.0, 8.5])
    factory.replicates("Softmax", [8.0, 8.5])
    frame = figure(load(factory.write(), "planted"), "weight-response").to_pandas()
    assert set(frame["series"]) == {"Softmax", "RN (all)", "RN (correct)"}


def test_a_response_needs_results_and_not_only_divergence(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.replicates("Softmax", [8.0])
    for weight in (0.1, 1.0):
        factory.arm(f"RN {weight:g}", {**RN, "incay.weight": weight})
        factory.trial(f"RN {weight:g}", 0, status="diverged")
    with pytest.raises(AnalysisError, match="two λ"):
        figure(load(factory.write(), "planted"), "weight-response")


def test_features_are_those_of_the_first_seed(factory: StudyFactory) -> None:
    for arm in ("Softmax", "RN"):
        factory.arm(arm, {} if arm == "Softmax" else RN)
        for number in (0, 1):
            samples = drawn_samples(number, 20.0, 0.1, images=50)
            if (arm, number) == ("RN", 0):
                factory.trial(arm, number, status="diverged")
            else:
                factory.trial(arm, number, {"test.error": 8.0}, samples=samples)
    made = figure(load(factory.write(), "planted"), "feature-scatter")
    assert set(made.to_pandas()["arm"]) == {"Softmax"}
    assert [axes.get_title() for axes in made.draw().axes] == ["Softmax", "RN: diverged"]


def test_importance_finds_what_matters(searched: StudyResults) -> None:
    frame = figure(searched, "importance").to_pandas()
    of_rn = frame[frame["arm"] == "RN + Softmax"].set_index("setting")["share"]
    assert of_rn["incay.weight"] > 0.8
    assert of_rn["optimizer.weight_decay"] < 0.1


def test_best_so_far_never_gets_worse(searched: StudyResults) -> None:
    frame = figure(searched, "best-so-far").to_pandas()
    for _, each in frame.groupby("arm"):
        assert each["best"].is_monotonic_decreasing
        assert each["trials"].to_list() == list(range(1, 41))
    assert math.isnan(frame["value"].iloc[7])


@pytest.mark.parametrize("name", sorted(figures))
def test_a_study_without_results_says_what_is_missing(factory: StudyFactory, name: str) -> None:
    factory.arm("Softmax", {}, {"optimizer.weight_decay": "log 1e-5 .. 1e-2"})
    with pytest.raises(AnalysisError, match="study 'planted'"):
        figure(load(factory.write(), "planted"), name)


def test_missing_files_are_named(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.replicates("Softmax", [8.0])
    results = load(factory.write(), "planted")
    fingerprint = factory.trials[0]["fingerprint"]
    with pytest.raises(AnalysisError, match=rf"{fingerprint} \(Softmax\) must have per-sample"):
        figure(results, "paper-a-figure-1")
    with pytest.raises(AnalysisError, match="weight histograms"):
        figure(results, "paper-a-figure-7")
    with pytest.raises(AnalysisError, match="scores of pairs"):
        figure(results, "roc")
    with pytest.raises(AnalysisError, match="only under `protocol: paper`"):
        figure(results, "paper-a-figure-2")


def test_unknown_names(confirmed: StudyResults) -> None:
    with pytest.raises(AnalysisError, match="did you mean 'best-so-far'"):
        figure(confirmed, "best-sofar")
    with pytest.raises(AnalysisError, match="figure format must be one of"):
        figure(confirmed, "roc").render("gif")


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


def test_drawing_does_not_touch_global_state(confirmed: StudyResults) -> None:
    assert isinstance(figure(confirmed, "roc").draw(), Canvas)
    assert figure(confirmed, "roc")._repr_svg_().startswith("<?xml")
