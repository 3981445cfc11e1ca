"""Which trials may train together: those of equal keys, unless one must train alone."""

from __future__ import annotations

from dataclasses import replace

from incay.trainables.augment.settings import why_alone
from incay.trainables.config import TrialConfig
from incay.trainables.incay.settings import IncaySettings


def stack_key(config: TrialConfig) -> str:
    """Return what trials that train together have in common.

    They may differ in seed, learning rate, weight decay, λ and a threshold that is a number.
    """
    optimizer = replace(config.optimizer, lr=1.0, weight_decay=0.0)
    common = replace(config, seed=0, optimizer=optimizer, incay=_common(config.incay))
    return common.canonical_json()


def must_train_alone(config: TrialConfig) -> str:
    """Return why a trial cannot train with others, or nothing if it can.

    What a network or a loss cannot do for several trials at once shows in the rehearsal
    (`incay.trainables.stacking.gate`), which runs them.
    """
    if config.deterministic:
        return "deterministic: true asks for the bits of training alone"
    if config.network.dropout:
        return "network.dropout draws for one trial"
    parts = (config.optimizer, config.average, config.early_stopping, config.incay)
    reasons = (*(part.alone_because() for part in parts), why_alone(config.augment))
    return next((reason for reason in reasons if reason), "")


def _common(incay: IncaySettings) -> IncaySettings:
    if not incay.active:
        return IncaySettings()
    threshold = incay.threshold if isinstance(incay.threshold, str) else 1.0
    return replace(incay, weight=1.0, threshold=threshold)
