"""What a search within its budget cannot reach of what it declares, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from incay.study.spec.overlay import as_component, renames
from incay.study.spec.searches.grid import grid_size
from incay.study.spec.searches.start import outside
from incay.study.spec.settings import dotted
from incay.study.spec.study import Arm, StudySpec
from incay.trainables.config import COMPONENTS


def unreached(spec: StudySpec) -> list[str]:
    """Return what plan, run and table say of each search, arms of which the same is true together.

    It is data of the study alone, so that all three say the same.
    """
    arms: dict[str, list[str]] = {}
    for arm in spec.arms:
        for text in _of_arm(spec, arm):
            arms.setdefault(text, []).append(arm.name)
    return [f"search of {', '.join(names)}: {text}" for text, names in arms.items()]


def seeds_told(spec: StudySpec) -> list[str]:
    """Return what a plan says of a search over several seeds; nothing of one over one."""
    budget = spec.budget
    if not spec.searches or budget.seeds * spec.repetitions == 1:
        return []
    times = ""
    if spec.repetitions > 1:
        times = f", {spec.repetitions} times over, from other seeds and splits"
    if budget.seeds == 1:
        return [f"search: each arm gets {budget.points} points{times}"]
    points = f"{budget.points} points, each"
    if budget.trainings is not None:
        points = f"{budget.trainings} trainings, each point"
    race = ""
    if budget.race != "none":
        saved = "" if budget.trainings is None else ", for further points"
        race = f"; the race ({budget.race}) spares what is left of hopeless ones{saved}"
    return [f"search: each arm gets {points} with the same {budget.seeds} seeds{race}{times}"]


def _of_arm(spec: StudySpec, arm: Arm) -> list[str]:
    if not arm.search:
        return []
    texts = []
    spaces, start = arm.spaces, dotted(arm.config)
    # What a race spares makes room for more, which nobody knows before.
    trials, most = spec.budget.most // spec.budget.seeds, spec.budget.points
    size = grid_size(spaces)
    is_grid = spec.budget.sampler == "grid"
    if size is not None and size > most and is_grid:
        texts.append(
            f"{f'{trials} to ' if trials < most else ''}{most} of the {size:,} points of the grid "
            f"are tried, drawn from all of it; budget.trials={size} tries them all"
        )
    if size is not None and size < trials and not is_grid:
        texts.append(
            f"the ranges hold {size:,} points, so that {trials - size:,} of the {trials} trials "
            "repeat one and add nothing"
        )
    missed = [f"{name}={start[name]}" for name in outside(spaces, start) if name in start]
    if missed:
        texts.append(f"the arm's own {', '.join(missed)} lies outside of what is searched")
    return [*texts, *_left_out(arm)]


def _left_out(arm: Arm) -> Iterator[str]:
    """Yield which settings that a study gives a component are not those of another one chosen."""
    for kind, registry in COMPONENTS.items():
        naming = f"{kind}.{registry.key}"
        given = as_component(registry, arm.values.get(kind))
        if naming not in arm.spaces or not isinstance(given, Mapping):
            continue
        ends = arm.spaces[naming].ends
        others = [each for each in ends if renames(registry, given, {registry.key: each})]
        for left, named in _alike(arm, naming, given, others).items():
            yield (
                f"where {naming} is {' or '.join(named)}, the settings that are given for "
                f"{registry.named_in(given)} ({', '.join(left)}) are left out"
            )


def _alike(
    arm: Arm, naming: str, given: Mapping[str, Any], others: Sequence[Any]
) -> dict[tuple[str, ...], list[str]]:
    """Return components by which of the given settings none of them takes, nor is searched."""
    kind, _, key = naming.partition(".")
    found: dict[tuple[str, ...], list[str]] = {}
    for other in others:
        left = []
        for setting in given:
            space = arm.spaces.get(f"{kind}.{setting}")
            if setting != key and (space is None or other not in space.when.get(naming, others)):
                left.append(setting)
        if left:
            found.setdefault(tuple(left), []).append(str(other))
    return found
