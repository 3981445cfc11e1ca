"""Keeps the place that a trial of Tune's has waited for in vain, for the next one.

While all workers are busy, Tune asks Ray for another place (a placement group) for the trial that
waits. The trial then takes a worker that has become free, and the place is given up. A pair of a
request and a removal for each trial is much of what a short trial costs a driver, and Ray's books
keep every place that ever was.
"""

from __future__ import annotations

import time
from typing import Any

from ray.air.execution import PlacementGroupResourceManager, ResourceRequest

KEPT_SECONDS = 1.0
"""A place that nobody has asked for since then is given up: on a cluster it may hold another's."""


class SparePlaces(PlacementGroupResourceManager):  # type: ignore[misc]
    """Gives up no place that the next trial asks for again."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._spare: dict[ResourceRequest, list[float]] = {}  # since when, the oldest first

    def request_resources(self, resource_request: ResourceRequest) -> None:
        """Ask for a place, or take up one that is being waited for already."""
        spare = self._spare.get(resource_request)
        if spare:
            spare.pop()
        else:
            super().request_resources(resource_request)

    def cancel_resource_request(self, resource_request: ResourceRequest) -> None:
        """Give a place up, unless somebody asks for it soon."""
        self._spare.setdefault(resource_request, []).append(time.monotonic())

    def get_resource_futures(self) -> list[Any]:
        """Return what tells that a place is there; asked for several times a second."""
        longest = time.monotonic() - KEPT_SECONDS
        for request, spare in self._spare.items():
            while spare and spare[0] < longest:
                spare.pop(0)
                super().cancel_resource_request(request)
        futures: list[Any] = super().get_resource_futures()
        return futures
