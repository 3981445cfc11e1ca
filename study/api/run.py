"""`incay.run`: a study is trained from Python, or goes on where it stopped."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

from incay.analysis.results.loading import load
from incay.analysis.results.study import StudyResults
from incay.study.api.opening import Opened, Settings, one_at_a_time, open_study
from incay.study.api.progress import Progress, followed
from incay.study.api.study import Study
from incay.study.execution.monitor import Monitor
from incay.study.execution.run_summary import RunSummary
from incay.study.execution.runner import StudyRunner
from incay.study.mirrors.follower import MirrorProcess
from incay.study.planning.checks.ray_address import cluster_address, require_cluster
from incay.study.surroundings import tolerate_warnings
from incay.trainables.store.trials import Store

_MOST_FAILURES = 5


class StudyInterrupt(KeyboardInterrupt):
    """Somebody has stopped a run: checkpoints are kept, and the same call goes on from them."""


class TrialsFailedWarning(UserWarning):
    """Some trials of a study ended by an error, or could not begin."""


def run(
    study: Study | str | Path,
    *,
    results: Store | str | Path = "results",
    data_root: str | Path | None = None,
    set: Settings = (),
    seeds: int | None = None,
    uses: Sequence[str | Path] = (),
    cpus: float | None = None,
    gpus: float | None = None,
    mirror: bool = False,
    on_progress: Callable[[Progress], object] | None = None,
) -> StudyResults:
    """Train a study on Ray, or go on where it stopped; what has a result is not trained again.

    A Ray that this process has initialised is used and left running. Else it is the cluster that
    RAY_ADDRESS names, or a Ray of this machine's own that ends with the run. A notebook shows
    progress by itself.

    Args:
        study: A study, a study file's path, or a built-in study's name.
        results: Where results are kept: a folder or a URI.
        data_root: The folder that holds the data sets; by default what INCAY_DATA names.
        set: Changes of the study: ``["steps=300"]`` or ``{"steps": 300}``.
        seeds: How many seeds, in place of the study's number.
        uses: Files or packages of your own code, besides those that the study names.
        cpus: CPUs of this machine to use; by default all.
        gpus: GPUs of this machine to use; by default all.
        mirror: Whether to copy the runs to MLflow.
        on_progress: Is told how far the study is, in a thread of its own. `Progress.stop` ends the
            run, and what there is so far is returned.

    Returns:
        What `incay.load` returns for the run.

    Raises:
        UserError: A value does not fit, data are missing, nothing can be trained here, or another
            process runs the study.
        HaltedError: The store takes nothing more.
        StudyInterrupt: Ctrl-C, a kernel's interrupt or a request to terminate. Running trials have
            kept checkpoints, and the same call goes on from them.
    """
    with one_at_a_time():
        opened = open_study(study, results, data_root, set, seeds, uses, cpus, gpus)
        address = cluster_address()
        if address is not None:
            require_cluster(address)
        tolerate_warnings()  # else they would end Ray and MLflow
        spec, store = opened.spec, opened.store
        summary, stopped_here = _trained(opened, cpus, gpus, mirror, on_progress)
    for line in _told(opened, summary):
        warnings.warn(line, TrialsFailedWarning, stacklevel=2)
    if summary.interrupted and not stopped_here:
        raise StudyInterrupt("interrupted: checkpoints are kept, and the same call goes on")
    return load(store, spec.name, spec.run)


def _trained(
    opened: Opened,
    cpus: float | None,
    gpus: float | None,
    mirror: bool,
    on_progress: Callable[[Progress], object] | None,
) -> tuple[RunSummary, bool]:
    """Return what the run did, and whether `on_progress` has stopped it."""
    spec, store = opened.spec, opened.store
    monitor = Monitor(spec)
    runner = StudyRunner(spec, store, opened.data, monitor, cpus=cpus, gpus=gpus, is_guest=True)
    following = MirrorProcess(store, spec.name, spec.run) if mirror else nullcontext()
    with following, followed(monitor, runner.halt, on_progress):
        summary = runner.run()
    return summary, runner.halt.by_request


def _told(opened: Opened, summary: RunSummary) -> Iterator[str]:
    """Yield what a user must know of trials that gave no result."""
    for trial, record in summary.failed[:_MOST_FAILURES]:
        reason = record.reason.strip().partition("\n")[0]
        yield f"{trial.title} failed: {reason}"
    if len(summary.failed) > _MOST_FAILURES:
        yield f"{len(summary.failed) - _MOST_FAILURES} more trials failed"
    for arm in summary.without_winner:
        yield (
            f"{arm}: no search trial completed with a number for "
            f"{opened.spec.objective.metric}, so there is nothing to confirm"
        )
    for stuck in summary.stuck:
        yield (
            f"{stuck.arm}, replicate {stuck.number}: its threshold is a multiple of the norm of "
            f"{stuck.needs.arm!r}, which did not complete, so it cannot be trained"
        )
    yield from opened.data.notes
