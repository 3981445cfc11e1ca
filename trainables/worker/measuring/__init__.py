"""Measures of a trained network: what its answers are condensed to, and the numbers made of it."""
