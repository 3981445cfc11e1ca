"""Table definitions: one file each, from a study's results to a `Table`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from analysis.cells import Table
from analysis.registry import Registry
from analysis.results import StudyResults

Definition = Callable[[StudyResults], Table]

tables: Registry[Definition] = Registry("table", "analysis.tables")
"""All table definitions by name."""

register_table = tables.register


def build_table(results: StudyResults, name: str | None = None) -> Table:
    """Return a table of a study.

    Args:
        results: The study.
        name: A table definition; by default the one that the study names, else ``general``.

    Raises:
        AnalysisError: There is no such definition.
    """
    name = name or results.table or "general"
    return replace(tables[name](results), name=name)
