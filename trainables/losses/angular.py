"""What L-Softmax and A-Softmax share: a multiplicative angular margin, annealed in.

The target's logit ‖w_y‖‖f‖cos θ becomes ‖w_y‖‖f‖ψ(θ). During training it is blended with the
plain one, (λ_t·plain + margin) / (1 + λ_t), and λ_t falls from `base` to `min_weight`
(`incay.trainables.losses.modules.margin`, which also says how the authors' layers count t).
No other logit changes.
"""

from __future__ import annotations

from dataclasses import dataclass

from incay.trainables.losses.base import LossSettings
from incay.trainables.settings import require, require_finite


@dataclass(frozen=True, kw_only=True)
class AngularMarginSettings(LossSettings):
    """Margin and annealing; each loss has its authors' values as defaults.

    Attributes:
        margin: m in {1, 2, 3, 4}; 1 is no margin.
        base: λ at t = 0; the first step has t = 1.
        gamma: γ, the growth per step inside the annealing power.
        power: Exponent of the annealing.
        min_weight: λ_min, the weight of the plain logit that remains in the end.
    """

    margin: int
    base: float
    gamma: float
    power: float
    min_weight: float

    search_space = {"margin": "[2, 3, 4]"}

    def __post_init__(self) -> None:
        require(self.margin in (1, 2, 3, 4), "margin in {1, 2, 3, 4}", self.margin)
        for name in ("base", "gamma", "power", "min_weight"):
            require_finite(name, getattr(self, name))
