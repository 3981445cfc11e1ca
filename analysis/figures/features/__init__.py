"""Figures of features, norms and weights."""
