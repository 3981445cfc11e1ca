"""Imported first by a worker that waits for its first trial: it says so, as Ray knows of it now.

A driver that asks for a process before would get another one.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = "INCAY_READY_WORKERS"
"""Variable that names the folder in which it leaves an empty file."""

if _folder := os.environ.get(FOLDER):
    Path(_folder, str(os.getpid())).touch()
