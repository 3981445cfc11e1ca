"""The head of a cluster, for which a command line is made from the one that was typed."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from incay.study.commands.shared.console import say
from incay.study.commands.shared.options import Address, Cluster
from incay.study.commands.shared.writing import writing
from incay.trainables.outgoing import shown
from incay.trainables.written import write_named

_ONLY_HERE = {"study", "cluster", "address"}
"""The study goes along as a file; the head knows where it is."""
_ITS_OWN = {"results", "output"}
"""What the head has its own of, when it answers."""


@dataclass(frozen=True)
class Head:
    """The cluster whose head is to do a command, if one is named."""

    context: typer.Context
    cluster: Cluster = None
    address: Address = None

    def answers(self, output: Path | None = None) -> bool:
        """Have the head do the command, if a cluster is named; return whether one was.

        What the head prints is printed here, or else what it writes is written here.

        Args:
            output: The file that is to be written here.

        Raises:
            UserError: The cluster cannot be reached, or the command fails there.
        """
        if self.cluster is None and self.address is None:
            return False
        from incay.study.cluster.submit import ask_about

        arguments = self.arguments(_ITS_OWN)
        if output is not None:
            arguments += ["--output", output.name]
        answer = ask_about(
            str(self.context.command.name),
            self.context.params["study"],
            arguments,
            cluster=self.cluster,
            address=self.address,
            say=say,
        )
        if output is None:
            sys.stdout.write(shown(answer.output))
            return True
        with writing(output):
            for name, content in answer.files.items():
                write_named(output.with_name(Path(name).name), content)
        return True

    def arguments(self, left_out: Collection[str]) -> list[str]:
        """Return what was typed after the study, as the head's command line takes it.

        Only what was typed goes there: defaults and the environment are the head's own.

        Args:
            left_out: Further parameters that are no matter of the head.
        """
        typed = [
            parameter
            for parameter in self.context.command.params
            if _is_typed(self.context, parameter.name)
            and parameter.name not in {*_ONLY_HERE, *left_out}
        ]
        values = self.context.params
        return [word for each in typed for word in _words(each, values[str(each.name)])]


def _is_typed(context: typer.Context, name: str | None) -> bool:
    source = context.get_parameter_source(str(name))
    return source is not None and source.name == "COMMANDLINE"


def _words(parameter: Any, value: Any) -> Iterator[str]:
    """Yield the words of a command line that give a parameter its value."""
    if parameter.param_type_name == "argument":
        yield str(value)
    elif parameter.is_flag:
        yield (parameter.opts if value else parameter.secondary_opts)[0]
    else:
        for each in value if parameter.multiple else [value]:
            yield from (parameter.opts[0], str(each))
