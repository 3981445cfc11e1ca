"""The workers that a Ray of this machine's begins with are those that train."""

from __future__ import annotations

from pathlib import Path

from programs import python

TAKEN = """
import os, sys
from incay.study.execution.on_ray.session import RaySession

session = RaySession(2, 0, workers=2)
with session:
    session.start()
    ready = session._local.folder / "ready"
    from ray import tune

    class Told(tune.Trainable):
        def step(self):
            # Before anything of ours was asked of it.
            loaded = "incay.trainables.worker.session" in sys.modules
            return {"pid": os.getpid(), "loaded": loaded, "done": True}

    with session.workers(), session.scratch() as scratch:
        begun = {int(path.name) for path in ready.iterdir()}
        results = tune.Tuner(
            Told,
            param_space={"number": tune.grid_search([1, 2])},
            tune_config=tune.TuneConfig(reuse_actors=True),
            run_config=tune.RunConfig(storage_path=scratch, verbose=0),
        ).fit()
    assert len(begun) == 2, begun
    # One at least: Ray starts another where one is slow to say that it waits.
    taken = [each.metrics for each in results if each.metrics["pid"] in begun]
    assert taken, (begun, results)
    assert all(each["loaded"] for each in taken)
"""


def test_trials_take_the_workers_that_wait(tmp_path: Path) -> None:
    done = python("-c", TAKEN, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []
