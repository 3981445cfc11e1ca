"""``incay submit``: a study as a job of a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from incay.study.commands.shared.console import say
from incay.study.commands.shared.groups import CodeChoice
from incay.study.commands.shared.head import Head
from incay.study.commands.shared.options import Mirror
from incay.trainables.store.opening import check_place

if TYPE_CHECKING:
    from incay.trainables.uses import Bundle


def submit(
    chosen: CodeChoice,
    head: Head,
    data_root: Annotated[
        str | None, typer.Option("--data-root", help="On the head; default: its INCAY_DATA.")
    ] = None,
    results: Annotated[
        str | None, typer.Option("--results", help="URI; default: the head's INCAY_RESULTS.")
    ] = None,
    mirror: Mirror = True,
    follow: Annotated[bool, typer.Option(help="Show the job's log until it ends.")] = True,
) -> None:
    """Run a study on a cluster; submitting it again takes up the job, or goes on."""
    from incay.study.cluster.submit import submit_and_follow
    from incay.study.planning.checks.readiness import check_elsewhere
    from incay.study.spec.hints import command

    del data_root, mirror  # they go to the head as they were typed
    if results is not None:
        check_place(results)
    spec = chosen.read()
    check_elsewhere(spec)
    code = submit_and_follow(
        spec,
        [
            *head.arguments({"follow", "uses"}),
            *_named_here(spec.code, chosen.uses, Path(spec.document.source)),
        ],
        cluster=head.cluster,
        address=head.address,
        follow_log=follow,
        say=say,
    )
    if code is None:
        stop = command(
            "stop",
            chosen.study,
            settings=chosen.set_ or (),
            seeds=chosen.seeds,
            cluster=head.cluster,
            address=head.address,
        )
        say(f"the job goes on: the same command follows it, `{stop}` stops it")
        code = 130
    raise typer.Exit(code)


def _named_here(code: Bundle, uses: Sequence[Path] | None, study: Path) -> Iterator[str]:
    """Yield the options that name on the head what ``--uses`` has named here."""
    names = {path.stem if path.suffix == ".py" else path.name: path for path in uses or ()}
    for module in code.entries:
        if module in names:
            path = names[module]
            inside = path.is_relative_to(study.parent)
            place = path.relative_to(study.parent) if inside else Path(f"{module}{path.suffix}")
            yield from ("--uses", str(place))
