"""Table definitions: one file each, from a study's results to a `Table`."""

from incay.analysis.tables.base import tables

__all__ = ["tables"]
