"""The contract of an incay form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from torch import Tensor


class IncayForm:
    """A penalty on the squared feature norm that falls as the norm grows.

    Paper A (section 6.3) writes each form F as something to *maximise*; `penalty` is −F, so
    that it is added to the objective.

    A form may have settings of its own: keyword-only parameters of `penalty`, each with a type and
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

    @staticmethod
    def penalty(squared_norm_B: Tensor, epsilon: float) -> Tensor:
        """Return the penalty of each sample.

        Args:
            squared_norm_B: ‖f‖² per sample, at least 0.
            epsilon: Keeps the penalty finite at ‖f‖ = 0.
        """
        raise NotImplementedError
