"""One case per registered network: an image that it is made for, and numbers worked by hand."""

from __future__ import annotations

from dataclasses import dataclass

Layers = tuple[tuple[str, tuple[int, ...], int, int], ...]
"""(Name, output shape, parameters, multiply-adds) of some layers."""


@dataclass(frozen=True)
class NetworkCase:
    """What a network must be.

    Attributes:
        image_shape: That the papers feed it.
        smallest: Side of the smallest image that it takes.
        placement: Default placement of the feature.
        dimension: Default D.
        layers: Some of its layers.
        parameters: Of the whole network.
        multiply_adds: Of the whole network, per image.
    """

    image_shape: tuple[int, int, int]
    smallest: int
    placement: str
    dimension: int
    layers: Layers
    parameters: int
    multiply_adds: int


def conv(size: int, inputs: int, outputs: int, kernel: int = 3) -> int:
    """Multiply-adds of a convolution with `size` output pixels."""
    return size * inputs * outputs * kernel * kernel


def norm(*channels: int) -> int:
    """Parameters of batch norms: a scale and a shift for each channel."""
    return 2 * sum(channels)


def cifar(a: int, b: int, c: int, layers: Layers) -> NetworkCase:
    """Return the case of five, four and four 3×3 convolutions with a, b and c channels."""
    return NetworkCase(
        image_shape=(3, 32, 32),
        smallest=8,
        placement="bn_relu",
        dimension=512,
        layers=layers,
        parameters=(
            9 * (3 * a + 4 * a * a + a * b + 3 * b * b + b * c + 3 * c * c)
            + norm(*[a] * 5, *[b] * 4, *[c] * 4, 512)
            + 16 * c * 512
        ),
        multiply_adds=(
            conv(1024, 3, a)
            + 4 * conv(1024, a, a)
            + conv(256, a, b)
            + 3 * conv(256, b, b)
            + conv(64, b, c)
            + 3 * conv(64, c, c)
            + 16 * c * 512
        ),
    )


def spherenet(*inner: int, layers: Layers) -> NetworkCase:
    """Return the case of four openings, each with `inner` convolutions in its units."""
    a, b, c, d = inner
    return NetworkCase(
        image_shape=(3, 112, 96),
        smallest=16,
        placement="linear",
        dimension=512,
        layers=layers,
        # Openings have biases, units have none; every convolution has its PReLU.
        parameters=(
            9 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512)
            + 9 * (a * 64**2 + b * 128**2 + c * 256**2 + d * 512**2)
            + (64 + 128 + 256 + 512)
            + ((a + 1) * 64 + (b + 1) * 128 + (c + 1) * 256 + (d + 1) * 512)
            + 21_504 * 512
            + 512
        ),
        multiply_adds=(
            conv(2688, 3, 64)
            + conv(672, 64, 128)
            + conv(168, 128, 256)
            + conv(42, 256, 512)
            + a * conv(2688, 64, 64)
            + b * conv(672, 128, 128)
            + c * conv(168, 256, 256)
            + d * conv(42, 512, 512)
            + 21_504 * 512
        ),
    )


CASES = {
    "mnist-2d": NetworkCase(
        image_shape=(1, 28, 28),
        smallest=16,
        placement="linear",
        dimension=2,
        layers=(
            ("trunk.conv0", (20, 24, 24), 20 * 25, 24 * 24 * 20 * 25),
            ("trunk.pool0", (20, 12, 12), 0, 0),
            ("trunk.conv1", (50, 8, 8), 20 * 50 * 25, 8 * 8 * 50 * 20 * 25),
            ("head.linear", (2,), 2 * 800 + 2, 2 * 800),  # 50 channels of 4×4
        ),
        parameters=20 * 25 + 20 * 50 * 25 + norm(20, 50) + 2 * 800 + 2,
        multiply_adds=conv(24 * 24, 1, 20, 5) + conv(8 * 8, 20, 50, 5) + 2 * 800,
    ),
    "mnist": NetworkCase(
        image_shape=(1, 28, 28),
        smallest=8,
        placement="bn_relu",
        dimension=256,
        layers=(
            ("trunk.conv0_1", (64, 28, 28), 576, 451_584),
            ("trunk.norm0_1", (64, 28, 28), 128, 0),
            ("trunk.conv1_1", (64, 28, 28), 36_864, 28_901_376),
            ("trunk.pool1", (64, 14, 14), 0, 0),
            ("trunk.conv2_3", (64, 14, 14), 36_864, 7_225_344),
            ("trunk.pool3", (64, 4, 4), 0, 0),  # 28, 14, 7, 4: rounded up
            ("head.linear", (256,), 1024 * 256, 1024 * 256),
            ("head.norm", (256,), 512, 0),
        ),
        parameters=9 * 64 + 9 * 9 * 64 * 64 + norm(*[64] * 10, 256) + 1024 * 256,
        multiply_adds=(
            conv(784, 1, 64)
            + 3 * (conv(784, 64, 64) + conv(196, 64, 64) + conv(49, 64, 64))
            + 1024 * 256
        ),
    ),
    "cifar10": cifar(
        64,
        128,
        256,
        layers=(
            ("trunk.conv0_1", (64, 32, 32), 1_728, 1_769_472),
            ("trunk.conv2_1", (128, 16, 16), 73_728, 18_874_368),
            ("trunk.conv3_4", (256, 8, 8), 589_824, 37_748_736),
            ("head.linear", (512,), 4096 * 512, 4096 * 512),
        ),
    ),
    "cifar100": cifar(
        128,
        256,
        512,
        layers=(
            ("trunk.conv0_1", (128, 32, 32), 3_456, 3_538_944),
            ("trunk.conv3_4", (512, 8, 8), 2_359_296, 150_994_944),
            ("head.linear", (512,), 8192 * 512, 8192 * 512),
        ),
    ),
    "spherenet-20": spherenet(
        2,
        4,
        8,
        2,
        layers=(
            ("trunk.conv1", (64, 56, 48), 27 * 64 + 64, 4_644_864),
            ("trunk.prelu1", (64, 56, 48), 64, 0),
            ("trunk.unit1_1.conv2", (64, 56, 48), 36_864, 99_090_432),
            ("trunk.conv4", (512, 7, 6), 9 * 256 * 512 + 512, 49_545_216),
            ("head.linear", (512,), 21_504 * 512 + 512, 11_010_048),
        ),
    ),
    "spherenet-64": spherenet(
        6, 16, 32, 6, layers=(("trunk.unit3_16.conv2", (256, 14, 12), 589_824, 99_090_432),)
    ),
}
