"""What a plan says of training in stacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from incay.study.spec.study import StudySpec
from incay.trainables.config import TrialConfig
from incay.trainables.stacking.key import must_train_alone, stack_key


def told_beforehand(spec: StudySpec, configs: Iterable[TrialConfig]) -> list[str]:
    """Return what a plan says of training in stacks, line by line.

    Args:
        spec: The study.
        configs: All of its trials.
    """
    most = spec.resources.stack
    if most == 1:
        return []
    alone: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for config in configs:
        reason = must_train_alone(config)
        if reason:
            alone[reason] += 1
        else:
            kinds[stack_key(config)] += 1
    lines = [
        f"in each place up to {most} trials of a kind train together; trials by kind: "
        f"{', '.join(str(count) for _, count in kinds.most_common()) or 'none'}"
    ]
    parallel = spec.budget.parallel
    if spec.budget.race == "none":
        parallel *= spec.budget.seeds
    if spec.searches and parallel < most:
        lines.append(
            f"a search hands out {parallel} trials of an arm at once, so that no more of them "
            f"train together: budget.parallel is {spec.budget.parallel}"
        )
    lines += [f"{count} trials train alone: {reason}" for reason, count in alone.items()]
    return lines
