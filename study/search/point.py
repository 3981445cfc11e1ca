"""One point of a search and its trainings, seed by seed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incay.study.search.outcomes import Outcome
from incay.study.search.race import RaceJudge


class Point:
    """A point and how its trainings ended.

    Args:
        params: Where it lies, by dotted name.
        seeds: With how many seeds it is trained, at most.
        race: Judges whether to spare some of them; None without a race.

    Attributes:
        params: As above.
        handed_out: How many of its trainings have begun.
        is_closed: Whether no further one will.
    """

    def __init__(
        self, params: Mapping[str, Any], seeds: int, race: RaceJudge | None = None
    ) -> None:
        self.params = params
        self.handed_out = 0
        self.is_closed = False
        self._seeds = seeds
        self._race = race
        self._ended: dict[int, Outcome] = {}
        self._is_spared = False

    @property
    def is_idle(self) -> bool:
        """Whether all trainings that have begun have ended."""
        return len(self._ended) == self.handed_out

    @property
    def has_ended(self) -> bool:
        """Whether its outcome is known."""
        return self.is_closed and self.is_idle

    def may_take(self, room: int) -> bool:
        """Return whether its next training may begin now.

        In a race that is when the others have ended; else all begin as soon as there is a place.

        Args:
            room: For how many of its trainings the budget surely has room.
        """
        return not self.is_closed and self.handed_out < room and (not self._race or self.is_idle)

    def take(self) -> int:
        """Begin the next training and return with which seed."""
        self.handed_out += 1
        return self.handed_out - 1

    def end(self, replicate: int, outcome: Outcome) -> None:
        """Take in how a training ended. One without a value leaves its point without a mean."""
        self._ended[replicate] = outcome
        if self._race is not None and self.is_idle:
            values = [each.values for each in self._in_order()]
            found = [each for each in values if each is not None]
            self._is_spared = len(found) < len(values) or self._race.spares(found)

    def settle(self, room: int) -> None:
        """Close the point if it takes no further seed.

        Args:
            room: For how many of its trainings the budget may have room.
        """
        spared = self._is_spared and self.is_idle
        self.is_closed = spared or self.handed_out >= min(room, self._seeds)

    def outcome(self) -> Outcome:
        """Return the outcome of a point that has ended."""
        trainings = self._in_order()
        if self._seeds == 1:
            return trainings[0]
        seconds = sum(each.seconds for each in trainings)
        values = [each.values for each in trainings]
        found = [each for each in values if each is not None]
        if len(found) < len(values):
            fault = trainings[values.index(None)]
            return Outcome(
                self.params,
                fault.status,
                intermediate=trainings[0].intermediate,
                marks=trainings[0].marks,
                seconds=seconds,
            )
        is_partial = len(found) < self._seeds
        means = tuple(sum(each) / len(found) for each in zip(*found, strict=True))
        if is_partial and self._race is not None:
            means = self._race.estimate(found)
        return Outcome(
            self.params,
            trainings[0].status,
            means,
            # A pruner judges points by their first seed, which they all have.
            intermediate=trainings[0].intermediate,
            marks=trainings[0].marks,
            seconds=seconds,
            by_seed=tuple(found),
            is_partial=is_partial,
        )

    def _in_order(self) -> list[Outcome]:
        return [self._ended[replicate] for replicate in sorted(self._ended)]
