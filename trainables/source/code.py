"""Which code a module runs, and a hash of it that knows nothing of files.

Followed are all ways of importing the project's own code: ``import a.b``, ``import a.b as c``,
``from a import b``, ``from . import b``, ``from .b import f``, within functions too, and the
``__init__`` of every package on the way. What cannot be followed (``import *`` of own code,
`importlib.import_module`, `eval`) is refused: an edit behind it would be missed.

Hashed are definitions: each statement at a module's top by itself, wherever it stands, so that
moving, renaming or dividing a module changes nothing. A name counts as what it stands for, and as
all that this refers to in turn. Imports, comments, docstrings, formatting and the types of
functions do not count.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from typing import Any

from incay.trainables.source.names import Reference, Scope, names_of
from incay.trainables.source.tree import FUNCTIONS, bound_names, local_names


def reached(roots: Iterable[str], scope: Scope) -> dict[str, frozenset[str]]:
    """Return the modules whose code the roots run, each with the hashes of its definitions.

    Args:
        roots: Modules to begin with.
        scope: Whose code counts.

    Raises:
        UntraceableImportError: One of them imports in a way that cannot be followed.
    """
    found: dict[str, frozenset[str]] = {}
    pending = list(roots)
    while pending:
        module = pending.pop()
        if module in found or module in scope.without:
            continue
        pending += names_of(module, scope).imported
        found[module] = _hashes_of(module, scope).definitions
    return dict(sorted(found.items()))


@cache
def _hashes_of(module: str, scope: Scope) -> _ModuleHashes:
    return _ModuleHashes(module, scope)


class _ModuleHashes:
    """Hashes of what one module defines.

    Args:
        module: Its name.
        scope: Whose code counts.
    """

    def __init__(self, module: str, scope: Scope) -> None:
        self._names = names_of(module, scope)
        self._scope = scope

    @cached_property
    def definitions(self) -> frozenset[str]:
        """Hashes of its statements.

        What is bound once stands by itself; all else keeps its order, which decides what it does.
        """
        alone, rest = [], []
        for statement in self._names.statements:
            names = list(bound_names(statement))
            simple = isinstance(statement, (*FUNCTIONS, ast.ClassDef, ast.Assign, ast.AnnAssign))
            if simple and names and all(len(self._names.binding[name]) == 1 for name in names):
                alone.append(self._hash([statement]))
            else:
                rest.append(statement)
        return frozenset(alone + ([self._hash(rest)] if rest else []))

    def shallow(self, name: str) -> str:
        """Return a hash of what a name is bound to here, without what that refers to."""
        bound = self._names.binding.get(name, [])
        return self._hash(bound, deep=False) if bound else ""

    def _hash(self, statements: Iterable[ast.stmt], *, deep: bool = True) -> str:
        return _digest("".join(part for each in statements for part in self._canonical(each, deep)))

    def _canonical(
        self, node: Any, deep: bool, local: frozenset[str] = frozenset()
    ) -> Iterator[str]:
        """Yield a form of the tree that the Python version does not change.

        Args:
            node: The tree.
            deep: Whether names count as what they stand for.
            local: Names that are a function's own.
        """
        if isinstance(node, ast.Name | ast.Attribute):
            stands_for = self._names.resolved(node, local)
            if stands_for:
                yield from (self._told(each, node, deep) for each in stands_for)
                return
        if isinstance(node, FUNCTIONS):
            local |= local_names(node)
        if isinstance(node, ast.AST):
            yield f"({type(node).__name__}"
            for name, value in ast.iter_fields(node):
                if value is not None and value != [] and name not in ("type_comment", "kind"):
                    yield f" {name}="
                    yield from self._canonical(value, deep, local)
            yield ")"
        elif isinstance(node, list):
            for item in node:
                if not isinstance(item, ast.Import | ast.ImportFrom):
                    yield from self._canonical(item, deep, local)
        else:
            yield repr(node)

    def _told(self, reference: Reference, node: ast.AST, deep: bool) -> str:
        if not self._scope.owns(reference.module):
            return f"(From {reference.module} {reference.name})"
        if not reference.name:
            # Whatever is read from it later could not be followed.
            raise self._names.untraceable(node, f"the module {reference.module} as a value")
        content = _content(reference, self._scope) if deep else ""
        return f"(Own {reference.name} {content})"


@cache
def _shallow(reference: Reference, scope: Scope) -> str:
    """Return a hash of what a name is bound to, handed on or not, without what that refers to."""
    texts: list[str] = []
    found: set[Reference] = set()
    pending = [reference]
    while pending:
        each = pending.pop()
        if each in found:
            continue
        found.add(each)
        if not scope.owns(each.module):
            texts.append(f"{each.module} {each.name}")
        elif scope.counts(each):
            texts.append(_hashes_of(each.module, scope).shallow(each.name))
            pending += names_of(each.module, scope).references.get(each.name, ())
    return "".join(sorted(texts))


@cache
def _content(reference: Reference, scope: Scope) -> str:
    """Return a hash of what a name is bound to, and of all that this refers to in turn."""
    found: set[Reference] = set()
    pending = [reference]
    while pending:
        each = pending.pop()
        if scope.counts(each) and each not in found:
            found.add(each)
            pending += names_of(each.module, scope).referred(each.name)
    return _digest(" ".join(sorted({_shallow(each, scope) for each in found})))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
