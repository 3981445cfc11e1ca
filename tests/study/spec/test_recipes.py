"""Recipes: laid under a study's own settings, told, refused by name and place, one's own too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from in_process import incay

from incay.study.cluster.package import recipe_files
from incay.study.commands.shared import completion
from incay.study.errors import StudyError
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.plan_table import shared_settings
from incay.study.spec.reading.document import Document, load_document
from incay.study.spec.reading.overrides import apply_overrides
from incay.study.spec.recipe import built_in_recipe, built_in_recipes, recipes_told
from incay.study.spec.study import StudySpec, parse_study
from incay.trainables.names import nest
from incay.trainables.optimizers.adam import AdamSettings
from incay.trainables.optimizers.adamw import AdamWSettings
from incay.trainables.optimizers.sgd import SGDSettings

OWN = """\
about: Mine
source: A notebook
settings:
  optimizer: {name: adam, lr: 0.003}
  schedule: {kind: cosine}
"""


def parse(base: dict[str, Any], *settings: str, **values: Any) -> StudySpec:
    document = Document("study.yaml", {"name": "t", "base": base, **values})
    apply_overrides(document, settings)
    return parse_study(document)


def of_file(folder: Path, text: str, *settings: str) -> StudySpec:
    path = folder / "study.yaml"
    path.write_text(text)
    document = load_document(path)
    apply_overrides(document, settings)
    return parse_study(document)


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(StudyError) as caught:
        of_file(folder, text)
    return str(caught.value).replace(f"{folder}/", "")


@pytest.mark.parametrize("name", built_in_recipes())
def test_each_recipe_makes_trials_says_its_source_and_is_what_its_settings_say(name: str) -> None:
    recipe = built_in_recipe(name)
    assert recipe.about
    assert recipe.source
    for dataset in ("mnist", "cifar10"):
        laid = parse({"recipe": name, "dataset": dataset}).arms[0].config
        written = parse({**recipe.settings, "dataset": dataset}).arms[0].config
        assert laid == written


def test_the_docs_list_them_all() -> None:
    page = (Path(__file__).parents[3] / "docs" / "recipes.md").read_text("utf-8")
    assert [name for name in built_in_recipes() if f"| `{name}` |" not in page] == []


def test_the_study_of_benchmarks_compares_equal_steps() -> None:
    path = Path(__file__).parents[3] / "benchmarks" / "recipe-of-today.yaml"
    spec = parse_study(load_document(path))
    assert len({(arm.config.steps, arm.config.batch_size) for arm in spec.arms}) == 1
    other = load_document(path)
    apply_overrides(other, ["baseline=Today"])
    assert [arm.config for arm in parse_study(other).arms] == [arm.config for arm in spec.arms]


def test_the_studys_own_settings_win() -> None:
    config = parse(nest({"recipe": "cifar-sgd-cosine", "optimizer.lr": 0.05})).arms[0].config
    assert config.optimizer == SGDSettings(lr=0.05, nesterov=True)
    other = nest({"recipe": "cifar-sgd-cosine", "optimizer.name": "adamw"})
    assert parse(other).arms[0].config.optimizer == AdamWSettings()


def test_arms_may_differ_in_their_recipes() -> None:
    arms = {"Papers": {"recipe": "papers-cifar"}, "Adam": {"recipe": "mnist-adam"}}
    papers, adam = parse({"steps": 100}, arms=arms).arms
    assert papers.config.optimizer == SGDSettings()
    assert adam.config.optimizer == AdamSettings()
    assert adam.difference["optimizer.name"] == "adam"


def test_on_the_command_line_it_lies_below_all_that_is_given() -> None:
    for settings in (
        ("recipe=mnist-adam", "optimizer.lr=0.01"),
        ("optimizer.lr=0.01", "recipe=mnist-adam"),
    ):
        spec = parse({"recipe": "cifar-sgd-cosine"}, *settings)
        assert spec.arms[0].config.optimizer == AdamSettings(lr=0.01)
        assert spec.document.recipes == {("base",): "mnist-adam"}


def test_a_plan_tells_of_it_and_shows_its_settings() -> None:
    spec = parse({"recipe": "cifar-adamw-strong", "dataset": "cifar10"})
    (told,) = recipes_told(spec.document)
    assert told.startswith("recipe cifar-adamw-strong (under base): AdamW, warm-up and cosine")
    assert "Cubuk" in told
    shared = shared_settings(spec, DataCatalog(None))
    for text in ("optimizer=adamw", "schedule=cosine", "augment.mix.name=mixup", "average.name=em"):
        assert text in shared


def test_a_run_is_what_its_settings_are() -> None:
    """So a recipe that is edited makes another run, and a book reads without it."""
    named = parse({"recipe": "mnist-adam", "optimizer": {"lr": 0.01}})
    written = parse({"optimizer": {"name": "adam", "lr": 0.01}, "schedule": {"kind": "constant"}})
    assert "recipe" not in named.document.values["base"]
    assert named.arms[0].config == written.arms[0].config
    again = Document("book", dict(named.document.values))
    assert parse_study(again).run == named.run


def test_what_is_wrong_is_told_by_file_and_line(tmp_path: Path) -> None:
    start = "name: t\nbase:\n  dataset: digits\n"
    assert refusal(tmp_path, f"{start}  recipe: cifar-sgd\n") == (
        "study.yaml:4: base.recipe: recipe must be one of cifar-adamw, cifar-adamw-strong, "
        "cifar-sgd-cosine, cifar-sgd-swa, mnist-adam, papers-cifar, but got 'cifar-sgd' "
        "(did you mean 'cifar-sgd-swa'?)"
    )
    assert refusal(tmp_path, f"{start}  recipe: [a]\n").startswith(
        "study.yaml:4: base.recipe: a recipe must be a name"
    )
    assert "did you mean 'recipe'?" in refusal(tmp_path, f"{start}  preset: mnist-adam\n")
    # What a recipe brings in is blamed where it is named.
    mixing = refusal(tmp_path, f"{start}  loss: l-softmax\n  recipe: cifar-adamw-strong\n")
    assert mixing.startswith("study.yaml:5 (recipe cifar-adamw-strong): base.augment: augment.mix")
    own = refusal(tmp_path, f"{start}  recipe: mnist-adam\n  optimizer.momentum: 0.9\n")
    assert own.startswith("study.yaml:5: base.optimizer.momentum: a key must be one of")


def test_a_recipe_of_ones_own_lies_beside_the_study(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(OWN)
    spec = of_file(tmp_path, "name: t\nbase: {recipe: mine.yaml, steps: 100}\n")
    assert spec.arms[0].config.optimizer == AdamSettings(lr=0.003)
    assert recipes_told(spec.document) == [
        "recipe mine.yaml (under base): Mine; A notebook",
    ]
    assert recipe_files(spec.document) == {"mine.yaml": OWN}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("../mine.yaml", OWN, "must lie beside the study's file or below"),
        ("/mine.yaml", OWN, "must lie beside the study's file or below"),
        ("none.yaml", OWN, "must be a readable file"),
        ("mine.yaml", "settings: {seed: 3}", "mine.yaml:1: settings.seed: a recipe must not set"),
        ("mine.yaml", "settings: {recipe: mnist-adam}", "a recipe must not set"),
        ("mine.yaml", "optimizer: adam", "a recipe's key must be one of about, source, settings"),
        ("mine.yaml", "about: nothing", "a recipe must have settings"),
        ("mine.yaml", "settings: {optimiser: adam}", "did you mean 'optimizer'?"),
    ],
)
def test_a_wrong_recipe_of_ones_own_is_refused(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    assert message in refusal(tmp_path, f"name: t\nbase: {{recipe: {name}}}\n")


def test_the_command_lists_shows_and_completes_them() -> None:
    listed = incay("recipes")
    assert listed.code == 0
    assert all(name in listed.out for name in built_in_recipes())
    shown = incay("recipes", "cifar-adamw")
    assert "optimizer.clip_norm: 1.0" in shown.out
    assert "source: Parts of Loshchilov" in shown.out
    wrong = incay("recipes", "cifar-adam")
    assert (wrong.code, wrong.err.count("\n")) == (2, 1)
    assert "did you mean 'cifar-adamw'?" in wrong.err
    assert completion.recipes("cifar-s") == ["cifar-sgd-cosine", "cifar-sgd-swa"]


def test_the_command_shows_a_file_of_ones_own(tmp_path: Path) -> None:
    own = tmp_path / "mine.yaml"
    own.write_text("about: my own\nsettings: {optimizer: {name: adam, lr: 0.003}}\n")
    shown = incay("recipes", str(own))
    assert shown.code == 0, shown.err
    assert "my own" in shown.out
    assert "optimizer.lr: 0.003" in shown.out
    none = incay("recipes", str(tmp_path / "none.yaml"))
    assert (none.code, none.err.count("\n")) == (2, 1)
