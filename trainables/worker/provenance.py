"""Where and with what a trial was trained."""

from __future__ import annotations

import datetime
import functools
import hashlib
import importlib.metadata
import platform
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_PACKAGES = ("incay", "torch", "torchvision", "numpy", "ray", "optuna", "pyarrow")


def now() -> str:
    """Return the time as ISO 8601 in UTC."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")


@functools.cache
def environment() -> dict[str, Any]:
    """Return host, versions and the state of the source tree; the same for a whole process."""
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "host": platform.node(),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "versions": versions,
        **_source_state(),
    }


def device_name(device: torch.device) -> str:
    """Return the device as a person would name it."""
    if device.type == "cuda":
        import torch

        return torch.cuda.get_device_name(device)
    return _processor()


@functools.cache
def _processor() -> str:
    """Return the processor's model and how it computes: on another, rounding differs."""
    import torch

    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    model = re.search(r"^model name\s*:(.*)", text, re.MULTILINE)
    words = re.sub(r"\((R|TM)\)", "", model[1]).split() if model else []
    name = " ".join(words) or platform.processor() or platform.machine()
    with_amx = ", AMX" if " amx_tile" in text else ""
    return f"{name} ({torch.backends.cpu.get_cpu_capability()}{with_amx})"


def _source_state() -> dict[str, Any]:
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return {"git_commit": None, "git_diff": None}
    commit = _git(root, "rev-parse", "HEAD")
    diff = _git(root, "diff", "HEAD", "--", "*.py", "*.yaml")
    return {
        "git_commit": commit.strip() if commit else None,
        # The hash of uncommitted changes: empty for a clean tree.
        "git_diff": hashlib.sha256(diff.encode()).hexdigest()[:16] if diff else "",
    }


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
