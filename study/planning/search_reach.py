"""What a search within its budget cannot reach of what it declares, in words."""

from __future__ import annotations

from incay.study.spec.searches.grid import grid_size
from incay.study.spec.searches.start import outside
from incay.study.spec.settings import dotted
from incay.study.spec.study import Arm, StudySpec


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
    return texts
