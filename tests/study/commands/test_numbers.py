"""Numbers of the command line that cannot be are refused by what must hold and what came."""

from __future__ import annotations

from pathlib import Path

import pytest
from programs import incay


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("plan quickstart --cpus nan", "'--cpus': it must be a number from 1, but got 'nan'"),
        ("plan quickstart --cpus 0", "'--cpus': it must be a number from 1, but got '0'"),
        ("plan quickstart --gpus=-1", "'--gpus': it must be a number from 0, but got '-1'"),
        ("plan quickstart --seeds 1.5", "'--seeds': it must be a whole number from 1, but got"),
        ("ui --port 65536", "'--port': it must be a whole number from 1 to 65535, but got '65536'"),
        ("verify quickstart --retrain x", "'--retrain': it must be a whole number from 1, but got"),
    ],
)
def test_what_is_no_such_number_is_refused(command: str, message: str, tmp_path: Path) -> None:
    done = incay(*command.split(), cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_the_length_of_what_came_is_bounded(tmp_path: Path) -> None:
    done = incay("plan", "quickstart", "--seeds", "9" * 100_000, cwd=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr) < 1_000


@pytest.mark.parametrize("command", ["plan quickstart --no-probe", "run quickstart --no-mirror"])
def test_a_time_between_checkpoints_that_is_none_is_refused(command: str, tmp_path: Path) -> None:
    for text in ("", "soon", "-5", "nan"):
        done = incay(*command.split(), cwd=tmp_path, INCAY_CHECKPOINT_SECONDS=text)
        assert done.returncode == 2
        assert f"INCAY_CHECKPOINT_SECONDS must be seconds from 0, but is '{text}'" in done.stderr
    assert not list(tmp_path.iterdir())
