"""``incay report``: everything about a study on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from incay.study.commands.shared.groups import RunChoice
from incay.study.commands.shared.head import Head
from incay.study.commands.shared.options import AllowUnequal
from incay.study.commands.shared.writing import writing
from incay.study.errors import UserError
from incay.trainables.written import write_named


def report(
    chosen: RunChoice,
    head: Head,
    output: Annotated[
        Path | None, typer.Option(help="Where to write; default: STUDY.html, here.")
    ] = None,
    allow_unequal: AllowUnequal = False,
) -> None:
    """Write one self-contained HTML page: question, arms, table, figures, every trial."""
    from incay.study.spec.catalog import study_name

    if output is not None and output.suffix.lower() not in ("", ".html", ".htm"):
        raise UserError(f"--output must end in .html, but is {str(output)!r}: a report is a page")
    path = output or Path(f"{study_name(chosen.study).partition('@')[0]}.html")
    if not head.answers(path):
        from incay import analysis

        page = analysis.report(chosen.load(), allow_unequal=allow_unequal)
        with writing(path):
            write_named(path, page)
