"""Registries: every loss, network, data set, table, figure and format is found by its name.

What is registered is one file in the package of its kind, or in a folder there where a kind has
many. It registers itself; the registry imports the package's files on first use, so adding one
means adding a file and nothing else. Files that register nothing are helpers; those in folders are
left alone, as PyTorch would come with them.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

from incay.trainables.errors import UserError, shown

T = TypeVar("T")

_REGISTRATION = re.compile(
    r"""^@?register_\w+\((?P<names>(?:\s*"[^"]+",?)+)\s*(?P<keywords>(?:\w+="[^"]*",?\s*)*)\)""",
    re.MULTILINE,
)
_NAME = re.compile(r'"([^"]+)"')
_DEEPER = "*/*.py"


class UnknownNameError(UserError, ValueError):
    """A name under which nothing is registered."""


class DefinitionRegistry(Mapping[str, T], Generic[T]):
    """Names of one kind of thing, mapped to what they stand for.

    Args:
        kind: What the things are called in messages, e.g. ``"table"``.
        package: The package whose files register things of this kind.
        error: What an unknown name raises.
    """

    def __init__(self, kind: str, package: str, error: type[UserError] = UnknownNameError) -> None:
        self.kind = kind
        self._package = package
        self._error = error
        self._entries: dict[str, T] = {}
        self._discovered = False

    def register(self, *names: str) -> Callable[[T], T]:
        """Return a decorator that registers a definition under the given names.

        Raises:
            ValueError: A name is taken, by another definition or another file.
        """

        def add(definition: T) -> T:
            for name in names:
                if name in self._entries:
                    raise ValueError(
                        f"a {self.kind} name must be registered once, but {name!r} belongs to "
                        f"{_described(self._entries[name])} and came again from "
                        f"{_described(definition)}"
                    )
                self._entries[name] = definition
            return definition

        return add

    def withdraw(self, modules: Container[str]) -> None:
        """Forget what modules have registered, so that their names are free again."""
        self._entries = {
            name: definition
            for name, definition in self._entries.items()
            if getattr(definition, "__module__", "") not in modules
        }

    def __getitem__(self, name: str) -> T:
        self._discover()
        try:
            return self._entries[name]
        except KeyError:
            raise self._error(describe_unknown(self.kind, name, self._entries)) from None

    def __iter__(self) -> Iterator[str]:
        self._discover()
        return iter(sorted(self._entries))

    def __len__(self) -> int:
        self._discover()
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        self._discover()
        return isinstance(name, str) and name in self._entries

    def _discover(self) -> None:
        if self._discovered:
            return
        self._discovered = True
        package = importlib.import_module(self._package)
        for module in pkgutil.iter_modules(package.__path__, prefix=f"{self._package}."):
            importlib.import_module(module.name)
        deeper = (path for where in package.__path__ for path in Path(where).glob(_DEEPER))
        for path in sorted(deeper):
            if _REGISTRATION.search(path.read_text(encoding="utf-8")):
                importlib.import_module(f"{self._package}.{path.parent.name}.{path.stem}")


class Registry(DefinitionRegistry[type[T]], Generic[T]):
    """Names of one kind of component, mapped to the classes that carry them as ``name``.

    Args:
        kind: What the components are called in messages and in a trial's settings.
        package: The package whose files register them.
        key: The setting that names one, as in ``schedule.kind``.
        default: The one that is meant where settings name none; None where one must be named.
        alike: Those of the same settings, which stay where one takes another's place.
    """

    def __init__(
        self,
        kind: str,
        package: str,
        *,
        key: str = "name",
        default: str | None = None,
        alike: Iterable[str] = (),
    ) -> None:
        super().__init__(kind, package)
        self.key = key
        self.default = default
        self.alike = frozenset(alike)

    def named_in(self, values: Mapping[str, Any]) -> Any:
        """Return the name that settings say or leave open; None where one must be named."""
        return values.get(self.key, self.default)

    def register(self, *names: str) -> Callable[[type[T]], type[T]]:
        """Return a class decorator that registers the class under its one name.

        Raises:
            ValueError: The name is taken, or there is not exactly one.
        """
        (name,) = names  # the class carries it
        add = super().register(name)

        def decorate(cls: type[T]) -> type[T]:
            add(cls).name = name  # type: ignore[attr-defined]
            cls.key = self.key  # type: ignore[attr-defined]
            return cls

        return decorate


def registered_names(folder: Path) -> list[str]:
    """Return the names that a package's files register, without importing them.

    They are read in the text: to import networks is to import PyTorch, and to import figures is
    to import NumPy, which takes longer than anybody waits at a Tab.

    Args:
        folder: The package's folder, such as ``trainables/networks``.
    """
    return sorted(
        {name for each in _registrations(folder) for name in _NAME.findall(each["names"])}
    )


def registered_keyword(folder: Path, keyword: str) -> dict[str, str]:
    """Return a word that a package's files give with each name, without importing them.

    Args:
        folder: The package's folder, such as ``analysis/output/renderers``.
        keyword: The argument, such as ``suffix``: what is registered without it is left out.
    """
    wanted = re.compile(rf'\b{keyword}="([^"]*)"')
    found = {
        name: given[1]
        for each in _registrations(folder)
        if (given := wanted.search(each["keywords"])) is not None
        for name in _NAME.findall(each["names"])
    }
    return dict(sorted(found.items()))


def _registrations(folder: Path) -> Iterator[re.Match[str]]:
    for path in (*folder.glob("*.py"), *folder.glob(_DEEPER)):
        yield from _REGISTRATION.finditer(path.read_text(encoding="utf-8"))


def describe_unknown(kind: str, name: str, known: Iterable[str], meant: str | None = None) -> str:
    """Return what is wrong with a name that is not registered, and which was probably meant."""
    names = sorted(known)
    close = [meant] if meant else difflib.get_close_matches(str(name), names, n=1)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    return f"{kind} must be one of {', '.join(names)}, but got {shown(name)}{hint}"


def _described(definition: object) -> str:
    """Return where a class or function stands; what a plain definition is."""
    if hasattr(definition, "__qualname__"):
        return f"{definition.__module__}.{definition.__qualname__}"
    return repr(definition)
