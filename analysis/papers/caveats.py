"""Why an arm's number and a published one are not of the same thing."""

from __future__ import annotations

from incay.analysis.papers.publications import PublishedLine, PublishedTable
from incay.analysis.results.study import Arm
from incay.trainables import names


def caveats(
    arm: Arm, published: PublishedTable, line: PublishedLine | None = None
) -> tuple[str, ...]:
    """Return what an arm does otherwise than the paper; then no verdict is given.

    Only what the table cannot show by itself: data set, network and its size, length of training.

    Args:
        arm: The arm.
        published: The paper's table.
        line: The column of the paper that it stands in, where columns are of different networks.
    """
    wanted_network = (line.network if line is not None else "") or published.network
    wanted_steps = (line.steps if line is not None else None) or published.steps
    found = []
    dataset = arm.setting(names.DATASET)
    if published.dataset_names and dataset and dataset not in published.dataset_names:
        found.append(f"measured on {dataset}, published on {published.dataset}")
    network = arm.setting(names.NETWORK)
    if wanted_network and network and network != wanted_network:
        found.append(f"measured with network {network}, the paper's is {wanted_network}")
    width = arm.setting(names.WIDTH)
    if width not in (None, 1, 1.0):
        found.append(f"measured with {width:g} times the paper's channels")
    steps = arm.setting(names.STEPS)
    if wanted_steps is not None and steps is not None and steps < wanted_steps:
        found.append(f"measured after {steps:,} of the paper's {wanted_steps:,} steps")
    return tuple(f"Not of the same thing: {each}." for each in found)
