"""Runs the short benchmarks one after another: ``python -m benchmarks [NAME …]``.

Each is a module of its own with a `main`, prints its figures with versions and machine, and
can also be started alone: ``python -m benchmarks.NAME``.
"""

from __future__ import annotations

import importlib
import sys

SHORT = ("losses.memory", "losses.times", "reading.tables", "driver.overheads")


def main() -> None:
    """Run the named benchmarks, or all short ones."""
    for name in sys.argv[1:] or SHORT:
        print(f"# {name}", flush=True)
        sys.argv = [name]  # the names are not the benchmark's own options
        importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
