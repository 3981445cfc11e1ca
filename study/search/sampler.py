"""Points of a search, each a pure function of the study and of the results it may see.

Optuna's samplers choose; what they are shown is decided here. When trial n is chosen, the
trials up to n - parallel have ended and the later ones count as running, whatever has really
happened by then, and the sampler is seeded from (study seed, arm, n). So neither the order in
which trials finish nor an interruption changes any point.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from incay.study.search import tpe
from incay.study.search.draws import KNOWN, Draws, OptunaDraws, PlainDraws
from incay.study.search.outcomes import Outcome
from incay.study.search.quasi_random import quasi_random_point
from incay.study.search.quiet import quieten
from incay.study.spec.searches.grid import grid_points, grid_size
from incay.study.spec.searches.ranges import Space
from incay.study.spec.searches.start import start_point
from incay.trainables.seeds import derive_seed

quieten()

_MOST_DRAWS = 20
"""Draws of a point before one that is left is looked for, or a repeat accepted."""
_Key = tuple[tuple[str, Any], ...]
"""A point that can be a member of a set."""


class PointSampler:
    """Chooses the points of one arm, in the order of their numbers.

    Args:
        spaces: What is searched, by dotted name.
        start: The first point: the settings that the study itself gives, where they lie
            within the ranges.
        sampler: Name of the sampler.
        directions: ``min`` or ``max`` of each objective.
        parallel: See the module.
        seed_parts: What the seeds are derived from.
    """

    def __init__(
        self,
        spaces: Mapping[str, Space],
        start: Mapping[str, Any],
        *,
        sampler: str,
        directions: tuple[str, ...],
        parallel: int,
        seed_parts: tuple[int | str, ...],
    ) -> None:
        self._spaces = dict(spaces)
        self._sampler = sampler
        self._parallel = parallel
        self._seed_parts = seed_parts
        self._start = start_point(spaces, start)
        self._grid = self._shuffled_grid() if sampler == "grid" else None
        self._left = iter(self._grid or ())
        self._draws = _draws(self._spaces, sampler, directions)
        self._number = 0
        self._used: set[_Key] = set()
        self._shown = 0

    @property
    def size(self) -> int | None:
        """How many points there are, None if there is no end of them."""
        return None if self._grid is None else len(self._grid)

    def sees(self, number: int) -> range:
        """Return the numbers of the trials whose outcomes must be known to choose trial n."""
        return range(max(0, number - self._parallel + 1))

    def point(
        self, outcomes: Mapping[int, Outcome], known: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the next trial's point.

        Args:
            outcomes: At least the outcomes that `sees` names.
            known: The point, where an earlier run has chosen it already.
        """
        number = self._number
        self._show(number, outcomes)
        point = self._draw(number, 0, known)
        for draw in range(1, _MOST_DRAWS + 1):
            if known is not None or _key(point) not in self._used:
                break
            unused = self._unused(number) if draw == _MOST_DRAWS else None
            if draw == _MOST_DRAWS and unused is None:
                break  # the space is at its end, so that points come again
            self._draws.drop()
            point = self._draw(number, draw, unused)
        self._used.add(_key(point))
        self._number += 1
        return point

    def _show(self, number: int, outcomes: Mapping[int, Outcome]) -> None:
        for other in range(self._shown, len(self.sees(number))):
            self._draws.show(outcomes[other])
        self._shown = max(self._shown, len(self.sees(number)))

    def _draw(self, number: int, draw: int, known: Mapping[str, Any] | None) -> dict[str, Any]:
        seed = derive_seed(*self._seed_parts, number, draw) % 2**32
        return self._draws.draw(seed, known if known is not None else self._fixed(number, draw))

    def _fixed(self, number: int, draw: int) -> Mapping[str, Any] | None:
        if self._grid is not None:
            return next((point for point in self._left if _key(point) not in self._used), None)
        if number == 0 and draw == 0 and self._start is not None:
            return self._start
        if self._sampler == "quasi-random":
            # A repeat is replaced from a sequence of its own.
            parts = (*self._seed_parts, draw) if draw else self._seed_parts
            return quasi_random_point(self._spaces, number, parts)
        return None

    def _shuffled_grid(self) -> list[dict[str, Any]]:
        """Return the grid in an order whose beginning is no corner of it, the arm's own first.

        A budget smaller than the grid then covers all of it thinly, and a larger one goes on.
        """
        points = grid_points(self._spaces)
        random.Random(derive_seed(*self._seed_parts, "grid")).shuffle(points)
        if self._start is not None:
            points.sort(key=lambda point: point != self._start)
        return points

    def _unused(self, number: int) -> dict[str, Any] | None:
        """Return a point that has not been used, None where there is none or no end of them."""
        if grid_size(self._spaces) is None:
            return None
        left = [point for point in grid_points(self._spaces) if _key(point) not in self._used]
        return left[derive_seed(*self._seed_parts, number, "unused") % len(left)] if left else None


def _draws(spaces: Mapping[str, Space], sampler: str, directions: tuple[str, ...]) -> Draws:
    if sampler in ("random", "quasi-random", "grid"):
        return PlainDraws(spaces)
    if sampler == "tpe" and len(directions) == 1 and KNOWN:
        return tpe.TpeDraws(spaces, directions[0])
    return OptunaDraws(spaces, sampler, directions)


def _key(point: Mapping[str, Any]) -> _Key:
    return tuple(sorted(point.items()))
