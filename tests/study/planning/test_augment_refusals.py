"""What cannot go together in augmentation and preprocessing is one message, before any trial."""

from __future__ import annotations

from pathlib import Path

import pytest
from in_process import incay

STUDY = """\
name: refused
base:
  dataset: digits
  network: {name: mnist-2d, width: 0.1, dimension: 2}
  loss: softmax
  augment: {}
  preprocess: {}
  steps: 6
  reports: 3
  batch_size: 32
  precision: fp32
arms:
  A: {}
  B: {incay: {form: reciprocal, weight: 0.1}}
confirm: {seeds: 2}
"""
REFUSED = [
    (
        ["loss: softmax", "augment: {}"],
        ["loss: arcface", "augment: {mix: {name: mixup}}"],
        "yaml:6: ",
        "(those that do: coco, cosine, l2-softmax, logitnorm, maxsup, normface, softmax, "
        "temperature-softmax) must hold, but got 'mixup and arcface'",
    ),
    (
        ["augment: {}"],
        ["augment: {mix: {name: blend}}"],
        "yaml:6: ",
        "must be one of none, mixup, cutmix, but got 'blend'",
    ),
    (["augment: {}"], ["augment: {mix: {alpha: 0}}"], "yaml:6: ", "0.01 <= alpha <= 100 must"),
    (
        ["augment: {}"],
        ["augment: {crop_padding: 2, resized_crop: {min_area: 0.1}}"],
        "yaml:6: ",
        "an image is cropped once",
    ),
    (
        ["augment: {}"],
        ["augment: {jitter: {hue: 0.1}}"],
        "yaml:6: ",
        "images of three channels, but these are greyscale",
    ),
    (
        ["augment: {}"],
        ["augment: {policy: autoaugment}"],
        "yaml:6: ",
        "augmentation must be one of affine, none, rand_augment, trivial_augment",
    ),
    (
        ["augment: {}"],
        ["augment: {policy: {name: rand_augment, magnitude: 31}}"],
        "yaml:6: ",
        "0 <= magnitude <= 30 must hold, but got 31",
    ),
    (
        ["augment: {}"],
        ["augment: {policy: {name: rand_augment, strength: 3}}"],
        "yaml:6: ",
        "a key must be",
    ),
    (["preprocess: {}"], ["preprocess: {zca: -1}"], "yaml:7: ", "zca >= 0 and finite must hold"),
    (["loss: softmax"], ["loss: {name: softmax, smoothing: 1}"], "yaml:5: ", "0 <= smoothing < 1"),
    (["loss: softmax"], ["loss: {name: hinge, smoothing: 0.1}"], "yaml:5: ", "a key must be"),
]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("old", "new", "place", "message"), REFUSED)
def test_what_cannot_go_together_is_one_message(
    old: list[str], new: list[str], place: str, message: str
) -> None:
    text = STUDY
    for before, after in zip(old, new, strict=True):
        assert before in text
        text = text.replace(before, after, 1)
    Path("study.yaml").write_text(text, encoding="utf-8")
    done = incay("plan", "study.yaml", "--no-probe")
    assert done.code == 2
    assert place in done.err
    assert message in done.err
    assert done.err.count("\n") == 1


def test_settings_of_policies_are_set_searched_and_ablated() -> None:
    Path("study.yaml").write_text(STUDY, encoding="utf-8")
    plan = ["plan", "study.yaml", "--no-probe"]
    assert incay(*plan, "--set", "augment.policy=rand_augment").code == 0
    assert incay(*plan, "--set", "augment.policy={name: rand_augment, num_ops: 1}").code == 0
    assert (
        incay(*plan, "--set", "augment.mix={name: cutmix}", "--set", "loss.smoothing=0.1").code == 0
    )
    searched = STUDY.replace(
        "confirm:",
        "search: {all arms: {augment.policy.magnitude: 2 .. 20, augment.mix.alpha: 0.1 .. 1}}\n"
        "budget: {trials: 3}\nconfirm:",
    ).replace("augment: {}", "augment: {policy: rand_augment, mix.name: mixup}")
    Path("study.yaml").write_text(searched, encoding="utf-8")
    assert incay(*plan).code == 0
    ablated = STUDY.replace("B: {inc", "B: {augment.policy: affine, inc").replace(
        "confirm:", "ablation: {of: B, parts: [incay, augment.policy]}\nconfirm:"
    )
    Path("study.yaml").write_text(ablated, encoding="utf-8")
    done = incay(*plan)
    assert done.code == 0
    assert "B without augment.policy" in done.out


def test_images_too_large_to_whiten_are_refused(tmp_path: Path) -> None:
    from PIL import Image

    for split in ("train", "test"):
        for label in ("a", "b"):
            folder = tmp_path / "data" / "large" / split / label
            folder.mkdir(parents=True)
            for number in range(20):
                Image.new("RGB", (40, 40), (number, ord(split[1]), ord(label))).save(
                    folder / f"{number}.png"
                )
    text = STUDY.replace("dataset: digits", "dataset: {name: image_folder, folder: large}")
    text = text.replace("preprocess: {}", "preprocess: {zca: 0.1}").replace("mnist-2d", "cifar10")
    Path("study.yaml").write_text(text.replace(", dimension: 2", ""), encoding="utf-8")
    done = incay("plan", "study.yaml", "--no-probe", "--data-root", str(tmp_path / "data"))
    assert done.code == 2
    assert "yaml:7: " in done.err
    assert "at most 4,096 numbers, but these have 4,800" in done.err
