"""ArcFace with the nearest of several centres a class.

Shape suffixes: B batch, D feature dimension, K classes, C sub-centres of each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from incay.trainables.losses.modules.arcface import ArcFace
from incay.trainables.losses.modules.normalized import unit_class_scores, unit_rows
from incay.trainables.losses.modules.target import own_class

if TYPE_CHECKING:
    from incay.trainables.losses.margins.subcenter_arcface import SubCenterArcFaceSettings


class SubCenterArcFace(ArcFace):
    """See `SubCenterArcFaceSettings`. The rows k·C to k·C + C − 1 of the weights are class k's."""

    def __init__(
        self, settings: SubCenterArcFaceSettings, num_features: int, num_classes: int
    ) -> None:
        super().__init__(settings, num_features, num_classes * settings.centers)
        self.centers = settings.centers

    def scores(self, features_BD: Tensor) -> Tensor:
        """Return s·cos θ_k for every class, by its nearest sub-centre."""
        return self._nearest(self.scale * unit_rows(features_BD))

    def cosines(self, features_BD: Tensor) -> Tensor:
        """Return cos θ_k for every class, as measures have it."""
        return self._nearest(unit_rows(features_BD))

    def own_vectors(self, features_BD: Tensor, labels_B: Tensor) -> Tensor:
        """Return the nearest sub-centre of each sample's own class: (B, D)."""
        first_B = labels_B * self.centers
        each_BC = first_B.unsqueeze(1) + torch.arange(self.centers, device=labels_B.device)
        with torch.no_grad():
            centers_BCD = unit_rows(self.weight[each_BC])
            best_B = torch.linalg.vecdot(centers_BCD, features_BD.unsqueeze(1)).argmax(dim=1)
        return own_class(self.weight, first_B + best_B)

    def _nearest(self, features_BD: Tensor) -> Tensor:
        each_BN = unit_class_scores(features_BD, self.weight)
        nearest_BK: Tensor = torch.unflatten(each_BN, 1, (-1, self.centers)).max(dim=2).values
        return nearest_BK
