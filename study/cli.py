"""The command ``incay``. Heavy libraries are imported by the commands that need them."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from incay.study.cluster import commands as cluster_commands
from incay.study.cluster.commands import Address, Cluster
from incay.study.commands import data, methods, networks
from incay.study.commands import results as results_commands
from incay.study.commands import why as why_command
from incay.study.commands.shared import (
    DataRoot,
    Results,
    Seeds,
    Set,
    StudyArgument,
    open_store,
    read_study,
    which_run,
)
from incay.study.commands.shared import console as _console

if TYPE_CHECKING:
    from rich.console import Console

    from incay.study.spec.study import StudySpec
    from incay.trainables.store.trials import Store

app = typer.Typer(
    name="incay",
    help="Honest ablation and hyperparameter studies of feature incay.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Cpus = Annotated[float | None, typer.Option("--cpus", min=1, help="CPUs to use; default: all.")]
Gpus = Annotated[float | None, typer.Option("--gpus", min=0, help="GPUs to use; default: all.")]


@app.command()
def studies() -> None:
    """List the built-in studies."""
    from rich.table import Table

    from incay.study.spec.catalog import built_in_studies
    from incay.study.spec.document import load_document

    table = Table(box=None)
    table.add_column("study")
    table.add_column("question")
    for path in built_in_studies():
        values = load_document(path).values
        table.add_row(values["name"], values.get("question", ""))
    _console().print(table)


@app.command()
def plan(
    study: StudyArgument,
    data_root: DataRoot = None,
    results: Results = "results",
    set_: Set = None,
    seeds: Seeds = None,
    cpus: Cpus = None,
    gpus: Gpus = None,
    probe: Annotated[bool, typer.Option(help="Measure a few steps to estimate time.")] = True,
) -> None:
    """Show arms, trials, steps and estimated time of a study; run nothing."""
    from incay.study.execution.stacks import told_beforehand
    from incay.study.hardware import cpu_count, gpu_count
    from incay.study.planning.estimates import Estimate, remember
    from incay.study.planning.forecast import forecast, forecast_text
    from incay.study.planning.overview import plan_arms, plan_table, shared_settings
    from incay.study.planning.probe import Probe
    from incay.study.planning.readiness import check_batches, check_data, check_room
    from incay.study.planning.trials import DataCatalog

    spec, store = read_study(study, set_, seeds), open_store(results)
    data = DataCatalog(data_root)
    check_room(spec, cpus, gpus)
    check_data(spec, data)
    if probe:
        check_batches(spec, data)
    plans = plan_arms(spec, data, store)
    console = _console()
    console.print(plan_table(spec, plans))
    console.print(f"all arms: {shared_settings(spec)}", highlight=False, markup=False)
    configs = [config for item in plans for config in (*item.search, *item.confirm)]
    total = sum(config.steps for config in configs)
    finished = sum(item.finished for item in plans)
    console.print(
        f"{len(configs)} trials, {total:,} steps in all"
        f"{f'; {finished} are finished' if finished else ''}",
        highlight=False,
    )
    for line in told_beforehand(spec, configs):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if finished == len(configs):
        console.print("nothing is left to train")
    elif probe:
        places = (cpus or cpu_count()) // spec.resources.cpu
        if spec.resources.gpu:
            places = min(places, (gpus if gpus is not None else gpu_count()) // spec.resources.gpu)
        pace = Probe(
            data,
            threads=max(1, int(spec.resources.cpu)),
            gpu=spec.resources.gpu > 0,
            at_once=min(int(places), len(configs)),
        )
        expected = forecast(plans, pace.seconds, int(places))
        hours = expected.total * spec.resources.gpu / 3600.0
        remember(spec.run, Estimate(expected.total, hours))
        console.print(forecast_text(spec, expected, int(places)), highlight=False)


@app.command()
def run(
    study: StudyArgument,
    data_root: DataRoot = None,
    results: Results = "results",
    set_: Set = None,
    seeds: Seeds = None,
    cpus: Cpus = None,
    gpus: Gpus = None,
    mirror: Annotated[bool, typer.Option(help="Mirror the runs to MLflow.")] = True,
) -> None:
    """Run a study; running it again goes on where it stopped."""
    from contextlib import nullcontext

    from incay.study.commands.display import Display
    from incay.study.execution.monitor import Monitor
    from incay.study.execution.runner import StudyRunner
    from incay.study.mirrors.follower import MirrorProcess
    from incay.study.planning.readiness import check_data
    from incay.study.planning.trials import DataCatalog

    spec, store = read_study(study, set_, seeds), open_store(results)
    data = DataCatalog(data_root)
    check_data(spec, data)
    monitor = Monitor(spec)
    runner = StudyRunner(spec, store, data, monitor, cpus=cpus, gpus=gpus)
    console = _console()
    following = MirrorProcess(store, spec.name, spec.run) if mirror else nullcontext()
    with following:
        with Display(monitor, console):
            summary = runner.run()
        _summarise(console, spec, store, summary)
    if isinstance(following, MirrorProcess) and not following.complete:
        _say(
            f"MLflow is not up to date ({following.message}); nothing is lost: "
            f"`incay sync {study}` completes it"
        )
    if summary.interrupted:
        _say("interrupted: the same command goes on from here")
        raise typer.Exit(130)
    if summary.endings["failed"]:
        raise typer.Exit(1)


@app.command()
def status(
    study: StudyArgument,
    results: Results = "results",
    set_: Set = None,
    seeds: Seeds = None,
    cluster: Cluster = None,
    address: Address = None,
) -> None:
    """Show how far a study is, from any shell."""
    if cluster is not None or address is not None:
        from incay.study.cluster.submit import ask_about

        asked = cluster_commands.overrides(set_, seeds)
        printed, _ = ask_about("status", study, asked, cluster=cluster, address=address)
        sys.stdout.write(printed)
        return
    from incay.study.planning.overview import status_table

    store = open_store(results)
    _console().print(status_table(store, *which_run(study, set_, seeds, store)))


@app.command()
def sync(
    study: StudyArgument,
    results: Results = "results",
    set_: Set = None,
    seeds: Seeds = None,
) -> None:
    """Bring MLflow up to the store."""
    from mlflow.exceptions import MlflowException

    from incay.study.errors import HaltedError
    from incay.study.mirrors.mlflow_database import tracking_uri
    from incay.study.mirrors.mlflow_mirror import Mirror
    from incay.study.mirrors.optuna_copy import STORAGE, OptunaCopy

    store = open_store(results)
    name, run_id = which_run(study, set_, seeds, store)
    if store.local_root is not None or STORAGE in os.environ:
        OptunaCopy(store, name, run_id).sync()
    try:
        left = Mirror(store, name, run_id).sync()
    except MlflowException as error:
        raise HaltedError(
            f"MLflow at {tracking_uri(store)} must take the runs, but says: {error}. Nothing is "
            "lost: the same command goes on from here"
        ) from error
    _console().print("MLflow has everything" if not left else f"{left} trials have not ended yet")


@app.command()
def ui(
    results: Results = "results",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 5000,
    cluster: Cluster = None,
    optuna: Annotated[
        bool, typer.Option("--optuna", help="Serve optuna-dashboard over the searches instead.")
    ] = False,
) -> None:
    """Serve the MLflow UI over the records, on this machine only."""
    if cluster is not None:
        cluster_commands.tunnels(cluster, port)
        return
    from incay.study.mirrors.serve import serve_mlflow, serve_optuna

    serve = serve_optuna if optuna else serve_mlflow
    raise typer.Exit(serve(open_store(results), port))


for command in results_commands.COMMANDS:
    app.command()(command)
app.command()(networks.networks)
app.add_typer(data.app, name="data")
app.command()(methods.methods)
app.command()(why_command.why)


app.command()(cluster_commands.doctor)
app.command()(cluster_commands.submit)
app.command()(cluster_commands.stop)


def main() -> None:
    """Run the command; a user's mistake is one message and exit code 2."""
    from incay.study.errors import IncayError

    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except IncayError as error:
        _say(str(error))
        sys.exit(error.exit_code)
    except OSError as error:
        _say(str(error))
        sys.exit(1)


