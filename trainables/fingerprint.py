"""Fingerprints: the hash of what a trial computes, on which data, by which code.

The code's version covers exactly the definitions that can change a trial's result: the training
loop, the trial's own components and whatever they import from this package, wherever it lies
(`incay.trainables.source_code`). A new loss leaves all other fingerprints alone.
"""

from __future__ import annotations

from incay.trainables.config import TrialConfig
from incay.trainables.incay import forms
from incay.trainables.source_code import reached
from incay.trainables.source_versions import SCOPE, digest, version_of
from incay.trainables.store.naming import fingerprint_of

_LOOP = "incay.trainables.training.trainer"


def fingerprint(config: TrialConfig, data_hash: str) -> str:
    """Return the trial's fingerprint, 20 hexadecimal digits."""
    return fingerprint_of(config.to_dict(), data_hash, code_version(config))


def code_version(config: TrialConfig) -> str:
    """Return the version of the code that trains this configuration."""
    return version_of(*sorted(_roots(config)))


def code_files(config: TrialConfig) -> dict[str, str]:
    """Return the modules that can change the trial's result, each with its hash."""
    found = reached(_roots(config), SCOPE)
    return {module: digest(definitions) for module, definitions in found.items()}


def _roots(config: TrialConfig) -> frozenset[str]:
    parts = (config.dataset, config.network, config.loss)
    roots = {_LOOP, *(type(part).__module__ for part in parts)}
    if config.incay.active:
        roots.add(forms[config.incay.form].__module__)
    return frozenset(roots)
