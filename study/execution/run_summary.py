"""What a run came to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from incay.study.planning.trials import PlannedTrial, WaitingTrial
from incay.trainables.store.endings import Ending
from incay.trainables.store.records import TrialRecord


@dataclass(frozen=True)
class RunSummary:
    """What a run did.

    Attributes:
        started: Trials it trained.
        continued: How many of those went on from a checkpoint of an earlier run.
        reused: Trials whose result was there already.
        endings: All of the study's trials by ending.
        interrupted: Whether somebody stopped it.
        without_winner: Arms whose search completed no trial.
        stuck: Trials that could not begin: the one whose norm they need did not complete.
        lost: How often a trial lost its worker and went on elsewhere.
        damaged: Files that could not be used, so that their work was done again.
        failed: Trials that ended by an error, with their records.
        seconds: How long all of the study's trials have trained, one after another.
        gpu_hours: GPU-hours of that.
        exit_code: That of an interrupted run: of Ctrl-C, or before anything was trained that of
            the signal that came, as of any program.
        waits_for: Of a driver of single arms that went no further, the arms whose search has not
            ended; None of one that ran the whole study.
        elsewhere: Who runs the whole study instead.
    """

    started: int
    continued: int
    reused: int
    endings: Counter[Ending]
    interrupted: bool
    without_winner: tuple[str, ...]
    stuck: tuple[WaitingTrial, ...]
    lost: int
    damaged: tuple[str, ...]
    failed: tuple[tuple[PlannedTrial, TrialRecord], ...]
    seconds: float
    gpu_hours: float
    exit_code: int = 130
    waits_for: tuple[str, ...] | None = None
    elsewhere: str = ""
