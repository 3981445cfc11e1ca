"""What a decoder says of a damaged file, in words that may stand in a message."""

from __future__ import annotations

import re

_MOST = 160
_OBJECT = re.compile(r"<[\w.]+ object at 0x[0-9a-f]+>")


def said(what: object) -> str:
    """Return what a library's error or value says: a line to print, of no object in memory."""
    lines = str(what).strip().splitlines()
    text = _OBJECT.sub("the bytes", lines[0]) if lines else type(what).__name__
    text = text if text.isprintable() else ascii(text)[1:-1]
    text = text if len(text) <= _MOST else f"{text[:_MOST]}…"
    return text.rstrip(".")


def told_os_error(error: OSError) -> str:
    """Return what the system says of a file, without its name, which the message has already."""
    return error.strerror or said(error)
