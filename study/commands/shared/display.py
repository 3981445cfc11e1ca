"""Shows a running study: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table

from incay.study.execution.monitor import ArmProgress, Monitor
from incay.study.planning.timing.durations import duration
from incay.trainables.store.endings import Ending, Nature

_SECONDS_BETWEEN_LINES = 10.0
_EARLY = [ending for ending in Ending if ending.nature in (Nature.CUT, Nature.FAULT)]
"""Endings that a row counts, beside those that are done."""


@contextmanager
def display(monitor: Monitor, console: Console) -> Iterator[None]:
    """Draw a study's progress while the ``with`` block runs.

    Args:
        monitor: Counts what happens.
        console: Where it is drawn.
    """
    if console.is_terminal:
        with Live(get_renderable=lambda: _drawn(monitor), console=console, refresh_per_second=4):
            yield
        return
    lines, over = _Lines(monitor, console), threading.Event()
    thread = threading.Thread(target=lines.print_until, args=(over,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        lines.print()


class _Lines:
    """Prints a line about all arms whenever something has changed."""

    def __init__(self, monitor: Monitor, console: Console) -> None:
        self._monitor = monitor
        self._console = console
        self._last = ""

    def print_until(self, over: threading.Event) -> None:
        """Print now and then until the study is over."""
        while not over.wait(_SECONDS_BETWEEN_LINES):
            self.print()

    def print(self) -> None:
        """Print how far the study is, unless that was said already."""
        monitor = self._monitor
        parts = []
        for name, arm in monitor.snapshot():
            shown = monitor.shown(arm)
            parts.append(f"{name} {arm.done}/{arm.total}{f' ({shown})' if shown else ''}")
        arms = ", ".join(parts)
        line = f"{monitor.title}, {monitor.metric}: {arms}"
        if arms and line != self._last:
            self._console.print(f"{line} · {_ahead(monitor)}", soft_wrap=True)
            self._last = line


def _drawn(monitor: Monitor) -> RenderableType:
    table = Table("arm", "progress", box=None, pad_edge=False)
    for heading in ("done", "running", *_EARLY, monitor.metric):
        table.add_column(heading, justify="right")
    for name, arm in monitor.snapshot():
        table.add_row(
            name,
            _bar(arm),
            f"{arm.done}/{arm.total}",
            str(len(arm.running)),
            *(str(arm.endings[ending] or "") for ending in _EARLY),
            monitor.shown(arm),
        )
    return Group(f"{monitor.title} · {_ahead(monitor)}", table)


def _bar(arm: ArmProgress, width: int = 24) -> str:
    share = (arm.done + sum(arm.running.values())) / max(1, arm.total)
    full = min(width, round(share * width))
    return "█" * full + "░" * (width - full)


def _ahead(monitor: Monitor) -> str:
    if monitor.waiting:
        return monitor.waiting
    seconds = monitor.seconds_left()
    return "estimating time left" if seconds is None else f"about {duration(seconds)} left"
