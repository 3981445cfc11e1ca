"""Settings as the store holds them: those that readers compute with are numbers, or texts.

Readers know no components, so that they cannot ask a component's settings what may stand there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from incay.trainables import names
from incay.trainables.store.reading.door import require

_TEXTS = (*names.NAMING, names.FORM)
_WHOLE = (names.STEPS, names.BATCH_SIZE, names.REPORTS, names.SEED)
_NUMBERS = (
    *(names.WEIGHT, names.WIDTH, names.FEATURE_SCALE, names.LEARNING_RATE, names.WEIGHT_DECAY),
    names.MOMENTUM,
)
_PLAIN = (str, int, float, type(None))
_OF_PART = {
    part: [each for each in (*_TEXTS, *_WHOLE, *_NUMBERS) if each.partition(".")[0] == part]
    for part in {each.partition(".")[0] for each in (*_TEXTS, *_WHOLE, *_NUMBERS)}
}
"""Which of them stand in which part of a configuration."""


def require_config(config: Mapping[str, Any], where: str) -> None:
    """Refuse a nested configuration in which a setting is of another type.

    Args:
        config: Of an arm, or of a trial; what it leaves out is not missed.
        where: Names the file.

    Raises:
        RecordError: So it is.
    """
    for part in config:
        for name in _OF_PART.get(part, ()):
            _require(name, names.look_up(config, name), where)


def require_params(params: Mapping[str, Any], where: str) -> None:
    """Refuse searched settings, by dotted name, that no search can have chosen.

    Raises:
        RecordError: One is neither number nor text nor truth value, or of another type.
    """
    for name, value in params.items():
        require(isinstance(value, _PLAIN), f"a plain {name}", where)
        _require(name, value, where)


def _require(name: str, value: Any, where: str) -> None:
    if value is None:
        return
    if name in _TEXTS:
        require(isinstance(value, str), f"a text in {name}", where)
    elif name in _WHOLE:
        require(isinstance(value, int), f"a whole number in {name}", where)
    elif name in _NUMBERS:
        is_number = isinstance(value, int | float) and math.isfinite(value)
        require(is_number, f"a finite number in {name}", where)
