"""A study file as plain values that remember the line they came from.

Only plain YAML 1.2 is read: mappings, lists and scalars. Tags that would construct anything
else are refused, so that a study file can import or run nothing.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from incay.study.errors import StudyError
from incay.study.spec.paths import Root

KeyPath = tuple[str, ...]

_MOST_BYTES = 1_000_000
_NOT_ASKED = ("question", "resources", "table", "diverged", "keep_models")
"""Keys that change how a study is run or shown, not what it computes."""
_PLAIN_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("map", "seq")}


@dataclass
class Document:
    """A study's values and where each of them stands.

    Attributes:
        source: The file, as the user named it.
        values: Nested dictionaries, lists and scalars; dotted keys are nested.
        places: Where a value stands, by its path: ``file:line``, or ``--set …``.
        overrides: The ``path=value`` texts that were applied, in order.
        data_root: Below which the paths that it names must stay.
    """

    source: str
    values: dict[str, Any]
    places: dict[KeyPath, str] = field(default_factory=dict)
    overrides: list[str] = field(default_factory=list)
    data_root: Root = None

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
        for part in path[:-1]:
            child = node.get(part)
            if not isinstance(child, dict):
                # A component given by name alone: `loss: softmax`.
                child = {} if child is None else {"name": child}
                node[part] = child
            node = child
        node[path[-1]] = value
        self.places[tuple(path)] = place


def load_document(path: Path) -> Document:
    """Read a study file.

    Raises:
        StudyError: The file cannot be read, is not YAML or is not a mapping.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StudyError(f"{path}: the study must be a readable file, but: {error}") from error
    if len(content) > _MOST_BYTES:
        raise StudyError(f"{path}: a study must be smaller than {_MOST_BYTES} bytes")
    root = _parse(content, str(path))
    if not isinstance(root, CommentedMap):
        raise StudyError(f"{path}: a study must be a mapping of keys to values")
    document = Document(str(path), {})
    document.values = _plain_map(root, (), document)
    return document


def parse_value(text: str, place: str) -> Any:
    """Return the value that a ``--set path=value`` text stands for, in YAML's notation."""
    return _plain(_parse(text.encode(), place), (), Document(place, {}))


def _parse(content: bytes, source: str) -> Any:
    yaml = YAML(typ="rt", pure=True)
    try:
        return yaml.load(io.BytesIO(content))
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line = f":{mark.line + 1}" if mark is not None else ""
        problem = (error.problem or "not YAML").splitlines()[0]
        raise StudyError(f"{source}{line}: the text must be plain YAML, but: {problem}") from error
    except (YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        first = (str(error) or type(error).__name__).splitlines()[0]
        raise StudyError(f"{source}: the text must be plain YAML, but: {first}") from error


def _plain_map(node: CommentedMap, path: KeyPath, document: Document) -> dict[str, Any]:
    _refuse_tag(node, path, document)
    values: dict[str, Any] = {}
    for key, value in node.items():
        place = f"{document.source}:{node.lc.key(key)[0] + 1}"
        if not isinstance(key, str):
            raise StudyError(f"{place}: a key must be text, but got {key!r}")
        # A dotted key below base, arms, … is nested; an arm's name keeps its dots.
        parts = key.split(".") if path and path[-1:] != ("arms",) and path[0] != "search" else [key]
        _insert(values, parts, value, (path, place), document)
    return values


def _insert(
    values: dict[str, Any],
    parts: list[str],
    value: Any,
    at: tuple[KeyPath, str],
    document: Document,
) -> None:
    path, place = at
    node = values
    for index, part in enumerate(parts[:-1]):
        document.places.setdefault((*path, *parts[: index + 1]), place)
        child = node.setdefault(part, {})
        if not isinstance(child, dict):
            child = node[part] = {"name": child}
        node = child
    full = (*path, *parts)
    document.places[full] = place
    plain = _plain(value, full, document)
    known = node.get(parts[-1])
    if isinstance(known, dict) and isinstance(plain, dict):
        known.update(plain)
    elif parts[-1] in node:
        raise StudyError(f"{place}: {'.'.join(full)} must be given once, but is given twice")
    else:
        node[parts[-1]] = plain


def _plain(node: Any, path: KeyPath, document: Document) -> Any:
    if isinstance(node, CommentedMap):
        return _plain_map(node, path, document)
    if isinstance(node, CommentedSeq):
        _refuse_tag(node, path, document)
        return [_plain(item, path, document) for item in node]
    if isinstance(node, bool) or node is None:
        return node
    for kind in (int, float, str):  # ruamel's scalars are subclasses that remember their style
        if isinstance(node, kind):
            return kind(node)
    _refuse_tag(node, path, document)
    raise document.error(path, f"a value must be plain YAML, but got {type(node).__name__}")


def _refuse_tag(node: Any, path: KeyPath, document: Document) -> None:
    tag = getattr(node, "tag", None)
    if tag is not None and tag.value is not None and str(tag.value) not in _PLAIN_TAGS:
        raise document.error(path, f"a value must have no tag, but has {tag.value}")


def flatten(values: dict[str, Any], prefix: KeyPath = ()) -> Iterable[tuple[KeyPath, Any]]:
    """Yield (path, value) of every value that is not a mapping."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from flatten(value, (*prefix, key))
        else:
            yield (*prefix, key), value
