"""The sections of `benchmarks.gpu`; each is run by it in a process of its own.

* synchronisation: how often each loss waits for the device between two reports; goal: never.
* losses: forward and backward of each loss as a ratio to softmax's (`benchmarks.losses.times`).
* engine: images per second of the whole trial against the ceiling (`benchmarks.training.engine`) on
  the CIFAR-10 network, as it is and in ways of running the network that the engine might take up.
* training: the CIFAR-10 network for 20,000 steps of 128 in bf16, its error, its share of the
  device's peak, and the error of as many steps in fp32.
* stacked: many small trials together (`benchmarks.training.stacked`).
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import torch

from benchmarks.gpu.section import Section
from benchmarks.gpu.training import training_section
from benchmarks.gpu.ways import WAYS
from benchmarks.losses import times as loss_times
from benchmarks.training import engine, stacked
from incay.trainables.data.base import ImageData, Split
from incay.trainables.losses import losses
from incay.trainables.training.settings import SplitSettings
from incay.trainables.training.trainer import Trainer
from incay.trainables.worker.interval import CHECKPOINTS

GOAL_LOSSES = ("l-softmax", "a-softmax", "coco", "arcface")


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
        told = f"waits of the loss, 10,572 classes, {name}"
        try:
            step = loss_times.step_of(name, loss_times.Shape(), section.device)
        except ValueError as error:  # it cannot have so many classes
            section.tell(told, "not measured", "0", first_line(error))
            continue
        section.tell(told, str(waits(step)), "0")
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
    os.environ[CHECKPOINTS] = "5"  # six times as often as in a study
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
