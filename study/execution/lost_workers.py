"""Counts what a trial loses to its own faults, apart from what lost machines cost it.

A worker process that dies with its node says nothing about the trial. One that dies again and
again where its node lives on, at the same step, does: a crash in native code, or too little
memory.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

MOST = 3
"""How often a trial may lose its worker on a living node without getting further."""
TOGETHER = 2
"""How often it may do so in a stack: then it trains alone, so that others go on without it."""


@dataclass
class _Losses:
    step: int = -1
    nodes: list[str | None] = field(default_factory=list)


class LostWorkers:
    """Decides whether a trial that lost its worker goes on elsewhere.

    Args:
        alive: Returns the ids of the nodes that live now. A node that died with its workers may
            still be among them for some seconds, so it is asked about all losses anew each time.
    """

    def __init__(self, alive: Callable[[], Collection[str]]) -> None:
        self._alive = alive
        self._reached: dict[str, tuple[int, str | None]] = {}
        self._losses: dict[str, _Losses] = {}

    def reached(self, fingerprint: str, step: int, node: str | None) -> None:
        """Take in how far a trial is, and on which node."""
        self._reached[fingerprint] = (step, node)

    def lost(self, fingerprint: str) -> bool:
        """Take in that a trial lost its worker; return whether it goes on elsewhere."""
        # A worker that died before its first report was on a node that nobody knows.
        step, node = self._reached.pop(fingerprint, (-1, None))
        losses = self._losses.setdefault(fingerprint, _Losses())
        if step > losses.step:
            losses.step, losses.nodes = step, []
        losses.nodes.append(node)
        if len(losses.nodes) < MOST:
            return True
        return self._own(losses) < MOST

    def last_report(self, fingerprint: str) -> str:
        """Return, in words, how far a trial was whenever it lost its worker."""
        step = self._losses.get(fingerprint, _Losses()).step
        return f"the report of step {step:,}" if step > 0 else "no report"

    def ended(self, fingerprint: str) -> None:
        """Forget a trial that has ended."""
        self._reached.pop(fingerprint, None)
        self._losses.pop(fingerprint, None)

    def suspects(self, fingerprint: str) -> bool:
        """Return whether a trial lost so many workers that it must not train with others."""
        losses = self._losses.get(fingerprint, _Losses())
        return len(losses.nodes) >= TOGETHER and self._own(losses) >= TOGETHER

    def _own(self, losses: _Losses) -> int:
        """Return how many of the losses are not those of a lost node."""
        alive = self._alive()
        losses.nodes = [node for node in losses.nodes if node is None or node in alive]
        return len(losses.nodes)
