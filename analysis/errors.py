"""The one error type of this package."""

from incay.trainables.errors import UserError


class AnalysisError(UserError):
    """What was asked for cannot be read out truthfully; the message says why."""
