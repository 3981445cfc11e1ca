"""``incay networks``: every network, or one network's layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from incay.study.commands.shared import completion
from incay.study.commands.shared.arguments import component
from incay.study.commands.shared.console import console
from incay.study.commands.shared.options import DataRoot, Set
from incay.study.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from rich.table import Table

    from incay.trainables.networks import NetworkSettings
    from incay.trainables.networks.modules.summary import Layer

    ImageShape = tuple[int, int, int]

_FLOPS = "FLOPs: 2 per multiply-add of convolutions and fully connected layers, for one image."
_CLASSIFIER = "The classifier belongs to the loss: classes × D parameters, none of them a bias."


Name = Annotated[
    str | None,
    typer.Argument(
        help="A network; without it, all are listed.", autocompletion=completion.networks
    ),
]
Width = Annotated[
    float | None, typer.Option(help="Factor of the channel counts; as network.width.")
]
OfDataset = Annotated[
    str | None,
    typer.Option(
        help="Data set whose images it takes; it is read.", autocompletion=completion.datasets
    ),
]
OfShape = Annotated[
    str | None, typer.Option(metavar="C,H,W", help="Channels, height and width of its images.")
]


def networks(
    name: Name = None,
    width: Width = None,
    set_: Set = None,
    dataset: OfDataset = None,
    image_shape: OfShape = None,
    data_root: DataRoot = None,
) -> None:
    """List the networks, or show one's layers: output, parameters and FLOPs per image."""
    from incay.trainables.networks import networks as registered

    if dataset is not None and image_shape is not None:
        raise UserError("--dataset and --image-shape must not be given together")
    settings = [*(set_ or ()), *([] if width is None else [f"network.width={width}"])]
    names = [name] if name else registered
    chosen = [component("network", each, settings, data_root) for each in names]
    shape = _given_shape(dataset, image_shape, data_root)
    if name is not None:
        table = _layers(chosen[0], shape or chosen[0].image_shape)
    else:
        table = _overview(chosen, shape)
    screen = console()
    screen.print(table)
    screen.print(f"{_FLOPS} {_CLASSIFIER}")


def _given_shape(
    dataset: str | None, image_shape: str | None, data_root: Path | None
) -> ImageShape | None:
    if dataset is not None:
        from incay.study.planning.data_catalog import DataCatalog

        return DataCatalog(data_root).load(component("dataset", dataset)).image_shape
    if image_shape is None:
        return None
    sides = [side.strip() for side in image_shape.split(",")]
    if len(sides) != 3 or not all(side.isdecimal() and int(side) > 0 for side in sides):
        raise UserError(
            "--image-shape must be three whole numbers C,H,W above 0 (e.g. 3,32,32), but got "
            f"{image_shape!r}"
        )
    channels, height, columns = (int(side) for side in sides)
    return channels, height, columns


def _overview(chosen: list[NetworkSettings], shape: ImageShape | None) -> Table:
    from rich.table import Table

    table = Table(title="networks")
    for heading in ("network", "images", "D", "feature", "layers", "parameters", "FLOPs"):
        left = heading in ("network", "feature")
        table.add_column(heading, justify="left" if left else "right", no_wrap=True)
    table.add_column("source")
    for network in chosen:
        taken = shape or network.image_shape
        layers = _measured(network, taken)
        table.add_row(
            network.name,
            _by(taken),
            str(network.dimension),
            network.feature,
            str(sum(layer.multiply_adds > 0 for layer in layers)),
            f"{sum(layer.parameters for layer in layers):,}",
            f"{2 * sum(layer.multiply_adds for layer in layers):,}",
            network.citation,
        )
    return table


def _layers(network: NetworkSettings, shape: ImageShape) -> Table:
    from rich.table import Table

    layers = _measured(network, shape)
    settings = f"width {network.width:g}, feature {network.feature}, D = {network.dimension}"
    table = Table(title=f"{network.name} · {settings} · images {_by(shape)}")
    for heading in ("layer", "kind", "output", "parameters", "FLOPs"):
        left = heading in ("layer", "kind")
        table.add_column(heading, justify="left" if left else "right", no_wrap=True)
    for layer in layers:
        table.add_row(
            layer.name,
            layer.kind,
            _by(layer.output_shape),
            f"{layer.parameters:,}" if layer.parameters else "",
            f"{2 * layer.multiply_adds:,}" if layer.multiply_adds else "",
        )
    table.add_section()
    table.add_row(
        "total",
        "",
        "",
        f"{sum(layer.parameters for layer in layers):,}",
        f"{2 * sum(layer.multiply_adds for layer in layers):,}",
    )
    return table


def _measured(network: NetworkSettings, shape: ImageShape) -> list[Layer]:
    from incay.trainables.networks.modules.summary import layer_table

    try:
        return layer_table(network, shape)
    except ValueError as error:
        raise UserError(str(error)) from error


def _by(shape: tuple[int, ...]) -> str:
    return "×".join(str(side) for side in shape)
