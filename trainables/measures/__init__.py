"""Measures: what is computed of a trained network's answers. Each file registers one, or a pair.

They need NumPy alone and change nothing of a trial: no fingerprint counts their code. The worker
computes and records all that are registered; analysis computes those that a trial lacks, where
what they need was recorded.
"""

from incay.trainables.measures.base import Measure
from incay.trainables.measures.records import Outside, Records
from incay.trainables.registry import Registry

measures: Registry[Measure] = Registry("measure", __name__)
register_measure = measures.register

__all__ = ["Measure", "Outside", "Records", "measures", "register_measure"]
