"""Registries: every loss, network, data set and incay form is found by its name.

A component is one file in one of the component packages. It registers itself there with a
decorator; the registry imports the package's files on first use, so adding a component
means adding a file and nothing else.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


class UnknownNameError(ValueError):
    """A name that no registered component carries."""


class Registry(Mapping[str, type[T]], Generic[T]):
    """Names of one kind of component, mapped to the classes that carry them.

    Args:
        kind: What the components are called in messages, e.g. ``"loss"``.
        package: The package whose files register components of this kind.
    """

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind
        self._package = package
        self._classes: dict[str, type[T]] = {}
        self._discovered = False

    def register(self, name: str) -> Callable[[type[T]], type[T]]:
        """Return a class decorator that registers the class under `name`.

        Raises:
            ValueError: The name is taken, by another class or another file.
        """

        def decorate(cls: type[T]) -> type[T]:
            taken = self._classes.get(name)
            if taken is not None:
                raise ValueError(
                    f"a {self.kind} name must be registered once, but {name!r} belongs to "
                    f"{taken.__module__}.{taken.__qualname__} and came again from "
                    f"{cls.__module__}.{cls.__qualname__}"
                )
            self._classes[name] = cls
            cls.name = name  # type: ignore[attr-defined]
            return cls

        return decorate

    def __getitem__(self, name: str) -> type[T]:
        self._discover()
        try:
            return self._classes[name]
        except KeyError:
            raise UnknownNameError(self._unknown(name)) from None

    def __iter__(self) -> Iterator[str]:
        self._discover()
        return iter(sorted(self._classes))

    def __len__(self) -> int:
        self._discover()
        return len(self._classes)

    def __contains__(self, name: object) -> bool:
        self._discover()
        return name in self._classes

    def _discover(self) -> None:
        if self._discovered:
            return
        self._discovered = True
        package = importlib.import_module(self._package)
        for module in pkgutil.iter_modules(package.__path__, prefix=f"{self._package}."):
            importlib.import_module(module.name)

    def _unknown(self, name: str) -> str:
        known = sorted(self._classes)
        close = difflib.get_close_matches(str(name), known, n=1)
        hint = f" (did you mean {close[0]!r}?)" if close else ""
        return f"{self.kind} must be one of {', '.join(known)}, but got {name!r}{hint}"
