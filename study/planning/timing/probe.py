"""Measures how long trials take on this machine, so that a plan can say so beforehand."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch

from incay.study.errors import IncayError, UserError
from incay.study.planning.data_catalog import DataCatalog
from incay.trainables.config import TrialConfig
from incay.trainables.data_root import data_root_set
from incay.trainables.errors import said
from incay.trainables.exits import asked_from_outside
from incay.trainables.training.opened import OpenTrainer
from incay.trainables.training.prepared import prepare
from incay.trainables.training.trainer import DivergedError
from incay.trainables.worker.memory import memory_kept

_REPORTS = 5
_STEPS_PER_REPORT = 4
_MOST_SECONDS = 8.0
_MOST_BESIDE = 7


@dataclass(frozen=True)
class Pace:
    """Seconds that one trial's parts take.

    Attributes:
        step: Per optimiser step.
        report: Per report: evaluation of what is open.
    """

    step: float
    report: float

    def seconds(self, config: TrialConfig) -> float:
        """Return the estimate for a whole trial."""
        reports = min(config.reports, config.steps)
        if config.split.test == "final":
            reports = 1 if config.split.validation == 0.0 else reports
        return self.step * config.steps + self.report * reports


class Probe:
    """Trains each kind of trial for a few steps, once, beside as many others as a run would.

    Trials that share a machine share its memory and caches: two at once on two cores take longer
    than each alone.

    Args:
        data: The data sets.
        threads: CPU threads per trial.
        gpu: Whether trials run on a GPU.
        at_once: How many trials a run trains at once on this machine.
    """

    def __init__(
        self, data: DataCatalog, *, threads: int, gpu: bool = False, at_once: int = 1
    ) -> None:
        self._data = data
        self._threads = threads
        self._beside = 0 if gpu else min(at_once - 1, _MOST_BESIDE)
        self._device = torch.device("cuda" if gpu else "cpu")
        self._known: dict[TrialConfig, Pace] = {}

    def seconds(self, config: TrialConfig) -> float:
        """Return the estimated seconds of a trial."""
        return self.pace(config).seconds(config)

    def pace(self, config: TrialConfig) -> Pace:
        """Return the pace of trials like this one.

        Raises:
            UserError: Such a trial cannot train.
        """
        kind = _kind(config)
        if kind not in self._known:
            before = torch.get_num_threads()
            torch.set_num_threads(self._threads)
            try:
                with data_root_set(self._data.root), memory_kept(), self._others(kind):
                    self._known[kind] = self._measure(kind)
            except IncayError:
                raise
            except BaseException as error:  # PyTorch's of any kind: a run would record it
                if asked_from_outside(error):
                    raise
                what = (said(error) or "no reason given").splitlines()[0]
                raise UserError(
                    f"a trial must be able to train, but the first steps of one (network "
                    f"{kind.network.name}, loss {kind.loss.name}, batch_size {kind.batch_size}) "
                    f"end by {type(error).__name__}: {what}"
                ) from error
            finally:
                torch.set_num_threads(before)
        return self._known[kind]

    @contextmanager
    def _others(self, config: TrialConfig) -> Iterator[None]:
        """Train others of the kind while the block runs."""
        stop = threading.Event()

        prepared = prepare(config, self._data.load_for(config), self._device)

        def train() -> None:
            torch.set_num_threads(self._threads)  # each thread has its own number
            while not stop.is_set():
                try:
                    trainer = OpenTrainer(config, prepared, self._device)
                    while not trainer.finished and not stop.is_set():
                        trainer.advance()
                except DivergedError:
                    continue
                except BaseException:
                    return  # the one that is measured says so

        others = [threading.Thread(target=train, daemon=True) for _ in range(self._beside)]
        for other in others:
            other.start()
        try:
            yield
        finally:
            stop.set()
            for other in others:
                other.join()

    def _measure(self, config: TrialConfig) -> Pace:
        trainer = OpenTrainer(config, self._data.load_for(config), self._device)
        steps: list[float] = []
        reports: list[float] = []
        started = time.perf_counter()
        while not trainer.finished and time.perf_counter() - started < _MOST_SECONDS:
            before, first = time.perf_counter(), trainer.step
            try:
                metrics = trainer.advance()
            except DivergedError:
                break
            training = (trainer.step - first) * config.batch_size / metrics["images_per_second"]
            steps.append(training / (trainer.step - first))
            reports.append(time.perf_counter() - before - training)
        if not steps:
            return Pace(0.0, 0.0)
        # The first report also pays for warming up.
        return Pace(
            statistics.median(steps[1:] or steps), statistics.median(reports[1:] or reports)
        )


def _kind(config: TrialConfig) -> TrialConfig:
    """Return what decides a trial's pace: everything else is set to one value."""
    test = "reports" if config.split.test == "final" else config.split.test
    return replace(
        TrialConfig(steps=_REPORTS * _STEPS_PER_REPORT, reports=_REPORTS),
        dataset=config.dataset,
        network=config.network,
        loss=config.loss,
        augment=config.augment,
        preprocess=config.preprocess,
        average=replace(config.average, start=0.0, every=1),
        batch_size=config.batch_size,
        precision=config.precision,
        deterministic=config.deterministic,
        split=replace(config.split, seed=0, test=test),
        optimizer=replace(config.optimizer, lr=1e-6, weight_decay=0.0),
    )
