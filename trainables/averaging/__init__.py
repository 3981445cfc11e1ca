"""Averages of weights over steps: evaluated and kept in place of the weights themselves."""

from incay.trainables.averaging.settings import AverageSettings

__all__ = ["AverageSettings"]
