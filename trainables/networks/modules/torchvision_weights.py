"""Weights for torchvision's models: read without running code, and held against the model."""

from __future__ import annotations

import pickle
import re
import warnings
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torchvision import models

from incay.trainables.data_root import places_of
from incay.trainables.errors import first_line

_HOLDERS = ("network", "model", "state_dict", "model_state_dict")
"""Under which a file keeps weights: a kept model of incay, torchvision's and others' training."""
_PREFIXES = ("module.", "trunk.")
"""Before the names of weights: several GPUs, a kept model of incay."""
_AUXILIARY = re.compile(r"(aux1|aux2|AuxLogits)\.")
_DENSE_LAYER = re.compile(r"(denselayer\d+\.(?:norm|conv))\.(\d)\.")
"""Names in the published files of DenseNet, which a module's name can no longer have."""
_NAMED = 3


def load_weights(model: nn.Module, name: str, pretrained: str, last: str) -> None:
    """Give a model the weights that its settings name.

    Args:
        model: Without its last layer; on the device ``meta``, the weights are only checked.
        name: Its name.
        pretrained: ``default``, or a file.
        last: The name of the layer that was left out.

    Raises:
        ValueError: The weights cannot be had or read, or are another model's.
    """
    if pretrained == "default":
        state, where = _published(name), f"the published weights of {name}"
    else:
        path = located(pretrained)
        state, where = _read(path), str(path)
    _load(model, _cleaned(state, last, where, model), where, name)


def located(pretrained: str) -> Path:
    """Return where a file of weights lies: below the data root, or where the trial runs.

    Raises:
        ValueError: It is in neither place.
    """
    tried = list(dict.fromkeys(path.absolute() for path in places_of(pretrained)))
    for path in tried:
        if path.is_file():
            return path
    places = " or ".join(map(str, tried))
    raise ValueError(f"pretrained must be a file of weights in {places}, but there is none")


def _published(name: str) -> Mapping[str, Any]:
    weights = models.get_model_weights(name).DEFAULT
    kept = Path(torch.hub.get_dir(), "checkpoints", Path(weights.url).name)
    try:
        found: Mapping[str, Any] = weights.get_state_dict(
            progress=False, check_hash=True, map_location="cpu", weights_only=True
        )
    except (OSError, RuntimeError, pickle.UnpicklingError) as error:
        raise ValueError(
            f"pretrained: default must find {kept}, or download it from {weights.url}, but: "
            f"{first_line(error)}. Download it where there is a network, put it below the data "
            "root and name it: pretrained: FILE.pth"
        ) from error
    return found


def _read(path: Path) -> Mapping[str, Any]:
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, LookupError, pickle.UnpicklingError) as e:
        raise ValueError(
            f"pretrained: {path} must hold weights that can be read without running code "
            f"(torch.save of a state_dict), but {type(e).__name__}: {first_line(e)}"
        ) from e
    for holder in _HOLDERS:
        if isinstance(found, Mapping) and isinstance(found.get(holder), Mapping):
            found = found[holder]
    if not isinstance(found, Mapping) or not any(isinstance(v, Tensor) for v in found.values()):
        raise ValueError(
            f"pretrained: {path} must hold weights by name (a state_dict), but does not"
        )
    return found


def _read_safetensors(path: Path) -> Mapping[str, Any]:
    try:
        from safetensors.torch import load_file
    except ImportError as error:
        raise ValueError(
            f"pretrained: to read {path} takes the package safetensors, which is not installed: "
            "pip install safetensors"
        ) from error
    try:
        found: Mapping[str, Any] = load_file(path)
    except Exception as error:  # a class of its own, of the package that may be missing
        raise ValueError(
            f"pretrained: {path} must be a whole file of safetensors, but: {first_line(error)}"
        ) from error
    return found


def _cleaned(
    state: Mapping[str, Any], last: str, where: str, model: Any
) -> OrderedDict[str, Tensor]:
    """Return a model's weights by its own names, without the classifiers' and in its shapes."""
    cleaned: OrderedDict[str, Tensor] = OrderedDict()
    for name, value in state.items():
        for prefix in _PREFIXES:
            name = name.removeprefix(prefix)
        if not isinstance(value, Tensor) or _AUXILIARY.match(name) or name.startswith(f"{last}."):
            continue
        cleaned[_DENSE_LAYER.sub(r"\1\2.", name)] = value
    # By the versions in here, some modules know names of earlier ones.
    versions = getattr(state, "_metadata", None) or model.state_dict()._metadata
    if isinstance(model, models.VisionTransformer) and "encoder.pos_embedding" in cleaned:
        try:
            cleaned = models.vision_transformer.interpolate_embeddings(
                model.image_size, model.patch_size, cleaned
            )
        except ValueError as error:
            raise ValueError(f"pretrained: {where}: {first_line(error)}") from error
    cleaned._metadata = versions  # type: ignore[attr-defined]
    return cleaned


def _load(model: nn.Module, state: OrderedDict[str, Tensor], where: str, name: str) -> None:
    head = f"pretrained: {where} must hold the weights of {name}, but"
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*meta parameter.*no-op")
            found = model.load_state_dict(state, strict=False)
    except RuntimeError as error:
        differing = [line.strip() for line in str(error).splitlines()[1:]]
        raise ValueError(f"{head}: {_some(differing or [str(error)], '; ')}") from error
    # Kept models of incay have a layer of their own behind the trunk.
    unexpected = [each for each in found.unexpected_keys if not each.startswith("head.linear")]
    if found.missing_keys or unexpected:
        parts = [
            f"{word} {_some(names, ', ')}"
            for word, names in (("lacks", found.missing_keys), ("has", unexpected))
            if names
        ]
        raise ValueError(f"{head} {' and '.join(parts)}")


def _some(items: list[str], separator: str) -> str:
    more = f" and {len(items) - _NAMED:,} more" if len(items) > _NAMED else ""
    return separator.join(items[:_NAMED]) + more
