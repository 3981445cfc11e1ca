"""`precision: auto` is what was measured, the same for all arms and for all of a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from in_process import incay

from incay.study.caches import cache_folder
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.timing import measured_precision
from incay.study.planning.timing.measured_precision import measured
from incay.study.planning.timing.precision import precision_told, settle_precision
from incay.study.planning.timing.speeds import Kind, Speeds, remember
from incay.study.spec.reading.document import load_document
from incay.study.spec.study import StudySpec, parse_study
from incay.trainables.store.trials import Store

STUDY = """\
name: precise
base:
  dataset: digits
  network: {name: mnist-2d, width: 0.1, dimension: 2}
  steps: 4
  reports: 1
  batch_size: 32
  recipe: cifar-sgd-cosine
arms:
  A: {}
  B: {incay: {form: reciprocal, weight: 0.1}}
  C: {network.width: 0.2}
confirm: {seeds: 2}
"""
DATA = DataCatalog(None)
QUICK = {"fp32": Speeds(1.0, 2.0), "bf16": Speeds(2.0, 1.0)}


@pytest.fixture(autouse=True)
def native(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    for module in ("incay.study.spec.arms.building", "incay.study.planning.timing.precision"):
        monkeypatch.setattr(f"{module}.multiplies_bf16", lambda _: True)


def study(text: str = STUDY) -> StudySpec:
    Path("precise.yaml").write_text(text)
    return parse_study(load_document(Path("precise.yaml")))


def kind(spec: StudySpec, arm: int = 0) -> Kind:
    config = spec.arms[arm].config
    return Kind(config.network, (1, 28, 28), config.batch_size, 1)


def settled(text: str = STUDY, *, measure: bool = True) -> StudySpec:
    return settle_precision(study(text), Store("results"), DATA, measure=measure)


def taken(spec: StudySpec) -> list[str]:
    return [arm.config.precision for arm in spec.arms]


@pytest.mark.parametrize("faster", ["fp32", "bf16"])
def test_the_faster_one_is_measured_once(faster: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def timed(*arguments: object) -> Speeds:
        calls.append(arguments)
        return QUICK[faster]

    monkeypatch.setattr(measured_precision, "measured", timed)
    assert taken(settled(measure=False)) == ["bf16"] * 3  # by the flags
    for _ in range(2):
        spec = settled()
        assert taken(spec) == [faster] * 3
        assert spec.run == study().run
    assert taken(settled(measure=False)) == [faster] * 3
    assert len(calls) == 1
    assert f"precision: auto is {faster}: measured" in precision_told(spec, DATA)[0]


def refuse(*_: object) -> Speeds:
    pytest.fail("measured")


@pytest.mark.parametrize(
    ("old", "new", "precisions"),
    [
        ("  steps: 4", "  precision: bf16\n  steps: 4", ["bf16"] * 3),
        (
            "  A: {}\n  B: {incay: {form: reciprocal, weight: 0.1}}\n  C: {network.width: 0.2}\n",
            "  A: {grid: {precision: [fp32, bf16]}}\n",
            ["fp32", "bf16"],
        ),
    ],
)
def test_what_a_study_gives_is_left_alone(
    old: str, new: str, precisions: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measured_precision, "measured", refuse)
    spec = settled(STUDY.replace(old, new))
    assert taken(spec) == precisions
    assert precision_told(spec, DATA) == []


def test_an_arm_that_gives_its_own_keeps_it_and_decides_for_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measured_precision, "measured", lambda *_: QUICK["fp32"])
    assert taken(settled(STUDY.replace("  A: {}", "  A: {precision: fp32}"))) == ["fp32"] * 3
    own = settled(STUDY.replace("  B: {", "  B: {precision: bf16, "))
    assert taken(own) == ["fp32", "bf16", "fp32"]


def test_slow_steps_are_measured_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measured_precision, "_ENOUGH_SECONDS", 0.0)
    advance, steps = measured_precision.OpenTrainer.advance, []

    def counted(trainer: measured_precision.OpenTrainer) -> dict[str, float]:
        steps.append(trainer.config.precision)
        return advance(trainer)

    monkeypatch.setattr(measured_precision.OpenTrainer, "advance", counted)
    assert measured(kind(study()), 10) is not None
    assert steps == ["fp32", "bf16"]


def test_a_run_goes_on_in_the_precision_that_it_began_with(tmp_path: Path) -> None:
    spec = study()
    remember(kind(spec), QUICK["fp32"])
    from incay.study.execution.books.ledger import Ledger

    store = Store(tmp_path / "results")
    Ledger(store, settled(measure=False)).open()
    remember(kind(spec), QUICK["bf16"])
    again = settled()
    assert taken(again) == ["fp32"] * 3
    assert "this run began with it" in precision_told(again, DATA)[0]


def test_a_damaged_measurement_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = study()
    remember(kind(spec), QUICK["fp32"])
    kept = cache_folder("precision") / f"{kind(spec).key}.json"
    monkeypatch.setattr(measured_precision, "measured", lambda *_: QUICK["fp32"])
    for content in ("", "[]", '{"fp32": 1}', '{"fp32": 1, "bf16": "x"}', "\x00"):
        kept.write_text(content)
        assert taken(settled()) == ["fp32"] * 3


def test_it_is_really_measured() -> None:
    found = measured(kind(study()), 10)
    assert found is not None
    assert 0.0 < found.fp32 < 10.0
    assert 0.0 < found.bf16 < 10.0


def test_a_plan_says_so() -> None:
    study()
    done = incay("plan", "precise.yaml", "--no-probe")
    assert done.code == 0, done.err
    assert "auto is bf16, by the processor's flags: nothing was measured yet" in done.out
