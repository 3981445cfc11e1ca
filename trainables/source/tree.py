"""What of a module's text computes, and what its statements bind."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Source:
    """A module's text.

    Attributes:
        file: Its file, as messages name it.
        text: What is in it.
        is_package: Whether it is a package's ``__init__``.
    """

    file: str
    text: str
    is_package: bool = False


class OwnCode:
    """The user's own modules, which are read from here instead of from files while in use.

    `incay.trainables.uses` puts them here. They are the same in every process of a run.

    Attributes:
        modules: By name.
        version: A hash of all of them.
    """

    def __init__(self) -> None:
        self.modules: Mapping[str, Source] = {}
        self.version = ""

    @property
    def packages(self) -> tuple[str, ...]:
        """The first parts of their names."""
        return tuple(sorted({name.partition(".")[0] for name in self.modules}))

    @property
    def files(self) -> frozenset[str]:
        """Their files, as tracebacks name them."""
        return frozenset(each.file for each in self.modules.values())


own_code = OwnCode()


def source_of(module: str) -> Source | None:
    """Return a module's text, None where there is no such module. Nothing is imported."""
    if module in own_code.modules:
        return own_code.modules[module]
    spec = _spec(module)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin)
    return Source(str(path), path.read_text(encoding="utf-8"), path.name == "__init__.py")


def has_module(module: str) -> bool:
    """Return whether there is a module of that name. Nothing is imported."""
    if module in own_code.modules:
        return True
    spec = _spec(module)
    return spec is not None and spec.origin is not None


@cache
def _spec(module: str) -> ModuleSpec | None:
    # `importlib.util.find_spec` would import all packages above it, and so PyTorch.
    parent = module.rpartition(".")[0]
    if not parent:
        return importlib.util.find_spec(module)
    if parent in sys.modules:  # which may have been given more folders since
        folders = getattr(sys.modules[parent], "__path__", None)
    else:
        package = _spec(parent)
        folders = None if package is None else package.submodule_search_locations
    return None if folders is None else PathFinder.find_spec(module, list(folders))


def parsed(text: str) -> ast.Module:
    """Return a module's tree without docstrings, types of functions, and imports for types."""
    tree: ast.Module = _Cleaned().visit(ast.parse(text))
    return tree


def dotted(node: ast.AST) -> str:
    """Return a name such as ``a.b.c``, empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr}" if base else ""
    return ""


def local_names(function: ast.AST) -> set[str]:
    """Return the names that a function binds: its arguments, and what it assigns."""
    names = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    stores = (node for node in ast.walk(function) if isinstance(node, ast.Name))
    imported = {
        (alias.asname or alias.name)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    return (names | {node.id for node in stores if isinstance(node.ctx, ast.Store)}) - imported


def bound_names(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement binds in its module."""
    if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
        yield statement.name
        return
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        else:
            pending += ast.iter_child_nodes(node)


class _Cleaned(ast.NodeTransformer):
    """Takes out what does not compute: docstrings, types of functions, imports for types."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """Take out texts that stand by themselves."""
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return None
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> Any:
        """Take out what only a type checker runs."""
        if dotted(node.test).rpartition(".")[2] == "TYPE_CHECKING":
            other = ast.Module(body=node.orelse, type_ignores=[])
            return self.generic_visit(other).body  # type: ignore[attr-defined]
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """Take out the type of an argument."""
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Take out the type of what a function returns."""
        node.returns = None
        return self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        """Take out the type of what a function returns."""
        node.returns = None
        return self.generic_visit(node)
