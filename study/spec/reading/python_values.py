"""A study of plain Python values, held to what a study file is held to.

The values are made YAML's nodes and read as a file's are, so that dotted keys, what is given twice
and characters that no name may have are treated alike. In place of a line stands where a value is
given: ``Study(arms['RN'].loss)``.
"""

from __future__ import annotations

import io
import math
import numbers
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from incay.study.errors import StudyError
from incay.study.spec.reading.document import Document
from incay.study.spec.reading.yaml_values import Reader

STUDY = "Study"
"""What a place begins with."""

_TAG = "tag:yaml.org,2002:"
_DEEPEST = 25
_BY_NAME = ("arms", "search")
"""Sections whose keys are names of arms, which may hold anything."""


def python_document(values: Mapping[str, Any]) -> Document:
    """Return the study that plain values stand for.

    Args:
        values: Text, numbers, truth values, None, lists and mappings; NumPy's numbers and arrays
            and paths count as what they stand for.

    Raises:
        StudyError: A value is of another kind, or given twice.
    """
    reader = _PythonReader(STUDY, is_file=True)
    found = reader.read_node(_node(plain_values(values), ()))
    return Document(STUDY, found, reader.places, is_file=False)


def yaml_text(values: Mapping[str, Any]) -> str:
    """Return values as the text of a study file.

    Raises:
        StudyError: A value is of a kind that no study file can hold.
    """
    writer: Any = YAML(typ="safe", pure=True)
    writer.default_flow_style = None
    writer.sort_base_mapping_type_on_output = False
    stream = io.StringIO()
    writer.dump(plain_values(values), stream)
    return stream.getvalue()


def plain_values(value: Any, path: tuple[str, ...] = ()) -> Any:
    """Return a value as YAML has it: text, numbers, truth values, None, lists and mappings.

    Raises:
        StudyError: It is, or holds, something else.
    """
    if len(path) > _DEEPEST:
        _refuse(path[:1], f"values must be nested at most {_DEEPEST} deep, but are deeper")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)  # NumPy's texts too
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                _refuse(path, f"a key must be text, but got {key!r}")
        return {str(key): plain_values(item, (*path, key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_values(item, (*path, f"[{index}]")) for index, item in enumerate(value)]
    if hasattr(value, "tolist"):  # NumPy's arrays and truth values
        return plain_values(value.tolist(), path)
    return _refuse(
        path,
        "a value must be text, a number, True, False, None, a list or a mapping, but got "
        f"{type(value).__name__}",
    )


class _PythonReader(Reader):
    def _place(self, node: Node) -> str:
        return str(node.start_mark)


def _node(value: Any, path: tuple[str, ...]) -> Node:
    place = _place(path)
    if isinstance(value, dict):
        pairs = [
            (ScalarNode(f"{_TAG}str", key, _place((*path, key))), _node(item, (*path, key)))
            for key, item in value.items()
        ]
        return MappingNode(f"{_TAG}map", pairs, place)
    if isinstance(value, list):
        items = [_node(item, (*path, f"[{index}]")) for index, item in enumerate(value)]
        return SequenceNode(f"{_TAG}seq", items, place)
    kind, text = _scalar(value)
    return ScalarNode(f"{_TAG}{kind}", text, place)


def _scalar(value: Any) -> tuple[str, str]:
    if value is None:
        return "null", "null"
    if isinstance(value, bool):
        return "bool", str(value).lower()
    if isinstance(value, int):
        return "int", str(value)
    if isinstance(value, float):
        if math.isfinite(value):
            return "float", repr(value)
        return "float", ".nan" if math.isnan(value) else f"{'-' if value < 0 else ''}.inf"
    return "str", value


def _place(path: tuple[str, ...]) -> str:
    """Return where a value is given, such as ``Study(arms['RN'].loss)``."""
    if not path:
        return STUDY
    text = path[0]
    for index, key in enumerate(path[1:], 1):
        if index == 1 and path[0] in _BY_NAME:
            text += f"[{key!r}]"
        else:
            text += key if key.startswith("[") else f".{key}"
    return f"{STUDY}({text})"


def _refuse(path: tuple[str, ...], message: str) -> NoReturn:
    raise StudyError(f"{_place(path)}: {message}")
