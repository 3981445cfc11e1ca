"""Programs that tests start, as a user would: with the package of this checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def environment() -> dict[str, str]:
    """Return ours, without the user's own INCAY_DATA and INCAY_RESULTS."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("INCAY_")}
    return {**ours, "PYTHONPATH": str(ROOT / ".src")}


ENVIRONMENT = environment()


def python(
    *arguments: str, cwd: Path, timeout: float = 500, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run Python; modules in `cwd` are found too, by workers as well."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**environment(), "PYTHONPATH": f"{ENVIRONMENT['PYTHONPATH']}:{cwd}", **variables},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def incay(
    *arguments: str, cwd: Path, timeout: float = 500, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    return python("-m", "incay", *arguments, cwd=cwd, timeout=timeout, **variables)
