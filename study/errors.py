"""Errors that a user can mend: one clear message, exit code 2, no traceback."""

from __future__ import annotations


class UserError(Exception):
    """What must hold, what came instead and where."""


class StudyError(UserError):
    """Something is wrong with a study file or an override of it."""


class HaltedError(Exception):
    """A run had to end before its work was done, through no fault of the study: exit code 1."""
