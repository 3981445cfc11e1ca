"""``incay new``: a component of one's own, with its test, or a study to begin with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer


def new(
    kind: Annotated[
        Literal[
            "loss",
            "network",
            "dataset",
            "form",
            "optimizer",
            "schedule",
            "augmentation",
            "measure",
            "study",
        ],
        typer.Argument(help="What to begin."),
    ],
    name: Annotated[str, typer.Argument(help="Its name, and its file's.")],
) -> None:
    """Write a commented file that runs as it is, and a test beside it, into this folder."""
    from incay.study.starting.files import new_component, new_study

    here = Path()
    files = new_study(name, here) if kind == "study" else new_component(kind, name, here)
    sys.stdout.write("".join(f"{path}\n" for path in files))
