"""What nobody asked for changes no fingerprint: all of the epoch's are today's."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from incay.study.spec.catalog import built_in_studies, find_study
from incay.study.spec.reading.overrides import apply_overrides
from incay.study.spec.study import parse_study
from incay.trainables.config import TrialConfig
from incay.trainables.epoch import as_then, declared
from incay.trainables.fingerprint import code_version, fingerprint
from incay.trainables.source.versions import digest
from incay.trainables.store import later
from incay.trainables.store.naming import canonical

# Made by the epoch's own code, commit 59c68b1, of settings as it wrote them; data hash "data".
EPOCH: dict[str, Any] = json.loads(
    (Path(__file__).parent / "epoch_fingerprints.json").read_text("utf-8")
)


@pytest.mark.parametrize("trial", EPOCH["trials"], ids=lambda each: each["fingerprint"][:6])
def test_a_trial_of_the_epoch_has_its_fingerprint(trial: dict[str, Any]) -> None:
    config = TrialConfig.from_dict(trial["config"])
    assert fingerprint(config, "data") == trial["fingerprint"]
    now = json.loads(json.dumps(config.to_dict()))
    assert later.completed(trial["config"]) == now, "what was written then reads as all say it now"


@pytest.mark.parametrize("study", built_in_studies(), ids=lambda path: path.stem)
def test_every_arm_of_a_built_in_study_has_the_epochs_fingerprint(study: Path) -> None:
    document = find_study(study.stem)
    apply_overrides(document, ["precision=fp32"])
    arms = {arm.name: fingerprint(arm.config, "data") for arm in parse_study(document).arms}
    assert arms == EPOCH["studies"].get(study.stem, arms)


def test_the_codes_version_is_the_epochs() -> None:
    """Where it is not: is the edit meant to compute the same? benchmarks/epoch.py declares it."""
    assert code_version(TrialConfig()) == "a21559ce4290c283"


def test_a_declared_module_counts_as_then_and_any_edit_of_it_as_it_is() -> None:
    for module, known in declared().items():
        edited = frozenset({"0123456789abcdef"})
        assert digest(edited) != known.now
        assert as_then({module: edited}) == {module: edited}


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"optimizer.flavour": "plain", "optimizer.twist": 0.0, "averaging.decay": 0.0}
    monkeypatch.setattr(later, "LATER", values)
    monkeypatch.setattr(later, "_LATER", later.by_part(values))
    known = later.by_part({"schedule.kind": ("step",)})
    monkeypatch.setattr(later, "_KNOWN", known)
    monkeypatch.setattr(later, "ONLY_OF", {"optimizer.twist": ("optimizer.flavour", ("plain",))})
    monkeypatch.setattr(later, "_OF_PART", later._of_part())


OLD = {"incay": {"form": "none"}, "optimizer": {"lr": 0.1}, "schedule": {"kind": "step"}}


@pytest.mark.usefixtures("planted")
def test_a_later_setting_that_says_as_before_is_not_hashed() -> None:
    new = {
        **OLD,
        "optimizer": {"lr": 0.1, "flavour": "plain", "twist": 0},
        "averaging": {"decay": 0.0},
    }
    assert canonical(new) == canonical(OLD)
    assert later.completed(OLD) == {
        **new,
        "optimizer": {"lr": 0.1, "flavour": "plain", "twist": 0.0},
    }
    assert not later.asks_for_later(new)


@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize(
    "change",
    [
        {"optimizer": {"lr": 0.1, "flavour": "sour"}},
        {"optimizer": {"lr": 0.1, "twist": 0.5}},
        {"optimizer": {"lr": 0.1, "twist": False}},
        {"averaging": {"decay": 0.9}},
        {"schedule": {"kind": "wave"}},
    ],
)
def test_a_later_setting_that_changes_something_is(change: dict[str, Any]) -> None:
    assert canonical({**OLD, **change}) != canonical(OLD)
    assert later.asks_for_later({**OLD, **change})


@pytest.mark.usefixtures("planted")
def test_only_components_that_were_there_are_completed_with_what_is_theirs() -> None:
    sour = {**OLD, "optimizer": {"flavour": "sour"}}
    assert "twist" not in later.completed(sour)["optimizer"]
    assert later.completed({"steps": 3}) == {"steps": 3}, "of a part nothing is known"


def test_a_trial_that_asks_for_something_later_is_filed_under_all_of_its_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(later, "_KNOWN", later.by_part({"seed": (0,)}))
    assert later.asks_for_later(replace(TrialConfig(), seed=1).to_dict())
