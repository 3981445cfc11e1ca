"""Whether a set fits into memory, asked before it is read."""

from __future__ import annotations

from pathlib import Path

from incay.trainables.data.base import DataError

MEMINFO = Path("/proc/meminfo")
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


def available_bytes() -> int | None:
    """Return the memory that a process may still take, None where the system does not say.

    The limit of a container counts too: it ends a process without a message.
    """
    limits = [_meminfo("MemAvailable:"), _number(_read(CGROUP_LIMIT))]
    return min((limit for limit in limits if limit is not None), default=None)


def require_memory(needed: int, what: str) -> None:
    """Raise a `DataError` if `needed` bytes exceed the available memory.

    Args:
        needed: Bytes.
        what: Names what needs them.
    """
    available = available_bytes()
    if available is not None and needed > available:
        raise DataError(
            f"{what} need {needed / 2**30:.1f} GiB and must fit into memory, but "
            f"{available / 2**30:.1f} GiB are available: sets larger than memory are not "
            f"supported. Use a smaller `size`, fewer images or a larger machine"
        )


def _meminfo(name: str) -> int | None:
    for line in _read(MEMINFO).splitlines():
        if line.startswith(name):
            kibibytes = _number(line.split()[1])
            return None if kibibytes is None else kibibytes * 1024
    return None


def _number(text: str) -> int | None:
    return int(text) if text.strip().isdecimal() else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return ""
