"""Small records that have everything, for trying a measure out before anything is trained."""

from __future__ import annotations

import numpy as np

from incay.trainables.measures.records import Outside, Records

_IMAGES, _CLASSES, _DIMENSION = 24, 4, 5


def planted_records() -> Records:
    """Return the records of 24 images of 4 classes, with 5 features; the same ones each time."""
    random = np.random.default_rng(0)
    label = np.arange(_IMAGES) % _CLASSES
    mean = random.normal(size=(_CLASSES, _DIMENSION))
    feature = mean[label] + 0.5 * random.normal(size=(_IMAGES, _DIMENSION))
    logit = feature @ mean.T
    log = logit - np.logaddexp.reduce(logit, axis=1, keepdims=True)
    own = np.arange(_CLASSES) == label[:, None]
    norm = np.linalg.norm(feature, axis=1)
    cosine = logit / (norm[:, None] * np.linalg.norm(mean, axis=1))
    squares = np.exp(2.0 * log).sum(axis=1)
    outside = Outside(norm=0.5 * norm, max_logit=logit.min(axis=1), log_confidence=log.max(axis=1))
    return Records(
        label=label,
        prediction=logit.argmax(axis=1),
        loss=-log[own],
        norm=norm,
        max_logit=logit.max(axis=1),
        log_confidence=log.max(axis=1),
        squares=squares,
        target_cosine=cosine[own],
        other_cosine=np.where(own, -1.0, cosine).max(axis=1),
        rank=(logit >= logit[own][:, None]).sum(axis=1),
        nearest=logit.argmax(axis=1),
        tempered_loss=-log[own],
        tempered_log_confidence=log.max(axis=1),
        tempered_squares=squares,
        temperature=np.ones(2),
        class_label=np.arange(_CLASSES),
        class_count=np.full(_CLASSES, _IMAGES // _CLASSES),
        class_mean=mean,
        class_within=np.full(_CLASSES, 0.25),
        class_weight=mean,
        between_part=np.array([3.0, 2.0, 1.0]),
        within_part=np.array([0.3, 0.2, 0.1]),
        unit_mean=np.full(_CLASSES, 0.9),
        unit_overall=np.full(_CLASSES, 0.1),
        drawn_label=label,
        drawn_feature=feature,
        outside={"planted": outside},
    )
