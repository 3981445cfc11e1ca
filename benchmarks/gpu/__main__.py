"""Everything that needs a GPU to be measured, in one run of at most ten minutes.

    python -m benchmarks.gpu --data-root DIR

It needs Python, PyTorch, torchvision, NumPy and pyarrow, nothing else. Each section is a process
of its own with a time of its own: one that fails, hangs or runs out of time loses what it has not
printed yet, and nothing of the others. Figures are printed as they come; the last thing printed is
the table of all of them. What each section measures is said in `benchmarks.gpu.sections`.

Without `--data-root`, images are random numbers: times are the same, and errors are left out.
`--tiny` runs through everything in a minute on a CPU and measures nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch

SECTIONS = {
    "synchronisation": 45,
    "losses": 100,
    "engine": 130,
    "training": 240,
    "stacked": 90,
}
"""Each section with the most seconds that it may take."""

MINUTES = 9.5
"""For everything. A section gets no more than what is left of it."""


def main(arguments: list[str] | None = None) -> None:
    """Run the sections one after another and print their table."""
    started = time.monotonic()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--data-root", default=os.environ.get("INCAY_DATA"))
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--tiny", action="store_true")
    chosen = parser.parse_args(arguments)
    for name in set(chosen.sections) - SECTIONS.keys():
        parser.error(f"a section must be one of {', '.join(SECTIONS)}, but got {name!r}")
    print(f"# {machine(torch.device(chosen.device))}", flush=True)
    endings = {}
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder, "figures.jsonl")
        figures.touch()
        for name in chosen.sections or SECTIONS:
            left = 60 * chosen.minutes - (time.monotonic() - started)
            endings[name] = run(name, min(SECTIONS[name], left), figures, chosen)
        rows = [json.loads(line) for line in figures.read_text(encoding="utf-8").splitlines()]
    print(f"\n# {machine(torch.device(chosen.device))}")
    print(table(rows))
    for name, ending in endings.items():
        print(f"{name}: {ending}")
    print(f"{time.monotonic() - started:.0f} s in all", flush=True)


def run(name: str, seconds: float, figures: Path, chosen: argparse.Namespace) -> str:
    """Run a section in a process of its own; return how it ended."""
    if seconds < 10:
        return "left out: no time was left for it"
    print(f"\n## {name} (at most {seconds:.0f} s)", flush=True)
    command = [sys.executable, "-m", "benchmarks.gpu.sections", name]
    command += ["--device", chosen.device, "--figures", str(figures), "--seconds", str(seconds)]
    command += ["--tiny"] if chosen.tiny else []
    command += ["--data-root", chosen.data_root] if chosen.data_root else []
    started = time.monotonic()
    try:
        done = subprocess.run(command, timeout=seconds, cwd=Path(__file__).parents[2], check=False)
    except subprocess.TimeoutExpired:
        return f"ended after {seconds:.0f} s, with what it had measured by then"
    seconds = time.monotonic() - started
    if done.returncode:
        return f"failed after {seconds:.0f} s with exit code {done.returncode}; see above"
    return f"done in {seconds:.0f} s"


def table(rows: list[dict[str, Any]]) -> str:
    """Return the figures as lines of aligned columns."""
    header = ("section", "figure", "value", "goal", "note")
    cells = [header, *(tuple(str(row.get(name) or "") for name in header) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )


def machine(device: torch.device) -> str:
    """Return versions and machine in one line."""
    where = f"{os.cpu_count()} CPUs ({platform.machine()})"
    if device.type == "cuda":
        where = f"{torch.cuda.get_device_name(device)}, CUDA {torch.version.cuda}, {where}"
    return (
        f"{where}; PyTorch {torch.__version__}, Python {platform.python_version()}, NumPy "
        f"{np.__version__}, pyarrow {pa.__version__}"
    )


if __name__ == "__main__":
    main()
