"""Which arms go on after a look at the test results: those that are not decided yet.

What is decided follows from the study and its records alone, so that a run that is killed and
started again finds the same at each look, and trains nothing that it would not have trained.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from incay.analysis.comparing.comparisons import compare_arms
from incay.analysis.comparing.references import references
from incay.analysis.errors import AnalysisError
from incay.analysis.results.loading import load
from incay.analysis.results.looks import note_look
from incay.study.spec.study import StudySpec
from incay.trainables.metrics import ERROR
from incay.trainables.store.trials import Store


@dataclass(frozen=True)
class LookResult:
    """What a look has shown.

    Attributes:
        number: Which look, from 1.
        seeds: After how many seeds.
        decided: The verdict of each arm that is decided, by its name.
        going_on: The arms that are trained further: those that are open, and what they are
            compared with.
        open: The arms whose comparison is open.
    """

    number: int
    seeds: int
    decided: Mapping[str, str]
    going_on: frozenset[str]
    open: tuple[str, ...]


def look(store: Store, spec: StudySpec, number: int) -> LookResult:
    """Look at the test results of a study, whose books list its trials, and note the look.

    An arm without a single value, because all of its trials have diverged, has nothing to be
    decided by more of them.

    Args:
        store: The results.
        spec: The study.
        number: Which look, from 1.
    """
    seeds = spec.looks[number - 1]
    results = load(store, spec.name, spec.run, noted=False)
    note_look(results, "run")
    compared = compare_arms(results, ERROR.of(results.split), up_to=seeds)
    decided = {name: each.verdict for name, each in compared.items() if each.decided}
    planned = references(results)
    left = tuple(name for name in planned if name in compared and name not in decided)
    return LookResult(
        number=number,
        seeds=seeds,
        decided=decided,
        going_on=_with_needed(spec, {*left, *(planned[name] for name in left)}),
        open=left,
    )


def note_results(store: Store, spec: StudySpec) -> None:
    """Note that what a run has found until now could be seen; nothing else hangs on it."""
    with contextlib.suppress(AnalysisError):
        note_look(load(store, spec.name, spec.run, noted=False), "run")


def describe_look(result: LookResult, looks: tuple[int, ...]) -> str:
    """Return what a look has shown, as a line for whoever watches."""
    said = ", ".join(f"{name} is {verdict}" for name, verdict in result.decided.items())
    where = f"look {result.number} of {len(looks)}, after {result.seeds} seeds: "
    where += said or "nothing is decided"
    if not result.open:
        return f"{where}; nothing is open, so that the study ends here"
    if result.number == len(looks):
        return f"{where}; undecided: {', '.join(result.open)}. It was the last look"
    others = sorted(result.going_on - set(result.open))
    beside = f" (and {', '.join(others)} beside them)" if others else ""
    return f"{where}; to {looks[result.number]} seeds go on: {', '.join(result.open)}{beside}"


def _with_needed(spec: StudySpec, arms: Iterable[str]) -> frozenset[str]:
    """Return arms with those whose norms their thresholds are multiples of."""
    needed = set(arms)
    for arm in spec.arms:
        if arm.name in needed and arm.reference is not None:
            needed.add(arm.reference.arm)
    return frozenset(needed)
