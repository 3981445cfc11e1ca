"""Trained networks: a few stay, not chosen by test error, and give what their records say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from programs import incay
from simulated_records import simulated_record
from tiny_study import STUDY

from incay import load, load_model, table
from incay.study.execution.books.kept_models import KeptModels
from incay.study.planning.trials import PlannedTrial
from incay.trainables.config import TrialConfig
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.store.books import Books
from incay.trainables.store.kept import Choice
from incay.trainables.store.naming import DIGITS
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.trials import Store

ARMS = ["B", "A"]
AA1, AA2, AA3, AA4, AA5 = (f"aa{number}".ljust(DIGITS, "0") for number in range(1, 6))
BB1, BB2, BB3, BB4 = (f"bb{number}".ljust(DIGITS, "0") for number in range(1, 5))
CC1, CC2 = (f"cc{number}".ljust(DIGITS, "0") for number in (1, 2))
DD1, DD2 = (f"dd{number}".ljust(DIGITS, "0") for number in (1, 2))


def trial(
    name: str, phase: str = "confirm", *, arm: str = "A", number: int = 0, rate: float = 0.1
) -> PlannedTrial:
    params = {"optimizer.lr": rate}
    return PlannedTrial(arm, phase, number, TrialConfig(), name, params)  # type: ignore[arg-type]


def record(name: str, **metrics: float) -> TrialRecord:
    return simulated_record(name, {f"{split}.error": error for split, error in metrics.items()})


def left(store: Store, *names: str) -> list[str]:
    return [name for name in names if store.models.read(name) is not None]


def test_the_first_seeds_stay_whatever_their_test_errors(tmp_path: Path) -> None:
    """Also after a restart, and beside what another study keeps."""
    store, names = Store(tmp_path), (AA1, AA2, AA3, AA4)
    for name in names:
        store.models.write(name, b"network")
    KeptModels(store, "other", "run", 1).offer(trial(AA4, number=9), record(AA4, test=1.0))
    kept = KeptModels(store, "study", "run", 2, ARMS)
    kept.offer(trial(AA3, number=1), record(AA3, test=0.0))
    kept.offer(trial(AA4, number=2), record(AA4, test=0.0))
    kept = KeptModels(store, "study", "run", 2, ARMS)
    kept.offer(trial(AA1, number=0), record(AA1, test=9.0))
    kept.offer(trial(AA2, number=0, arm="B"), record(AA2, test=9.5))
    assert left(store, *names) == [AA1, AA2, AA4]
    book = Books(store, "study", "run").models()
    assert list(book) == [AA2, AA1]  # in the arms' order
    assert {each.chosen_by for each in book.values()} == {Choice.SEED}
    assert not kept.wants(trial(AA5, "search"))
    assert not KeptModels(store, "study", "none", 0).wants(trial(AA5))


@pytest.mark.parametrize("backwards", [False, True])
def test_the_winner_with_the_least_validation_error_stays(tmp_path: Path, backwards: bool) -> None:
    """Whatever ends first; a confirm trial has no validation split of its own."""
    store = Store(tmp_path)
    kept = KeptModels(store, "study", "run", 1, ["plain", *ARMS])
    for name, arm, rate, error in (
        ("s1", "A", 0.1, 7.0),
        ("s2", "A", 0.2, 1.0),
        ("s3", "B", 0.1, 8.0),
    ):
        kept.offer(trial(name, "search", arm=arm, rate=rate), record(name, val=error))
    offered = [
        (BB1, "plain", 0, 1.0),
        (BB2, "B", 0, 2.0),
        (BB3, "A", 1, 3.0),
        (BB4, "A", 0, 4.0),
    ]
    for name, *_ in offered:
        store.models.write(name, b"network")
    for name, arm, number, error in reversed(offered) if backwards else offered:
        kept.offer(trial(name, arm=arm, number=number), record(name, test=error))
    assert left(store, BB1, BB2, BB3, BB4) == [BB4]
    (entry,) = Books(store, "study", "run").models().values()
    assert (entry.arm, entry.number) == ("A", 0)
    assert (entry.chosen_by, entry.validation_error) == (Choice.VALIDATION, 7.0)


def test_of_a_winner_with_several_seeds_the_mean_counts(tmp_path: Path) -> None:
    """And again after a trial was offered twice, at its end and at that of the search."""
    store = Store(tmp_path)
    kept = KeptModels(store, "study", "run", 1, ARMS)
    for replicate, error in (*enumerate((1.0, 9.0, 8.0)), (2, 8.0)):
        search = replace(trial(f"s{replicate}", "search"), replicate=replicate)
        kept.offer(search, record(f"s{replicate}", val=error))
    store.models.write(AA1, b"network")
    kept.offer(trial(AA1), record(AA1, test=5.0))
    (entry,) = Books(store, "study", "run").models().values()
    assert entry.validation_error == 6.0


def test_a_validation_error_of_its_own_counts(tmp_path: Path) -> None:
    store = Store(tmp_path)
    kept = KeptModels(store, "study", "run", 1)
    for number, (name, error) in enumerate(((CC1, 5.0), (CC2, 4.0))):
        store.models.write(name, b"network")
        kept.offer(trial(name, number=number), record(name, val=error, test=error * error))
    assert left(store, CC1, CC2) == [CC2]


def test_what_an_earlier_version_kept_is_said_to_be_chosen_by_test_error(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for name in (DD1, DD2):
        store.models.write(name, b"network")
    store.write("studies/study/run/models.json", f'{{"{DD1}": 1.5}}'.encode())
    assert Books(store, "study", "run").models()[DD1].chosen_by is Choice.EARLIER
    kept = KeptModels(store, "study", "run", 1)
    kept.offer(trial(DD1), record(DD1, test=1.5))
    assert Books(store, "study", "run").models()[DD1].chosen_by is Choice.EARLIER
    kept.offer(trial(DD2, number=1), record(DD2, test=9.0))
    assert left(store, DD1, DD2) == [DD2]


def test_a_kept_model_is_used_as_the_docs_say_and_gives_its_recorded_error(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(
        STUDY.replace("budget: {trials: 2}", "").replace(
            "search:\n  all arms: {optimizer.weight_decay: log 1e-5 .. 1e-2}\n", "keep_models: 2\n"
        )
    )
    done = incay("run", "tiny.yaml", "--no-mirror", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    results = load(tmp_path / "results", "tiny")
    assert [(each.arm, each.number) for each in results.kept] == [("Softmax", 0), ("RN", 0)]
    told = next(note for note in table(results).notes if note.startswith("Trained networks kept"))
    assert "Softmax, replicate 0" in told
    assert "chosen by order of seeds" in told
    data = DigitsSettings().load(None)
    assert data.test is not None
    images, labels = data.test
    for kept in results.kept:
        model = load_model(tmp_path / "results", kept.fingerprint)
        error = 100.0 * float((model.predict(images) != labels).mean())
        path = tmp_path / f"results/trials/{kept.fingerprint[:2]}/{kept.fingerprint}/record.json"
        recorded = json.loads(path.read_text())["metrics"]["test.error"]
        assert error == pytest.approx(recorded)
        assert model.metrics["test.error"] == pytest.approx(recorded)
        assert model.class_names == data.class_names
    trials = {trial.fingerprint for trial in results.trials}
    lost = min(trials - {each.fingerprint for each in results.kept})
    with pytest.raises(RecordError, match="keep_models"):
        load_model(results.store, lost)
