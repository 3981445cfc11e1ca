"""Every registered loss has a case, and none has a bias."""

from __future__ import annotations

import test_logit_losses
import test_loss_formulas
import test_margin_losses
import test_margins_with_state
from loss_cases import LossCase
from loss_checks import registered, weight_of

CASES = (test_loss_formulas, test_margin_losses, test_margins_with_state, test_logit_losses)
"""Whose cases are registered by being imported."""


def test_every_registered_loss_has_a_case() -> None:
    tested = {variant.name for case in LossCase.cases for variant in getattr(case, "variants", ())}
    assert registered() - tested == set(), "add a LossCase for these"


def test_no_bias() -> None:
    """Both papers, section 3.1."""
    for case in LossCase.cases:
        for variant in getattr(case, "variants", ()):
            loss = variant.build(3, 4)
            assert weight_of(loss).shape == (4 * getattr(variant, "centers", 1), 3)
            assert not any("bias" in name for name, _ in loss.named_parameters())
