"""``incay run``: a study is trained, or goes on where it stopped."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import partial

import typer

from incay.study.commands.running.again import end_or_start_again
from incay.study.commands.shared.console import console, say
from incay.study.commands.shared.groups import TrainingChoice
from incay.study.commands.shared.options import Arms, Mirror
from incay.trainables.variables import variables


def run(chosen: TrainingChoice, arm: Arms = None, mirror: Mirror = True) -> None:
    """Run a study; running it again goes on where it stopped."""
    from incay.study.planning.checks.named_arms import named_arms
    from incay.study.planning.checks.others import check_private
    from incay.study.planning.checks.ray_address import cluster_address, require_cluster
    from incay.study.planning.checks.readiness import check_study
    from incay.study.planning.timing.precision import settle_precision

    spec, store, data = chosen.open()
    arms = named_arms(spec, arm or ())
    check_private(store)  # a token that others can read goes to no cluster
    address = cluster_address()
    if address is not None:
        say(f"trains on the Ray cluster at {address} (RAY_ADDRESS)")
        require_cluster(address)
    check_study(spec, data, cpus=chosen.cpus, gpus=chosen.gpus)
    spec = settle_precision(spec, store, data, measure=True)

    # What trains takes seconds to import, which a refusal must not wait for.
    from incay.study.commands.shared.display import display
    from incay.study.commands.shared.summary import summary_lines
    from incay.study.execution.monitor import Monitor
    from incay.study.execution.runner import StudyRunner
    from incay.study.mirrors.follower import MirrorProcess
    from incay.study.spec.hints import command
    from incay.study.surroundings import only_what_is_told
    from incay.trainables.store.endings import Ending

    monitor = Monitor(spec, say)
    runner = StudyRunner(
        spec,
        store,
        data,
        monitor,
        cpus=chosen.cpus,
        gpus=chosen.gpus,
        on_death=partial(end_or_start_again, environment=variables()),
        arms=arms,
    )
    screen = console()

    def mirrored(now: bool) -> AbstractContextManager[object]:
        return MirrorProcess(store, spec.name, spec.run) if mirror and now else nullcontext()

    with mirrored(not arms) as following:
        with only_what_is_told(), display(monitor, screen):
            summary = runner.run()
        for line in (*data.notes, *summary_lines(spec, store, summary)):
            screen.print(line, soft_wrap=True)
    if arms and summary.waits_for is None:  # of several at once, this one has run the whole study
        with mirrored(True) as following:
            pass
    if isinstance(following, MirrorProcess) and not following.complete:
        then = "then " if following.lasting else ""
        again = command("sync", f"{spec.name}@{spec.run}", results=store.uri)
        say(
            f"a copy of the results is not up to date ({following.message}); nothing is lost: "
            f"{then}`{again}` completes it"
        )
    if summary.interrupted:
        say("interrupted: the same command goes on from here")
        raise typer.Exit(summary.exit_code)
    if summary.endings[Ending.FAILED]:
        raise typer.Exit(1)
