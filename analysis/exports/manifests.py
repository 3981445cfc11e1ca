"""Manifests: which trials stand behind each cell of an exported table, and whether they still do.

A manifest is JSON that lies beside the exported table. To verify it, the same table is built
again from the store, and every cell is compared with what the manifest says; and the exported
file with what was written, so that a number typed into it is noticed as well.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from incay.analysis.errors import AnalysisError
from incay.analysis.output.keys import keys_of
from incay.analysis.output.renderers.base import render
from incay.analysis.output.renderers.json import cell_values
from incay.analysis.output.table import Table
from incay.analysis.results.loading import load
from incay.analysis.tables.building import build_table
from incay.analysis.tables.side_by_side import COMPARE, compare
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.reading.door import MOST_JSON, parse_object, read_regular
from incay.trainables.store.trials import Store
from incay.trainables.written import write_named

MANIFEST_SCHEMA = 1
SUFFIX = ".manifest.json"

_COMPARED = ("value", "half_width", "n", "text", "reason", "marks", "published", "fingerprints")
_CELL = {"row", "name", "column", *_COMPARED}
_SINCE = ("interval",)
"""What manifests of earlier versions lack."""
_RELATIVE, _ABSOLUTE = 1e-12, 1e-9
"""What rounding may change: no cell is printed to so many digits."""


@dataclass(frozen=True)
class Mismatch:
    """A cell that is no longer what its manifest says.

    Attributes:
        row: The row's name; empty for the exported file.
        column: The column's key; empty likewise.
        what: What differs, in words.
    """

    row: str
    column: str
    what: str

    def __str__(self) -> str:
        cell = f"{self.row}, {self.column}: " if self.row else ""
        return f"{cell}{self.what}"


def manifest(table: Table) -> dict[str, Any]:
    """Return a table's manifest as JSON values."""
    keys = keys_of(table)
    return {
        "schema": MANIFEST_SCHEMA,
        "key": keys.table,
        "table": table.name,
        "study": table.study,
        "run": table.run,
        "options": dict(table.options),
        "cells": [
            {
                "row": index,
                "name": row.name,
                "column": column.key,
                **cell_values(cell, keys.cells.get((index, column.key), "")),
            }
            for index, row in enumerate(table.rows)
            for column in table.columns
            if (cell := row.cells.get(column.key)) is not None
        ],
    }


def write_manifest(table: Table, exported: str | Path, format: str = "") -> Path:
    """Write a table's manifest beside the file that it was exported to; return its path.

    Args:
        table: The table.
        exported: The file; where it exists, the manifest holds its hash.
        format: The format it was written in.
    """
    path, file = manifest_path(exported), Path(exported)
    values = manifest(table)
    if file.is_file() and file != path:
        values["file"] = {"format": format, "sha256": _sha256(file)}
    write_named(path, json.dumps(values, indent=1, ensure_ascii=False) + "\n")
    return path


def manifest_path(exported: str | Path) -> Path:
    """Return where the manifest of an exported table lies."""
    path = Path(exported)
    return path if path.name.endswith(SUFFIX) else path.with_name(path.name + SUFFIX)


def verify(source: str | Path | Mapping[str, Any], results: str | Path | Store) -> list[Mismatch]:
    """Build a table again and return the cells that no longer match; none if all do.

    The exported file is looked at as well, where it lies beside its manifest.

    Args:
        source: A manifest, its path, or the path of the exported table beside it.
        results: The store, or where it lies.

    Raises:
        AnalysisError: The manifest cannot be read, or its study is not in the store.
    """
    wanted = source if isinstance(source, Mapping) else read_manifest(manifest_path(source))
    if not _is_complete(wanted):
        raise AnalysisError(f"a manifest must be complete, but is damaged: {source!s:.200}")
    built = _build(wanted, results)
    mismatches = _compare(wanted, built)
    if not isinstance(source, Mapping):
        mismatches += _changes(wanted, manifest_path(source), built)
    return mismatches


def run_of(source: str | Path) -> tuple[str, str]:
    """Return the study and the run that an exported table is of; of `compare`'s, the first.

    Args:
        source: The exported table, or the manifest beside it.

    Raises:
        AnalysisError: The manifest cannot be read.
    """
    wanted = read_manifest(manifest_path(source))
    return str(wanted.get("study")), str(wanted.get("run"))


