"""What a command that ran on the head sends back: one marked line of its job's log."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

_MARK = "incay-answer: "


@dataclass(frozen=True)
class Answer:
    """How a command ended on the head.

    Attributes:
        code: Its exit code.
        output: What it printed.
        errors: What it wrote to stderr.
        files: What it wrote with ``--output``, by name.
    """

    code: int
    output: str
    errors: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)

    def to_line(self) -> str:
        """Return the line that tells of it."""
        files = {name: base64.b64encode(content).decode() for name, content in self.files.items()}
        values = {"code": self.code, "output": self.output, "errors": self.errors, "files": files}
        return f"{_MARK}{json.dumps(values)}"


def read_answer(log: str) -> Answer | None:
    """Return the answer that a job's log holds, None where there is none."""
    for line in log.splitlines():
        if line.startswith(_MARK):
            values = json.loads(line.removeprefix(_MARK))
            files = {name: base64.b64decode(text) for name, text in values["files"].items()}
            return Answer(values["code"], values["output"], values["errors"], files)
    return None
