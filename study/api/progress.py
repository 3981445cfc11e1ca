"""What a running study looks like from Python, and where it is shown by itself."""

from __future__ import annotations

import html
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from incay.study.execution.halt import Halt
from incay.study.execution.monitor import Monitor
from incay.study.planning.timing.durations import duration

_SECONDS = 0.5


@dataclass(frozen=True)
class ArmCounts:
    """How far an arm is in the phase that is under way.

    Attributes:
        done: Trials that have ended, those of earlier runs included.
        total: Trials that the phase asks for.
        running: How many train now.
        share: How much of the arm's training is done, from 0 to 1.
        value: The metric so far, in words: the best of a search, the mean of a confirmation.
    """

    done: int
    total: int
    running: int
    share: float
    value: str


@dataclass(frozen=True)
class Progress:
    """How far a study is; `on_progress` gets one whenever something has changed.

    Attributes:
        phase: ``search`` or ``confirm``; empty before the first.
        look: Which look at the test results it trains for, such as ``look 2 of 4``; empty where
            the study has one.
        metric: What `ArmCounts.value` is of.
        arms: By name.
        seconds_left: Estimate for the phase; None while there is none.
        waiting: Why no trial can train now; empty where one can.
        told: What the run has come through, a line each: what its looks at the test results have
            shown, which workers were lost.
    """

    phase: str
    look: str
    metric: str
    arms: dict[str, ArmCounts]
    seconds_left: float | None = field(compare=False)
    waiting: str
    told: tuple[str, ...]
    _halt: Halt = field(repr=False, compare=False)

    def stop(self) -> None:
        """End the run as soon as running trials have kept checkpoints; `incay.run` returns then."""
        self._halt.interrupt(by_request=True)

    @property
    def share(self) -> float:
        """How much of the phase is done, from 0 to 1."""
        total = sum(arm.total for arm in self.arms.values())
        return sum(arm.share * arm.total for arm in self.arms.values()) / max(1, total)

    def __str__(self) -> str:
        arms = ", ".join(
            f"{name} {arm.done}/{arm.total}{f' ({arm.value})' if arm.value else ''}"
            for name, arm in self.arms.items()
        )
        return f"{self._title()}, {self.metric}: {arms} · {self._ahead()}"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(name)}</td><td><progress max='1' value='{arm.share:.3f}'>"
            f"</progress></td><td>{arm.done}/{arm.total}</td><td>{html.escape(arm.value)}</td></tr>"
            for name, arm in self.arms.items()
        )
        head = html.escape(f"{self._title()} · {self.metric} · {self._ahead()}")
        told = "".join(f"<p>{html.escape(line)}</p>" for line in self.told)
        return f"<table><caption>{head}</caption>{rows}</table>{told}"

    def _title(self) -> str:
        return f"{self.phase}, {self.look}" if self.look else self.phase

    def _ahead(self) -> str:
        if self.waiting:
            return self.waiting
        left = self.seconds_left
        return "estimating time left" if left is None else f"about {duration(left)} left"


@contextmanager
def followed(
    monitor: Monitor, halt: Halt, on_progress: Callable[[Progress], object] | None
) -> Iterator[None]:
    """Tell how far a study is while the ``with`` block runs.

    Args:
        monitor: Counts what happens.
        halt: Ends the run.
        on_progress: Is told, in a thread of its own; None shows it in a notebook, and nowhere else.

    Raises:
        Exception: What `on_progress` has raised; the run has ended in good order.
    """
    tell = on_progress if on_progress is not None else _shown_in_a_notebook()
    if tell is None:
        yield
        return
    over, raised = threading.Event(), list[BaseException]()

    def follow() -> None:
        last = None
        while True:
            ended = over.wait(_SECONDS)
            now = _progress(monitor, halt)
            if now != last and now.arms:
                try:
                    tell(now)
                except BaseException as error:
                    raised.append(error)
                    halt.interrupt()
                    return
                last = now
            if ended:
                return

    thread = threading.Thread(target=follow, name="incay-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if raised:
        raise raised[0]


def _progress(monitor: Monitor, halt: Halt) -> Progress:
    arms = {
        name: ArmCounts(
            done=arm.done,
            total=arm.total,
            running=len(arm.running),
            share=min(1.0, (arm.done + sum(arm.running.values())) / max(1, arm.total)),
            value=monitor.shown(arm),
        )
        for name, arm in monitor.snapshot()
    }
    left, told = monitor.seconds_left(), tuple(monitor.told)
    phase, look, metric = monitor.phase, monitor.look, monitor.metric
    return Progress(phase, look, metric, arms, left, monitor.waiting, told, halt)


def _shown_in_a_notebook() -> Callable[[Progress], object] | None:
    """Return what shows progress in a notebook's cell; None outside of one."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is None or not hasattr(shell, "kernel"):
        return None
    display: Any = sys.modules["IPython"].display.display
    handles: list[Any] = []

    def show(progress: Progress) -> None:
        if handles:
            handles[0].update(progress)
        else:
            handles.append(display(progress, display_id=True))

    return show
