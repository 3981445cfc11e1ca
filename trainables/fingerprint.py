"""Fingerprints: the hash of what a trial computes, on which data, by which code.

The code's version covers exactly the modules that can change a trial's result: the training
loop, the trial's own components and whatever they import from this package. Comments,
docstrings and formatting do not count, and a new loss leaves all other fingerprints alone.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from trainables.config import TrialConfig
from trainables.incay import forms

_PACKAGE = "trainables"
_LOOP = "trainables.training.trainer"
_NOT_COMPUTING = {"trainables.config", "trainables.registry"}
"""Modules that only describe and look up: what they decide stands in the configuration."""


def fingerprint(config: TrialConfig, data_hash: str) -> str:
    """Return the trial's fingerprint, 20 hexadecimal digits."""
    text = "\n".join((config.canonical_json(), data_hash, code_version(config)))
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def code_version(config: TrialConfig) -> str:
    """Return the version of the code that trains this configuration."""
    return _version(code_files(config))


def code_files(config: TrialConfig) -> dict[str, str]:
    """Return the modules that can change the trial's result, each with its hash."""
    roots = {_LOOP}
    roots |= {type(part).__module__ for part in (config.dataset, config.network, config.loss)}
    if config.incay.active:
        roots.add(forms[config.incay.form].__module__)
    return _reached(roots)


def modules_version(module: str) -> str:
    """Return the version of a module of this package and of all that it imports from it."""
    return _version(_reached({module}))


def _version(files: dict[str, str]) -> str:
    text = "\n".join(f"{name} {digest}" for name, digest in files.items())
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _reached(roots: set[str]) -> dict[str, str]:
    """Return the roots and what they import from this package, each module with its hash."""
    reached: set[str] = set()
    pending = list(roots)
    while pending:
        module = pending.pop()
        if module not in reached:
            reached.add(module)
            pending += _imports(module)
    return {module: _digest(module) for module in sorted(reached)}


@cache
def _digest(module: str) -> str:
    canonical = "".join(_canonical(_tree(module)))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


@cache
def _imports(module: str) -> tuple[str, ...]:
    names = {
        node.module
        for node in ast.walk(_tree(module))
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0
    }
    ours = {name for name in names if name.startswith(f"{_PACKAGE}.")}
    return tuple(sorted(name for name in ours - _NOT_COMPUTING if not _is_package(name)))


def _tree(module: str) -> ast.Module:
    return ast.parse(_source(module).read_text(encoding="utf-8"))


def _source(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(module)
    return Path(spec.origin)


def _is_package(module: str) -> bool:
    return _source(module).name == "__init__.py"


def _canonical(node: Any) -> Iterator[str]:
    """Yield a form of the tree that neither docstrings nor the Python version change."""
    if isinstance(node, ast.AST):
        yield f"({type(node).__name__}"
        for name, value in ast.iter_fields(node):
            if name == "body" and _has_docstring(node):
                value = value[1:]
            if value is None or value == [] or name in ("type_comment", "kind"):
                continue
            yield f" {name}="
            yield from _canonical(value)
        yield ")"
    elif isinstance(node, list):
        for item in node:
            yield from _canonical(item)
    else:
        yield repr(node)


def _has_docstring(node: ast.AST) -> bool:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None
