"""A threshold in terms of another arm's norm: refused at the border until a study puts it in."""

from __future__ import annotations

from pathlib import Path

import pytest

from study.document import load_document
from study.errors import StudyError
from study.spec import parse_study

STUDY = """\
name: referring
base: {dataset: digits, steps: 10}
arms:
  Softmax: {}
  RN + Softmax:
    incay: {form: reciprocal, weight: 0.1, threshold: 1+sqrt2 x arm:Softmax}
"""


def test_it_names_the_line_and_the_arm_that_it_waits_for(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(STUDY)
    with pytest.raises(StudyError) as caught:
        parse_study(load_document(path))
    message = str(caught.value)
    assert "study.yaml:6: " in message
    assert "incay.threshold" in message
    assert "2.41421 times the mean norm of arm 'Softmax'" in message
