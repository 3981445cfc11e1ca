"""Registries of tables, figures and renderers: one file adds one, and is found by its name."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

from incay.analysis.errors import AnalysisError

T = TypeVar("T")


class Registry(Mapping[str, T], Generic[T]):
    """Names of one kind of thing, mapped to what makes it.

    Args:
        kind: What the names stand for, for error messages.
        package: Its modules register themselves; they are imported on first use. Modules whose
            names begin with an underscore are helpers and register nothing.
    """

    def __init__(self, kind: str, package: str) -> None:
        self._kind = kind
        self._package = package
        self._entries: dict[str, T] = {}
        self._loaded = False

    def register(self, *names: str) -> Callable[[T], T]:
        """Return a decorator that registers a definition under the given names.

        Raises:
            ValueError: A name is already taken.
        """

        def add(definition: T) -> T:
            for name in names:
                if name in self._entries:
                    raise ValueError(f"{self._kind} names must be unique, but got {name!r} twice")
                self._entries[name] = definition
            return definition

        return add

    def __getitem__(self, name: str) -> T:
        self._load()
        if name not in self._entries:
            close = difflib.get_close_matches(name, self._entries, n=1)
            hint = f" (did you mean {close[0]!r}?)" if close else ""
            raise AnalysisError(
                f"{self._kind} must be one of {', '.join(self)}, but got {name!r}{hint}"
            )
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        self._load()
        return iter(sorted(self._entries))

    def __len__(self) -> int:
        self._load()
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        self._load()
        return name in self._entries

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        package = importlib.import_module(self._package)
        for module in pkgutil.iter_modules(package.__path__):
            if not module.name.startswith("_"):
                importlib.import_module(f"{self._package}.{module.name}")
