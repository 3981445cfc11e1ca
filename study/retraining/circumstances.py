"""What decides how sums are rounded and is not the same here as where a trial was trained.

Sums are the same to the last bit on the same kind of processor, with the same versions, threads
and company. The record itself says what it was trained with, so that this is asked for only where
bits differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch

from incay.study.hardware import cpu_count
from incay.trainables.config import TrialConfig
from incay.trainables.store.records import TrialRecord
from incay.trainables.worker.provenance import device_name

_COMPUTING = ("torch", "numpy")
"""Packages whose versions decide how sums are rounded."""


def device_of(record: TrialRecord) -> torch.device:
    """Return where to train a trial again: on a GPU, if it was and there is one."""
    on_gpu = record.provenance.get("device_type") == "cuda" and torch.cuda.is_available()
    return torch.device("cuda" if on_gpu else "cpu")


def threads_of(record: TrialRecord) -> int:
    """Return with how many threads to train a trial again: as many as it had, if there are."""
    threads = record.provenance.get("threads")
    return max(1, min(threads, cpu_count())) if isinstance(threads, int) else 1


def differing(record: TrialRecord, config: TrialConfig, device: torch.device) -> list[str]:
    """Return why rounding may differ, in words; nothing where the bits must be the same."""
    return list(_differing(record.provenance, record, config, device))


def _differing(
    origin: Mapping[str, Any], record: TrialRecord, config: TrialConfig, device: torch.device
) -> Iterator[str]:
    here: dict[str, Any] = {"device": device_name(device)}
    if device.type == "cpu":
        here["threads"] = threads_of(record)
    for name, ours in here.items():
        theirs = origin.get(name)
        if theirs != ours:
            yield f"{name}: {'not recorded' if theirs is None else theirs} then, {ours} here"
    versions = origin.get("versions")
    for package in _COMPUTING:
        theirs = versions.get(package) if isinstance(versions, Mapping) else None
        ours = _version(package)
        if theirs != ours:
            yield f"{package}: {theirs or 'not recorded'} then, {ours} here"
    members = origin.get("stacked", {}).get("members", 1)
    if members != 1:
        yield f"it trained in a stack of {members}, here alone"
    attempts = [each for each in origin.get("attempts", ()) if "host" in each]
    if len({each["host"] for each in attempts}) > 1:
        yield "it trained on several machines, one after another"
    if device.type == "cuda" and not config.deterministic:
        yield "a GPU adds in another order each time, without `deterministic: true`"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"
