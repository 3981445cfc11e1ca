"""Shows a running study: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from incay.study.execution.monitor import ArmProgress, Monitor
from incay.study.planning.durations import duration
from incay.trainables.store.endings import Ending, Nature

_SECONDS_BETWEEN_LINES = 10.0
_EARLY = [ending for ending in Ending if ending.nature in (Nature.CUT, Nature.FAULT)]
"""Endings that a row counts, beside those that are done."""


class Display:
    """Draws a `Monitor` while its ``with`` block runs."""

    def __init__(self, monitor: Monitor, console: Console) -> None:
        self._monitor = monitor
        self._console = console
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._live: Live | None = None
        self._last_line = ""

    def __enter__(self) -> Display:
        if self._console.is_terminal:
            self._live = Live(
                get_renderable=self._draw, console=self._console, refresh_per_second=4
            )
            self._live.__enter__()
        else:
            self._thread = threading.Thread(target=self._print_lines, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        if self._live is not None:
            self._live.__exit__(kind, error, trace)
        if self._thread is not None:
            self._thread.join()
            self._print_line()

    def _draw(self) -> RenderableType:
        monitor = self._monitor
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
        return Group(Text(f"{monitor.phase} · {_left(monitor.seconds_left())}"), table)

    def _print_lines(self) -> None:
        while not self._stop.wait(_SECONDS_BETWEEN_LINES):
            self._print_line()

    def _print_line(self) -> None:
        arms = ", ".join(
            f"{name} {arm.done}/{arm.total}"
            + (f" ({self._monitor.shown(arm)})" if arm.values else "")
            for name, arm in self._monitor.snapshot()
        )
        line = f"{self._monitor.phase}, {self._monitor.metric}: {arms}"
        if arms and line != self._last_line:
            left = _left(self._monitor.seconds_left())
            self._console.print(f"{line} · {left}", soft_wrap=True)
            self._last_line = line


def _bar(arm: ArmProgress, width: int = 24) -> str:
    share = (arm.done + sum(arm.running.values())) / max(1, arm.total)
    full = min(width, round(share * width))
    return "█" * full + "░" * (width - full)


def _left(seconds: float | None) -> str:
    return "estimating time left" if seconds is None else f"about {duration(seconds)} left"
