"""What a table definition is, and the registry of them."""

from __future__ import annotations

from collections.abc import Callable

from incay.analysis.errors import AnalysisError
from incay.analysis.output.table import Table
from incay.analysis.papers.publications import PublishedTable, published_table
from incay.analysis.results.study import StudyResults
from incay.trainables.registry import DefinitionRegistry

Definition = Callable[[StudyResults], Table]
PaperDefinition = Callable[[StudyResults, PublishedTable], Table]

tables: DefinitionRegistry[Definition] = DefinitionRegistry(
    "table", "incay.analysis.tables", AnalysisError
)
"""All table definitions by name."""

register_table = tables.register


def register_paper_table(*names: str) -> Callable[[PaperDefinition], PaperDefinition]:
    """Return a decorator that registers a definition for tables of the papers.

    Args:
        names: Such as ``paper-a-table-2``: the definition is given the published ``a-table-2``.
    """

    def add(definition: PaperDefinition) -> PaperDefinition:
        for name in names:
            register_table(name)(_with_published(definition, name.removeprefix("paper-")))
        return definition

    return add


def _with_published(definition: PaperDefinition, published: str) -> Definition:
    return lambda results: definition(results, published_table(published))
