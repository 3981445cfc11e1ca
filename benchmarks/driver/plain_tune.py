"""Plain Ray Tune with trials that train nothing, to set beside `incay run`.

``python -m benchmarks.driver.plain_tune TRIALS CPUS`` samples at random, reuses its workers and
reports once a trial. It goes without Tune's default loggers: results are in no file, where ``incay
run`` writes a record of each.
"""

from __future__ import annotations

import math
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ["TUNE_DISABLE_AUTO_CALLBACK_LOGGERS"] = "1"
os.environ["RAY_AIR_NEW_OUTPUT"] = "0"

import ray
from ray import tune

from benchmarks.driver import ended


class Idle(tune.Trainable):  # type: ignore[misc]
    """A trial that reports and does nothing else."""

    def setup(self, config: dict[str, Any]) -> None:
        """Take in the settings."""
        self._weight = float(config["weight"])

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Begin another trial in the same process."""
        self._weight = float(new_config["weight"])
        return True

    def step(self) -> dict[str, Any]:
        """Report once."""
        return {"error": 10.0 + math.log10(self._weight) ** 2, "done": True}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Keep nothing."""

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Nothing is kept."""


class _Count(tune.Callback):  # type: ignore[misc]
    def __init__(self) -> None:
        self._folder = Path.cwd()

    def on_trial_complete(self, iteration: int, trials: Any, trial: Any, **info: Any) -> None:
        del iteration, trials, trial, info
        ended.note(self._folder)


def main() -> None:
    """Run the trials."""
    trials, cpus = int(sys.argv[1]), int(sys.argv[2])
    ray.init(num_cpus=cpus, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    with tempfile.TemporaryDirectory() as scratch:
        tune.Tuner(
            Idle,
            param_space={"weight": tune.loguniform(1e-3, 1e3)},
            tune_config=tune.TuneConfig(num_samples=trials, reuse_actors=True),
            run_config=tune.RunConfig(
                storage_path=scratch,
                verbose=0,
                callbacks=[_Count()],
            ),
        ).fit()
    ray.shutdown()


if __name__ == "__main__":
    main()
