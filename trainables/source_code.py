"""Which code a module runs, and a hash of it that knows nothing of files.

Followed are all ways of importing the project's own code: ``import a.b``, ``import a.b as c``,
``from a import b``, ``from . import b``, ``from .b import f``, within functions too, and the
``__init__`` of every package on the way. What cannot be followed (``import *`` of own code,
`importlib.import_module`) is refused: an edit behind it would be missed.

Hashed are definitions: each statement at a module's top by itself, wherever it stands, so that
moving, renaming or dividing a module changes nothing. A name counts as what it stands for.
Imports, comments, docstrings, formatting and the types of functions do not count.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from incay.trainables.source_tree import (
    FUNCTIONS,
    bound_names,
    dotted,
    local_names,
    module_file,
    parsed,
)

_DYNAMIC = {"import_module", "__import__", "exec"}


class UntraceableImportError(ValueError):
    """An import whose code cannot be found by reading the source."""


@dataclass(frozen=True)
class _Reference:
    """What a name stands for: a module, or a name in one."""

    module: str
    name: str = ""


@dataclass(frozen=True)
class Scope:
    """Whose code counts.

    Attributes:
        own: Packages whose code does; what is imported from others does not.
        without: Modules of theirs that do not, nor what only they import.
    """

    own: tuple[str, ...]
    without: tuple[str, ...] = ()

    def owns(self, module: str) -> bool:
        """Return whether a module lies in one of the packages."""
        return module.partition(".")[0] in self.own


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
        source = _source(module, scope)
        found[module] = source.definitions
        pending += source.imported
    return dict(sorted(found.items()))


@cache
def _source(module: str, scope: Scope) -> _Source:
    return _Source(module, scope)


class _Source:
    """One module's text, read but not run.

    Args:
        module: Its name.
        scope: Whose code counts.
    """

    def __init__(self, module: str, scope: Scope) -> None:
        path = module_file(module)
        if path is None:
            raise ModuleNotFoundError(module)
        self._module = module
        self._scope = scope
        self._file = path
        self._package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        self._tree = parsed(path.read_text(encoding="utf-8"))

    @cached_property
    def imported(self) -> set[str]:
        """The own modules that it imports, and the packages that they lie in."""
        modules = {self._module} | {
            name
            for reference in {*self._references.values(), *self._used}
            for name in self._modules_of(reference)
            if self._scope.owns(name)
        }
        parents = {
            ".".join(parts[:size])
            for parts in (name.split(".") for name in modules)
            for size in range(1, len(parts))
        }
        # A folder without an __init__ is a package as well, of which there is nothing to read.
        return (modules | {name for name in parents if module_file(name) is not None}) - {
            self._module
        }

    @cached_property
    def definitions(self) -> frozenset[str]:
        """Hashes of its statements.

        What is bound once stands by itself; all else keeps its order, which decides what it does.
        """
        self._refuse_dynamic()
        alone, rest = [], []
        for statement in self._statements:
            names = list(bound_names(statement))
            simple = isinstance(statement, (*FUNCTIONS, ast.ClassDef, ast.Assign, ast.AnnAssign))
            if simple and names and all(len(self._binding[name]) == 1 for name in names):
                alone.append(self._hash([statement]))
            else:
                rest.append(statement)
        return frozenset(alone + ([self._hash(rest)] if rest else []))

    def shallow(self, name: str) -> str:
        """Return a hash of what a name is bound to here, without what that refers to."""
        if name in self._references:
            return _shallow(self._references[name], self._scope)
        bound = self._binding.get(name, [])
        return self._hash(bound, deep=False) if bound else ""

    @cached_property
    def _binding(self) -> dict[str, list[ast.stmt]]:
        """The statements that bind each name at the module's top."""
        found: dict[str, list[ast.stmt]] = {}
        for statement in self._statements:
            for name in dict.fromkeys(bound_names(statement)):
                found.setdefault(name, []).append(statement)
        return found

    @cached_property
    def _statements(self) -> list[ast.stmt]:
        imports = (ast.Import, ast.ImportFrom)
        return [each for each in self._tree.body if not isinstance(each, imports)]

    @cached_property
    def _references(self) -> dict[str, _Reference]:
        """What imported names stand for; ``import a.b`` is known by its dotted name."""
        known: dict[str, _Reference] = {}
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    known[alias.asname or alias.name] = _Reference(alias.name)
            elif isinstance(node, ast.ImportFrom):
                module = self._absolute(node)
                for alias in node.names:
                    if alias.name == "*" and self._scope.owns(module):
                        raise self._untraceable(node, f"'from {module} import *'")
                    submodule = f"{module}.{alias.name}"
                    known[alias.asname or alias.name] = (
                        _Reference(submodule)
                        if self._scope.owns(module) and module_file(submodule) is not None
                        else _Reference(module, alias.name)
                    )
        return known

    @property
    def _used(self) -> Iterator[_Reference]:
        """Yield what dotted names stand for: ``package.module.f`` needs no import of its own."""
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Attribute):
                reference = self._resolved(node)
                if reference is not None:
                    yield reference

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parents = self._package.split(".")
        base = ".".join(parents[: len(parents) - node.level + 1])
        return f"{base}.{node.module}" if node.module else base

    def _modules_of(self, reference: _Reference) -> Iterator[str]:
        yield reference.module
        if reference.name and self._scope.owns(reference.module):
            # What a package hands on lies in another module, which counts as well.
            source = _source(reference.module, self._scope)
            handed_on = source._references.get(reference.name)
            if handed_on is not None:
                yield from source._modules_of(handed_on)

    def _refuse_dynamic(self) -> None:
        for node in ast.walk(self._tree):
            name = getattr(node, "attr", getattr(node, "id", None))
            if isinstance(node, ast.Name | ast.Attribute) and name in _DYNAMIC:
                raise self._untraceable(node, name)

    def _untraceable(self, node: Any, what: str) -> UntraceableImportError:
        return UntraceableImportError(
            f"{self._file}:{node.lineno}: code that trials run must name what it imports, so that "
            f"a change of it is noticed, but uses {what}"
        )

    def _hash(self, statements: Iterable[ast.stmt], *, deep: bool = True) -> str:
        text = "".join(part for each in statements for part in self._canonical(each, deep))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

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
            stands_for = self._resolved(node, local)
            if stands_for is not None:
                yield self._told(stands_for, deep)
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

    def _resolved(
        self, node: ast.Name | ast.Attribute, local: frozenset[str] = frozenset()
    ) -> _Reference | None:
        """Return what a name or a dotted name stands for; None for a local or an unknown one.

        What the module itself binds stands for the same as where it is imported.
        """
        if isinstance(node, ast.Name):
            if node.id in local or isinstance(node.ctx, ast.Store):
                return None
            own = _Reference(self._module, node.id) if node.id in self._binding else None
            return self._references.get(node.id, own)
        name = dotted(node)
        if name in self._references:
            return self._references[name]
        if not isinstance(node.value, ast.Name | ast.Attribute):
            return None
        base = self._resolved(node.value, local)
        if base is None or base.name or not self._scope.owns(base.module):
            return None
        submodule = f"{base.module}.{node.attr}"
        if module_file(submodule) is not None:
            return _Reference(submodule)
        return _Reference(base.module, node.attr)

    def _told(self, reference: _Reference, deep: bool) -> str:
        if not self._scope.owns(reference.module):
            return f"(From {reference.module} {reference.name})"
        if not reference.name:
            return "(Module)"
        content = _shallow(reference, self._scope) if deep else ""
        return f"(Own {reference.name} {content})"


@cache
def _shallow(reference: _Reference, scope: Scope) -> str:
    if not scope.owns(reference.module):
        return f"{reference.module} {reference.name}"
    if not reference.name or reference.module in scope.without:
        return ""
    return _source(reference.module, scope).shallow(reference.name)
