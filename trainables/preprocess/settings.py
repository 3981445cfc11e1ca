"""Settings of preprocessing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.trainables.settings import Settings, require, require_finite

if TYPE_CHECKING:
    import torch

    from incay.trainables.data.base import ImageData, Split
    from incay.trainables.training.batches import Normalizer

MOST_NUMBERS = 4_096
"""Of an image that can be whitened. The matrix has their square: 128 MiB in float64, of which a
decomposition takes about four, and a minute."""


@dataclass(frozen=True, kw_only=True)
class PreprocessSettings(Settings):
    """Global contrast normalisation and ZCA whitening, fitted on the images that are trained on.

    Attributes:
        gcn: Each image has its own mean subtracted and is brought to this Euclidean norm; 55 in
            Goodfellow et al., Maxout Networks, ICML 2013 (section 4.2 and their code). 0 is off.
        zca: ε > 0 in W = (C + ε·I)^(−1/2), by which images less their mean are multiplied, C their
            covariance (Krizhevsky 2009, section 2.1 and appendix A); 0.1 in Goodfellow et al.'s
            code, after contrast normalisation. 0 is off.
    """

    gcn: float = 0.0
    zca: float = 0.0

    def __post_init__(self) -> None:
        require_finite("gcn", self.gcn)
        require_finite("zca", self.zca)
        fits = self.zca == 0.0 or self.zca >= 1e-9
        require(fits, "zca = 0 or zca >= 1e-9", self.zca)

    @property
    def active(self) -> bool:
        """Whether anything is done but what a data set itself asks for."""
        return self.gcn > 0.0 or self.zca > 0.0

    def refusal(self, image_shape: tuple[int, int, int]) -> str:
        """Return why images (channels, height, width) cannot be preprocessed so, or nothing."""
        numbers = math.prod(image_shape)
        if self.zca > 0.0 and numbers > MOST_NUMBERS:
            return (
                f"preprocess.zca takes images of at most {MOST_NUMBERS:,} numbers, but these have "
                f"{numbers:,}: its matrix has the square of that"
            )
        return ""

    def fit(self, train: Split, data: ImageData, device: torch.device) -> Normalizer:
        """Return what preprocesses images, fitted on those that are trained on.

        Raises:
            ValueError: The images are too large.
        """
        if reason := self.refusal(data.image_shape):
            raise ValueError(reason)
        from incay.trainables.preprocess.modules.whitening import fitted

        return fitted(self, train, data.scale, device)
