"""A trainer that shows what it has evaluated, and with what: for measures of the trained network.

It trains as `Trainer` does, and no fingerprint counts it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData
from incay.trainables.losses.modules.base import Loss
from incay.trainables.training.batches import DeviceSplit
from incay.trainables.training.determinism import deterministic_algorithms
from incay.trainables.training.evaluate import Samples, extract_features
from incay.trainables.training.pool_first import pool_first
from incay.trainables.training.prepared import PreparedData
from incay.trainables.training.trainer import Trainer


class OpenTrainer(Trainer):
    """A `Trainer`, open to those who measure between two of its reports.

    Its network computes the same bits as that of a `Trainer`, with less work.
    """

    def __init__(
        self, config: TrialConfig, data: ImageData | PreparedData, device: torch.device
    ) -> None:
        super().__init__(config, data, device)
        pool_first(self.network)

    @property
    def num_classes(self) -> int:
        """Classes of the training images."""
        return self._data.num_classes

    def validated(self) -> Samples | None:
        """Return the evaluation of the validation split after the last report, None without one."""
        split = self._data.validation
        return None if split is None else self._measured_now(split)

    def tested(self) -> Samples | None:
        """Return the same of the test split; None where it has none, or it is not open now."""
        split, when = self._data.test, self.config.split.test
        if split is None or (when != "reports" and not self.finished):
            return None
        return self._measured_now(split)

    def trained(self) -> Samples:
        """Evaluate the training images as they are, without augmentation: one pass over them."""
        self.bring_up_to_date()
        return self._measured_now(self._data.train)

    def images(self, name: str) -> npt.NDArray[np.uint8]:
        """Return the images of an open split, ``val`` or ``test``, on the CPU."""
        split = self._data.validation if name == "val" else self._data.test
        assert split is not None
        images: npt.NDArray[np.uint8] = split.images.cpu().numpy()
        return images

    def features_of(self, images: npt.NDArray[np.uint8]) -> Tensor:
        """Return the features (images, D) of any images of the data set's shape."""
        self.bring_up_to_date()
        with deterministic_algorithms(self.config.deterministic):
            found = extract_features(
                self.network, images, self._data.normalize, self.device, autocast=self._autocast
            )
        return torch.from_numpy(found)

    def _settle(self, metrics: dict[str, float]) -> None:
        """Leave the kept weights, and a report that tells of them in training as well.

        Where a trial stops early those are an earlier report's. What waits for its norm
        (`ArmReference`), and tables, are not to get that of weights that were thrown away.
        """
        super()._settle(metrics)
        step = self.step if self._stopping is None else self._stopping.state_dict()["best_step"]
        kept = next((row for row in self.history if row["step"] == step), None)
        if kept is None:  # this very report is the best one
            return
        for name in [name for name in metrics if name.startswith("train.")]:
            del metrics[name]
            if name in kept:
                metrics[name] = kept[name]

    def as_evaluated(self) -> AbstractContextManager[None]:
        """Let the modules hold what the last report has evaluated, such as averaged weights."""
        # Between reports features are kept ones, but where everything is measured at each.
        return self._averaged(runs=self.config.measure.reports)

    def bring_up_to_date(self) -> None:
        """See to it that the modules are what has been trained; alone they always are."""

    @contextmanager
    def scoring(self) -> Iterator[Loss]:
        """Give the loss as it is now, in evaluation mode."""
        self.bring_up_to_date()
        loss, mode = self.loss, self.loss.training
        loss.eval()
        try:
            with torch.inference_mode(), deterministic_algorithms(self.config.deterministic):
                yield loss
        finally:
            loss.train(mode)

    def class_vectors(self) -> Tensor | None:
        """Return the classifier's w_k (K, D) as they are now; None where the loss has none.

        A loss of another kind than ours may tell them by a method ``class_vectors``.
        """
        self.bring_up_to_date()
        own = getattr(self.loss, "class_vectors", None)
        vectors = own() if callable(own) else getattr(self.loss, "weight", None)
        shape = (self.num_classes, self.network.num_features)
        if not isinstance(vectors, Tensor) or tuple(vectors.shape) != shape:
            return None
        return vectors.detach()

    def _measured_now(self, split: DeviceSplit) -> Samples:
        with deterministic_algorithms(self.config.deterministic):
            return self._evaluate(split)
