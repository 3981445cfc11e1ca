"""The one place where a loss's terms are reduced and added up."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from incay.trainables.losses.modules.base import Term


def reduce_terms(terms: Mapping[str, Term]) -> tuple[Tensor, dict[str, Tensor]]:
    """Return Σ weight · mean(term), and each term's mean before weighting."""
    means = {name: term.value_B.mean() for name, term in terms.items()}
    total: Tensor | None = None
    for name, term in terms.items():
        weighted = means[name] if term.weight == 1.0 else term.weight * means[name]
        total = weighted if total is None else total + weighted
    if total is None:
        raise ValueError("a loss must return at least one term")
    return total, {name: mean.detach() for name, mean in means.items()}
