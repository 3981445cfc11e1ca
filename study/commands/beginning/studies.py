"""``incay studies``: the studies that come with the program."""

from __future__ import annotations

from incay.study.commands.shared.console import console


def studies() -> None:
    """List the built-in studies."""
    from rich.table import Table

    from incay.study.spec.catalog import built_in_studies
    from incay.study.spec.reading.document import load_document

    table = Table("study", "question", box=None)
    for path in built_in_studies():
        values = load_document(path).values
        table.add_row(values["name"], values.get("question", ""))
    console().print(table)
