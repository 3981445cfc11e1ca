"""The commands of ``incay`` that concern a cluster. What they need is imported when they run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from incay.study.commands import completion

Cluster = Annotated[
    Path | None, typer.Option("--cluster", help="Cluster file; its head is reached by SSH.")
]
Address = Annotated[
    str | None, typer.Option("--address", metavar="URL", help="A cluster's dashboard instead.")
]
_Study = Annotated[
    str,
    typer.Argument(help="A built-in study's name, or a file.", autocompletion=completion.studies),
]
_Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change a setting; may be repeated."),
]
_Seeds = Annotated[int | None, typer.Option("--seeds", min=1, help="Seeds of the confirm phase.")]


def doctor(cluster: Cluster = None, address: Address = None) -> None:
    """Check a cluster file and its nodes, or this machine; exit code 1 with the remedies."""
    from rich.console import Console

    from incay.study.cluster.doctor import diagnose

    console = Console(width=None if sys.stdout.isatty() else 160)
    if not diagnose(cluster, address, console):
        raise typer.Exit(1)


def submit(
    study: _Study,
    cluster: Cluster = None,
    address: Address = None,
    data_root: Annotated[
        str | None, typer.Option("--data-root", help="On the head; default: its INCAY_DATA.")
    ] = None,
    results: Annotated[
        str | None, typer.Option("--results", help="URI; default: the head's INCAY_RESULTS.")
    ] = None,
    set_: _Set = None,
    seeds: _Seeds = None,
    mirror: Annotated[bool, typer.Option(help="Mirror the runs to MLflow.")] = True,
    follow: Annotated[bool, typer.Option(help="Show the job's log until it ends.")] = True,
) -> None:
    """Run a study on a cluster; submitting it again takes up the job, or goes on."""
    from incay.study.cluster.submit import submit_and_follow

    options = [] if data_root is None else ["--data-root", data_root]
    options += [] if results is None else ["--results", results]
    options += [] if mirror else ["--no-mirror"]
    code = submit_and_follow(
        study, set_ or [], seeds, options, cluster=cluster, address=address, follow_log=follow
    )
    raise typer.Exit(code)


def stop(
    study: _Study,
    cluster: Cluster = None,
    address: Address = None,
    set_: _Set = None,
    seeds: _Seeds = None,
) -> None:
    """Stop a study's job on a cluster, with checkpoints."""
    from incay.study.cluster.submit import stop_study

    stop_study(study, set_ or [], seeds, cluster=cluster, address=address)


def overrides(settings: list[str] | None, seeds: int | None) -> list[str]:
    """Return the options that change a study, for another command line."""
    options = [part for text in settings or [] for part in ("--set", text)]
    return options if seeds is None else [*options, "--seeds", str(seeds)]


def tunnels(cluster: Path, port: int) -> None:
    """Keep the dashboard and MLflow of a cluster reachable on this machine until Ctrl-C."""
    from incay.study.cluster.submit import serve_tunnels

    serve_tunnels(cluster, port)
