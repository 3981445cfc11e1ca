"""What `incay doctor` finds: each problem says where, what, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text


@dataclass(frozen=True)
class Problem:
    """Something that will not work.

    Attributes:
        where: A file and key, or a node.
        what: What must hold and what came instead.
        remedy: What to do.
    """

    where: str
    what: str
    remedy: str


def problem_table(problems: Iterable[Problem]) -> Table:
    """Return the problems as a table."""
    table = Table(box=None, pad_edge=False)
    for name in ("where", "problem", "remedy"):
        table.add_column(name, overflow="fold")
    for problem in problems:
        # Brackets, as in ray[tune], are no markup.
        table.add_row(Text(problem.where), Text(problem.what), Text(problem.remedy))
    return table
