"""``incay`` with trials that train nothing: what remains is what the platform itself costs.

``python -m benchmarks.driver.idle run STUDY …`` is ``incay run STUDY …`` but for the training: each
trial reports as often as its study asks and is recorded, mirrored and told to the sampler like
any other. Its error is a smooth function of λ with some noise. At the end the driver's own CPU
seconds stand on the last line.
"""

from __future__ import annotations

import math
import random
import sys
import time
from typing import Any

from benchmarks.driver import ended
from incay.study import cli
from incay.trainables.store.endings import Ending
from incay.trainables.worker import trainable
from incay.trainables.worker.session import TrialSession
from incay.trainables.worker.trainable import IncayTrainable


class IdleSession(TrialSession):
    """A trial that reports and does nothing else."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._reports: list[dict[str, float]] = []

    @property
    def step(self) -> int:
        """Steps that would be done."""
        config = self.task.config
        return len(self._reports) * config.steps // min(config.reports, config.steps)

    @property
    def _history(self) -> list[dict[str, float]]:
        return self._reports

    def advance(self) -> dict[str, float]:
        """Report; at the last report, write the record."""
        config = self.task.config
        weight = config.incay.weight if config.incay.active else 1.0
        error = 10.0 + math.log10(weight) ** 2 + random.Random(self.task.fingerprint).random()
        split = "val" if config.split.validation else "test"
        metrics = {"train.loss": 0.1, f"{split}.error": error, f"{split}.norm": 10.0}
        self._reports.append({"step": 0.0, **metrics})
        self._reports[-1]["step"] = float(self.step)
        if self.step >= config.steps:
            self._end(Ending.COMPLETED, "")
            if self.store.local_root is not None:  # `benchmarks.driver.scale` counts them
                ended.note(self.store.local_root.parent)
        else:
            self.store.write_progress(self.task.fingerprint, self._progress())
        return metrics


class IdleTrainable(IncayTrainable):
    """Begins idle sessions."""

    @staticmethod
    def session() -> type[TrialSession]:
        """Return what does nothing."""
        return IdleSession


def main() -> None:
    """Run ``incay`` with idle trials."""
    # The driver looks its trainable up when a phase begins.
    trainable.IncayTrainable = IdleTrainable  # type: ignore[misc]
    try:
        cli.main()
    finally:
        sys.stderr.write(f"\ndriver CPU seconds: {time.process_time():.3f}\n")


if __name__ == "__main__":
    from benchmarks.driver import idle  # under its own name, so that workers find the class

    idle.main()
