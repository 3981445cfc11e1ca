"""Figures of a study's trials: their course, and what settings and seeds make of them."""
