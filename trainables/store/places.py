"""Where what belongs to one trial lies, below the root of a store."""

from __future__ import annotations

TRIALS = "trials"
DIGITS = 2
"""Of a fingerprint, which name the folder that the trial's own lies in."""
RECORD = "record.json"
PROGRESS = "progress.json"
HISTORY = "history"


def trial_folder(fingerprint: str) -> str:
    """Return a trial's folder."""
    return f"{TRIALS}/{fingerprint[:DIGITS]}/{fingerprint}"


def trial_path(fingerprint: str, name: str) -> str:
    """Return the path of one of a trial's files."""
    return f"{trial_folder(fingerprint)}/{name}"
