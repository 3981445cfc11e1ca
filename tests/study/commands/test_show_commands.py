"""``incay networks``, ``incay data`` and ``incay methods``: what they show and what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest
from in_process import incay

from incay.trainables.config import COMPONENTS
from incay.trainables.data.base import DatasetSettings
from incay.trainables.data.idx import IDXSettings
from incay.trainables.incay import forms
from incay.trainables.networks import networks
from incay.trainables.networks.modules.summary import layer_table
from tests.trainables.data.data_cases import CASES, write_idx

METHODS_PAGE = Path(__file__).parents[3] / "docs" / "methods.md"


@pytest.fixture
def every_set(tmp_path: Path) -> Path:
    """A data root with small files of every data set, in its default settings where it can be."""
    for case in CASES.values():
        case.write(tmp_path)
    return tmp_path


def test_networks_lists_each_with_its_size() -> None:
    code, shown, _ = incay("networks")
    assert code == 0
    for name, cls in networks.items():
        layers = layer_table(cls(), cls.image_shape)
        line = next(line for line in shown.splitlines() if f" {name} " in line)
        assert f"{sum(layer.parameters for layer in layers):,}" in line
        assert f"{2 * sum(layer.multiply_adds for layer in layers):,}" in line


def test_networks_shows_the_layers_of_one() -> None:
    code, shown, _ = incay("networks", "mnist-2d")
    assert code == 0
    assert "20×24×24" in shown
    total = next(line for line in shown.splitlines() if " total " in line)
    assert "27,242" in total
    assert "3,779,200" in total


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--width", "0.5"], "10×24×24"),
        (["--set", "network.width=0.5"], "10×24×24"),
        (["--set", "network.pool_first=false"], "20×24×24"),
        (["--image-shape", "3,32,32"], "20×28×28"),
        (["--dataset", "digits"], "images 1×28×28"),
    ],
)
def test_networks_takes_settings_and_shapes(arguments: list[str], expected: str) -> None:
    code, shown, _ = incay("networks", "mnist-2d", *arguments)
    assert code == 0
    assert expected in shown


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["networks", "cifar"], "did you mean 'cifar10'"),
        (["networks", "mnist", "--width", "0"], "width > 0"),
        (["networks", "mnist", "--set", "network.widht=1"], "did you mean 'width'"),
        (["networks", "mnist", "--set", "steps=3"], "must be one of the network"),
        (["networks", "mnist", "--image-shape", "1,28"], "C,H,W"),
        (["networks", "mnist", "--image-shape", "1,0,28"], "C,H,W"),
        (["networks", "mnist", "--image-shape", "1,4,4"], "height and width >= 8"),
        (["networks", "--image-shape", "1,28,28", "--dataset", "digits"], "together"),
        (["networks", "--dataset", "mnist"], "--data-root"),
        (["networks", "--dataset", "digit"], "did you mean 'digits'"),
        (["data", "verify", "mnst"], "did you mean 'mnist'"),
        (["data", "verify", "mnist"], "--data-root"),
        (["data", "verify", "mnist", "--data-root", "nowhere"], "does not exist"),
        (["data", "verify", "--set", "dataset.folder=birds"], "NAME"),
        (["data", "verify", "parquet", "--set", "dataset.foldr=x"], "did you mean 'folder'"),
        (["data", "fetch", "mnist"], "where to put"),
        (["data", "fetch", "image_folder", "--data-root", "."], "cannot be fetched"),
        (["methods", "--format", "latex"], "markdown"),
    ],
    ids=" ".join,
)
def test_a_mistake_is_one_message_and_exit_code_2(
    arguments: list[str],
    expected: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, message = incay(*arguments)
    assert code == 2, message
    assert expected in message
    assert "Traceback" not in message


def test_data_lists_every_set_and_how_to_obtain_it(every_set: Path) -> None:
    _, without, _ = incay("data", "list")
    _, there, _ = incay("data", "list", "--data-root", str(every_set))
    for name, cls in COMPONENTS["dataset"].items():
        assert row(without, name).startswith("yes" if name == "digits" else "no")
        # The case of "parquet" lies in a folder of another name than the default one.
        assert row(there, name).startswith("no" if name == "parquet" else "yes")
        assert cls.how_to_obtain.split()[0] in without


def test_data_alone_lists_too(every_set: Path) -> None:
    for root in ((), ("--data-root", str(every_set))):
        assert incay("data", *root) == incay("data", "list", *root)
    before = incay("data", "--data-root", str(every_set), "verify", "mnist")
    assert before == incay("data", "verify", "mnist", "--data-root", str(every_set))
    assert before.code == 0


def row(table: str, name: str) -> str:
    cells = (line.split("│") for line in table.splitlines() if "│" in line)
    return next(cell[2].strip() for cell in cells if cell[1].strip() == name)


def test_data_verify_reads_what_is_there(every_set: Path) -> None:
    code, shown, _ = incay("data", "verify", "--data-root", str(every_set))
    assert code == 0
    assert "mnist: whole; 20 training and 10 test images of 1×28×28, 10 classes" in shown
    assert "mnist: note: mnist as published has 60,000" in shown
    assert "parquet: not there" in shown
    code, shown, _ = incay(
        "data", "verify", "parquet", "--set", "dataset.folder=birds", "--data-root", str(every_set)
    )
    assert code == 0
    assert "parquet: whole; 12 training and 6 test images of 3×9×8, 3 classes" in shown


def test_data_verify_names_the_damaged_and_shows_the_others(every_set: Path) -> None:
    damaged = every_set / "cifar100" / "cifar-100-binary" / "train.bin"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    code, shown, message = incay("data", "verify", "--data-root", str(every_set))
    assert code == 2
    assert "train.bin" in message
    assert "mnist: whole" in shown
    assert "orl_faces: whole" in shown


def test_data_fetch_downloads_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = []

    def fetch(self: DatasetSettings, data_root: Path) -> None:
        fetched.append(data_root)
        write_idx(data_root / self.name / "raw")

    monkeypatch.setattr(IDXSettings, "fetch", fetch)
    root = tmp_path / "new" / "root"
    for _ in range(2):
        code, shown, _ = incay("data", "fetch", "mnist", "--data-root", str(root))
        assert code == 0
        assert "mnist: whole" in shown
    assert fetched == [root]


def test_methods_lists_every_component() -> None:
    code, shown, _ = incay("methods")
    assert code == 0
    for registry in (*COMPONENTS.values(), forms):
        for name in registry:
            assert f"│ {name} " in shown


def test_the_page_of_methods_is_up_to_date() -> None:
    _, page, _ = incay("methods", "--format", "markdown")
    assert page == METHODS_PAGE.read_text(encoding="utf-8"), (
        "docs/methods.md must be what `incay methods --format markdown` prints"
    )


def test_every_component_says_what_it_is_and_where_it_is_from() -> None:
    for registry in (*COMPONENTS.values(), forms):
        for name, cls in registry.items():
            assert cls.citation, name
            assert (cls.__doc__ or "").strip(), name


def test_verify_names_everything_that_is_damaged(every_set: Path) -> None:
    train = every_set / "images" / "train"
    for name in ("owl/0.PNG", "owl/2.PNG", "crow/1.PNG", "crow/3.PNG"):
        (train / name).write_bytes(b"damaged")
    (train / "owl" / "photo.heic").write_bytes(b"not read")
    verify = ("data", "verify", "image_folder", "--data-root", str(every_set))
    code, _, message = incay(*verify)
    assert code == 2
    assert "5 things are damaged or odd; `on_damaged: skip` leaves them out" in message
    for name in ("owl/0.PNG", "owl/2.PNG", "crow/1.PNG", "crow/3.PNG", "photo.heic"):
        assert name in message
    code, shown, _ = incay(*verify, "--set", "dataset.on_damaged=skip")
    assert code == 0
    assert "whole but for 5 skipped; 4 training and 4 test images" in shown
    assert "note: skipped as damaged or odd: 5 training and 0 test images" in shown


def test_a_damaged_set_is_not_called_missing(every_set: Path) -> None:
    (every_set / "images" / "train" / "owl" / "photo.heic").write_bytes(b"not read")
    code, shown, message = incay("data", "verify", "--data-root", str(every_set))
    assert code == 2
    assert "photo.heic is an image that is not read" in message
    assert "image_folder: not there" not in shown
    _, listed, _ = incay("data", "list", "--data-root", str(every_set))
    assert row(listed, "image_folder").startswith("damaged")
