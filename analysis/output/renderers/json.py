"""Tables as JSON: everything that a table holds, with the trials behind each cell."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from incay.analysis.content import Cell, TableContent
from incay.analysis.output.keys import keys_of
from incay.analysis.output.renderers.base import register_renderer
from incay.trainables.outgoing import printable_json


@register_renderer("json", suffix=".json")
def render_json(table: TableContent) -> str:
    """Return the whole table; numbers are not rounded."""
    keys = keys_of(table)
    values = {
        "key": keys.table,
        "table": table.name,
        "title": table.title,
        "study": table.study,
        "run": table.run,
        "protocol": table.protocol,
        "notes": list(table.notes),
        "options": dict(table.options),
        "comparisons": [dataclasses.asdict(each) for each in table.tested],
        "columns": [dataclasses.asdict(column) for column in table.columns],
        "rows": [
            {
                "name": row.name,
                "cited": row.cited,
                "cells": {
                    column: cell_values(cell, keys.cells.get((index, column), ""))
                    for column, cell in row.cells.items()
                },
            }
            for index, row in enumerate(table.rows)
        ],
    }
    return printable_json(json.dumps(values, indent=1, ensure_ascii=False)) + "\n"


def cell_values(cell: Cell, key: str) -> dict[str, Any]:
    """Return a cell as plain JSON values, with its key."""
    values = {"key": key, **dataclasses.asdict(cell)}
    values["marks"] = sorted(mark.value for mark in cell.marks)
    if cell.published is not None:
        values["published"]["source"] = cell.published.source
    return values
