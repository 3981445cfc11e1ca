"""Section ``training`` of `benchmarks.gpu`: a whole trial, its error, its share of the peak."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.gpu.section import Section
from benchmarks.gpu.ways import WAYS
from benchmarks.training import engine
from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.training.settings import SplitSettings
from incay.trainables.training.trainer import Trainer

PEAK_TFLOPS = {"H100 PCIe": 756.0, "H100": 989.0, "H200": 989.0, "A100": 312.0}
"""Dense bf16 by the makers' data sheets; the first that the device's name contains counts."""


def training_section(section: Section) -> None:
    """Train the CIFAR-10 network to its end, in bf16 and in fp32."""
    data, note = section.data()
    steps = 6 if section.tiny else 20_000
    half = section.trial(
        incay=IncaySettings(),
        optimizer=SGDSettings(),  # the papers'
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
