"""``incay verify``: whether an exported table still is what the results say."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from incay.study.commands.arguments import open_store
from incay.study.commands.options import Results


def verify(
    table_file: Annotated[Path, typer.Argument(help="A table that --output wrote.")],
    results: Results = "results",
) -> None:
    """Build an exported table again and name the cells that no longer match; exit code 1 then."""
    from incay import analysis
    from incay.analysis.exports.manifests import run_of
    from incay.study.search.witness import strange_point_of_run

    store = open_store(results)
    mismatches = [str(each) for each in analysis.verify(table_file, store)]
    strange = strange_point_of_run(store, *run_of(table_file))
    mismatches += [strange] if strange else []
    for mismatch in mismatches:
        sys.stdout.write(f"{mismatch}\n")
    if mismatches:
        raise typer.Exit(1)
    sys.stdout.write("every cell matches\n")
