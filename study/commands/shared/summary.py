"""What a run has done, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from incay.analysis.wording import counted
from incay.study.errors import listed, shown
from incay.study.planning.search_reach import unreached
from incay.study.planning.timing.durations import duration
from incay.study.planning.timing.estimates import recall
from incay.study.spec.hints import command

if TYPE_CHECKING:
    from incay.study.execution.run_summary import RunSummary
    from incay.study.spec.study import StudySpec
    from incay.trainables.store.trials import Store

_MOST_FAILURES = 5
"""Of which the reasons are shown: they are often the same."""


def summary_lines(spec: StudySpec, store: Store, summary: RunSummary) -> Iterator[str]:
    """Yield what a run has done, what it could not do, and what may come next."""
    endings = ", ".join(f"{count} {name}" for name, count in sorted(summary.endings.items()))
    continued = f" ({summary.continued} from a checkpoint)" if summary.continued else ""
    yield (
        f"{counted(summary.started, 'trial')} started{continued}, {summary.reused} reused; "
        f"{endings or 'none ended'}"
    )
    for damage in summary.damaged:
        yield f"done again: {damage}"
    if summary.lost:
        times = "once" if summary.lost == 1 else f"{summary.lost} times"
        yield f"a worker was lost {times}; its trial went on elsewhere"
    yield from _failures(store, summary)
    if summary.seconds:
        yield _cost(spec, summary)
    yield from unreached(spec)
    for arm in summary.without_winner:
        yield (
            f"{arm}: no search trial completed with a number for {spec.objective.metric}, so "
            "there is nothing to confirm"
        )
    for trial in summary.stuck:
        yield (
            f"{trial.arm}, replicate {trial.number}: its threshold is a multiple of the norm of "
            f"{trial.needs.arm!r}, which did not complete, so it cannot be trained"
        )
    yield from _waits(spec, store, summary)
    yield f"records: {store.where('')} (study {spec.name}, run {spec.run})"
    yield "next:"
    yield f"  {command('table', f'{spec.name}@{spec.run}', results=store.uri)}"
    yield f"  {command('ui', results=store.uri)}"


def _waits(spec: StudySpec, store: Store, summary: RunSummary) -> Iterator[str]:
    """Yield what the confirm phase waits for, where single arms were run."""
    if summary.waits_for is None or summary.interrupted:
        return
    if summary.elsewhere:
        yield f"the searches of all arms have ended: {summary.elsewhere} runs the confirm phase"
        return
    again = command(
        "run", spec.document.source, settings=spec.document.overrides, results=store.uri
    )
    named = [shown(arm) for arm in summary.waits_for]
    yield (
        f"the confirm phase waits for {'arm' if len(named) == 1 else 'arms'} {listed(named)}; "
        f"`{again}` confirms when they have ended"
    )


def _failures(store: Store, summary: RunSummary) -> Iterator[str]:
    """Yield why trials failed, and the command that says all of it."""
    told = summary.failed[:_MOST_FAILURES]
    for trial, record in told:
        reason = record.reason.strip().partition("\n")[0]
        yield f"{trial.title} failed: {reason}"
        yield f"  {command('why', trial.fingerprint, results=store.uri)}"
    if len(summary.failed) > len(told):
        yield f"and {len(summary.failed) - len(told)} more failed"


def _cost(spec: StudySpec, summary: RunSummary) -> str:
    text = f"training took {duration(summary.seconds)}, one trial after another"
    if summary.gpu_hours:
        text += f", {summary.gpu_hours:.1f} GPU-hours"
    planned = recall(spec.run)
    if planned is None:
        return text
    text += f"; `incay plan` had estimated {duration(planned.seconds)}"
    return f"{text}, {planned.gpu_hours:.1f} GPU-hours" if planned.gpu_hours else text
