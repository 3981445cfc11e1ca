"""A study gives an incay form its own settings, searches them, and lays others over them."""

from __future__ import annotations

from pathlib import Path

import pytest

from incay.study.errors import StudyError
from incay.study.spec.reading.document import load_document
from incay.study.spec.reading.overrides import apply_overrides
from incay.study.spec.study import StudySpec, parse_study

STUDY = """\
name: powers
question: Which power?
base:
  dataset: digits
  network: {name: mnist-2d, width: 0.3}
  steps: 20
  incay: {form: power, weight: 0.1, settings: {exponent: 1}}
arms:
  Softmax: {incay: {form: none, weight: 0}}
  one: {}
  minus one: {incay.settings.exponent: -1}
  log: {incay.form: log}
  any: {}
search:
  all arms: {optimizer.lr: log 0.01 .. 0.2}
  any: {incay.settings.exponent: -2 .. 2}
budget: {trials: 3}
"""


def read(folder: Path, *overrides: str, text: str = STUDY) -> StudySpec:
    (folder / "powers.yaml").write_text(text)
    document = load_document(folder / "powers.yaml")
    apply_overrides(document, list(overrides))
    return parse_study(document)


def test_arms_have_them_and_another_form_does_not(tmp_path: Path) -> None:
    arms = {arm.name: arm.config.incay for arm in read(tmp_path).arms}
    assert arms["one"].settings == {"exponent": 1.0}
    assert arms["minus one"].settings == {"exponent": -1.0}
    assert (arms["log"].form, arms["log"].settings) == ("log", {})
    assert not arms["Softmax"].settings


def test_they_are_searched(tmp_path: Path) -> None:
    (arm,) = (arm for arm in read(tmp_path).arms if arm.name == "any")
    assert "incay.settings.exponent" in arm.spaces


def test_set_changes_them(tmp_path: Path) -> None:
    text = STUDY.replace("  minus one: {incay.settings.exponent: -1}\n", "")
    (arm,) = (
        arm
        for arm in read(tmp_path, "incay.settings.exponent=0.5", text=text).arms
        if arm.name == "one"
    )
    assert arm.config.incay.settings == {"exponent": 0.5}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("exponent: 1}", "exponet: 1}", r"powers.yaml:7: base.incay.settings: .*did you mean"),
        ("exponent: 1}", "exponent: 9}", "powers.yaml:7: base.incay.*between -4 and 4 must hold"),
        ("-2 .. 2", "-9 .. 2", "powers.yaml:16: .*between -4 and 4 must hold"),
        ("incay.form: log", "incay: {form: log, settings: {exponent: 1}}", "yaml:12: arms.log"),
    ],
)
def test_what_does_not_fit_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in STUDY
    with pytest.raises(StudyError, match=message):
        read(tmp_path, text=STUDY.replace(old, new, 1))
