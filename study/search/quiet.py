"""Optuna without its log and its warnings, which stand between the lines of a command."""

from __future__ import annotations

import warnings

import optuna


def quieten() -> None:
    """Let Optuna say only what went wrong, from here on."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
