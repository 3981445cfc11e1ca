"""The response to λ over search trials: arms whose λ was searched, on the objective."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from incay.analysis.figures.shared.groups import numbers, where
from incay.analysis.figures.shared.style import arm_styles, spread_out
from incay.analysis.figures.shared.weights import DIVERGED_COLOUR, SETTING
from incay.analysis.results.points import search_points
from incay.analysis.results.study import Arm, StudyResults
from incay.analysis.statistics.rounding import is_rounding, largest

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEAST_TRIALS = 8
_MOST_TRIALS = 300
_POINTS = 60

_Floats = npt.NDArray[np.float64]


def rows(results: StudyResults, arm: Arm) -> list[dict[str, Any]]:
    """Return the objective of an arm's search trials; of points with several seeds their means.

    Kinds: ``trial``, a completed one; ``band``, the mean of a Gaussian process over log λ with its
    95% band, of the objective's logarithm where that is positive, as errors are, and none of equal
    values; ``mean``, of an
    arm of one λ, without an interval, because its trials differ in more than their seed;
    ``diverged``, a trial that diverged. Whatever else was searched varies along: bands and means
    are averages over it.
    """
    metric = results.objective.metric
    shared = {"metric": metric, "arm": arm.name}
    found: list[dict[str, Any]] = []
    for point in search_points(results, arm):
        weight = point.setting(SETTING)
        value = point.metric(metric)
        at = {**shared, "weight": float(weight or 0.0)}
        if value is not None:
            found.append({"kind": "trial", **at, "value": value})
        elif point.diverged and weight:
            found.append({"kind": "diverged", **at})
    points = [(row["weight"], row["value"]) for row in found if row["kind"] == "trial"]
    weights = {weight for weight, _ in points}
    if len(weights) == 1:
        mean = sum(value for _, value in points) / len(points)
        ends = {"value": mean, "low": None, "high": None, "n": len(points)}
        found.append({"kind": "mean", **shared, "weight": weights.pop(), **ends})
    elif len(points) >= _LEAST_TRIALS and min(weights) > 0.0 and _spread(points):
        for at_weight, mean, low, high in zip(*_band(*np.array(points).T), strict=True):
            ends = {"value": mean, "low": low, "high": high, "n": len(points)}
            found.append({"kind": "band", **shared, "weight": at_weight, **ends})
    return found


def _spread(points: list[tuple[float, float]]) -> bool:
    """Return whether values differ: of equal ones a band's width would be made up."""
    values = [value for _, value in points]
    return not is_rounding(max(values) - min(values), largest(*values))


def draw(axes: Axes, data: pa.Table) -> None:
    """Draw trials as dots, bands, and diverged trials at the upper edge."""
    spread_out(axes, numbers(where(data, kind="trial"), "value"))
    for name, style in arm_styles(data).items():
        _draw_arm(axes, where(data, arm=name), style)
    diverged = where(data, kind="diverged")
    if diverged.num_rows:
        top = np.full(diverged.num_rows, axes.get_ylim()[1])
        axes.plot(numbers(diverged, "weight"), top, "x", color=DIVERGED_COLOUR, label="diverged")


def _draw_arm(axes: Axes, data: pa.Table, style: dict[str, Any]) -> None:
    colour = style["color"]
    trials, band = where(data, kind="trial"), where(data, kind="band")
    points = {**style, "linestyle": "", "markersize": 2.5, "alpha": 0.5}
    positive = where(
        trials.append_column("at_zero", pc.equal(trials["weight"], 0.0)), at_zero=False
    )
    points["label"] = None if band.num_rows or not positive.num_rows else style["label"]
    axes.plot(numbers(positive, "weight"), numbers(positive, "value"), **points)
    if band.num_rows:
        at, low, high = (numbers(band, key) for key in ("weight", "low", "high"))
        axes.fill_between(at, low, high, color=colour, alpha=0.18)
        axes.plot(at, numbers(band, "value"), **{**style, "marker": ""})
    for row in where(data, kind="mean").to_pylist():
        if row["weight"] > 0.0:
            axes.plot(row["weight"], row["value"], **style)
        else:
            line = {**style, "marker": "", "label": f"{style['label']} (λ = 0)"}
            axes.axhline(row["value"], **line)


def _band(weight: _Floats, value: _Floats) -> tuple[_Floats, _Floats, _Floats, _Floats]:
    """Return λ, and mean, lower and upper end of the 95% band of a Gaussian process over log λ."""
    if value.min() > 0.0:
        at, mean, half = _process(weight, np.log(value))
        return at, np.exp(mean), np.exp(mean - half), np.exp(mean + half)
    at, mean, half = _process(weight, value)
    return at, mean, mean - half, mean + half


def _process(weight: _Floats, value: _Floats) -> tuple[_Floats, _Floats, _Floats]:
    import warnings

    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    if len(weight) > _MOST_TRIALS:
        chosen = np.linspace(0, len(weight) - 1, _MOST_TRIALS).round().astype(np.int64)
        order = np.argsort(weight, kind="stable")[chosen]
        weight, value = weight[order], value[order]
    x = np.log10(weight)[:, None]
    spread = float(np.ptp(x)) or 1.0
    kernel = ConstantKernel(1.0, (1e-2, 1e2)) * RBF(
        spread / 4, (spread / 10, spread * 2)
    ) + WhiteKernel(0.1, (1e-4, 1e1))
    process = GaussianProcessRegressor(kernel, normalize_y=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a flat response ends at a bound of the kernel
        process.fit(x, value)
    at = np.linspace(x.min(), x.max(), _POINTS)[:, None]
    mean, deviation = process.predict(at, return_std=True)
    noise = process.kernel_.k2.noise_level * float(np.var(value))
    latent = np.sqrt(np.maximum(deviation**2 - noise, 0.0))
    return 10.0 ** at[:, 0], mean, 1.96 * latent
