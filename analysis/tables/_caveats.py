"""Why an arm's number and a published one are not of the same thing."""

from __future__ import annotations

from analysis.publications import PublishedTable
from analysis.results import Arm


def caveats(arm: Arm, published: PublishedTable) -> tuple[str, ...]:
    """Return what an arm does otherwise than the paper; then no verdict is given.

    Only what the table cannot show by itself: data set, size of the network, length of training.
    """
    found = []
    dataset = arm.setting("dataset.name")
    if published.dataset_names and dataset and dataset not in published.dataset_names:
        found.append(f"measured on {dataset}, published on {published.dataset}")
    width = arm.setting("network.width")
    if width not in (None, 1, 1.0):
        found.append(f"measured with {width:g} times the paper's channels")
    steps = arm.setting("steps")
    if published.steps is not None and steps is not None and steps < published.steps:
        found.append(f"measured after {steps:,} of the paper's {published.steps:,} steps")
    return tuple(f"Not of the same thing: {each}." for each in found)
