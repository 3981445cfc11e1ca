"""A study on Ray Tune: places its trials, phase by phase, until all have ended or the run halts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from incay.study.execution.books.endings import Endings
from incay.study.execution.context import RunContext
from incay.study.execution.on_ray.watch import RayWatch
from incay.study.execution.phase import Following, Phase
from incay.study.planning.trials import PlannedTrial
from incay.trainables.store.endings import Ending
from incay.trainables.store.patience import patiently


def train(
    context: RunContext, phase: Phase, phases: Iterator[Phase], before: list[PlannedTrial]
) -> None:
    """Train a phase's trials, and those of the phases that follow.

    Args:
        context: What the run has.
        phase: The phase.
        phases: Those that follow. One is left to the caller where the run halts.
        before: The trials of the phases that are over, for the books.

    Raises:
        StoreError: The store takes nothing more.
        HaltedError: Ray cannot start, or broke off.
    """
    context.ray.start()
    if context.halt.asked:  # somebody ended the run meanwhile
        return
    following = Following(phases)
    with context.ray.watched(context.spec.resources.stall_seconds) as watch:
        _train(context, phase, following, before, watch)
    if following.problem is not None:
        raise following.problem


def _train(
    context: RunContext,
    phase: Phase,
    following: Following,
    before: list[PlannedTrial],
    watch: RayWatch,
) -> None:
    needs = {"cpu": context.spec.resources.cpu, "gpu": context.spec.resources.gpu}
    import ray
    from ray import tune
    from ray.tune import CheckpointConfig, RunConfig, TuneConfig

    from incay.study.execution.on_ray.lean.tune import lean_tune, silent
    from incay.study.execution.on_ray.scheduler import PruningScheduler
    from incay.study.execution.on_ray.searcher import WorkSearcher
    from incay.study.execution.on_ray.stalls import Stalls, end_actor
    from incay.trainables.worker.trainable import IncayTrainable, StackTrainable, beats_of

    spec, store, data = context.spec, context.store, context.data
    halt, lease = context.halt, context.lease
    context.monitor.waiting = _waiting(ray.nodes(), needs)
    images = (data.images_of(arm.config) for arm in spec.arms)
    asked = {name: config for each in images for name, config in each.items()}
    shared = {name: ray.put(data.load_for(config)) for name, config in asked.items()}
    stack = spec.resources.stack
    searcher = WorkSearcher(
        context, phase, following, room=lambda: _room(ray.cluster_resources(), needs)
    )
    trainable = tune.with_parameters(
        StackTrainable if stack > 1 else IncayTrainable,
        store=store,
        data=shared,
        threads=max(1, int(spec.resources.cpu)),
        stall_seconds=spec.resources.stall_seconds,
        on_gpu=spec.resources.gpu > 0,
        code=spec.code,
        data_root=None if data.root is None else data.root.absolute(),  # workers run elsewhere
    )

    def keep_books() -> None:
        gone = context.place.look()
        if gone is not None:
            halt.blame(gone)
            return
        if not context.ledger.is_due:  # to gather all trials at each report would take ever longer
            return
        with halt.guard():
            patiently(lambda: context.ledger.keep([*before, *searcher.planned]))

    lease.confirm()
    # Ray has just put its own signal handlers in place.
    with lean_tune(), context.ray.workers(), halt.on_signals(), context.ray.scratch() as scratch:
        tune.Tuner(
            tune.with_resources(trainable, needs),
            tune_config=TuneConfig(
                search_alg=searcher,
                scheduler=PruningScheduler(
                    searcher, Stalls(spec.resources.stall_seconds, beats_of, end_actor)
                ),
                num_samples=-1,
                reuse_actors=True,
            ),
            run_config=RunConfig(
                name=spec.name,
                storage_path=scratch,
                verbose=0,
                callbacks=[silent()],
                stop=_stopper(lambda: halt.asked or lease.lost, keep_books),
                checkpoint_config=CheckpointConfig(
                    checkpoint_frequency=0,
                    checkpoint_at_end=False,  # by itself a call to the worker for each trial
                ),
            ),
        ).fit()
    watch.require()  # Tune may end as if it were done
    if lease.lost or context.place.look_again() is not None:
        return  # what is unfinished is another driver's to record, or there is nowhere to
    # Record what an interruption left unfinished, so that nothing vanishes.
    endings = Endings(store, data)
    for trial in searcher.running():
        if not endings.has_result(trial):
            endings.write(trial, Ending.INTERRUPTED, halt.why)


def _waiting(nodes: Sequence[Mapping[str, Any]], needs: Mapping[str, float]) -> str:
    """Return that no node has what a trial asks for, which one that joins may have."""
    fits = any(
        all(node["Resources"].get(kind.upper(), 0) >= need for kind, need in needs.items())
        for node in nodes
        if node["Alive"]
    )
    if fits:
        return ""
    asked = " and ".join(f"{need:g} {kind.upper()}" for kind, need in needs.items() if need)
    return f"waits for a node with {asked}, as a trial asks for: the cluster has none"


def _room(total: Mapping[str, float], needs: Mapping[str, float]) -> int:
    """Return how many trials of Tune's fit into what Ray has in all."""
    return min(int(total.get(kind.upper(), 0) // need) for kind, need in needs.items() if need)


def _stopper(stop: Callable[[], bool], tick: Callable[[], None]) -> Any:
    """Return a Tune stopper that ends the run when `stop` says so; `tick` runs on each result."""
    from ray.tune import Stopper

    class Interrupted(Stopper):  # type: ignore[misc]
        def __call__(self, trial_id: str, result: Mapping[str, Any]) -> bool:
            del trial_id, result
            tick()
            return False

        def stop_all(self) -> bool:
            return stop()

        def __reduce__(self) -> Any:  # Tune pickles its stopper; there is nothing to keep
            return (_never, ())

    return Interrupted()


def _never() -> Any:
    from ray.tune.stopper import NoopStopper

    return NoopStopper()
