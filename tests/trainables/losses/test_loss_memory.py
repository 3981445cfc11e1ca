"""No loss holds another (batch, classes) matrix beyond softmax's own."""

from __future__ import annotations

import pytest
import torch

from benchmarks.losses.memory import LiveStorages, Usage, main, measure
from incay.trainables.losses import losses
from incay.trainables.losses.base import LossSettings
from incay.trainables.losses.hinge import HingeSettings
from incay.trainables.losses.l2_softmax import L2SoftmaxSettings
from incay.trainables.losses.modules import target
from incay.trainables.losses.softmax import SoftmaxSettings

BATCH, FEATURES, CLASSES = 12, 107, 101
"""Chosen so that no tensor but a (batch, classes) matrix has this many bytes; an ETF has room."""


def usage(settings: LossSettings) -> Usage:
    generator = torch.Generator().manual_seed(0)
    features = torch.randn((BATCH, FEATURES), generator=generator)
    labels = torch.randint(CLASSES, (BATCH,), generator=generator)
    return measure(settings.build(FEATURES, CLASSES), features, labels, CLASSES)


VARIANTS = [
    *(losses[name]() for name in losses),
    HingeSettings(norm="L2"),
    L2SoftmaxSettings(learned=True),
]


@pytest.mark.parametrize("settings", VARIANTS, ids=lambda settings: settings.name)
@pytest.mark.parametrize("large", [target.LARGE, 0], ids=["small", "large"])
def test_no_matrix_beyond_those_of_softmax(
    settings: LossSettings, large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target, "LARGE", large)
    ours, softmax = usage(settings), usage(SoftmaxSettings())
    assert ours.held_matrices <= softmax.held_matrices == 1
    assert ours.peak_matrices <= softmax.peak_matrices


def test_the_count_sees_a_matrix_too_many() -> None:
    with LiveStorages(matrix_bytes=24) as live:
        kept = torch.zeros(2, 3)
        view = kept.view(3, 2)
        assert (live.matrices, live.peak_bytes) == (1, 24)
        view + 1  # gone at once
        assert (live.matrices, live.peak_matrices, live.peak_bytes) == (1, 2, 48)
        del kept, view
        assert live.matrices == 0


def test_benchmark_prints_one_line_per_loss(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "sys.argv", ["loss_memory", "--batch", "4", "--features", "3", "--classes", "5"]
    )
    main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"# torch {torch.__version__}")
    assert [line.split()[0] for line in lines[2:]] == sorted(losses)
    (refused,) = [line for line in lines if "must hold" in line]
    assert refused.split()[:3] == ["etf", "network.dimension", ">="]