def _is_complete(wanted: Mapping[str, Any]) -> bool:
    cells = wanted.get("cells")
    return (
        all(isinstance(wanted.get(name), str) for name in ("study", "run", "table"))
        and _are_options(wanted.get("options"))
        and isinstance(cells, list)
        and all(isinstance(cell, Mapping) and cell.keys() >= _CELL for cell in cells)
    )


def _are_options(options: Any) -> bool:
    """Return whether these are what a table may be asked for."""
    if not isinstance(options, Mapping) or not options.keys() <= {"allow_unequal", "columns"}:
        return False
    columns = options.get("columns", [])
    return isinstance(columns, list) and all(isinstance(each, str) for each in columns)


def _build(wanted: Mapping[str, Any], results: str | Path | Store) -> Table:
    names, runs = wanted["study"].split(", "), wanted["run"].split(", ")
    studies = [load(results, name, run, noted=False) for name, run in zip(names, runs, strict=True)]
    if wanted["table"] == COMPARE:
        return compare(*studies)
    return build_table(studies[0], wanted["table"], **wanted["options"])


def _compare(wanted: Mapping[str, Any], built: Table) -> list[Mismatch]:
    now = {(each["row"], each["column"]): each for each in manifest(built)["cells"]}
    then = {(each["row"], each["column"]): each for each in wanted["cells"]}
    mismatches = [
        Mismatch(each["name"], each["column"], "the table no longer has this cell")
        for key, each in then.items()
        if key not in now or now[key]["name"] != each["name"]
    ]
    exported = {column for _, column in then}
    for key, each in now.items():
        if key[1] not in exported:
            continue  # a column that the table has only since then
        if key not in then or then[key]["name"] != each["name"]:
            mismatches.append(
                Mismatch(each["name"], each["column"], "the manifest lacks this cell")
            )
            continue
        differing = _difference(then[key], each)
        if differing:
            mismatches.append(Mismatch(each["name"], each["column"], differing))
    return mismatches


def _changes(wanted: Mapping[str, Any], path: Path, built: Table) -> list[Mismatch]:
    """Return the lines of the exported file that are not as they were written."""
    file, written = path.with_name(path.name.removesuffix(SUFFIX)), wanted.get("file")
    if written is None or not file.is_file() or _sha256(file) == written["sha256"]:
        return []
    said = f"{file.name} was changed after it was exported"
    fresh = render(built, written["format"])
    if hashlib.sha256(fresh.encode()).hexdigest() != written["sha256"]:
        return [Mismatch("", "", said)]
    now = read_regular(file, MOST_JSON).decode("utf-8", "replace")
    lines = difflib.unified_diff(fresh.splitlines(), now.splitlines(), n=0, lineterm="")
    changed = [line for line in list(lines)[2:] if line[:1] in "+-"]
    return [Mismatch("", "", f"{said}: {line}") for line in changed] or [Mismatch("", "", said)]


def _sha256(file: Path) -> str:
    return hashlib.sha256(read_regular(file, MOST_JSON)).hexdigest()


def read_manifest(path: Path) -> dict[str, Any]:
    """Return what stands in a manifest.

    Raises:
        AnalysisError: It is not there, damaged, or of another schema.
    """
    try:
        values = parse_object(read_regular(path, MOST_JSON), str(path))
    except FileNotFoundError as error:
        raise AnalysisError(f"{path} must exist: it is written with an exported table") from error
    except RecordError as error:
        raise AnalysisError(f"{path} must be a manifest, but is damaged") from error
    if values.get("schema") != MANIFEST_SCHEMA:
        raise AnalysisError(f"{path} must be a manifest of schema {MANIFEST_SCHEMA}, but is not")
    return values


def _difference(then: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    found = [
        name
        for name in (*_COMPARED, *(each for each in _SINCE if each in then))
        if not (_same(then[name], now[name]) or (name == "half_width" and _none(then, now)))
    ]
    return "; ".join(f"{name} was {then[name]!r}, is {now[name]!r}" for name in found)


def _none(then: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Return whether a width of 0, as earlier versions wrote for equal values, is none now."""
    return now["half_width"] is None and _same(then["half_width"], 0.0)


def _same(then: Any, now: Any) -> bool:
    if isinstance(then, float) and isinstance(now, float):
        return math.isclose(then, now, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE)
    if isinstance(then, list | tuple) and isinstance(now, list | tuple):
        return len(then) == len(now) and all(map(_same, then, now))
    return bool(then == now)
