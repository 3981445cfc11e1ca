"""What `precision: auto` stands for: the faster one, measured once on a kind of machine.

A processor's flags do not tell: with some of those that multiply bfloat16 natively a whole network
is slower in it. All of a study's arms have one answer, and a run keeps that which it began with.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from incay.study.caches import cache_folder
from incay.study.hardware import multiplies_bf16, processor
from incay.study.spec.study import Arm, StudySpec, parse_study
from incay.trainables.config import TrialConfig
from incay.trainables.names import PRECISION
from incay.trainables.settings import to_dict
from incay.trainables.store.books import Books
from incay.trainables.store.damage import RecordError
from incay.trainables.store.trials import Store


@dataclass(frozen=True)
class Speeds:
    """Seconds of a training step in each precision."""

    fp32: float
    bf16: float

    @property
    def faster(self) -> str:
        """The precision of the shorter one."""
        return "bf16" if self.bf16 < self.fp32 else "fp32"


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


def recall(config: TrialConfig, threads: int) -> Speeds | None:
    """Return what was measured of such trials on this machine, None if nothing was."""
    try:
        return Speeds(**json.loads(_path(config, threads).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def remember(config: TrialConfig, threads: int, speeds: Speeds) -> None:
    """Keep a measurement; a folder that cannot be written is done without."""
    path = _path(config, threads)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(speeds)), encoding="utf-8")


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
        from incay.study.planning.measured_precision import measured

        speeds = measured(config, threads)
        if speeds is not None:
            remember(config, threads, speeds)
    return None if speeds is None else speeds.faster


def _baseline(spec: StudySpec) -> Arm:
    return next(arm for arm in spec.arms if arm.name == spec.baseline)


def _threads(spec: StudySpec) -> int:
    return max(1, int(spec.resources.cpu))


def _path(config: TrialConfig, threads: int) -> Path:
    """Return where a measurement is kept: by all that it depends on."""
    kind = [to_dict(config.network), config.batch_size, threads, processor(), version("torch")]
    name = hashlib.sha256(json.dumps(kind, sort_keys=True).encode()).hexdigest()[:20]
    return cache_folder("precision") / f"{name}.json"
