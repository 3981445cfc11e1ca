"""YAML as plain values, each with the line on which it was written.

What YAML allows is read as YAML means it: anchors, aliases, merge keys (``<<``), flow style,
explicit tags of plain types. The order of a mapping's keys decides nothing: dotted and nested
keys of one setting are laid together, and what is given twice is refused in either order. What
would construct anything but mappings, lists and scalars is refused.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from incay.study.errors import StudyError, shown
from incay.study.spec.reading.texts import check_text, whole

KeyPath = tuple[str, ...]

_TAG = "tag:yaml.org,2002:"
_SCALARS = {f"{_TAG}{name}" for name in ("str", "int", "float", "bool", "null")}
_MAPPING, _LIST, _MERGE = f"{_TAG}map", f"{_TAG}seq", f"{_TAG}merge"
_NOT_PLAIN = {f"{_TAG}timestamp": "date", f"{_TAG}value": "default key"}
"""What YAML may take unquoted text for."""
_MOST_NODES = 10_000
"""To read this many takes half a second. Grids make many arms of few values."""
_DEEPEST = 20
_LONGEST = 1_000
_LONGEST_QUESTION = 10_000
_TOO_MANY = (
    f"a study must hold at most {_MOST_NODES:,} keys and values, those that its aliases repeat "
    "counted again, but holds more"
)
_TOO_DEEP = f"values must be nested at most {_DEEPEST} deep, but are deeper"
_LARGEST = 2**63
"""Whole numbers lie below it, as they do in databases and tensors."""

_NO_CHARACTER = re.compile(rb"\\U(?!000|0010)[0-9A-Fa-f]{8}")


class _Composer(Composer):
    """Makes nodes of a text until one is too many or too deep: a text of brackets never ends.

    Escapes of JSON, which writes a character beyond U+FFFF in two halves, make one character.

    Args:
        met: Told of each node's line and depth, before it is made.
    """

    def __init__(self, met: Callable[[int, int], None], loader: Any = None) -> None:
        super().__init__(loader=loader)
        self._met = met

    def compose_node(self, parent: Any, index: Any) -> Any:
        self._met(self.parser.peek_event().start_mark.line, self.depth)
        return super().compose_node(parent, index)

    def compose_scalar_node(self, anchor: Any) -> ScalarNode:
        node: ScalarNode = super().compose_scalar_node(anchor)
        node.value = whole(node.value)
        return node


@dataclass(frozen=True)
class _Entry:
    key: str
    parts: list[str]
    place: str
    node: Node


class Reader:
    """Reads YAML text of one source.

    Args:
        source: What a place begins with: a file, or ``--set …``.
        is_file: Whether a place has a line, too.

    Attributes:
        places: Where each value stands, by its path.
    """

    def __init__(self, source: str, *, is_file: bool) -> None:
        self.places: dict[KeyPath, str] = {}
        self._source = source
        self._is_file = is_file
        self._yaml = YAML(typ="safe", pure=True)
        self._yaml.Composer = partial(_Composer, self._met)  # type: ignore[assignment]
        self._nodes = 0
        self._count = 0
        self._open: set[int] = set()

    def read(self, content: bytes, path: KeyPath = ()) -> Any:
        """Return the plain value of a text.

        Args:
            content: The text, encoded.
            path: Where in a study the value stands; it decides which keys may be dotted.

        Raises:
            StudyError: The text is no YAML, or not plain.
        """
        node = self._composed(content)
        return None if node is None else self.read_node(node, path)

    def read_node(self, node: Node, path: KeyPath = ()) -> Any:
        """Return the plain value of a node; see `read`."""
        return self._value(node, path, self._place(node))

    def _composed(self, content: bytes) -> Node | None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an anchor may be used again, says YAML
                return self._yaml.compose(io.BytesIO(content))  # type: ignore[no-any-return]
        except MarkedYAMLError as error:
            mark = error.problem_mark
            place = self._source if mark is None else self._line(mark.line)
            problem = (error.problem or "not YAML").splitlines()[0].removeprefix("but ")
            raise StudyError(f"{place}: the text must be plain YAML, but: {problem}") from error
        except ReaderError as error:
            place = self._line(content.decode("utf-8", "replace")[: error.position].count("\n"))
            what = f"{error.reason} (character {error.position})"
            raise StudyError(f"{place}: the text must be plain YAML, but: {what}") from error
        except (YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
            first = (str(error) or type(error).__name__).splitlines()[0]
            place, what = self._source, first
            if escape := _NO_CHARACTER.search(content):
                place = self._line(content[: escape.start()].count(b"\n"))
                what = f"{escape[0].decode()} is no character"
            raise StudyError(f"{place}: the text must be plain YAML, but: {what}") from error

    def _met(self, line: int, depth: int) -> None:
        self._nodes += 1
        if depth > _DEEPEST:
            _refuse(self._line(line), (), _TOO_DEEP)
        if self._nodes > _MOST_NODES:
            _refuse(self._line(line), (), _TOO_MANY)

    def _value(self, node: Node, path: KeyPath, place: str) -> Any:
        self._counted(place, path)
        if isinstance(node, ScalarNode):
            return self._scalar(node, path, place)
        if id(node) in self._open:
            _refuse(place, path, "an alias must not stand within its own anchor, but does")
        if len(self._open) >= _DEEPEST:
            _refuse(place, path, _TOO_DEEP)
        self._open.add(id(node))
        try:
            if isinstance(node, MappingNode):
                self._refuse_tag(node, _MAPPING, path, place)
                return self._mapping(node, path)
            self._refuse_tag(node, _LIST, path, place)
            return [self._value(item, path, self._place(item)) for item in node.value]
        finally:
            self._open.discard(id(node))

    def _counted(self, place: str, path: KeyPath) -> None:
        self._count += 1
        if self._count > _MOST_NODES:
            _refuse(place, path, _TOO_MANY)

    def _scalar(self, node: ScalarNode, path: KeyPath, place: str) -> Any:
        tag = str(node.tag)
        most = _LONGEST_QUESTION if path == ("question",) else _LONGEST
        if len(node.value) > most:
            text = f"a value must have at most {most:,} characters, but has {len(node.value):,}"
            _refuse(place, path, f"{text}: {shown(node.value)}")
        if tag in _NOT_PLAIN:
            text = f"{shown(node.value)} is a {_NOT_PLAIN[tag]} to YAML: put text in quotes"
            _refuse(place, path, f"a value must be plain YAML, but {text}")
        if tag not in _SCALARS:
            self._refuse_tag(node, "", path, place)
        try:
            value = self._yaml.constructor.construct_object(node)
        except (YAMLError, ValueError, ArithmeticError, LookupError) as error:
            kind = tag.removeprefix(_TAG)
            text = f"a value must be plain YAML, but {node.value[:80]!r} is no {kind}"
            raise StudyError(f"{place}: {_named(path)}{text}") from error
        if isinstance(value, str):
            what = f"{place}: {_named(path)}a value"
            check_text(value, what, several_lines=True, name=path[-1] if path else "")
        if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
            text = f"-2^63 and less than 2^63 (9.2e18), but is {shown(node.value)}"
            _refuse(place, path, f"a whole number must be at least {text}")
        return value

    def _mapping(self, node: MappingNode, path: KeyPath) -> dict[str, Any]:
        values: dict[str, Any] = {}
        seen: dict[str, str] = {}
        for number, layer in enumerate(self._layers(node, path)):
            before = set(seen)
            for entry in layer:
                if entry.key in before:
                    continue  # the mapping's own key stands for the one that is merged into it
                if entry.key in seen:
                    _refuse_twice(entry.place, (*path, *entry.parts), seen[entry.key])
                seen[entry.key] = entry.place
                self._lay(values, entry, path, wins=number == 0)
        first = {name: index for index, name in reversed([*enumerate(self._order(node, path))])}
        return {name: values[name] for name in sorted(values, key=first.__getitem__)}

    def _lay(self, values: dict[str, Any], entry: _Entry, path: KeyPath, *, wins: bool) -> None:
        """Lay an entry over values: a merged one gives way, a second of its own is refused."""
        outer, self.places = self.places, {}
        full = (*path, *entry.parts)
        new = self._value(entry.node, full, entry.place)
        for size in range(len(path) + 1, len(full) + 1):
            self.places[full[:size]] = entry.place
        places, self.places = self.places, outer
        for part in reversed(entry.parts[1:]):
            new = {part: new}
        self._combine(values, {entry.parts[0]: new}, path, places if wins else None)
        for each, place in places.items():
            outer.setdefault(each, place)

    def _combine(
        self,
        old: dict[str, Any],
        new: dict[str, Any],
        path: KeyPath,
        places: dict[KeyPath, str] | None,
    ) -> None:
        # Here, so that completion, which reads names of studies, need not import it at every Tab.
        from incay.trainables.config import COMPONENTS, WITHIN

        for key, value in new.items():
            at, there = (*path, key), old.get(key)
            if key not in old or (there is None and isinstance(value, dict)):
                old[key] = value
                continue
            if value is None and isinstance(there, dict):
                continue  # `optimizer:` with nothing behind it, beside `optimizer.lr`
            registry = COMPONENTS.get(key) or WITHIN.get(at[-2:])
            if registry is not None:
                name = registry.key
                there, value = _long(name, there, value), _long(name, value, there)
            if isinstance(there, dict) and isinstance(value, dict):
                self._combine(there, value, at, places)
                old[key] = there
            elif places is not None:
                _refuse_twice(places.get(at, ""), at, self.places.get(at, ""))

    def _layers(self, node: MappingNode, path: KeyPath) -> Iterator[list[_Entry]]:
        """Yield the mapping's own entries, then those of each mapping merged into it."""
        own, merged = [], []
        for key, value in node.value:
            if key.tag == _MERGE:
                merged += self._merged(key, value, path)
            else:
                own.append(self._entry(key, value, path))
        yield own
        for each in merged:
            yield from self._inside(each, path)

    def _inside(self, node: MappingNode, path: KeyPath) -> Iterator[list[_Entry]]:
        if id(node) in self._open:
            _refuse(self._place(node), path, "a mapping must not be merged into itself, but is")
        self._counted(self._place(node), path)
        self._open.add(id(node))
        yield from self._layers(node, path)
        self._open.discard(id(node))

    def _merged(self, key: Node, value: Node, path: KeyPath) -> list[MappingNode]:
        found = value.value if isinstance(value, SequenceNode) else [value]
        mappings = [each for each in found if isinstance(each, MappingNode)]
        if len(mappings) < len(found):
            text = "'<<' must merge a mapping or a list of mappings (<<: *anchor), but does not"
            _refuse(self._place(key), path, text)
        return mappings

    def _order(self, node: MappingNode, path: KeyPath) -> Iterator[str]:
        """Yield the first parts of all keys as a reader meets them: merged ones at their ``<<``."""
        for key, value in node.value:
            if key.tag == _MERGE:
                for each in self._merged(key, value, path):
                    yield from self._order(each, path)
            else:
                yield _parts(key.value, path)[0]

    def _entry(self, key: Node, value: Node, path: KeyPath) -> _Entry:
        place = self._place(key)
        self._counted(place, path)
        if not isinstance(key, ScalarNode) or key.tag != f"{_TAG}str":
            if not isinstance(key, ScalarNode):
                _refuse(place, path, "a key must be text, but got a list or mapping")
            _refuse(place, path, f"a key must be text, but got {key.value:.100}: put it in quotes")
        if len(key.value) > _LONGEST:
            text = f"a key must have at most {_LONGEST:,} characters, but has {len(key.value):,}"
            _refuse(place, path, f"{text}: {shown(key.value)}")
        check_text(key.value, f"{place}: {_named(path)}a key")
        parts = _parts(key.value, path)
        if len(path) + len(parts) > _DEEPEST:
            _refuse(place, path, _TOO_DEEP)
        return _Entry(key.value, parts, place, value)

    def _refuse_tag(self, node: Node, plain: str, path: KeyPath, place: str) -> None:
        if str(node.tag) != plain:
            _refuse(place, path, f"a value must have no tag, but has {node.tag!s:.100}")

    def _place(self, node: Node) -> str:
        return self._line(node.start_mark.line)

    def _line(self, line: int) -> str:
        return f"{self._source}:{line + 1}" if self._is_file else self._source


def _parts(key: str, path: KeyPath) -> list[str]:
    """Return the parts of a key that may be dotted; names of arms and ranges keep their dots."""
    whole = path == ("arms",) or path[:1] == ("search",)
    if not path:
        whole = key.partition(".")[0] in ("arms", "search")
    return [key] if whole else key.split(".")


def _long(key: str, value: Any, other: Any) -> Any:
    """Return a component's name as a mapping where its settings are given beside it."""
    return {key: value} if isinstance(value, str) and isinstance(other, dict) else value


def _named(path: KeyPath) -> str:
    return f"{'.'.join(path)}: " if path else ""


def _refuse(place: str, path: KeyPath, message: str) -> NoReturn:
    raise StudyError(f"{place}: {_named(path)}{message}")


def _refuse_twice(place: str, path: KeyPath, other: str) -> NoReturn:
    where = f" ({other} gives it too)" if other != place else " in this line"
    _refuse(place or other, path, f"must be given once, but is given twice{where}")
