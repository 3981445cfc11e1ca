"""What `precision: auto` stands for: the faster one, measured once on a kind of machine.

A processor's flags do not tell: with some of those that multiply bfloat16 natively a whole network
is slower in it. All of a study's arms have one answer, and a run keeps that which it began with.
"""

from __future__ import annotations

from typing import Any

from incay.study.hardware import cpu_count, multiplies_bf16
from incay.study.planning.timing.speeds import recall, remember
from incay.study.spec.study import Arm, StudySpec, parse_study
from incay.trainables.names import PRECISION
from incay.trainables.store.books import Books
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.trials import Store


def settle_precision(spec: StudySpec, store: Store, *, measure: bool) -> StudySpec:
    """Return the study with the precision that `auto` stands for on this machine.

    Args:
        spec: The study, in which the processor's flags have decided.
        store: Where its results are: a run that has begun goes on as it began.
        measure: Whether to measure, a second or two, what is not known yet.
    """
    if not _asks(spec):
        return spec
    chosen = _begun_with(spec, store) or _measured(spec, measure=measure)
    if not chosen or chosen == _baseline(spec).config.precision:
        return spec
    spec.document.precision = chosen
    return parse_study(spec.document, spec.code)


def precision_told(spec: StudySpec) -> list[str]:
    """Return what a plan says of a precision that the study leaves to the machine."""
    if not _asks(spec) or not multiplies_bf16(spec.resources.gpu) or spec.resources.gpu:
        return []
    chosen = _baseline(spec).config.precision
    speeds = recall(_baseline(spec).config, _threads(spec))
    if speeds is None:
        return [f"precision: auto is {chosen}, by the processor's flags: nothing was measured yet"]
    times = f"a step takes {1e3 * speeds.fp32:.3g} ms in fp32, {1e3 * speeds.bf16:.3g} in bf16"
    began = "" if chosen == speeds.faster else "; this run began with it"
    return [f"precision: auto is {chosen}: measured on this machine, {times}{began}"]


def _asks(spec: StudySpec) -> bool:
    base = spec.document.values.get("base") or {}
    return bool(base.get(PRECISION, "auto") == "auto")


def _begun_with(spec: StudySpec, store: Store) -> str | None:
    """Return the precision of a run that has begun, None of one that has not."""
    try:
        book = Books(store, spec.name, spec.run).study()
    except RecordError:
        return None  # said where books are needed
    left = {arm.name for arm in spec.arms if _leaves_it(spec, arm)}
    known: list[Any] = [
        arm.config.get(PRECISION) for arm in (book.arms if book else ()) if arm.name in left
    ]
    return known[0] if known and known[0] in ("fp32", "bf16") else None


def _leaves_it(spec: StudySpec, arm: Arm) -> bool:
    own = (spec.document.values.get("arms") or {}).get(arm.source) or {}
    return PRECISION not in own


def _measured(spec: StudySpec, *, measure: bool) -> str | None:
    if spec.resources.gpu or not multiplies_bf16(0.0):
        return None
    config, threads = _baseline(spec).config, _threads(spec)
    speeds = recall(config, threads)
    if speeds is None and measure:
        from incay.study.planning.timing.measured_precision import measured

        speeds = measured(config, threads)
        if speeds is not None:
            remember(config, threads, speeds)
    return None if speeds is None else speeds.faster


def _baseline(spec: StudySpec) -> Arm:
    return next(arm for arm in spec.arms if arm.name == spec.baseline)


def _threads(spec: StudySpec) -> int:
    return max(1, min(int(spec.resources.cpu), cpu_count()))
