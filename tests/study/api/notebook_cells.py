"""Runs a notebook's cells as a kernel does: in one process, within a running event loop.

Prints what the last expression of each cell shows, by its richest form.
"""

from __future__ import annotations

import ast
import asyncio
import json
import sys
from pathlib import Path
from typing import Any


async def run(path: Path) -> None:
    """Execute every cell of code."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"]):
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse("".join(cell["source"]), f"cell {number}")
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, f"cell {number}", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), names)
            print(json.dumps([number, type(value).__name__, _shown(value)]))


def _shown(value: Any) -> str:
    for form in ("_repr_html_", "_repr_svg_"):
        if hasattr(value, form):
            return str(getattr(value, form)())
    return repr(value)


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1])))
