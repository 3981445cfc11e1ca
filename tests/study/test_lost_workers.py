"""When a trial that lost its worker goes on elsewhere, and when it has failed."""

from __future__ import annotations

from study.lost_workers import MOST, LostWorkers


def test_a_trial_that_kills_its_worker_at_the_same_step_fails():
    losses = LostWorkers(lambda: {"node"})
    for _ in range(MOST - 1):
        losses.reached("trial", 40, "node")
        assert losses.lost("trial")
    losses.reached("trial", 40, "node")
    assert not losses.lost("trial")
    assert losses.lost("another")


def test_a_worker_that_dies_before_its_first_report_counts():
    losses = LostWorkers(lambda: {"node"})
    assert [losses.lost("trial") for _ in range(MOST)] == [True] * (MOST - 1) + [False]


def test_lost_nodes_do_not_count():
    alive = {"node"}
    losses = LostWorkers(lambda: alive)
    for number in range(5 * MOST):
        losses.reached("trial", 40, f"lost {number}")
        assert losses.lost("trial")
    for _ in range(MOST - 1):
        losses.reached("trial", 40, "node")
        assert losses.lost("trial")
    losses.reached("trial", 40, "node")
    assert not losses.lost("trial")


def test_a_node_that_is_seen_to_be_dead_only_later_does_not_count():
    alive = {"node", "dying"}
    losses = LostWorkers(lambda: alive)
    for _ in range(MOST - 1):
        losses.reached("trial", 40, "dying")
        assert losses.lost("trial")
    alive.remove("dying")
    losses.reached("trial", 40, "node")
    assert losses.lost("trial")


def test_getting_further_begins_the_count_anew():
    losses = LostWorkers(lambda: {"node"})
    for step in range(10, 200, 10):
        losses.reached("trial", step, "node")
        assert losses.lost("trial")
