"""A phase of a study as it is trained, and how the next follows without a new start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from incay.study.planning.trials import PlannedTrial
from incay.study.search.order import Work


@dataclass(frozen=True)
class Phase:
    """Trials that belong together, of which at least one is to be trained.

    Attributes:
        work: All of them.
        first: The first that is to be trained, taken already.
    """

    work: Work
    first: PlannedTrial


class Following:
    """The phases that follow one, begun from inside of Tune's loop, which nothing may break.

    Args:
        phases: They; to ask for one takes in what the one before came to.

    Attributes:
        problem: What went wrong as the next one was asked for.
    """

    def __init__(self, phases: Iterator[Phase]) -> None:
        self._phases = phases
        self.problem: BaseException | None = None

    def next(self) -> Phase | None:
        """Return the next; None where none follows, or something goes wrong."""
        try:
            return next(self._phases, None)
        except BaseException as error:  # raised again once Tune has ended
            self.problem = error
            return None
