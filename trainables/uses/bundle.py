"""A user's code as plain texts, which travel to workers and are kept with the results."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from incay.trainables.source.tree import Source


@dataclass(frozen=True)
class Bundle:
    """The modules of a user's code, and those among them that a study names.

    Attributes:
        modules: By name.
        entries: The modules that register components, in the study's order.
        folders: Where packages lie on the machine that gathered them, by name: what they have
            besides Python files is looked for there. It is no part of the digest and not kept.
    """

    modules: Mapping[str, Source] = field(default_factory=dict)
    entries: tuple[str, ...] = ()
    folders: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.modules)

    @cached_property
    def digest(self) -> str:
        """A hash of names and texts; 16 hexadecimal digits."""
        texts = sorted((name, each.text) for name, each in self.modules.items())
        content = json.dumps([texts, self.entries]).encode("utf-8", "surrogatepass")
        return hashlib.sha256(content).hexdigest()[:16]

    def to_dict(self) -> dict[str, Any]:
        """Return the bundle as plain JSON values, without a path of this machine."""
        return {
            "entries": list(self.entries),
            "modules": {
                name: {"text": each.text, "is_package": each.is_package}
                for name, each in sorted(self.modules.items())
            },
        }
