"""The sections of `benchmarks.gpu`; each is run by it in a process of its own.

* synchronisation: how often each loss waits for the device between two reports; goal: never.
* losses: forward and backward of each loss as a ratio to softmax's (`benchmarks.loss_times`).
* engine: images per second of the whole trial against the ceiling (`benchmarks.engine`) on the
  CIFAR-10 network, as it is and in ways of running the network that the engine might take up.
* training: the CIFAR-10 network for 20,000 steps of 128 in bf16, its error, its share of the
  device's peak, and the error of as many steps in fp32.
* stacked: many small trials together (`benchmarks.stacked`).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import engine, loss_times, stacked
from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData, Split
from incay.trainables.data.cifar10 import CIFAR10Settings
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.losses import losses
from incay.trainables.networks.cifar10 import CIFAR10NetworkSettings
from incay.trainables.networks.modules.base import FeatureNetwork
from incay.trainables.training.settings import AugmentSettings, OptimizerSettings, SplitSettings
from incay.trainables.training.trainer import Trainer
from incay.trainables.worker import session as sessions

GOAL_LOSSES = ("l-softmax", "a-softmax", "coco", "arcface")
PEAK_TFLOPS = {"H100 PCIe": 756.0, "H100": 989.0, "H200": 989.0, "A100": 312.0}
"""Dense bf16 by the makers' data sheets; the first that the device's name contains counts."""
RESERVE = 10.0
"""Seconds of a section that nothing is begun in."""


@dataclass
class Section:
    """What a section is given.

    Attributes:
        name: Its own.
        device: Where.
        until: When its time ends, by `time.monotonic`.
        figures: The file that figures are added to.
        tiny: Whether to run through with sizes that measure nothing.
        data_root: Of CIFAR-10, if it is there.
    """

    name: str
    device: torch.device
    until: float
    figures: Path
    tiny: bool
    data_root: Path | None

    @property
    def left(self) -> float:
        """Seconds until nothing more should be begun."""
        return self.until - RESERVE - time.monotonic()

    def tell(self, figure: str, value: str, goal: str = "", note: str = "") -> None:
        """Print a figure and keep it for the table."""
        row = {"section": self.name, "figure": figure, "value": value, "goal": goal, "note": note}
        with self.figures.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        print("  ".join(text for text in (figure, value, goal and f"(goal {goal})", note) if text))
        sys.stdout.flush()

    def data(self) -> tuple[ImageData, str]:
        """Return CIFAR-10 and "", or random images of its shape and a note that says so."""
        if self.data_root is not None and not self.tiny:
            return CIFAR10Settings().load(self.data_root), ""
        draw = np.random.default_rng(0)
        counts = (512, 256) if self.tiny else (50_000, 10_000)
        train, test = (
            Split(
                draw.integers(0, 256, (count, 3, 32, 32), np.uint8),
                draw.integers(0, 10, count),
            )
            for count in counts
        )
        return ImageData(train, test, CIFAR10Settings.class_names), "synthetic images"

    def trial(self, **changes: Any) -> TrialConfig:
        """Return a trial of the CIFAR-10 network, with everything switched on."""
        config = TrialConfig(
            dataset=CIFAR10Settings(),
            network=CIFAR10NetworkSettings(width=0.05 if self.tiny else 1.0),
            incay=IncaySettings(form="reciprocal", weight=0.1, threshold="1+sqrt2 x mean"),
            augment=AugmentSettings(crop_padding=4),
            # Not the papers' 0.1: whatever is measured, no loss diverges.
            optimizer=OptimizerSettings(lr=0.001),
            batch_size=32 if self.tiny else 128,
            precision="bf16",
        )
        return replace(config, **changes)


def synchronisation(section: Section) -> None:
    """Count the waits of a short and of a long reporting interval: they must be as many."""
    if section.device.type != "cuda":
        return section.tell("waits between reports", "not measured", "0", "needs CUDA")
    data, _ = section.data()
    few = Split(data.train.images[:1024], data.train.labels[:1024])  # epochs of 8 steps
    data = ImageData(few, data.test, data.class_names)
    for name in losses:
        config = section.trial(loss=losses[name](), steps=80, reports=80)
        counts = []
        # Each begins a new epoch in its midst, and both have one report.
        for reports in (8, 2):
            trainer = Trainer(replace(config, reports=reports), data, section.device)
            trainer.advance()  # whatever is set up once
            counts.append(waits(trainer.advance))
        between = counts[1] - counts[0]
        note = f"{counts[0]} at the report"
        section.tell(f"waits in 30 more steps, {name}", str(between), "0", note)
        step = loss_times.step_of(name, loss_times.Shape(), section.device)
        section.tell(f"waits of the loss, 10,572 classes, {name}", str(waits(step)), "0")
    return None


def waits(work: Callable[[], object]) -> int:
    """Return how many operations of `work` waited for the device."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            work()
        finally:
            torch.cuda.set_sync_debug_mode("default")
    return sum("synchronizing CUDA" in str(warning.message) for warning in caught)


