"""What the names in a module's text stand for, and which imports cannot be followed."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain
from typing import Any

from incay.trainables.errors import UserError
from incay.trainables.source.tree import (
    FUNCTIONS,
    bound_names,
    dotted,
    has_module,
    local_names,
    parsed,
    source_of,
)

_IMPORTERS = {"builtins", "imp", "importlib", "pkgutil", "runpy"}
"""Modules that import, or find, what is named only when the program runs."""
_RUNNERS = {
    *("__import__", "__builtins__", "eval", "exec", "compile", "globals"),
    *("__file__", "__path__", "__spec__"),
}
"""Names by which a program runs a text, or reads a file that lies beside the code."""
_READERS = {"getattr", "vars"}


class UntraceableImportError(UserError):
    """An import whose code cannot be found by reading the source."""


@dataclass(frozen=True)
class Reference:
    """What a name stands for: a module, or a name in one."""

    module: str
    name: str = ""


@dataclass(frozen=True)
class Scope:
    """Whose code counts.

    Attributes:
        own: Packages whose code does; what is imported from others does not.
        without: Modules of theirs that do not, nor what only they import.
        version: Tells scopes apart whose modules have the same names and other texts.
    """

    own: tuple[str, ...]
    without: tuple[str, ...] = ()
    version: str = ""

    def owns(self, module: str) -> bool:
        """Return whether a module lies in one of the packages."""
        return module.partition(".")[0] in self.own

    def counts(self, reference: Reference) -> bool:
        """Return whether what a name is bound to counts."""
        return (
            bool(reference.name)
            and self.owns(reference.module)
            and reference.module not in self.without
        )


@cache
def names_of(module: str, scope: Scope) -> ModuleNames:
    """Return the names of a module.

    Raises:
        ModuleNotFoundError: There is no such module.
    """
    return ModuleNames(module, scope)


class ModuleNames:
    """One module's names, read but not run.

    Args:
        module: Its name.
        scope: Whose code counts.

    Attributes:
        statements: Those at its top, but for imports.
    """

    def __init__(self, module: str, scope: Scope) -> None:
        source = source_of(module)
        if source is None:
            raise ModuleNotFoundError(module)
        self._module = module
        self._scope = scope
        self._file = source.file
        self._package = module if source.is_package else module.rpartition(".")[0]
        self._tree = parsed(source.text)
        imports = (ast.Import, ast.ImportFrom)
        self.statements = [each for each in self._tree.body if not isinstance(each, imports)]

    @cached_property
    def imported(self) -> set[str]:
        """The own modules that it imports, and the packages that they lie in.

        Raises:
            UntraceableImportError: It imports in a way that cannot be followed.
        """
        self._refuse_dynamic()
        modules = {self._module} | {
            name
            for reference in {*chain(*self.references.values()), *self._used}
            for name in self._modules_of(reference, frozenset())
            if self._scope.owns(name)
        }
        parents = {
            ".".join(parts[:size])
            for parts in (name.split(".") for name in modules)
            for size in range(1, len(parts))
        }
        # A folder without an __init__ is a package as well, of which there is nothing to read.
        return (modules | {name for name in parents if has_module(name)}) - {self._module}

    @cached_property
    def binding(self) -> dict[str, list[ast.stmt]]:
        """The statements that bind each name at the module's top."""
        found: dict[str, list[ast.stmt]] = {}
        for statement in self.statements:
            for name in dict.fromkeys(bound_names(statement)):
                found.setdefault(name, []).append(statement)
        return found

    @cached_property
    def references(self) -> dict[str, tuple[Reference, ...]]:
        """All that imported names may stand for; ``import a.b`` is known by its dotted name."""
        known: dict[str, list[Reference]] = {}
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self._require(node, alias.name)
                    known.setdefault(alias.asname or alias.name, []).append(Reference(alias.name))
                    if alias.asname is None and "." in alias.name:  # which binds the first of them
                        top = alias.name.partition(".")[0]
                        known.setdefault(top, []).append(Reference(top))
            elif isinstance(node, ast.ImportFrom):
                module = self._absolute(node)
                self._require(node, module)
                for alias in node.names:
                    if alias.name == "*" and self._scope.owns(module):
                        raise self.untraceable(node, f"'from {module} import *'")
                    reference = self._attribute(module, alias.name)
                    known.setdefault(alias.asname or alias.name, []).append(reference)
        return {name: tuple(dict.fromkeys(each)) for name, each in known.items()}

    def referred(self, name: str) -> Iterator[Reference]:
        """Yield what a name stands for elsewhere, and what it refers to where it is bound here."""
        yield from self.references.get(name, ())
        for statement in self.binding.get(name, []):
            yield from self._referring(statement)

    def resolved(
        self, node: ast.Name | ast.Attribute, local: frozenset[str] = frozenset()
    ) -> tuple[Reference, ...]:
        """Return all that a name or a dotted name may stand for; nothing for a local one.

        What the module itself binds stands for the same as where it is imported.
        """
        if isinstance(node, ast.Name):
            if node.id in local or isinstance(node.ctx, ast.Store):
                return ()
            own = (Reference(self._module, node.id),) if node.id in self.binding else ()
            return self.references.get(node.id, ()) + own
        name = dotted(node)
        if name in self.references:
            return self.references[name]
        if not isinstance(node.value, ast.Name | ast.Attribute):
            return ()
        return tuple(
            self._attribute(base.module, node.attr)
            for base in self.resolved(node.value, local)
            if not base.name and self._scope.owns(base.module)
        )

    def _referring(self, node: ast.AST, local: frozenset[str] = frozenset()) -> Iterator[Reference]:
        """Yield what the names in a tree stand for."""
        if isinstance(node, ast.Name | ast.Attribute) and (found := self.resolved(node, local)):
            yield from found
            return
        if isinstance(node, FUNCTIONS):
            local |= local_names(node)
        for child in ast.iter_child_nodes(node):
            yield from self._referring(child, local)

    def _attribute(self, module: str, name: str) -> Reference:
        """Return what a module's name stands for: a module below it, or what it binds."""
        submodule = f"{module}.{name}"
        if self._scope.owns(module) and has_module(submodule):
            return Reference(submodule)
        return Reference(module, name)

    @property
    def _used(self) -> Iterator[Reference]:
        """Yield what dotted names stand for: ``package.module.f`` needs no import of its own."""
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Attribute):
                yield from self.resolved(node)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parents = self._package.split(".")
        base = ".".join(parents[: len(parents) - node.level + 1])
        return f"{base}.{node.module}" if node.module else base

    def _modules_of(self, reference: Reference, before: frozenset[Reference]) -> Iterator[str]:
        yield reference.module
        if reference.name and self._scope.owns(reference.module) and reference not in before:
            # What a package hands on lies in another module, which counts as well.
            source = names_of(reference.module, self._scope)
            for handed_on in source.references.get(reference.name, ()):
                yield from source._modules_of(handed_on, before | {reference})

    def _refuse_dynamic(self) -> None:
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Import):
                self._refuse_importers(node, (alias.name for alias in node.names))
            elif isinstance(node, ast.ImportFrom):
                self._refuse_importers(node, (node.module or "",))
            elif isinstance(node, ast.Name) and node.id in _RUNNERS:
                raise self.untraceable(node, node.id)
            elif isinstance(node, ast.Attribute) and dotted(node) == "sys.modules":
                raise self.untraceable(node, "sys.modules")
            elif isinstance(node, ast.Call) and node.args and dotted(node.func) in _READERS:
                self._refuse_to_read(node)

    def _require(self, node: ast.stmt, module: str) -> None:
        if self._scope.owns(module) and not has_module(module):
            raise self.untraceable(node, f"{module}, of which there is no file")

    def _refuse_importers(self, node: ast.stmt, modules: Iterable[str]) -> None:
        for module in modules:
            if module.partition(".")[0] in _IMPORTERS:
                raise self.untraceable(node, module)

    def _refuse_to_read(self, call: ast.Call) -> None:
        """Refuse to read a name of an own module that stands only in a text."""
        first = call.args[0]
        if isinstance(first, ast.Name | ast.Attribute):
            for each in self.resolved(first):
                if not each.name and self._scope.owns(each.module):
                    raise self.untraceable(call, f"{dotted(call.func)} of {each.module}")

    def untraceable(self, node: Any, what: str) -> UntraceableImportError:
        """Return the error that refuses a node, with its file and line."""
        return UntraceableImportError(
            f"{self._file}:{node.lineno}: code that trials run must name what it imports, so that "
            f"a change of it is noticed, but uses {what}"
        )
