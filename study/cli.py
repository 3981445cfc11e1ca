"""The command ``incay``. Heavy libraries are imported by the commands that need them."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from incay.study.commands.beginning import data
from incay.study.commands.beginning.methods import methods
from incay.study.commands.beginning.networks import networks
from incay.study.commands.beginning.new import new
from incay.study.commands.beginning.plan import plan
from incay.study.commands.beginning.recipes import recipes
from incay.study.commands.beginning.studies import studies
from incay.study.commands.results.compare import compare
from incay.study.commands.results.figure import figure
from incay.study.commands.results.report import report
from incay.study.commands.results.status import status
from incay.study.commands.results.table import table
from incay.study.commands.results.trace import trace
from incay.study.commands.results.verify import verify
from incay.study.commands.results.why import why
from incay.study.commands.running.doctor import doctor
from incay.study.commands.running.run import run
from incay.study.commands.running.stop import stop
from incay.study.commands.running.submit import submit
from incay.study.commands.running.sync import sync
from incay.study.commands.running.ui import ui
from incay.study.commands.shared.console import say
from incay.study.commands.shared.groups import grouped

COMMANDS = (
    studies,
    new,
    plan,
    run,
    status,
    sync,
    ui,
    table,
    figure,
    report,
    compare,
    verify,
    trace,
    networks,
    methods,
    recipes,
    why,
    doctor,
    submit,
    stop,
)
"""In the order of ``incay --help``; `data` has commands of its own."""

app = typer.Typer(
    name="incay",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        sys.stdout.write(f"incay {version('incay')}\n")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Honest ablation and hyperparameter studies of feature incay."""
    del version


for command in COMMANDS:
    app.command()(grouped(command))
app.add_typer(data.app, name="data")


def main() -> None:
    """Run the command; a user's mistake is one message and exit code 2."""
    from incay.study.errors import IncayError
    from incay.study.surroundings import output_lost, prepare
    from incay.trainables.errors import system_said

    try:
        prepare()
        app()
    except SystemExit as ended:
        lost = output_lost()
        if lost:
            say(f"what this command printed is not whole: {lost}")
        # The work of a run is its records.
        is_whole = not lost or sys.argv[1:2] == ["run"]
        sys.exit(ended.code if ended.code or is_whole else 1)
    except KeyboardInterrupt:
        sys.exit(130)
    except IncayError as error:
        say(str(error))
        sys.exit(error.exit_code)
    except OSError as error:
        say(system_said(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
