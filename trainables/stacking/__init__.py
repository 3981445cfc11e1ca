"""Trials of one architecture, trained together in one process."""
