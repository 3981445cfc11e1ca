"""Arguments and options that several commands take, each said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from incay.study.commands.shared import completion
from incay.study.commands.shared.numbers import number, whole_number

StudyArgument = Annotated[
    str,
    typer.Argument(help="A built-in study's name, or a file.", autocompletion=completion.studies),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change a setting; may be repeated."),
]
Seeds = Annotated[
    int | None,
    typer.Option(
        "--seeds", parser=whole_number(1), metavar="N", help="Seeds of the confirm phase."
    ),
]
Results = Annotated[
    str,
    typer.Option("--results", envvar="INCAY_RESULTS", help="Directory or URI of the results."),
]
DataRoot = Annotated[
    Path | None,
    typer.Option("--data-root", envvar="INCAY_DATA", help="Directory that holds the data sets."),
]

Uses = Annotated[
    list[Path] | None,
    typer.Option(
        "--uses",
        metavar="PATH",
        help="A Python file or package with components of your own; may be repeated.",
    ),
]
UserCode = Annotated[
    bool, typer.Option(help="Run code that the study uses and that is not incay's own.")
]

Arms = Annotated[
    list[str] | None,
    typer.Option(
        "--arm",
        metavar="NAME",
        help="Only the search of this arm, beside drivers of others; may be repeated.",
    ),
]
Cpus = Annotated[
    float | None,
    typer.Option("--cpus", parser=number(1), metavar="N", help="CPUs to use; default: all."),
]
Gpus = Annotated[
    float | None,
    typer.Option("--gpus", parser=number(0), metavar="N", help="GPUs to use; default: all."),
]
Mirror = Annotated[bool, typer.Option(help="Mirror the runs to MLflow.")]

Cluster = Annotated[
    Path | None, typer.Option("--cluster", help="Cluster file; its head is reached by SSH.")
]
Address = Annotated[
    str | None, typer.Option("--address", metavar="URL", help="A cluster's dashboard instead.")
]

_FORMATS = completion.formats_with_suffix()
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        help=f"{completion.listed(_FORMATS)}; default: what the file's suffix says.",
        autocompletion=completion.formats,
    ),
]
TableOutput = Annotated[
    Path | None,
    typer.Option("--output", help=f"A {completion.listed(_FORMATS.values())} file."),
]
AllowUnequal = Annotated[
    bool, typer.Option("--allow-unequal", help="Show arms whose budgets differ, marked so.")
]
