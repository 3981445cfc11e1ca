"""What all phases of a run share."""

from __future__ import annotations

from dataclasses import dataclass

from incay.study.execution.books.kept_models import KeptModels
from incay.study.execution.books.ledger import Ledger
from incay.study.execution.halt import Halt
from incay.study.execution.leases.lease import Lease
from incay.study.execution.monitor import Monitor
from incay.study.execution.on_ray.session import RaySession
from incay.study.execution.place import ResultsPlace
from incay.study.planning.data_catalog import DataCatalog
from incay.study.spec.study import StudySpec
from incay.trainables.store.trials import Store


@dataclass(frozen=True)
class RunContext:
    """What all phases of a run share.

    Attributes:
        spec: The study.
        store: Where results live.
        data: Its data sets.
        monitor: Counts what happens.
        ledger: The run's books.
        lease: Its right to run the study.
        halt: Whether it must end.
        models: The trained networks that stay.
        place: Whether the results are still there.
        ray: Where trials are trained.
    """

    spec: StudySpec
    store: Store
    data: DataCatalog
    monitor: Monitor
    ledger: Ledger
    lease: Lease
    halt: Halt
    models: KeptModels
    place: ResultsPlace
    ray: RaySession
