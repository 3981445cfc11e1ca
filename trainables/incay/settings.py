"""Settings of the incay term: form, weight, gate, threshold and start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from incay.trainables.incay import forms
from incay.trainables.incay.own_settings import OwnSettings, completed
from incay.trainables.incay.threshold import parse_threshold
from incay.trainables.settings import Settings, require, require_finite

SMALLEST_EPSILON = 1e-12
"""The reciprocal form's gradient goes through 1/ε², which λ multiplies: float32 must hold it."""


@dataclass(frozen=True, kw_only=True)
class IncaySettings(Settings):
    """λ · (1/N) Σ_i h(i) · penalty(f_i) (paper A, eq. 8; paper B, eq. 8).

    Attributes:
        form: A registered form, or ``none``.
        weight: λ >= 0; 0 is the plain loss, bit for bit.
        gate: The samples that count, h(i): all (paper A), those classified correctly
            (paper B), or those classified incorrectly.
        threshold: τ; samples with ‖f‖ > τ contribute 0 (paper A, section 3.4). See
            `incay.trainables.incay.threshold` for the notation.
        start_step: The term is off before this step (paper A, section 3.3).
        epsilon: ε of eq. 8.
        settings: Those of the form's own, by name; what is left out has its default.
    """

    form: str = "none"
    weight: float = 0.0
    gate: Literal["all", "correct", "incorrect"] = "all"
    threshold: float | str = "none"
    start_step: int = 0
    epsilon: float = 1e-6
    settings: Mapping[str, Any] = field(default_factory=OwnSettings)

    def __post_init__(self) -> None:
        if self.form != "none":
            forms[self.form]
        require_finite("weight", self.weight)
        require(
            self.gate in ("all", "correct", "incorrect"),
            "gate in {all, correct, incorrect}",
            self.gate,
        )
        require(self.weight == 0.0 or self.form != "none", "form is set where weight > 0", "none")
        require(self.start_step >= 0, "start_step >= 0", self.start_step)
        require_finite("epsilon", self.epsilon, low=SMALLEST_EPSILON)
        parse_threshold(self.threshold)
        object.__setattr__(self, "settings", completed(self.form, self.settings))

    @property
    def active(self) -> bool:
        """Whether there is a term at all."""
        return self.form != "none" and self.weight > 0.0

    @property
    def background(self) -> str:
        """The data set of unknown samples that run beside the trial's own; empty without one."""
        return self.named_background if self.active else ""

    @property
    def named_background(self) -> str:
        """The same, whether or not there is a term: a search may yet find a weight."""
        named = "none" if self.form == "none" else self.settings.get(forms[self.form].background)
        return "" if named in (None, "none") else str(named)

    def alone_because(self) -> str:
        """Return why its trials cannot train as one computation; nothing if they may."""
        beside = self.background
        return f"incay.settings: images of {beside} run beside those of one trial" if beside else ""
