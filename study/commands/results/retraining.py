"""``incay verify STUDY --retrain N``: trials are trained again and held against their records.

With ``--trial FINGERPRINT`` the same is done with trials that are named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from incay.study.commands.shared.arguments import which_run
from incay.study.commands.shared.console import console, say
from incay.study.errors import UserError
from incay.trainables.store.opening import open_store

if TYPE_CHECKING:
    from rich.console import Console

    from incay.analysis.results.study import Trial
    from incay.study.planning.data_catalog import DataCatalog
    from incay.study.retraining.verdicts import Finding, Verdict
    from incay.trainables.store.trials import Store


def retrain_trials(
    study: str,
    count: int | None,
    seed: str | None,
    results: str,
    data_root: Path | None,
    uses: Sequence[Path] = (),
    named: Sequence[str] = (),
) -> None:
    """Train some finished trials again and say how their records stand.

    Args:
        study: A study's name, file or run.
        count: How many trials; None for those that are named.
        seed: Draws them; None for one that nobody has seen.
        results: Where the results lie.
        data_root: Where the data sets lie.
        uses: Code of the user's own that is in use.
        named: Fingerprints of trials, or their first digits, in the place of drawn ones.

    Raises:
        UserError: No trial has finished, or one that is named has not.
        Exit: With code 1 where a record does not stand, or could not be compared; with 130 after
            Ctrl-C.
    """
    from incay import analysis
    from incay.study.execution.books.altered_book import altered_book
    from incay.study.planning.data_catalog import DataCatalog
    from incay.study.retraining.drawing import (
        draw,
        finished_trials,
        named_trials,
        new_seed,
        problems,
    )
    from incay.study.search.witness import strange_point_of_run
    from incay.trainables.store.books import Books

    store = open_store(results)
    name, run = which_run(study, None, None, store)
    loaded = analysis.load(store, name, run, noted=False)
    finished = finished_trials(loaded)
    books = Books(store, name, run)
    damaged = [*problems(loaded), altered_book(books), strange_point_of_run(store, name, run)]
    if not finished and not any(damaged):
        raise UserError(
            f"a run must have finished trials to train again, but {name}@{run} has none"
        )
    screen = console()
    for problem in filter(None, damaged):
        screen.print(problem, soft_wrap=True)
    if count is None:
        drawn, drawn_by = named_trials(finished, named, f"{name}@{run}"), None
    else:
        drawn_by = seed or new_seed()
        drawn = draw(finished, count, drawn_by)
    again = _again(f"{name}@{run}", count, drawn_by, named, store, data_root, uses)
    _introduce(screen, f"{name}@{run}", drawn, len(finished), again if drawn_by else "")
    verdicts: list[Verdict] = []
    data = DataCatalog(data_root)
    try:
        for index, trial in enumerate(drawn):
            place = f"{index + 1} of {len(drawn)}"
            found = _examined(screen, place, trial, store, data)
            verdicts.append(found.verdict)  # before it is told: Ctrl-C may come right after
            _tell(screen, trial, found)
    except KeyboardInterrupt:
        screen.print(_counted(verdicts), soft_wrap=True)
        say(f"interrupted: {len(drawn) - len(verdicts)} were not compared; `{again}` begins anew")
        raise typer.Exit(130) from None
    screen.print(_counted(verdicts), soft_wrap=True)
    if any(damaged) or not all(verdict.is_good for verdict in verdicts):
        raise typer.Exit(1)


def _again(
    run: str,
    count: int | None,
    seed: str | None,
    named: Sequence[str],
    store: Store,
    data_root: Path | None,
    uses: Sequence[Path],
) -> str:
    from incay.study.spec.hints import command

    words = [word for each in named for word in ("--trial", each)]
    words += [word for path in uses for word in ("--uses", str(path))]
    return command(
        "verify", run, *words, retrain=count, draw=seed, results=store.uri, data_root=data_root
    )


def _introduce(
    screen: Console, run: str, drawn: Sequence[Trial], finished: int, again: str
) -> None:
    from incay.analysis.wording import counted
    from incay.study.planning.timing.durations import duration

    took = duration(sum(trial.seconds for trial in drawn))
    screen.print(
        f"{run}: trains {len(drawn)} of {counted(finished, 'finished trial')} again, which took "
        f"{took} by their records{'; the same are drawn by' if again else ''}",
        soft_wrap=True,
    )
    if again:
        screen.print(f"  {again}", soft_wrap=True)


def _examined(
    screen: Console, place: str, trial: Trial, store: Store, data: DataCatalog
) -> Finding:
    """Train a trial again, showing its steps on a terminal."""
    from incay.study.retraining.verdicts import examine
    from incay.trainables.names import look_up

    name = _name(trial)
    steps = look_up(trial.record.config, "steps") if trial.record is not None else None
    with screen.status(f"{place}: {name}") as shown:
        return examine(
            trial,
            store,
            data,
            lambda step: shown.update(f"{place}: {name}, step {step:,} of {steps:,}"),
        )


def _tell(screen: Console, trial: Trial, found: Finding) -> None:
    screen.print(f"{_name(trial)} ({trial.fingerprint}): {found.verdict}", soft_wrap=True)
    for line in found.lines:
        screen.print(f"  {line}", soft_wrap=True)


def _name(trial: Trial) -> str:
    return trial.title


def _counted(verdicts: Sequence[Verdict]) -> str:
    from incay.analysis.wording import counted

    counts = Counter(verdicts)
    # Nothing more is imported: Ctrl-C may have come while PyTorch was, which takes no second try.
    kinds: Iterable[Verdict] = type(verdicts[0]) if verdicts else ()
    told = ", ".join(f"{counts[each]} {each}" for each in kinds if counts[each])
    return f"{counted(len(verdicts), 'trial')} trained again: {told or 'none compared'}"
