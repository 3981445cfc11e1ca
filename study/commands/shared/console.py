"""What the commands write on: the terminal for answers, stderr for what is to be said."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from incay.trainables.outgoing import shown

if TYPE_CHECKING:
    from rich.console import Console


def console(width: int = 120) -> Console:
    """Return where answers and tables go.

    Names of arms, files and errors may hold brackets, colons and stars: they are shown as they
    are, never taken for Rich's markup. What no terminal should be sent is shown by its
    number, and no secret.

    Args:
        width: Columns where there is no terminal to ask: tables get room to be read in a log.
    """
    from rich.console import Console
    from rich.text import Text

    class Screen(Console):
        def render_str(self, text: str, **options: Any) -> Text:
            return super().render_str(shown(text), **options)

    columns = None if sys.stdout.isatty() else width
    return Screen(width=columns, markup=False, emoji=False, highlight=False)


def say(message: str) -> None:
    """Tell the user something that is no part of the answer."""
    sys.stderr.write(f"incay: {shown(message)}\n")
