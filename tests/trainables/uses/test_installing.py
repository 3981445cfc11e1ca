"""A user's code in use: found by name, hashed by what it computes, and gone without a trace."""

from __future__ import annotations

import sys

import pytest
from own_parts import ARITHMETIC, write_own_study

from incay.trainables.config import COMPONENTS, TrialConfig
from incay.trainables.fingerprint import code_files, code_version, is_own
from incay.trainables.uses import Bundle, OwnCodeError, gather, install, withdraw

HEAD = """\
from dataclasses import dataclass
from incay.components import *

"""
LOSS = HEAD + '@register_loss("mine")\n@dataclass(frozen=True, kw_only=True)\n'
BUILD = "    def build(self, d, k):\n        return ClassifierLoss(d, k)\n"


@pytest.fixture(autouse=True)
def _nothing_stays():
    yield
    withdraw()


def lowered(folder) -> TrialConfig:
    install(gather(["parts.py"], folder))
    return TrialConfig(loss=COMPONENTS["loss"]["lowered-softmax"]())


def test_components_are_found_and_forgotten(tmp_path):
    write_own_study(tmp_path)
    config = lowered(tmp_path)
    assert is_own(config)
    assert not is_own(TrialConfig())
    assert {"parts", "arithmetic"} < set(code_files(config))
    assert TrialConfig.from_dict(config.to_dict()) == config
    withdraw()
    assert "lowered-softmax" not in COMPONENTS["loss"]
    assert not {"parts", "arithmetic"} & set(sys.modules)
    assert "softmax" in COMPONENTS["loss"]


def test_a_fingerprint_follows_what_is_computed(tmp_path):
    write_own_study(tmp_path)
    ours = code_version(TrialConfig())
    first = code_version(lowered(tmp_path))
    assert code_version(TrialConfig()) == ours, "other trials know nothing of it"
    helper = tmp_path / "arithmetic.py"
    helper.write_text("# in other words\n" + ARITHMETIC.replace("logit, margin", "logit,  margin"))
    assert code_version(lowered(tmp_path)) == first
    helper.write_text(ARITHMETIC.replace("- margin", "- 2 * margin"))
    config = lowered(tmp_path)
    assert code_version(config) != first
    assert float(config.loss.build(2, 3).target_logit(1.0)) == -1.0, "the new code runs"


def test_what_a_notebook_has_imported_by_itself_is_no_obstacle(tmp_path, monkeypatch):
    write_own_study(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    import parts  # noqa: F401

    assert "lowered-softmax" in COMPONENTS["loss"]
    assert is_own(lowered(tmp_path))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "must register a component, by a decorator such as"),
        ("import missing_package\n", "mine.py:1: it imports 'missing_package', which is neither"),
        ("\nraise SystemExit(3)\n", "mine.py:2: SystemExit: 3"),
        ("1 / 0\n", "mine.py:1: ZeroDivisionError: division by zero"),
        (
            LOSS.replace('"mine"', '"softmax"') + "class A(LossSettings):\n" + BUILD,
            "mine.py:4: ValueError: a loss name must be registered once, but 'softmax' belongs to",
        ),
        (LOSS + "class A:\n" + BUILD, "loss 'mine' must be a class below LossSettings"),
        (
            LOSS + "class A(LossSettings):\n    margin: float = 1.0\n",
            "mine.py:4: loss 'mine' must have a method 'build' of its own",
        ),
        (
            LOSS + "class A(LossSettings):\n    margin: float\n" + BUILD,
            "must have a default for each setting, but 'margin' has none",
        ),
        (
            HEAD + '@register_loss("mine")\nclass A(LossSettings):\n' + BUILD,
            "must be decorated by @dataclass(frozen=True, kw_only=True)",
        ),
        (
            LOSS
            + "class A(LossSettings):\n    margin: float = -1.0\n"
            + BUILD
            + "    def __post_init__(self):\n        require(self.margin > 0, 'margin > 0', 0)\n",
            "must take its own default settings, but: ValueError: margin > 0 must hold",
        ),
    ],
)
def test_a_bad_contract_is_one_message_with_its_place(text, expected, tmp_path):
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(OwnCodeError) as refused:
        install(gather(["mine.py"], tmp_path))
    assert expected in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "mine" not in COMPONENTS["loss"], "nothing stays of it"
    assert "mine" not in sys.modules


def test_an_empty_bundle_takes_former_code_away(tmp_path):
    write_own_study(tmp_path)
    lowered(tmp_path)
    install(Bundle())
    assert "lowered-softmax" not in COMPONENTS["loss"]
