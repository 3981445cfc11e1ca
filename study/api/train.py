"""`incay.train`: one trial in this process, without Ray."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from incay.study.api.opening import data_folder, named_files, one_at_a_time, open_results
from incay.study.api.study import Study
from incay.study.planning.checks.readiness import check_batches, check_data, check_room
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.timing.precision import settle_precision
from incay.study.planning.trials import PlannedTrial, Planner
from incay.study.spec.own_code import use_own_code
from incay.study.spec.study import parse_study
from incay.trainables.config import TrialConfig
from incay.trainables.fingerprint import fingerprint
from incay.trainables.scratch import scratch
from incay.trainables.store.endings import Ending
from incay.trainables.store.reading.damage import ForeignRecordError, RecordError
from incay.trainables.store.records import TrialRecord, history_table
from incay.trainables.store.trials import Store
from incay.trainables.worker.chance import global_states_kept
from incay.trainables.worker.model import TrainedModel, load_model
from incay.trainables.worker.session import TrialSession
from incay.trainables.worker.task import TrialTask

if TYPE_CHECKING:
    import pandas as pd

_ARM = "trial"


@dataclass(frozen=True)
class TrainedTrial:
    """How one trial ended, with what it has learned.

    Attributes:
        record: How it ended: settings, last metrics, provenance.
        history: What each report measured, by metric.
        model: The trained network, ready to predict; None where the trial has not completed.
    """

    record: TrialRecord
    history: tuple[Mapping[str, float], ...]
    model: TrainedModel | None

    @property
    def status(self) -> Ending:
        """The ending."""
        return self.record.status

    @property
    def metrics(self) -> Mapping[str, float]:
        """What the last report measured: ``test.error`` (%) among it."""
        return self.record.metrics

    def to_pandas(self) -> pd.DataFrame:
        """Return the history as a data frame: a row per report."""
        frame: pd.DataFrame = history_table(self.history).to_pandas()
        return frame

    def __repr__(self) -> str:
        measured = ", ".join(f"{name} {value:.4g}" for name, value in sorted(self.metrics.items()))
        return f"TrainedTrial({self.status}, step {self.record.step}: {measured})"


def train(
    config: TrialConfig | Mapping[str, Any],
    *,
    data_root: str | Path | None = None,
    seed: int = 0,
    results: Store | str | Path | None = None,
    uses: Sequence[str | Path] = (),
    gpu: bool = False,
) -> TrainedTrial:
    """Train one trial in this process and return what came of it.

    It is what a study of one arm and one seed trains at its end: on the whole training set, with
    the test set opened after the last step. To choose settings is a study's work: chosen by this
    error they would look better than they are.

    Args:
        config: Settings as below ``base`` of a study, or a configuration, of which `seed` replaces
            the seed.
        data_root: The folder that holds the data sets; by default what INCAY_DATA names.
        seed: Draws initial weights, order of images and augmentation.
        results: Where the trial is recorded, if it shall be: then one that has ended is not trained
            again, and one that was interrupted goes on from its checkpoint.
        uses: Files or packages of your own code.
        gpu: Whether to train on the GPU.

    Raises:
        UserError: A setting does not fit, or data are missing.
        KeyboardInterrupt: Somebody stops it; with `results` a checkpoint is kept.
    """
    with one_at_a_time(), global_states_kept(), _store(results) as store:
        root = data_folder(data_root)
        data = DataCatalog(root)
        name, found = _planned(config, data, store, seed, uses, gpu)
        task = TrialTask(name, found, data.hash_for(found), keep_model=True)
        record = _recorded(store, name)
        kept = store.models.exists(name)
        if record is None or not record.is_final or (record.is_whole and not kept):
            device = torch.device("cuda" if gpu else "cpu")
            record = _trained(TrialSession(task, data.load_for(found), store, device))
        model = load_model(store, name) if record.is_whole else None
        return TrainedTrial(record, tuple(store.history(record)), model)


def _recorded(store: Store, name: str) -> TrialRecord | None:
    """Return a trial's record; None where there is none, or it is damaged: it is made again."""
    try:
        return store.read_record(name)
    except ForeignRecordError:
        raise
    except RecordError:
        return None


def _planned(
    config: TrialConfig | Mapping[str, Any],
    data: DataCatalog,
    store: Store,
    seed: int,
    uses: Sequence[str | Path],
    gpu: bool,
) -> tuple[str, TrialConfig]:
    """Return a trial's fingerprint and configuration, checked as a study's are."""
    base = {} if isinstance(config, TrialConfig) else config
    study = Study(
        _ARM,
        base=base,
        arms={_ARM: {}},
        confirm={"seeds": [seed]},
        resources={"gpu": int(gpu)},
    )
    document = study.document()
    code = use_own_code(document, named_files(uses))
    document.data_root = data.root
    spec = parse_study(document, code)
    check_room(spec, None, None)
    if isinstance(config, TrialConfig):
        found = replace(config, seed=seed)
        return fingerprint(found, data.hash_for(found)), found
    check_data(spec, data)
    check_batches(spec, data)
    spec = settle_precision(spec, store, data, measure=True)
    (trial,) = Planner(spec, data).confirm_trials()
    assert isinstance(trial, PlannedTrial)  # one arm alone waits for no other's norm
    return trial.fingerprint, trial.config


def _trained(session: TrialSession) -> TrialRecord:
    try:
        while session.record is None:
            session.advance()
    finally:
        session.leave()
    return session.record


@contextmanager
def _store(results: Store | str | Path | None) -> Iterator[Store]:
    if results is not None:
        yield open_results(results)
        return
    with scratch("train") as folder:
        yield Store(folder)
