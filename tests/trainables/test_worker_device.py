"""A worker trains on what the study asks for, whatever there is."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from incay.study.execution.on_ray.variables import ray_variables
from incay.trainables.config import TrialConfig
from incay.trainables.worker import trainable
from incay.trainables.worker.trainable import IncayTrainable


class Idle:
    """A session that trains nothing."""

    def __init__(self, *arguments: Any, **_: Any) -> None:
        self.device = arguments[3]
        self.begun = False


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Any:
    class Context:
        def get_node_id(self) -> str:
            return "node"

    monkeypatch.setattr(trainable.ray, "get_runtime_context", Context)
    monkeypatch.setattr(IncayTrainable, "session", lambda _: Idle)
    monkeypatch.setattr(IncayTrainable, "_data", lambda *_: None)
    monkeypatch.setattr(IncayTrainable, "logdir", "")  # Tune makes it as it starts one

    def made(*, on_gpu: bool, there: bool) -> IncayTrainable:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
        own = IncayTrainable.__new__(IncayTrainable)
        config = {
            "fingerprint": "0" * 20,
            "trial": TrialConfig().to_dict(),
            "data_hash": "",
            "keep_model": False,
        }
        own.setup(config, store=object(), data={}, on_gpu=on_gpu)  # type: ignore[arg-type]
        return own

    return made


@pytest.mark.parametrize("there", [True, False])
def test_a_study_that_asks_for_no_gpu_trains_on_the_cpu(there, worker):
    own = worker(on_gpu=False, there=there)
    assert own._session.device == torch.device("cpu")


def test_a_study_that_asks_for_a_gpu_trains_on_it(worker):
    assert worker(on_gpu=True, there=True)._session.device.type == "cuda"


def test_a_gpu_that_pytorch_cannot_use_ends_the_run_with_a_message(worker):
    told = worker(on_gpu=True, there=False).step()
    assert "PyTorch must be able to use the GPU that a trial asks for" in told["refusal"]
    assert (told["done"], told["status"]) == (False, "unrecorded")


def test_workers_of_trials_without_a_gpu_see_none(monkeypatch):
    monkeypatch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import os

    with ray_variables():
        assert os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] == "1"
    assert os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] == "0"
