"""``incay recipes``: the recipes that come with the program, or one recipe's settings."""

from __future__ import annotations

from typing import Annotated

import typer

from incay.study.commands.shared import completion
from incay.study.commands.shared.console import console

Name = Annotated[
    str | None,
    typer.Argument(
        help="A recipe, or a file of your own; without it, all are listed.",
        autocompletion=completion.recipes,
    ),
]


def recipes(name: Name = None) -> None:
    """List recipes, or show one recipe's settings and source."""
    from rich.table import Table

    from incay.study.spec.recipe import built_in_recipe, built_in_recipes, named_recipe
    from incay.trainables.names import flatten

    screen = console()
    if name is None:
        table = Table("recipe", "what it is", "source", box=None)
        for each in map(built_in_recipe, built_in_recipes()):
            table.add_row(each.name, each.about, each.source)
        screen.print(table)
        return
    recipe = named_recipe(name)
    for line in (f"{recipe.name}: {recipe.about}", f"source: {recipe.source}"):
        screen.print(line, soft_wrap=True)
    for setting, value in flatten(recipe.settings).items():
        screen.print(f"  {setting}: {value}", soft_wrap=True)
