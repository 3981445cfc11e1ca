"""What measures are computed of.

Legend of shape suffixes: N images, K classes that have images, D feature dimension, R directions
in which class means differ, S images that are drawn from a split.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Integers = npt.NDArray[np.integer[Any]]
Bools = npt.NDArray[np.bool_]
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Outside:
    """What a network says about images that are of none of its classes.

    Attributes:
        norm: (M,), ‖f‖.
        max_logit: (M,).
        log_confidence: (M,), log of the largest probability.
    """

    norm: Floats
    max_logit: Floats
    log_confidence: Floats


@dataclass(frozen=True, kw_only=True)
class Records:
    """A trial's answers on one split; None is what was not recorded.

    Logits are plain ones, without margin: what evaluation ranks. Class means, and all that is
    computed of them, are those of the split itself.

    Attributes:
        label: (N,), the true class.
        prediction: (N,), the class with the largest logit.
        loss: (N,), −log p_y.
        norm: (N,), ‖f‖.
        max_logit: (N,), max_k z_k.
        log_confidence: (N,), log max_k p_k; max_logit − log_confidence is log Σ_k exp(z_k).
        squares: (N,), Σ_k p_k².
        target_cosine: (N,), cos(f, w_y).
        other_cosine: (N,), the largest cos(f, w_k) of the other classes.
        rank: (N,), of the true class among all by logit, 1 for the first; ties count against it.
        nearest: (N,), the class whose mean is nearest to f.
        tempered_loss: (N,), as `loss` of softmax(z/T), T fitted on other images.
        tempered_log_confidence: (N,), likewise.
        tempered_squares: (N,), likewise.
        temperature: (1,) or (2,), the fitted temperatures.
        class_label: (K,), which classes the arrays below are of.
        class_count: (K,), images.
        class_mean: (K, D), μ_c.
        class_within: (K,), mean ‖f − μ_c‖² of the class.
        class_weight: (K, D), the classifier's w_c.
        between_part: (R,), eigenvalues of Σ_B that are not 0, Σ_B of means that count alike.
        within_part: (R,), vᵀ Σ_W v along their eigenvectors, Σ_W of images that count alike.
        unit_mean: (K,), ‖ū_c‖², ū_c the mean of f/‖f‖.
        unit_overall: (K,), ū_c · ū, ū the mean of all ū_c.
        drawn_label: (S,), of drawn images. These are there only while a trial is measured.
        drawn_feature: (S, D), float64.
        outside: By name of a set of other images, what it says about them.
    """

    label: Integers
    prediction: Integers
    loss: Floats
    norm: Floats
    max_logit: Floats | None = None
    log_confidence: Floats | None = None
    squares: Floats | None = None
    target_cosine: Floats | None = None
    other_cosine: Floats | None = None
    rank: Integers | None = None
    nearest: Integers | None = None
    tempered_loss: Floats | None = None
    tempered_log_confidence: Floats | None = None
    tempered_squares: Floats | None = None
    temperature: Floats | None = None
    class_label: Integers | None = None
    class_count: Integers | None = None
    class_mean: Floats | None = None
    class_within: Floats | None = None
    class_weight: Floats | None = None
    between_part: Floats | None = None
    within_part: Floats | None = None
    unit_mean: Floats | None = None
    unit_overall: Floats | None = None
    drawn_label: Integers | None = None
    drawn_feature: Floats | None = None
    outside: Mapping[str, Outside] | None = None
    _made: dict[object, Any] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Keep measures from writing into what others are computed of, and what is stored."""
        for holder in (self, *(self.outside or {}).values()):
            for name, values in vars(holder).items():
                if isinstance(values, np.ndarray):
                    fixed = values.view()
                    fixed.flags.writeable = False
                    object.__setattr__(holder, name, fixed)

    @property
    def correct(self) -> Bools:
        """(N,), whether the prediction is right."""
        right: Bools = self.prediction == self.label
        return right

    def once(self, make: Callable[..., T], *arguments: object) -> T:
        """Return ``make(records, *arguments)``, made once for all measures that take it."""
        key = (make, arguments)
        if key not in self._made:
            self._made[key] = make(self, *arguments)
        made: T = self._made[key]
        return made

    def has(self, name: str) -> bool:
        """Return whether a field was recorded.

        Raises:
            AttributeError: There is no such field.
        """
        return getattr(self, name) is not None


OUTSIDE = "outside"
"""The field of images of none of the classes, which are there where a study asks for them."""
SAMPLE_FIELDS: Mapping[str, type[np.generic]] = {
    "max_logit": np.float32,
    "log_confidence": np.float32,
    "squares": np.float32,
    "target_cosine": np.float32,
    "other_cosine": np.float32,
    "rank": np.int32,
    "nearest": np.int32,
    "tempered_loss": np.float32,
    "tempered_log_confidence": np.float32,
    "tempered_squares": np.float32,
}
"""What is recorded of each image besides label, prediction, loss and norm. Ranks and classes take
two bytes where there are no more classes than these tell apart."""
AT_EVERY_REPORT = frozenset(
    {"label", "prediction", "loss", "norm", "temperature", *SAMPLE_FIELDS} - {"nearest"}
)
"""Fields that cost little enough to be there at each report of a trial;
`nearest`, which takes class means, does not."""
