"""Where what belongs to one trial, or to one study, lies, below the root of a store."""

from __future__ import annotations

TRIALS = "trials"
DIGITS = 2
"""Of a fingerprint, which name the folder that the trial's own lies in."""
RECORD = "record.json"
PROGRESS = "progress.json"
HISTORY = "history"
STUDIES = "studies"


def trial_folder(fingerprint: str) -> str:
    """Return a trial's folder."""
    return f"{TRIALS}/{fingerprint[:DIGITS]}/{fingerprint}"


def trial_path(fingerprint: str, name: str) -> str:
    """Return the path of one of a trial's files."""
    return f"{trial_folder(fingerprint)}/{name}"


def study_folder(study: str) -> str:
    """Return a study's folder, in which each of its runs has one."""
    return f"{STUDIES}/{study}"


def latest_path(study: str) -> str:
    """Return the path of the file that names a study's latest run."""
    return f"{study_folder(study)}/latest.json"
