"""A classifier that is a simplex equiangular tight frame and is not trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from incay.trainables.losses import register_loss
from incay.trainables.losses.base import LossSettings
from incay.trainables.settings import require, require_finite

if TYPE_CHECKING:
    from incay.trainables.losses.modules.base import Loss


@register_loss("etf")
@dataclass(frozen=True, kw_only=True)
class ETFSettings(LossSettings):
    """½(f·w_y − H)²/H, W a fixed simplex ETF with ‖w_k‖ = 1 (Yang et al. 2022).

    W = √(K/(K−1))·(I − 11ᵀ/K)Pᵀ with random orthonormal P, drawn from the trial's seed. It needs
    K − 1 features for K classes. The authors put a batch norm between network and classifier; here
    the network's feature placement is what there is (``network.feature``).

    Attributes:
        objective: ``dot_regression``, the authors' loss above, or ``cross_entropy``: softmax of
            W f.
        length: H, the square root of the authors' E_H, which f·w_y is to reach. ``own`` is each
            feature's own norm without gradient, as in the authors' code: then only the angle is
            regressed. Cross entropy has none.
    """

    objective: Literal["dot_regression", "cross_entropy"] = "dot_regression"
    length: float | Literal["own"] = "own"

    citation = (
        "Yang et al., Inducing Neural Collapse in Imbalanced Learning: Do We Really Need a "
        "Learnable Classifier at the End of Deep Neural Network?, NeurIPS 2022"
    )

    def __post_init__(self) -> None:
        known = self.objective in ("dot_regression", "cross_entropy")
        require(known, "objective in {dot_regression, cross_entropy}", self.objective)
        if self.length != "own":
            require_finite("length", self.length, low_open=True)

    @property
    def stops_gradient(self) -> bool:
        """Whether the gradient is another one than that of the values, on purpose."""
        return self.objective == "dot_regression" and self.length == "own"

    def require_sizes(self, num_features: int, num_classes: int) -> None:
        """Raise a `ValueError` if there are too few features for so many classes."""
        least = num_classes - 1
        must = f"network.dimension >= {least}, which an ETF of {num_classes} classes needs,"
        require(num_features >= least, must, num_features)

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss."""
        from incay.trainables.losses.modules.logits.etf import ETF

        self.require_sizes(num_features, num_classes)
        return ETF(self, num_features, num_classes)
