"""The one error type of this package."""


class AnalysisError(Exception):
    """What was asked for cannot be read out truthfully; the message says why."""
