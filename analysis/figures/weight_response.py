"""How error depends on λ, with a confidence band."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analysis.errors import AnalysisError
from analysis.figures import FigureDefinition, register_figure
from analysis.figures._groups import numbers, where
from analysis.figures._style import arm_styles, legend_below
from analysis.measure import measure
from analysis.references import references
from analysis.results import Arm, StudyResults
from analysis.statistics.summary import summarize

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

SETTING = "incay.weight"
_LEAST_TRIALS = 8
_MOST_TRIALS = 300
_POINTS = 60

SCHEMA = pa.schema(
    [
        ("kind", pa.string()),
        ("arm", pa.string()),
        ("weight", pa.float64()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("n", pa.int64()),
    ]
)

_Floats = npt.NDArray[np.float64]


def data(results: StudyResults) -> pa.Table:
    """Return what is known at each λ: of the objective where λ was searched, else of the test.

    Kinds of rows: ``trial``, a completed search trial; ``band``, the mean of a Gaussian process
    over log λ through an arm's search trials with its 95% band; ``mean``, an arm of one λ: over
    confirm seeds with its 95% interval, or over search trials without one, because they differ in
    more than their seed; ``diverged``, a λ that diverged. Whatever else was searched varies along:
    bands and means are averages over it. Arms of λ = 0 that no arm with λ is compared with are
    left out.

    Raises:
        AnalysisError: There are results at fewer than two λ above 0.
    """
    searched = any(SETTING in arm.search for arm in results.arms)
    rows: list[dict[str, Any]] = []
    compared = set(references(results).values())
    for arm in results.arms:
        if not (arm.setting(SETTING) or SETTING in arm.search or arm.name in compared):
            continue
        rows += _search_rows(results, arm) if searched else _confirm_rows(results, arm)
    weights = {row["weight"] for row in rows if row["kind"] != "band" and row["weight"] > 0.0}
    if len(weights) < 2:
        raise AnalysisError(
            f"study {results.name!r} must have results at two λ (incay.weight) above 0 at least, "
            f"but has {len(weights)}"
        )
    metric = results.objective["metric"] if searched else f"{results.split}.error"
    return pa.Table.from_pylist(rows, schema=SCHEMA.with_metadata({"metric": metric}))


def draw(data: pa.Table, canvas: Canvas) -> None:
    """Draw value over λ on a logarithmic axis; λ = 0 is a horizontal line."""
    axes = canvas.subplots()
    for name, style in arm_styles(data).items():
        _draw_arm(axes, where(data, arm=name), style)
    diverged = where(data, kind="diverged")
    if diverged.num_rows:
        top = np.full(diverged.num_rows, axes.get_ylim()[1])
        axes.plot(numbers(diverged, "weight"), top, "x", color="#D55E00", label="diverged")
    axes.set_xscale("log")
    axes.set_xlabel("λ (incay.weight)")
    metric = (data.schema.metadata or {}).get(b"metric", b"objective").decode()
    axes.set_ylabel(f"{metric} (%)" if metric.endswith("error") else metric)
    legend_below(canvas)


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
        value, low, high = row["value"], row["low"], row["high"]
        if row["weight"] > 0.0:
            axes.errorbar(row["weight"], value, [[value - low], [high - value]], capsize=2, **style)
        else:
            line = {**style, "marker": "", "label": f"{style['label']} (λ = 0)"}
            axes.axhline(value, **line)
            axes.axhspan(low, high, color=colour, alpha=0.12)


def _search_rows(results: StudyResults, arm: Arm) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for trial in arm.phase("search"):
        weight = trial.params.get(SETTING, arm.setting(SETTING))
        place = {"arm": arm.name, "weight": float(weight or 0.0)}
        value = trial.metric(results.objective["metric"])
        if value is not None:
            rows.append({"kind": "trial", **place, "value": value})
        elif trial.status == "diverged" and weight:
            rows.append({"kind": "diverged", **place})
    points = [(row["weight"], row["value"]) for row in rows if row["kind"] == "trial"]
    weights = {weight for weight, _ in points}
    if len(weights) == 1:
        row = _mean_row(arm, weights.pop(), [value for _, value in points])
        rows.append({**row, "low": row["value"], "high": row["value"]})
    elif len(points) >= _LEAST_TRIALS and min(weights) > 0.0:
        weight, value = np.array(points).T
        for at, mean, half in zip(*_band(weight, value), strict=True):
            place = {"kind": "band", "arm": arm.name, "weight": at, "n": len(points)}
            rows.append({**place, "value": mean, "low": mean - half, "high": mean + half})
    return rows


def _confirm_rows(results: StudyResults, arm: Arm) -> list[dict[str, Any]]:
    weight = float(arm.setting(SETTING) or 0.0)
    values = list(measure(results, arm, f"{results.split}.error").values.values())
    if values:
        return [_mean_row(arm, weight, values)]
    diverged = any(trial.status == "diverged" for trial in arm.phase("confirm"))
    return [{"kind": "diverged", "arm": arm.name, "weight": weight}] if diverged else []


def _mean_row(arm: Arm, weight: float, values: list[float]) -> dict[str, Any]:
    summary = summarize(values)
    half = summary.half_width or 0.0
    ends = {"low": max(0.0, summary.mean - half), "high": summary.mean + half, "n": summary.n}
    return {"kind": "mean", "arm": arm.name, "weight": weight, "value": summary.mean, **ends}


def _band(weight: _Floats, value: _Floats) -> tuple[_Floats, _Floats, _Floats]:
    """Return λ, mean and half the 95% band of a Gaussian process over log λ."""
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


register_figure("weight-response")(
    FigureDefinition(
        title="Response to λ, with 95 % bands",
        data=data,
        draw=draw,
        size=(5.0, 3.4),
    )
)
