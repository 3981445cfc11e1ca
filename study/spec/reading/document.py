"""A study file as plain values that remember the line they came from.

A study file can import or run nothing: see `incay.study.spec.reading.yaml_values`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from incay.study.errors import StudyError
from incay.study.spec.paths import Root
from incay.study.spec.reading.yaml_values import KeyPath, Reader
from incay.trainables.errors import system_said
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.reading.door import read_regular

__all__ = ["Document", "KeyPath", "flatten", "load_document", "parse_value"]

_MOST_BYTES = 500_000
_NOT_ASKED = (
    *("question", "uses", "resources", "table", "columns", "diverged", "keep_models"),
    "limits",
)
"""Keys that change how a study is run or shown, not what it computes; which code it uses decides
fingerprints."""


@dataclass
class Document:
    """A study's values and where each of them stands.

    Attributes:
        source: The file, as the user named it.
        values: Nested dictionaries, lists and scalars; dotted keys are nested.
        places: Where a value stands, by its path: ``file:line``, or ``--set …``.
        overrides: The ``path=value`` texts that were applied, in order.
        data_root: Below which the paths that it names must stay.
        is_file: Whether it was read from a file.
        recipes: Recipes that were laid, by the section that named them.
        precision: What ``precision: auto`` stands for; None where the hardware's kind decides.
        switched: What a plan says of components that overrides have put in place of others, by
            kind.
    """

    source: str
    values: dict[str, Any]
    places: dict[KeyPath, str] = field(default_factory=dict)
    overrides: list[str] = field(default_factory=list)
    data_root: Root = None
    is_file: bool = True
    recipes: dict[KeyPath, str] = field(default_factory=dict)
    precision: str | None = None
    switched: dict[str, str] = field(default_factory=dict)

    @property
    def run(self) -> str:
        """The hash that tells this study from its variants: what it asks, not how it is run."""
        asked = {key: value for key, value in self.values.items() if key not in _NOT_ASKED}
        text = json.dumps(asked, sort_keys=True, separators=(",", ":"), default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def where(self, path: Sequence[str]) -> str:
        """Return where a path stands, or its nearest parent that stands somewhere."""
        parts = tuple(path)
        while parts:
            if parts in self.places:
                return self.places[parts]
            parts = parts[:-1]
        return self.source

    @property
    def top(self) -> str:
        """Where what is wrong with the whole study stands: of a file, its first line."""
        return f"{self.source}:1" if self.is_file else self.source

    def error(self, path: Sequence[str], message: str) -> StudyError:
        """Return an error that names the place and the dotted path."""
        name = ".".join(path)
        return StudyError(f"{self.where(path)}: {name + ': ' if name else ''}{message}")

    def has(self, path: Sequence[str]) -> bool:
        """Return whether a value stands at the path."""
        node: Any = self.values
        for part in path:
            if not isinstance(node, dict) or part not in node:
                return False
            node = node[part]
        return True

    def put(self, path: Sequence[str], value: Any, place: str) -> None:
        """Set a value, creating mappings on the way."""
        node = self.values
        for depth, part in enumerate(path[:-1]):
            child = node.get(part)
            if not isinstance(child, dict):
                # A component given by name alone: `loss: softmax`, `schedule: cosine`.
                child = {} if child is None else {_key_of(part): child}
                node[part] = child
                self.places.setdefault(tuple(path[: depth + 1]), place)
            node = child
        self._forget_places(path)
        node[path[-1]] = value
        self.places[tuple(path)] = place

    def remove(self, path: Sequence[str]) -> None:
        """Take a value out, if it is there."""
        if self.has(path):
            node = self.values
            for part in path[:-1]:
                node = node[part]
            del node[path[-1]]
            self._forget_places(path)

    def _forget_places(self, path: Sequence[str]) -> None:
        below = tuple(path)
        self.places = {
            each: where for each, where in self.places.items() if each[: len(below)] != below
        }


def _key_of(kind: str) -> str:
    """Return the setting that names a component of a kind."""
    # Here, so that completion, which reads names of studies, need not import it at every Tab.
    from incay.trainables.config import COMPONENTS

    return COMPONENTS[kind].key if kind in COMPONENTS else "name"


def load_document(path: Path) -> Document:
    """Read a study file.

    Raises:
        StudyError: The file cannot be read, is not YAML or is not a mapping.
    """
    try:
        content = read_regular(path, _MOST_BYTES)
    except (OSError, RecordError) as error:
        raise StudyError(
            f"{path}: the study must be a readable file, but: {system_said(error)}"
        ) from error
    reader = Reader(str(path), is_file=True)
    values = reader.read(content)
    if not isinstance(values, dict):
        what = "is empty" if values is None else f"got {values!r:.60}"
        raise StudyError(f"{path}:1: a study must be a mapping of keys to values, but {what}")
    return Document(str(path), values, reader.places)


def parse_value(text: str, place: str, path: KeyPath) -> Any:
    """Return the value that a ``--set path=value`` text stands for, in YAML's notation."""
    return Reader(place, is_file=False).read(text.encode("utf-8", "surrogatepass"), path)


def flatten(values: dict[str, Any], prefix: KeyPath = ()) -> Iterable[tuple[KeyPath, Any]]:
    """Yield (path, value) of every value that is not a mapping."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from flatten(value, (*prefix, key))
        else:
            yield (*prefix, key), value
