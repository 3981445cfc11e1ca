"""Rows whose names say something else than what was trained.

A name is free text, but readers take it at its word: an arm that is called ``Softmax`` and was
trained with the hinge loss makes a table false. Only what a name says in plain words is held
against the settings: a loss, a form of incay, a data set of a fixed name, and numbers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from incay.analysis import wording
from incay.analysis.results.study import Arm, StudyResults
from incay.trainables import names, registry

_TRAINABLES = Path(registry.__file__).parent
_PARTS = re.compile(r"\s*(?:[,/·@:;+()\[\]|&]|\s[−–—-]\s|\b(?:on|with|and)\b)\s*", re.IGNORECASE)
_FILLERS = frozenset(
    {
        *("plain", "tuned", "untuned", "baseline", "only", "pure", "ordinary", "our", "the"),
        *("loss", "incay", "steps", "batch"),
    }
)
_OTHER_NAMES = {
    "largemarginsoftmax": "l-softmax",
    "angularsoftmax": "a-softmax",
    "sphereface": "a-softmax",
    "crossentropy": "softmax",
    "cosinesoftmax": "cosine",
    "amsoftmax": "cosface",
    "additivemarginsoftmax": "cosface",
    "l2constrainedsoftmax": "l2-softmax",
}
_FORMS = {"rn": "reciprocal", "ln": "linear", "logn": "log", "reciprocal": "reciprocal"}
"""Forms of incay by the papers' names (paper A, section 6.3)."""
_DATASETS = frozenset({"mnist", "fashion-mnist", "cifar10", "cifar100", "digits"})
"""Sets of a fixed name; what a folder of images is called is up to the user."""
_SYMBOLS = {
    "λ": names.WEIGHT,
    "lambda": names.WEIGHT,
    "μ": names.WEIGHT_DECAY,
    "mu": names.WEIGHT_DECAY,
    "weight decay": names.WEIGHT_DECAY,
    "lr": names.LEARNING_RATE,
    "rate": names.LEARNING_RATE,
    "learning rate": names.LEARNING_RATE,
    "m": "loss.margin",
    "margin": "loss.margin",
    "width": names.WIDTH,
    "steps": names.STEPS,
    "batch size": names.BATCH_SIZE,
    "batch": names.BATCH_SIZE,
    "momentum": names.MOMENTUM,
}
_ROUNDED = 0.05
"""How far a number in a name may lie from what was trained: names round."""
_STEPS = r"(?<![\w.,=])(?P<value>\d[\d,]*)\s+steps\b"
_NUMBER = r"\s*[=×]?\s*(?P<value>[−-]?\d[\d.,]*(?:e[+−-]?\d+)?)"


def contradictions(results: StudyResults) -> list[str]:
    """Return a note for each arm whose name says something else than its settings."""
    return [
        f"The name of {arm.name} says {said}, but it was trained with {trained}."
        for arm in results.arms
        for said, trained in _found(arm)
    ]


def _found(arm: Arm) -> Iterator[tuple[str, str]]:
    losses, datasets = _losses(), {_flat(name): name for name in _DATASETS}
    words = {*losses, *datasets, *_FORMS}
    parts = [
        said for part in _PARTS.split(_without_numbers(arm.name)) for said in _said(part, words)
    ]
    yield from _component(arm, names.LOSS, _mentioned(parts, losses))
    yield from _component(arm, names.DATASET, _mentioned(parts, datasets))
    numbers = dict(_numbers(arm.name))
    yield from _incay(arm, parts, numbers)
    for name, value in numbers.items():
        trained = arm.setting(name)
        if name in arm.search and not arm.phase("confirm"):
            continue
        known = isinstance(trained, int | float) and not math.isnan(value)
        if known and not math.isclose(trained, value, rel_tol=_ROUNDED):
            yield f"{name} {value:g}", f"{name} {wording.setting(trained)}"


def _component(arm: Arm, name: str, said: list[str]) -> Iterator[tuple[str, str]]:
    """Yield what a name says of a component where its own is not among what is said.

    Center loss may be called ``Softmax + Center Loss``, as what it adds to softmax.
    """
    trained = arm.setting(name)
    if not said or trained is None or trained in said:
        return
    if name == names.DATASET and trained not in _DATASETS:
        return
    kind = name.partition(".")[0]
    yield f"{kind} {' and '.join(said)}", f"{kind} {trained}"


def _incay(arm: Arm, parts: list[str], numbers: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    said = _mentioned(parts, _FORMS)
    if not said or not arm.settings or numbers.get(names.WEIGHT) == 0.0:
        return
    if names.FORM in arm.search or names.WEIGHT in arm.search:
        return  # which of them were chosen stands in columns of their own
    form = arm.setting(names.FORM)
    if not names.incay_is_on(arm.settings):
        yield f"incay of form {said[0]}", "none"
    elif form not in said:
        yield f"incay of form {said[0]}", f"form {form}"


def _numbers(name: str) -> Iterator[tuple[str, float]]:
    """Yield the settings that a name gives a number of: ``λ = 0.1``, ``optimizer.lr=0.1``."""
    for symbol, setting in _SYMBOLS.items():
        found = re.search(rf"(?<![\w.]){re.escape(symbol)}{_NUMBER}(?![\w.])", name, re.IGNORECASE)
        if found:
            yield setting, _number(found["value"])
    for found in re.finditer(rf"(?P<name>[a-z_]+\.[a-z_]+){_NUMBER}(?![\w.])", name):
        yield found["name"], _number(found["value"])

    found = re.search(_STEPS, name, re.IGNORECASE)
    if found:
        yield names.STEPS, _number(found["value"])


def _without_numbers(name: str) -> str:
    """Return a name without the settings that it gives a number of."""
    symbols = "|".join(map(re.escape, sorted(_SYMBOLS, key=len, reverse=True)))
    given = rf"(?<![\w.])(?:{symbols}|[a-z_]+\.[a-z_]+){_NUMBER}(?![\w.])"
    rest = re.sub(given, " ", name, flags=re.IGNORECASE)
    return re.sub(_STEPS, " ", rest, flags=re.IGNORECASE)


def _said(part: str, known: Collection[str]) -> list[str]:
    """Return the components that a part of a name says, flat; none where a word is another.

    ``CIFAR-10 softmax`` and ``RN-softmax`` say two; of what ``sparse softmax`` is nothing is known.
    """
    words = [word for word in part.casefold().split() if word not in _FILLERS]
    if not words or _flat("".join(words)) in known:
        return [_flat("".join(words))]
    found = []
    for word in words:
        pieces = [word] if _flat(word) in known else word.split("-")
        found += [_flat(piece) for piece in pieces]
    return found if all(each in known for each in found) else []


def _number(text: str) -> float:
    try:
        return float(text.replace("−", "-").replace(",", "").rstrip("."))
    except ValueError:
        return math.nan  # a word like 1.2.3 is no number, and is held against nothing


def _mentioned(parts: list[str], known: Mapping[str, str]) -> list[str]:
    return list(dict.fromkeys(known[part] for part in parts if part in known))


def _losses() -> dict[str, str]:
    own = {_flat(name): name for name in registry.registered_names(_TRAINABLES / "losses")}
    return {**_OTHER_NAMES, **own}


def _flat(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())
