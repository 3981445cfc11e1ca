"""Runs on the cluster's head, as the entry point of a job: ``COMMAND …``, as ``incay`` takes it.

``run`` follows the job's life. Any other command is run for a client that cannot reach the results
itself: what it prints, and the files that ``--output`` asks for, go back in an `Answer`.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from pathlib import Path

from incay.study.cluster.answer import Answer
from incay.trainables.scratch import scratch

_OUTPUT = "--output"


def main(arguments: list[str]) -> int:
    """Run a command as ``incay`` would; return its exit code."""
    if not os.environ.get("INCAY_RESULTS") and "--results" not in arguments:
        sys.stderr.write(
            "incay: the results must have a place that all nodes reach: set INCAY_RESULTS in the "
            "cluster file, or give --results URI\n"
        )
        return 2
    # Ray ships the job's folder to every node; this process already runs in it.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if arguments[0] == "run":
        return _incay(arguments)
    sys.stdout.write(f"\n{_answer(arguments).to_line()}\n")
    return 0


def _answer(arguments: list[str]) -> Answer:
    """Run a command; what it would write with ``--output`` becomes a part of the answer."""
    output, errors = io.StringIO(), io.StringIO()
    with scratch("job") as folder:
        if _OUTPUT in arguments:
            value = arguments.index(_OUTPUT) + 1
            arguments[value] = str(Path(folder, Path(arguments[value]).name))
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            code = _doctor() if arguments[0] == "doctor" else _incay(arguments)
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
    return Answer(code, output.getvalue(), errors.getvalue(), files)


def _incay(arguments: list[str]) -> int:
    from incay.study.cli import main as incay

    sys.argv = ["incay", *arguments]
    try:
        incay()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    return 0


def _doctor() -> int:
    from incay.study.cluster.nodes import examine_nodes

    print(json.dumps(examine_nodes()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
