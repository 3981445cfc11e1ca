"""What stands around columns and rows: a title, and what is said of the study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from incay.analysis.comparing.comparisons import Comparison
from incay.analysis.content import Column, Row
from incay.analysis.output.table import Table
from incay.analysis.papers.publications import PublishedTable
from incay.analysis.results.protocol import protocol_sentence
from incay.analysis.results.study import StudyResults
from incay.analysis.tables.layouts.notes.study import study_notes
from incay.analysis.tables.layouts.tested import tested


def study_table(
    results: StudyResults,
    title: str,
    columns: Sequence[Column],
    rows: Sequence[Row],
    notes: Sequence[str],
    compared: Mapping[str, Comparison],
    row_title: str = "Method",
) -> Table:
    """Return a table of a study; its name is that of the definition, which `build_table` knows.

    Args:
        results: The study.
        title: Its caption.
        columns: The columns.
        rows: The rows.
        notes: What is to be said of all of it.
        compared: The comparisons that its marks rest on.
        row_title: Heading of the rows' names.
    """
    return Table(
        name="",
        title=title,
        study=results.name,
        run=results.run,
        protocol=protocol_sentence(results),
        row_title=row_title,
        columns=tuple(columns),
        rows=tuple(rows),
        notes=tuple(notes),
        tested=tuple(map(tested, compared.values())),
    )


def paper_table(
    results: StudyResults,
    published: PublishedTable,
    columns: Sequence[Column],
    rows: Sequence[Row],
    compared: Mapping[str, Comparison],
    remarks: Sequence[str] = (),
) -> Table:
    """Return a table of measured numbers beside a paper's.

    Args:
        results: The study.
        published: The paper's table.
        columns: The columns.
        rows: The rows.
        compared: What may be said of the arms, by name.
        remarks: What is to be said besides.
    """
    notes = (*study_notes(results, columns, rows, compared, published), *remarks)
    return study_table(results, paper_title(published), columns, rows, notes, compared)


def paper_title(published: PublishedTable) -> str:
    """Return a published table's title, and where it stands."""
    return f"{published.title} (paper {published.paper}, Table {published.number})"
