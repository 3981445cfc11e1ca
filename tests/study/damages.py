"""Kinds of damage that a file of the store may come to, by name."""

from __future__ import annotations

import json
import os
import random
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

Damage = Callable[[bytes], bytes | None]
"""Takes a file's content, returns a damaged one; None where this file cannot be damaged so."""


def _of_json(change: Callable[[Any], Any]) -> Damage:
    def damage(content: bytes) -> bytes | None:
        try:
            values = json.loads(content)
        except ValueError:
            return None
        return json.dumps(change(values)).encode() if values else None

    return damage


def _flipped(seed: int) -> Damage:
    def damage(content: bytes) -> bytes:
        chosen, changed = random.Random(seed), bytearray(content)
        changed[chosen.randrange(len(changed))] ^= 1 << chosen.randrange(8)
        return bytes(changed)

    return damage


def _as_texts(values: Any) -> Any:
    if isinstance(values, dict):
        return {key: _as_texts(value) for key, value in values.items()}
    if isinstance(values, list):
        return [_as_texts(value) for value in values]
    return str(values) if isinstance(values, int | float) else values


def _nested(values: Any) -> Any:
    deep: Any = 1
    for _ in range(200):
        deep = [deep]
    return {**values, sorted(values)[-1]: deep} if isinstance(values, dict) else deep


CONTENTS: dict[str, Damage] = {
    "empty": lambda _: b"",
    "an empty object": lambda _: b"{}",
    "an empty list": lambda _: b"[]",
    "null": lambda _: b"null",
    "half": lambda content: content[: len(content) // 2],
    **{f"a flipped bit ({seed})": _flipped(seed) for seed in range(5)},
    "a missing key": _of_json(
        lambda values: {key: values[key] for key in values if key != sorted(values)[0]}
    ),
    "numbers for all": _of_json(lambda values: dict.fromkeys(values, 17)),
    "texts for numbers": _of_json(_as_texts),
    "a deep value": _of_json(_nested),
    "three thousand levels": lambda _: b'{"a":' * 3000 + b"1" + b"}" * 3000,
    "text": lambda _: b"hello\n",
    "bytes": lambda _: bytes(range(256)) * 20,
    "not a number": lambda content: re.sub(rb":\s*\d+\.\d+", b": NaN", content),
    "a huge number": lambda content: re.sub(rb":\s*\d+", b": 1" + b"0" * 5000, content),
    "UTF-16": lambda content: content.decode("latin-1").encode("utf-16"),
    "large": _of_json(lambda values: {**values, "question": "x" * 10_000_000}),
}


def _folder(path: Path) -> None:
    path.mkdir()
    (path / "x").write_text("x")


def _socket(path: Path) -> None:
    before = Path.cwd()
    os.chdir(path.parent)  # a socket's path must be short
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(before)


PLACES: dict[str, Callable[[Path], None]] = {
    "a folder": _folder,
    "a pipe": os.mkfifo,
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a link to /dev/zero": lambda path: path.symlink_to("/dev/zero"),
    "a socket": _socket,
}
"""What may stand in a file's place."""
