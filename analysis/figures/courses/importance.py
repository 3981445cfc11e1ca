"""How much each searched setting matters: the share of variance that it explains alone.

A random forest is fitted to an arm's search trials; a setting's share is the variance of its
marginal mean over the variance of all predictions, as in functional ANOVA.

Hutter, F., Hoos, H., Leyton-Brown, K. (2014). An efficient approach for assessing
hyperparameter importance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from incay.analysis.errors import AnalysisError
from incay.analysis.figures.base import FigureDefinition, register_figure
from incay.analysis.figures.shared.groups import distinct, numbers, where
from incay.analysis.figures.shared.style import bar_styles, legend_below
from incay.analysis.results.points import search_points
from incay.analysis.results.study import StudyResults
from incay.analysis.statistics.rounding import is_rounding, largest

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_LEAST_TRIALS = 10
_TREES = 64
_GRID = 24
_BACKGROUND = 400

_Floats = npt.NDArray[np.float64]


def data(results: StudyResults) -> pa.Table:
    """Return, by arm and setting, the share of variance: mean and quartiles over trees.

    Raises:
        AnalysisError: No arm has ten completed search trials, or none of those that have differ.
    """
    rows = []
    flat = []
    for arm in results.arms:
        done = [(p, p.metric(results.objective.metric)) for p in search_points(results, arm)]
        points = [(point, value) for point, value in done if value is not None]
        if len(points) < _LEAST_TRIALS or not arm.search:
            continue
        values = [value for _, value in points]
        if is_rounding(max(values) - min(values), largest(*values)):
            flat.append(arm.name)  # there is no variance to share out
            continue
        names = sorted(arm.search)
        columns = [_encode([point.setting(name) for point, _ in points]) for name in names]
        shares = _shares(np.stack(columns, 1), np.array(values))
        for name, share in zip(names, shares, strict=True):
            low, high = np.quantile(share, (0.25, 0.75))
            rows.append(
                {
                    "arm": arm.name,
                    "setting": name,
                    "share": float(share.mean()),
                    "low": float(low),
                    "high": float(high),
                    "trials": len(points),
                }
            )
    if not rows and flat:
        raise AnalysisError(
            f"search trials must differ in {results.objective.metric} for importances, but "
            f"those of {', '.join(flat)} are all equal"
        )
    if not rows:
        raise AnalysisError(
            f"an arm of study {results.name!r} must have {_LEAST_TRIALS} completed search trials "
            f"for importances, but has at most {_most(results)}"
        )
    return pa.Table.from_pylist(rows)


def draw(data: pa.Table, canvas: Canvas) -> None:
    """Draw horizontal bars by setting, arms side by side."""
    axes = canvas.subplots()
    arms, settings = distinct(data, "arm"), distinct(data, "setting")
    height = 0.8 / len(arms)
    for index, (name, style) in enumerate(bar_styles(arms).items()):
        each = where(data, arm=name)
        at = np.array([settings.index(setting) for setting in each["setting"].to_pylist()])
        share = 100.0 * numbers(each, "share")
        # The mean over trees may lie outside their quartiles.
        below = np.maximum(share - 100.0 * numbers(each, "low"), 0.0)
        above = np.maximum(100.0 * numbers(each, "high") - share, 0.0)
        axes.barh(
            at + (index - (len(arms) - 1) / 2.0) * height,
            share,
            height,
            xerr=np.stack([below, above]),
            error_kw={"elinewidth": 0.8, "ecolor": "#555555"},
            **style,
        )
    axes.set_yticks(range(len(settings)), settings)
    axes.invert_yaxis()
    axes.set_xlim(0.0)
    axes.set_xlabel("share of the objective's variance (%)")
    legend_below(canvas)


def _most(results: StudyResults) -> int:
    metric = results.objective.metric
    done = [[p.metric(metric) for p in search_points(results, arm)] for arm in results.arms]
    return max((sum(value is not None for value in values) for values in done), default=0)


def _encode(values: Sequence[Any]) -> _Floats:
    """Return numbers: logarithms where they span decades, ranks where they are words."""
    if all(isinstance(value, int | float) for value in values):
        if min(values) > 0 and math.log10(max(values) / min(values)) > 2.0:
            return np.log10(np.array(values, dtype=np.float64))
        return np.array(values, dtype=np.float64)
    words = sorted({str(value) for value in values})
    return np.array([words.index(str(value)) for value in values], dtype=np.float64)


def _shares(points: _Floats, values: _Floats) -> list[_Floats]:
    """Return, for each setting, its share of variance in every tree of the forest.

    Args:
        points: (trials, settings).
        values: (trials,).
    """
    from sklearn.ensemble import RandomForestRegressor

    random = np.random.default_rng(0)
    leaf = max(1, min(3, len(values) // 10))
    forest = RandomForestRegressor(_TREES, min_samples_leaf=leaf, random_state=0)
    forest.fit(points, values)
    size = min(_BACKGROUND, 4 * len(points))
    background = np.stack([random.choice(column, size) for column in points.T], 1)
    total = np.array([tree.predict(background).var() for tree in forest.estimators_])
    shares = []
    for index, column in enumerate(points.T):
        grid = np.unique(np.quantile(column, np.linspace(0.0, 1.0, _GRID)))
        moved = np.tile(background, (len(grid), 1))
        moved[:, index] = np.repeat(grid, size)
        predicted = np.stack([tree.predict(moved) for tree in forest.estimators_])
        marginal = predicted.reshape(_TREES, len(grid), size).mean(axis=2)
        share = np.divide(marginal.var(axis=1), total, out=np.zeros(_TREES), where=total > 0)
        shares.append(np.clip(share, 0.0, 1.0))
    return shares


register_figure("importance")(
    FigureDefinition(
        title="Importance of the searched settings (quartiles over trees)",
        data=data,
        draw=draw,
        size=(5.0, 2.6),
    )
)
