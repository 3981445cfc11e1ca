"""What is said of an object is said once, and of no other object that is equal to it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from incay.trainables.by_object import by_object
from incay.trainables.config import TrialConfig
from incay.trainables.fingerprint import code_version, fingerprint
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.store.naming import fingerprint_of


@dataclass(frozen=True)
class _Number:
    value: float


def test_it_is_asked_once_for_each_object_and_name() -> None:
    asked = []

    @by_object
    def said(number: _Number, name: str) -> str:
        asked.append(number)
        return f"{name}={number.value}"

    whole, part = _Number(1), _Number(1.0)
    assert whole == part
    assert [said(whole, "a"), said(part, "a"), said(whole, "b"), said(whole, "a")] == [
        *("a=1", "a=1.0", "b=1", "a=1")
    ]
    assert len(asked) == 3


def test_objects_that_are_gone_leave_no_answer_behind() -> None:
    @by_object
    def said(number: _Number, name: str) -> float:
        return number.value

    assert [said(_Number(each), "") for each in range(5_000)] == list(range(5_000))


def test_a_fingerprint_is_that_of_the_settings_as_they_are_written() -> None:
    plain = TrialConfig()
    term = IncaySettings(form="reciprocal", weight=0.1)
    configs = [plain, replace(plain, seed=3), replace(plain, incay=term)]
    configs += [replace(plain, incay=replace(term, weight=0.0)), replace(plain, precision="bf16")]
    for config in (*configs, *configs):  # once more, now that parts are remembered
        expected = fingerprint_of(config.to_dict(), "data", code_version(config))
        assert fingerprint(config, "data") == expected