def _say(message: str) -> None:
    sys.stderr.write(f"incay: {message}\n")


def _cost(spec: StudySpec, summary: Any) -> str:
    from incay.study.commands.display import duration
    from incay.study.planning.estimates import recall

    planned = recall(spec.run)
    text = f"training took {duration(summary.seconds)}, one trial after another"
    if summary.gpu_hours:
        text += f", {summary.gpu_hours:.1f} GPU-hours"
    if planned is None:
        return text
    text += f"; `incay plan` had estimated {duration(planned.seconds)}"
    return f"{text}, {planned.gpu_hours:.1f} GPU-hours" if planned.gpu_hours else text


def _summarise(console: Console, spec: StudySpec, store: Store, summary: Any) -> None:
    endings = ", ".join(f"{count} {name}" for name, count in sorted(summary.endings.items()))
    continued = f" ({summary.continued} from a checkpoint)" if summary.continued else ""
    console.print(
        f"{summary.started} trials started{continued}, {summary.reused} reused; "
        f"{endings or 'none ended'}",
        highlight=False,
        soft_wrap=True,
    )
    for damage in summary.damaged:
        console.print(f"done again: {damage}", highlight=False, markup=False, soft_wrap=True)
    if summary.lost:
        times = "once" if summary.lost == 1 else f"{summary.lost} times"
        console.print(f"a worker was lost {times}; its trial went on elsewhere", highlight=False)
    if summary.seconds:
        console.print(_cost(spec, summary), highlight=False)
    for arm in summary.without_winner:
        console.print(f"{arm}: no search trial completed, so there is nothing to confirm")
    for trial in summary.stuck:
        console.print(
            f"{trial.arm}, replicate {trial.number}: its threshold is a multiple of the norm of "
            f"{trial.needs.arm!r}, which did not complete, so it cannot be trained"
        )
    console.print(
        f"records: {store.where('')} (study {spec.name}, run {spec.run})", highlight=False
    )
    place = shlex.quote(store.uri)
    console.print(
        f"next: incay table {spec.name} --results {place} | incay ui --results {place}",
        highlight=False,
        soft_wrap=True,
    )


if __name__ == "__main__":
    main()
