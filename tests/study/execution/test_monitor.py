"""What a running study shows of itself."""

from __future__ import annotations

from simulated import ended, spec

from incay.study.api.progress import Progress, followed
from incay.study.execution.halt import Halt
from incay.study.execution.monitor import Monitor
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.trials import Planner
from incay.trainables.store.endings import Ending


def test_a_search_shows_its_best_and_a_confirmation_its_mean() -> None:
    study = spec()
    planner = Planner(study, DataCatalog(None))
    monitor = Monitor(study)
    decay = "optimizer.weight_decay"
    trials = [
        planner.search_trial(study.arms[0], number, {decay: value})
        for number, value in enumerate((1e-4, 5e-3, 1e-3))
    ]
    shown = {}
    for phase in ("search", "confirm"):
        monitor.begin(phase, {"Softmax": 3}, "val.error")
        for trial in trials:
            monitor.trial_ended(trial, ended(trial), reused=False)
        ((_, arm),) = monitor.snapshot()
        shown[phase] = monitor.shown(arm)
    assert shown == {"search": "best 0.005", "confirm": "mean 0.007967"}


def test_an_interrupted_trial_is_not_done() -> None:
    study = spec()
    trial = Planner(study, DataCatalog(None)).search_trial(study.arms[0], 0, {})
    monitor = Monitor(study)
    monitor.begin("search", {"Softmax": 1}, "val.error")
    monitor.trial_ended(trial, ended(trial, Ending.INTERRUPTED), reused=False)
    ((_, arm),) = monitor.snapshot()
    assert arm.done == 0
    assert monitor.endings() == {"interrupted": 1}


def test_of_points_with_several_seeds_the_best_mean_is_shown_not_the_luckiest_seed() -> None:
    study = spec(budget={"trials": 2, "seeds": 2, "race": "paired"})
    planner = Planner(study, DataCatalog(None))
    monitor = Monitor(study)
    monitor.begin("search", {"Softmax": 4}, "val.error")

    def ends(number: int, replicate: int, error: float) -> str:
        trial = planner.search_trial(study.arms[0], number, {}, replicate)
        monitor.trial_ended(trial, ended(trial, measured=lambda _: error), reused=False)
        ((_, arm),) = monitor.snapshot()
        return monitor.shown(arm)

    assert ends(0, 0, 1.0) == ""
    assert ends(0, 1, 5.0) == "best 3"
    assert ends(1, 0, 2.0) == "best 3"
    monitor.spares("Softmax", 1)
    ((_, arm),) = monitor.snapshot()
    assert (arm.done, arm.total) == (3, 3)


def test_who_follows_from_python_is_told_what_the_terminal_is() -> None:
    lines: list[str] = []
    monitor, seen = Monitor(spec(), lines.append), list[Progress]()
    monitor.begin("confirm", {"Softmax": 3}, "test.error", "look 2 of 4")
    monitor.tell("look 1 of 2, after 3 seeds: nothing is decided <here>")
    with followed(monitor, Halt(), seen.append):
        pass
    assert seen[-1].told == tuple(lines)
    assert (seen[-1].phase, seen[-1].look) == ("confirm", "look 2 of 4")
    assert str(seen[-1]).startswith("confirm, look 2 of 4, test.error: Softmax 0/3")
    monitor.begin("confirm", {"Softmax": 3}, "test.error")
    assert monitor.title == "confirm"
    assert "&lt;here&gt;" in seen[-1]._repr_html_()