def loss_section(section: Section) -> None:
    """Time the losses in each way, those with a goal first."""
    shape = loss_times.Shape(8, 4, 16) if section.tiny else loss_times.Shape()
    others = [name for name in losses if name not in (*GOAL_LOSSES, loss_times.YARDSTICK)]
    for names, goal in (((loss_times.YARDSTICK,), ""), (GOAL_LOSSES, "<= 1.1"), (others, "")):
        for way in loss_times.ways(section.device):
            if way == "compiled" and names is others:
                continue  # compiling takes long
            yardstick = loss_times.step_of(loss_times.YARDSTICK, shape, section.device, way)
            for name in names:
                if section.left < 0:
                    return
                told = f"{name} / softmax, {way}"
                try:
                    step = loss_times.step_of(name, shape, section.device, way)
                except Exception as error:  # whatever it is, the others are measured
                    section.tell(told, "failed", goal, first_line(error))
                    continue
                repeats = 2 if section.tiny else 11
                times = loss_times.compare(name, step, yardstick, section.device, repeats)
                value = f"{times.ratio:.3f} ± {times.spread:.3f}"
                section.tell(told, value, goal, f"{times.seconds * 1e6:.0f} µs")


def engine_section(section: Section) -> None:
    """Compare whole trial and ceiling, both with the network run in each of several ways."""
    data, note = section.data()
    sessions.CHECKPOINT_SECONDS = 5.0  # six times as often as in a study
    turns, steps = (1, 4) if section.tiny else (5, 200)
    plain = section.trial(
        split=SplitSettings(validation=0.1), steps=steps * (turns + 2), reports=turns + 2
    )
    best = 0.0
    order: tuple[tuple[Literal["bf16", "fp32"], str], ...] = (
        ("bf16", "as it is"),
        ("bf16", "cudnn.benchmark"),
        ("bf16", "CUDA graph"),
        ("fp32", "as it is"),
        ("bf16", "compiled"),
    )
    for precision, way in order:
        if section.left < 0:
            break
        if way != "as it is" and section.device.type != "cuda":
            continue
        torch.backends.cudnn.benchmark = way != "as it is"
        try:
            ceiling, whole, ratio = engine.compare(
                replace(plain, precision=precision), data, section.device, turns, WAYS[way]
            )
        except Exception as error:  # whatever it is, the other ways are measured
            section.tell(f"{precision}, {way}", "failed", "", first_line(error))
            continue
        section.tell(
            f"{precision}, {way}: trial / ceiling",
            f"{ratio:.3f}",
            ">= 0.95",
            f"{whole:,.0f} of {ceiling:,.0f} images/s {note}".rstrip(),
        )
        if precision == "bf16" and whole > best:
            best = whole
            section.tell("fastest so far", way)


