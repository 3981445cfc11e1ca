"""Parts of a recipe that cannot go together in one trial."""

from __future__ import annotations

from incay.study.spec.reading.yaml_values import KeyPath
from incay.trainables.config import TrialConfig
from incay.trainables.schedules.cosine import CosineSettings


def clash(config: TrialConfig) -> tuple[KeyPath, str] | None:
    """Return which setting cannot go with the others, and what must hold; None if all can."""
    steps, warmup = config.steps, config.schedule.warmup_steps(config.steps)
    if warmup >= steps:
        given = config.schedule.warmup
        told = f"{given:g} of them, which is all"
        if isinstance(given, int):
            told = f"{given:,} (a share of the steps, such as 0.05, holds for any number of them)"
        return ("schedule", "warmup"), f"warmup must be below steps={steps:,}, but is {told}"
    schedule = config.schedule
    if isinstance(schedule, CosineSettings):
        lengths = [schedule.growth**cycle for cycle in range(schedule.restarts + 1)]
        shortest = (steps - warmup) / sum(lengths)
        if schedule.restarts and shortest < 1.0:
            return ("schedule", "restarts"), (
                "the first of all cycles must have a step or more, but restarts="
                f"{schedule.restarts} leave it {shortest:.2g} of {steps - warmup:,} steps"
            )
    average = config.average
    if average.name == "swa" and average.first(steps) + average.every > steps:
        return ("average", "every"), (
            f"every must leave two averages or more within steps={steps:,}, but the first comes "
            f"after step {average.first(steps):,} and the next {average.every:,} steps later"
        )
    stopping = config.early_stopping
    if stopping.metric == "val.error" and stopping.min_delta >= 100.0:
        return ("early_stopping", "min_delta"), (
            "min_delta must be below 100, as val.error is in percent and no report could ever be "
            f"better, but is {stopping.min_delta:g}"
        )
    if config.augment.mix.active and config.batch_size < 2:
        return ("augment", "mix"), (
            f"{config.augment.mix.name} must have a batch of two images or more to mix, but "
            f"batch_size is {config.batch_size}"
        )
    return None
