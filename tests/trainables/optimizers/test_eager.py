"""Training loads no compiler, and PyTorch's optimisers compute the same without it."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from programs import python
from torch import nn

from incay.trainables.optimizers.modules.eager import leave_compiler_out, take_step

TRIAL = """
import sys, torch
from dataclasses import replace
from incay.trainables.config import TrialConfig
from incay.trainables.data import datasets
from incay.trainables.optimizers import optimizers
from incay.trainables.store.trials import Store
from incay.trainables.worker.session import train
from incay.trainables.worker.task import TrialTask
dataset = datasets["digits"]()
data = dataset.load(None)
for name in sys.argv[1:]:
    config = TrialConfig(
        dataset=dataset, optimizer=optimizers[name](), steps=4, reports=2, batch_size=32
    )
    task = TrialTask(name.ljust(20, "0"), config, dataset.content_hash(None))
    print(train(task, data, Store("results"), torch.device("cpu")).status)
print(*sys.modules)
"""


def test_a_trial_loads_neither_compiler_nor_torchvision(tmp_path: Path) -> None:
    done = python("-c", TRIAL, "sgd", "adamw", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    *endings, loaded = done.stdout.splitlines()
    assert endings == ["completed", "completed"]
    assert not {"torch._dynamo", "torchvision"} & set(loaded.split())


@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.AdamW, torch.optim.RMSprop])
def test_steps_are_pytorchs_own(kind: type[torch.optim.Optimizer]) -> None:
    torch.manual_seed(0)
    theirs = nn.Linear(5, 3)
    ours = copy.deepcopy(theirs)
    leave_compiler_out()
    optimizer = kind(ours.parameters(), lr=0.1)  # type: ignore[call-arg]
    reference = kind(theirs.parameters(), lr=0.1)  # type: ignore[call-arg]
    for _ in range(20):
        images = torch.randn(8, 5)
        for model in (ours, theirs):
            model.zero_grad()
            model(images).square().mean().backward()
        take_step(optimizer)
        reference.step()
    assert torch.equal(ours.weight, theirs.weight)
    assert torch.equal(ours.bias, theirs.bias)


def test_an_optimizer_of_ones_own_steps_as_it_is() -> None:
    steps = []

    class Own(torch.optim.SGD):
        def step(self, closure: object = None) -> None:
            steps.append(closure)

    take_step(Own([nn.Parameter(torch.zeros(1))], lr=0.1))
    assert steps == [None]