def first_line(error: Exception) -> str:
    """Return what fits into the table."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:100]


def as_graph(network: FeatureNetwork, images: Tensor, autocast: torch.dtype | None) -> None:
    """Replay forward and backward of the network as CUDA graphs from now on."""
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with torch.autocast("cuda", autocast, enabled=autocast is not None, cache_enabled=False):
        torch.cuda.make_graphed_callables(network, (images,))
    network.load_state_dict(before)  # warming up counts in the batch norms' running means


def compiled(network: FeatureNetwork, images: Tensor, autocast: torch.dtype | None) -> None:
    """Compile the network at its first call."""
    del images, autocast
    network.compile()


WAYS: dict[str, engine.Adapt | None] = {
    "as it is": None,
    "cudnn.benchmark": None,
    "CUDA graph": as_graph,
    "compiled": compiled,
}
"""Ways of running a network; all but the first also let cuDNN choose by trying."""


def training_section(section: Section) -> None:
    """Train the CIFAR-10 network to its end, in bf16 and in fp32."""
    data, note = section.data()
    steps = 6 if section.tiny else 20_000
    half = section.trial(
        incay=IncaySettings(),
        optimizer=OptimizerSettings(),  # the papers'
        split=SplitSettings(test="final"),
        steps=steps,
        reports=min(10, steps),
    )
    flops = flops_of_step(half, data)
    seconds, error = train(half, data, section.device)
    told = "" if note else f", test error {error:.2f} %"
    section.tell(f"{steps:,} steps, bf16", f"{seconds:.1f} s{told}", "<= 60 s", note)
    share_of_peak(section, flops * steps / seconds / 1e12)

    way = fastest_way(section.figures)
    if way not in (None, "as it is") and section.left > 1.2 * seconds:
        torch.backends.cudnn.benchmark = True
        trainer = engine.adapted(WAYS[way or ""])
        taken, error = train(half, data, section.device, trainer)
        told = "" if note else f", test error {error:.2f} %"
        section.tell(f"{steps:,} steps, bf16, {way}", f"{taken:.1f} s{told}", "<= 60 s", note)
        share_of_peak(section, flops * steps / taken / 1e12)
        torch.backends.cudnn.benchmark = False

    if note and not section.tiny:
        return
    whole = replace(half, precision="fp32")
    interval = 2 if section.tiny else 50
    config = replace(whole, split=SplitSettings(), reports=steps // interval)
    probe = Trainer(config, data, section.device)
    probe.advance()
    started = time.monotonic()
    probe.advance()
    pace = (time.monotonic() - started) / interval
    del probe
    fitting = int(0.9 * section.left / pace)
    if fitting < steps and not section.tiny:
        # A shorter schedule of its own, in both precisions: only like is compared with like.
        steps = int(0.9 * section.left / (pace + seconds / steps)) // 100 * 100
        if steps < 1000:
            section.tell("fp32", "not measured", "", f"{pace * 1e3:.1f} ms a step: no time left")
            return
        _, error = train(replace(half, steps=steps), data, section.device)
    taken, other = train(replace(whole, steps=steps), data, section.device)
    noise = 100 * (2 * (error / 100) * (1 - error / 100) / len(data.test or data.train)) ** 0.5
    section.tell(
        f"{steps:,} steps, fp32 − bf16",
        f"{other - error:+.2f} points",
        "within noise",
        f"{other:.2f} − {error:.2f} %, one seed; standard error of the images alone "
        f"{noise:.2f}; fp32 (convolutions in TF32, PyTorch's default) took {taken:.1f} s {note}",
    )


def train(
    config: TrialConfig,
    data: ImageData,
    device: torch.device,
    kind: type[Trainer] = Trainer,
) -> tuple[float, float]:
    """Train a trial to its end; return its seconds, evaluation included, and test error (%)."""
    trainer = kind(config, data, device)
    started = time.monotonic()
    while not trainer.finished:
        metrics = trainer.advance()
        print(
            f"   step {trainer.step:,}: {metrics['images_per_second']:,.0f} images/s, training "
            f"error {metrics['train.error']:.2f} %",
            flush=True,
        )
    return time.monotonic() - started, trainer.history[-1]["test.error"]


def flops_of_step(config: TrialConfig, data: ImageData) -> float:
    """Return the floating-point operations of a step, forward and backward, as PyTorch counts."""
    network = config.network.build(data.image_shape)
    loss = config.loss.build(network.num_features, data.num_classes)
    images = torch.zeros(2, *data.image_shape)
    with FlopCounterMode(display=False) as counter:
        F.cross_entropy(loss.logits(network(images)), torch.tensor([0, 1])).backward()  # type: ignore[no-untyped-call]
    return float(counter.get_total_flops()) / len(images) * config.batch_size


def share_of_peak(section: Section, teraflops: float) -> None:
    """Tell the share of the device's peak, if it is known."""
    device = section.device
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else ""
    peak = next((value for key, value in PEAK_TFLOPS.items() if key in name), None)
    if peak is None:
        section.tell("TFLOP/s", f"{teraflops:.2f}", "", "the device's peak is not known")
    else:
        note = f"{teraflops:.0f} of {peak:.0f} TFLOP/s, dense bf16"
        section.tell("share of peak", f"{teraflops / peak:.1%}", "", note)


def fastest_way(figures: Path) -> str | None:
    """Return what the engine's section found fastest, None if it found nothing."""
    rows = [json.loads(line) for line in figures.read_text(encoding="utf-8").splitlines()]
    return next((row["value"] for row in reversed(rows) if row["figure"] == "fastest so far"), None)


def stacked_section(section: Section) -> None:
    """Train many small trials together and one after another."""
    data = stacked.load(None)  # random images: the speed is that of MNIST
    width, steps, repeats = (0.1, 2, 1) if section.tiny else (1.0, 50, 3)
    for members in (2,) if section.tiny else (8, 32):
        for precision in ("bf16", "fp32"):
            if section.left < 0:
                return
            case = stacked.Case(members, precision, width, steps, repeats)
            measured = stacked.measure(case, data, section.device)
            figure = f"{members} MNIST-2D trials together, {precision}: speed to one by one"
            section.tell(figure, measured.ratio, ">= 10" if members == 32 else "", measured.note)


RUN: dict[str, Callable[[Section], None]] = {
    "synchronisation": synchronisation,
    "losses": loss_section,
    "engine": engine_section,
    "training": training_section,
    "stacked": stacked_section,
}


def main() -> None:
    """Run one section."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("section", choices=RUN)
    parser.add_argument("--device", required=True)
    parser.add_argument("--figures", required=True, type=Path)
    parser.add_argument("--seconds", required=True, type=float)
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--tiny", action="store_true")
    chosen = parser.parse_args()
    if chosen.tiny:
        torch.set_num_threads(1)
    RUN[chosen.section](
        Section(
            name=chosen.section,
            device=torch.device(chosen.device),
            until=time.monotonic() + chosen.seconds,
            figures=chosen.figures,
            tiny=chosen.tiny,
            data_root=chosen.data_root,
        )
    )


if __name__ == "__main__":
    main()
