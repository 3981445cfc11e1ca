"""Runs in place of the agent by which Ray's dashboard looks at a node: it serves nothing.

A raylet must have one. Ray's own loads all that a dashboard can show, takes a second of the start
and listens on two ports; a run on one machine has no dashboard.
"""

from __future__ import annotations

import runpy
import sys


def main() -> None:
    """Run Ray's agent without its parts. Its file, and what it takes, are the arguments."""
    from ray.dashboard import utils

    utils.get_all_modules = lambda _: []
    sys.argv = [*sys.argv[1:], "--minimal"]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
