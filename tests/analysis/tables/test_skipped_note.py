"""Images that were left out as damaged are counted in records and told below tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from study_factory import StudyFactory
from tasks import task_of

from incay.analysis import load, table
from incay.trainables.config import TrialConfig
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.store.trials import Store
from incay.trainables.worker.session import train

CONFIG = TrialConfig(network=MNIST2DSettings(width=0.05), steps=2, reports=1, batch_size=4)


@pytest.mark.parametrize(("skipped", "told"), [((3, 1), True), ((0, 0), False)])
def test_the_count_stands_in_record_and_table(
    skipped: tuple[int, int], told: bool, factory: StudyFactory, tmp_path: Path
) -> None:
    data = replace(DigitsSettings().load(None), skipped=skipped)
    record = train(task_of(CONFIG), data, Store(tmp_path / "r"), torch.device("cpu"))
    assert record.provenance.get("skipped_images") == ({"train": 3, "test": 1} if told else None)
    factory.arm("Softmax")
    factory.replicates("Softmax", [5.0, 6.0, 7.0])
    store = factory.write()
    for trial in factory.trials:
        old = store.read_record(trial["fingerprint"])
        assert old is not None
        both = {**old.provenance, **record.provenance}
        store.write_record(replace(old, provenance=both), [], {})
    notes = table(load(store, "planted")).notes
    expected = "3 training and 1 test images were damaged and left out (on_damaged: skip)."
    assert any(note.endswith(expected) for note in notes) == told
