"""The contract of an incay form.

Shape suffixes: B batch, D feature dimension, K classes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class FormBatch:
    """One training batch, as `IncayForm.batch_penalty` is given it.

    Attributes:
        features_BD: Features before any normalisation, float32 or float64. Those that do not
            count are 0.
        counts_B: Which samples count, by gate and threshold; bool. The penalty of others is
            left out, whatever a form returns for them.
        epsilon: ε.
        learned: The form's learned numbers by name, each without a dimension.
        scores: The loss's plain logits of features (B, K), by which they may have gradients too.
    """

    features_BD: Tensor
    counts_B: Tensor
    epsilon: float
    learned: Mapping[str, Tensor]
    scores: Callable[[Tensor], Tensor]

    def norms(self) -> Tensor:
        """Return √(‖f‖² + ε) of each sample (B,), which has a gradient also at ‖f‖ = 0."""
        return (self.features_BD.square().sum(dim=1) + self.epsilon).sqrt()

    def logits(self) -> Tensor:
        """Return plain logits (B, K), which are made here: most forms need none."""
        return self.scores(self.features_BD)


class IncayForm:
    """A penalty on features, most of them on the feature norm; it is added to the objective.

    Paper A (section 6.3) writes each form F as something to *maximise*; a penalty is −F. Beside
    feature incay's own forms, whose penalty falls as the norm grows, stand others that hold the
    norm or shorten features.

    A form writes one of two methods: `penalty`, of the squared norm alone, or `batch_penalty`,
    which is given the whole batch, logits and learned numbers.

    It may have settings of its own: keyword-only parameters of that method, each with a type and
    a default, such as ``*, exponent: float = -1.0``. A study gives them as ``incay.settings``. A
    static method ``check``, which takes them likewise, may refuse what is out of range by a
    `ValueError`.
    """

    name: ClassVar[str]
    citation: ClassVar[str] = ""
    """Where the form comes from: paper, section, equation."""
    search_space: ClassVar[Mapping[str, str]] = {}
    """The range that a study may search by default, by incay setting, in a study file's notation:
    the gradients of the forms differ by many decades, so that each has its own range of λ."""
    learned: ClassVar[tuple[str, ...]] = ()
    """Names of numbers that the optimiser learns, without weight decay. (Where a study asks for
    decay of all parameters, it is a number's change since its beginning that decays.)"""

    background: ClassVar[str] = ""
    """Its own setting, of texts and ``none`` by default, that names a data set of unknown samples:
    a batch of them runs beside each of the trial's own. Empty for a form without use for one."""

    @staticmethod
    def penalty(squared_norm_B: Tensor, epsilon: float) -> Tensor:
        """Return the penalty of each sample.

        Args:
            squared_norm_B: ‖f‖² per sample, at least 0.
            epsilon: Keeps the penalty finite at ‖f‖ = 0.
        """
        raise NotImplementedError

    @staticmethod
    def batch_penalty(batch: FormBatch) -> Tensor:
        """Return the penalty of each sample (B,); what is trained is their mean.

        Args:
            batch: The samples, their logits and the learned numbers.
        """
        raise NotImplementedError

    @staticmethod
    def begin(batch: FormBatch) -> Mapping[str, Tensor]:
        """Return what the learned numbers begin with, by name.

        It and the two methods below are given those of the form's own settings, by keyword, that
        they name as parameters.

        Args:
            batch: The first one, in which all samples count; its `learned` is empty.
        """
        raise NotImplementedError

    @staticmethod
    def unknown_penalty(batch: FormBatch) -> Tensor:
        """Return the penalty of each unknown sample (B,), whose mean has the same weight λ.

        Args:
            batch: Samples of the background, all of which count.
        """
        raise NotImplementedError

    @staticmethod
    def unknown_loss(batch: FormBatch) -> Tensor:
        """Return the loss of each unknown sample (B,), whose mean is added without λ.

        Args:
            batch: As in `unknown_penalty`.
        """
        raise NotImplementedError


def writes(form: type[IncayForm], method: str) -> bool:
    """Return whether a form has a method of its own."""
    return getattr(form, method) is not getattr(IncayForm, method)


def takes_batches(form: type[IncayForm]) -> bool:
    """Return whether a form writes `batch_penalty`."""
    return writes(form, "batch_penalty")
