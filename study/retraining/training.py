"""Trains a recorded trial again, in a store of its own that nobody else can write to."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from incay.study.planning.data_catalog import DataCatalog
from incay.study.retraining.bits import Outcome
from incay.study.retraining.circumstances import threads_of
from incay.trainables.config import TrialConfig
from incay.trainables.metrics import STEP
from incay.trainables.scratch import scratch
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.trials import Store
from incay.trainables.worker.model import load_model
from incay.trainables.worker.session import TrialSession
from incay.trainables.worker.task import TrialTask

Progress = Callable[[int], None]
"""Told the step that a trial has reached."""


def recorded(store: Store, record: TrialRecord) -> Outcome:
    """Return what a store says that a trial came to.

    Raises:
        RecordError: A table or the kept network is damaged.
    """
    tables = {
        name.removesuffix(".parquet"): table
        for name in record.files
        if name != "history.parquet" and (table := store.read_table(record, name)) is not None
    }
    return Outcome(
        status=record.status,
        step=record.step,
        reason=record.reason,
        metrics=record.metrics,
        history=store.history(record),
        tables=tables,
        weights=_weights(store, record) if store.models.exists(record.fingerprint) else {},
    )


def trained_again(
    record: TrialRecord,
    config: TrialConfig,
    data: DataCatalog,
    device: torch.device,
    *,
    keep_model: bool,
    progress: Progress,
) -> Outcome:
    """Train a trial to where its record ends, and return what it came to.

    Args:
        record: What is said of it.
        config: Its settings.
        data: The data sets.
        device: Where to train.
        keep_model: Whether its network is to be compared, too.
        progress: Told each report.
    """
    images = data.load_for(config)
    task = TrialTask(record.fingerprint, config, record.data_hash, keep_model)
    with scratch("again") as folder, _threads(record):
        store = Store(folder)
        session = TrialSession(task, images, store, device)
        # One that was pruned would go on: what it had reported until then is compared.
        until = max(1, record.step) if record.status.is_cut else math.inf
        while session.record is None and session.step < until:
            session.advance()
            progress(session.step)
        if session.record is not None:
            return recorded(store, session.record)
        reached = store.read_progress(record.fingerprint)
        assert reached is not None
        last = {name: value for name, value in reached.history[-1].items() if name != STEP}
        return Outcome(
            status=record.status,
            step=reached.step,
            reason=record.reason,
            metrics=last,
            history=reached.history,
            tables={},
            weights={},
        )


@contextmanager
def _threads(record: TrialRecord) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(threads_of(record))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _weights(store: Store, record: TrialRecord) -> Mapping[str, Any]:
    model = load_model(store, record.fingerprint)
    parts = {"network": model.network, "loss": model.loss}
    return {
        f"{part}.{name}": value
        for part, module in parts.items()
        for name, value in module.state_dict().items()
    }
