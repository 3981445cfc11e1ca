"""The training loop: one trial, from report to report.

Nothing here waits for the device between two reports, draws from a global random state or
knows about Ray, studies or files. `state_dict` after a report and `load_state_dict` before
the next one continue bit for bit on the CPU.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData, VerificationResult
from incay.trainables.incay.modules.term import Incay
from incay.trainables.optimizers.modules.update import Update
from incay.trainables.seeds import derive_seed
from incay.trainables.training.batches import DeviceSplit, Normalizer, TrainingBatches
from incay.trainables.training.determinism import deterministic_algorithms
from incay.trainables.training.evaluate import Samples, evaluate, extract_features
from incay.trainables.training.gradients import Gradients, classes
from incay.trainables.training.prepared import PreparedData, prepare
from incay.trainables.training.unknown import UnknownBatches


class DivergedError(Exception):
    """The objective or a metric became NaN or infinite.

    Attributes:
        step: The first step whose value was not finite.
    """

    def __init__(self, step: int, what: str) -> None:
        super().__init__(f"{what} was not finite at step {step}")
        self.step = step


class Trainer:
    """Trains one `TrialConfig`.

    Args:
        config: The trial.
        data: Its data set, or what `prepare` made of it for a trial of equal data and split.
        device: Where it is trained.

    Attributes:
        step: Optimiser steps done.
        history: One dictionary of metrics per report so far, ``step`` included.
    """

    def __init__(
        self, config: TrialConfig, data: ImageData | PreparedData, device: torch.device
    ) -> None:
        self.config = config
        self.device = device
        self.step = 0
        self.history: list[dict[str, float]] = []
        self._autocast = torch.bfloat16 if config.precision == "bf16" else None
        self._data = data if isinstance(data, PreparedData) else prepare(config, data, device)
        self._batches = TrainingBatches(
            self._data.train,
            self._data.normalize,
            config.augment,
            flip=config.augment.flips(config.dataset.horizontal_flip),
            batch_size=config.batch_size,
            seed=config.seed,
            num_classes=self._data.num_classes,
        )
        self._unknown = UnknownBatches(config, self._data) if config.incay.background else None

        with torch.random.fork_rng(devices=[]):
            # Initialised on the CPU, so that every device starts from the same weights.
            torch.manual_seed(derive_seed(config.seed, "init"))
            self.network = config.network.build(self._data.image_shape)
            self.loss = config.loss.build(self.network.num_features, self._data.num_classes)
        self.incay = Incay(config.incay) if config.incay.active else None
        self._modules = nn.ModuleDict({"network": self.network, "loss": self.loss})
        if self.incay is not None:
            self._modules["incay"] = self.incay
        self._modules.to(device).to(memory_format=torch.channels_last)
        self._update = Update(config.optimizer, self._modules)
        self._schedule = config.schedule.build(config.steps)
        self._average = self._stopping = None
        if config.average.active:
            self._average = config.average.build(config.steps, self.network, self.loss)
        if config.early_stopping.active:
            self._stopping = config.early_stopping.build()
        self._gradients = Gradients(config, self.network, self.loss, self.incay, device)
        self._evaluated: dict[DeviceSplit, Samples] = {}

    @property
    def normalize(self) -> Normalizer:
        """What its images go through before the network."""
        return self._data.normalize

    @property
    def finished(self) -> bool:
        """Whether all steps are done, or it has stopped early."""
        return self.step >= self.config.steps or bool(self.stopped)

    @property
    def stopped(self) -> str:
        """Why it ended before its last step; empty where it did not."""
        stopping = self._stopping
        early = stopping is not None and stopping.over and self.step < self.config.steps
        return stopping.reason if stopping is not None and early else ""

    def advance(self) -> dict[str, float]:
        """Train to the next report, evaluate what is open, and return the report's metrics.

        Raises:
            DivergedError: The objective was not finite at some step since the last report.
        """
        with deterministic_algorithms(self.config.deterministic):
            return self._advance()

    def _advance(self) -> dict[str, float]:
        started, first = time.perf_counter(), self.step
        until = self._next_report()
        rows: list[Tensor] = []
        while self.step < until:
            self._update.set_lr(self._lr(self.step))
            rows.append(self._train_step())
            self.step += 1
            if self._average is not None:
                self._average.update(self.step)
        # Read here and not at each step: only now need anybody wait for the device.
        values = torch.stack(rows).double().cpu()
        totals = dict(zip(self._gradients.measured, values.sum(0).tolist(), strict=True))
        if self.incay is not None and until <= self.incay.settings.start_step:
            for name in self.incay.terms:
                del totals[f"train.{name}"]  # until it starts, the trial is the plain one
        bad = (~values[:, self._gradients.measured.index("train.loss")].isfinite()).nonzero()
        bad_step = first + int(bad[0]) if len(bad) else self.config.steps
        seconds = time.perf_counter() - started
        return self._report(first, totals, bad_step, seconds)

    def _lr(self, step: int) -> float:
        base = self.config.optimizer.base_lr(self.config.batch_size)
        return base * self._schedule.factor(step)

    def _report(
        self, first: int, totals: Mapping[str, float], bad_step: int, seconds: float
    ) -> dict[str, float]:
        """Return the metrics of the steps since `first`, and of what is open to evaluation.

        Args:
            first: The step that the reporting interval began with.
            totals: Each training metric, summed over its steps.
            bad_step: The first step whose objective was not finite; all steps, if none was.
            seconds: What the steps took.
        """
        if bad_step < self.config.steps:
            raise DivergedError(bad_step, "the objective")
        count = self.step - first
        metrics = {"step": float(self.step), "lr": self._lr(self.step - 1)}
        metrics |= {name: total / count for name, total in totals.items()}
        metrics["images_per_second"] = count * self.config.batch_size / seconds
        self._schedule.report(metrics["train.error"])
        with self._averaged():
            metrics |= self._validation_metrics()
            if self._stopping is not None:
                self._stopping.see(self.step, metrics, self._modules)
            if self.finished:
                self._settle(metrics)
            if self.config.split.test == "reports" or self.finished:
                metrics |= self._test_metrics()
        self.history.append(metrics)
        for name, value in metrics.items():
            if name.endswith((".loss", ".error", ".norm")) and not math.isfinite(value):
                raise DivergedError(self.step, name)
        return metrics

    def _settle(self, metrics: dict[str, float]) -> None:
        """Leave the modules the weights that are kept, and the report what those measure."""
        if self._stopping is not None and self._stopping.restore(self.step, self._modules):
            self._evaluated.clear()
            metrics |= self._validation_metrics()
        if self._average is not None:
            self._average.settle()

    def _averaged(self, *, runs: bool = True) -> AbstractContextManager[None]:
        """Let the modules hold averaged weights within the block, where there are any.

        Args:
            runs: Whether the network is run there.
        """
        if self._average is None:
            return nullcontext()
        return self._average.applied(self._last_epoch() if runs else None, self._autocast)

    def _last_epoch(self) -> Iterator[Tensor]:
        """Yield the images of the last epoch's steps, or of all there were, as they were."""
        images = len(self._data.train)
        per_epoch = images // min(self.config.batch_size, images)
        return (self._batches(each)[0] for each in range(self.step)[-per_epoch:])

    def samples(self) -> tuple[str, Samples] | None:
        """Return the per-sample evaluation of the test split, or else of validation.

        None where neither split is open.
        """
        with deterministic_algorithms(self.config.deterministic):
            if self._data.test is not None:
                return "test", self._evaluate(self._data.test)
            if self._data.validation is not None:
                return "val", self._evaluate(self._data.validation)
        return None

    def verify(self) -> VerificationResult | None:
        """Return the result of the data set's test by pairs.

        None where the set has no such test, or the test split is not open.
        """
        if self._data.verification is None:
            return None
        with deterministic_algorithms(self.config.deterministic):
            return self._data.verification.evaluate(
                lambda images: extract_features(
                    self.network,
                    images,
                    self._data.normalize,
                    self.device,
                    autocast=self._autocast,
                )
            )

    def state_dict(self) -> dict[str, Any]:
        """Return everything that a later `load_state_dict` needs. Call it after a report."""
        state = {
            "step": self.step,
            "history": self.history,
            "modules": self._modules.state_dict(),
            "optimizer": self._update.state_dict(),
            "schedule": self._schedule.state_dict(),
        }
        parts = {"average": self._average, "early_stopping": self._stopping}
        return state | {name: part.state_dict() for name, part in parts.items() if part}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state that a trainer of the same configuration saved."""
        self._modules.load_state_dict(state["modules"])
        self._update.load_state_dict(state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        if self._average is not None:
            self._average.load_state_dict(state["average"])
        if self._stopping is not None:
            self._stopping.load_state_dict(state["early_stopping"])
        self._evaluated.clear()
        self.history = list(state["history"])
        self.step = int(state["step"])

    def _next_report(self) -> int:
        steps, reports = self.config.steps, min(self.config.reports, self.config.steps)
        done = self.step * reports // steps
        return math.ceil((done + 1) * steps / reports)

    def _train_step(self) -> Tensor:
        """Do one optimiser step and return its metrics, by `_gradients.measured`, on the device."""
        images, targets = self._batches(self.step)
        self._update.zero_grad()
        unknown = None if self._unknown is None else self._unknown(self.step)
        row, features = self._gradients(images, targets, self.step, unknown)
        self._update.step()
        self._evaluated.clear()
        self.loss.after_step(features, classes(targets))
        return row

    def _validation_metrics(self) -> dict[str, float]:
        if self._data.validation is None:
            return {}
        return _prefixed("val", self._evaluate(self._data.validation).metrics())

    def _test_metrics(self) -> dict[str, float]:
        tested = self._evaluate(self._data.test) if self._data.test is not None else self.verify()
        return {} if tested is None else _prefixed("test", tested.metrics())

    def _evaluate(self, split: DeviceSplit) -> Samples:
        """Evaluate a split, once between two steps: the last report's serves `samples` as well."""
        if split not in self._evaluated:
            self._evaluated[split] = evaluate(
                self.network, self.loss, split, self._data.normalize, autocast=self._autocast
            )
        return self._evaluated[split]


def _prefixed(split: str, metrics: dict[str, float]) -> dict[str, float]:
    return {f"{split}.{name}": value for name, value in metrics.items()}
