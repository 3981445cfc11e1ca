"""An incay form of your own: a penalty on the squared norm of a feature.

A study uses it by `uses: [mine.py]` and `incay: {form: mine, weight: 0.001}`. Weight, gate,
threshold and start step are the same for all forms and need no code. A form that needs logits, or a
number that is learned, writes `batch_penalty` instead (docs/own-components.md).
Test it with `python -m pytest test_mine.py`.
"""

from __future__ import annotations

from torch import Tensor

from incay.components import IncayForm, register_form


@register_form("mine")
class MineForm(IncayForm):
    """−√(‖f‖² + ε), whose gradient has at most length 1: write your equation here."""

    citation = "where it comes from: paper, section, equation"
    # A range worth searching: `incay methods` shows it.
    search_space = {"weight": "log 1e-5 .. 1e0"}

    @staticmethod
    def penalty(squared_norm_B: Tensor, epsilon: float) -> Tensor:
        """Return what is added to the objective for each sample, (B,).

        It and its gradient must be finite at ‖f‖ = 0 too: that is what ε is for.
        """
        return -(squared_norm_B + epsilon).sqrt()
