"""Errors that a user can mend: one clear message, exit code 2, no traceback."""

from __future__ import annotations


class UserError(Exception):
    """What must hold, what came instead and where."""


class StudyError(UserError):
    """Something is wrong with a study file or an override of it."""
