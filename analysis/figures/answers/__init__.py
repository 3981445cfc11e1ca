"""Figures of what networks answer, right and wrong."""
