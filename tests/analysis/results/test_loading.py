from __future__ import annotations

from pathlib import Path

import pytest
from study_factory import StudyFactory

from incay.analysis import AnalysisError, load
from incay.trainables.store.records import SCHEMA_VERSION


def test_reads_what_the_study_wrote(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.arm("RN + Softmax", {"incay.weight": 0.1}, {"incay.weight": "log 1e-3 .. 1e3"})
    factory.replicates("Softmax", [1.0, 2.0])
    factory.trial("RN + Softmax", 0, {"val.error": 3.0}, phase="search", params={"incay.weight": 2})
    results = load(factory.write(), "planted")
    assert results.run == "1a2b3c4d"
    assert results.baseline == "Softmax"
    assert results.searches
    assert [arm.name for arm in results.arms] == ["Softmax", "RN + Softmax"]
    assert [t.metric("test.error") for t in results.arm("Softmax").phase("confirm")] == [1.0, 2.0]
    assert results.arm("RN + Softmax").setting("incay.weight") == 0.1
    assert results.arm("Softmax").setting("dataset.name") == "mnist"
    frame = results.to_pandas()
    assert list(frame["status"]) == ["completed"] * 3
    assert list(frame["test.error"].dropna()) == [1.0, 2.0]


def test_accepts_a_path(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    store = factory.write()
    assert load(store.uri, "planted").name == "planted"


def test_missing_study_says_what_is_there(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    with pytest.raises(AnalysisError, match=r"must be one of planted .* got 'plantd'"):
        load(factory.write(), "plantd")


def test_missing_run_says_which_there_are(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    with pytest.raises(AnalysisError, match="must be one of 1a2b3c4d, but got 'ffff'"):
        load(factory.write(), "planted", run="ffff")


def test_results_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "studies").write_text("a file where a directory should be")
    with pytest.raises(AnalysisError, match=r"studies.* must be a folder"):
        load(tmp_path, "planted")


def test_results_are_told_briefly(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.replicates("Softmax", [1.0, 2.0])
    told = repr(load(factory.write(), "planted"))
    assert told.startswith("StudyResults('planted', run '1a2b3c4d', 1 arms, 2 trials in ")


def test_empty_store(factory: StudyFactory) -> None:
    with pytest.raises(AnalysisError, match=r"must be one of \(none\)"):
        load(factory.store, "planted")


def test_older_run_by_name(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.write()
    factory.run = "ffffffff"
    factory.document["overrides"] = ["steps=300"]
    store = factory.write()
    assert load(store, "planted").overrides == ("steps=300",)
    assert load(store, "planted", run="1a2b3c4d").run == "1a2b3c4d"


def test_newer_study_schema(factory: StudyFactory) -> None:
    factory.document["schema"] = 2
    factory.arm("Softmax")
    with pytest.raises(AnalysisError, match="schema 1 or older, but has 2"):
        load(factory.write(), "planted")


@pytest.mark.parametrize("content", [b'{"schema": 1', b"[1]", b'{"schema": 1, "arms": 3}'])
def test_damaged_study_is_named(factory: StudyFactory, content: bytes) -> None:
    factory.arm("Softmax")
    store = factory.write()
    store.write(f"{factory.books.folder}/study.json", content)
    with pytest.raises(AnalysisError, match=r"studies/planted/1a2b3c4d.* damaged"):
        load(store, "planted")


def test_damaged_record_is_a_problem_of_its_trial(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.replicates("Softmax", [1.0, 2.0, 3.0])
    fingerprint = factory.trials[1]["fingerprint"]
    factory.edit(fingerprint, '"test.error": 2.0', '"test.error": 1.0')
    trials = load(factory.write(), "planted").trials
    assert [trial.status for trial in trials] == ["completed", "damaged", "completed"]
    assert fingerprint in trials[1].problem
    assert trials[1].metric("test.error") is None


def test_record_of_a_newer_schema_is_a_problem(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.replicates("Softmax", [1.0])
    factory.edit(factory.trials[0]["fingerprint"], f'"schema": {SCHEMA_VERSION}', '"schema": 99')
    assert "newer version" in load(factory.write(), "planted").trials[0].problem


def test_same_study_of_another_run_shares_records(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.replicates("Softmax", [1.0])
    factory.write()
    factory.run = "ffffffff"
    store = factory.write()
    assert load(store, "planted").trials == load(store, "planted", "1a2b3c4d").trials


def test_samples_are_read_on_demand_and_checked(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.trial("Softmax", 0, {"test.error": 1.0}, history=[{"step": 1.0, "train.loss": 2.0}])
    results = load(factory.write(), "planted")
    history = results.read(results.trials[0], "history")
    assert history is not None
    assert history.to_pylist() == [{"step": 1.0, "train.loss": 2.0, "test.error": 1.0}]
    assert results.read(results.trials[0], "samples") is None
    fingerprint = results.trials[0].fingerprint
    factory.damage(fingerprint, "history")
    with pytest.raises(AnalysisError, match=fingerprint):
        results.read(results.trials[0], "history")
