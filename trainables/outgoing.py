"""Text that leaves the program: harmless to a terminal, and without secrets.

Every language that text is written in (HTML, LaTeX, Markdown, CSV) has an escape of its own, which
shows characters by `printable` that no language can show. What is printed, kept or sent and was not
typed by the user passes `without_secrets`: messages of libraries repeat addresses with their
passwords, and what a cloud refused.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from incay.trainables.secrets import HIDDEN, given, masked
from incay.trainables.variables import variables

_UNSHOWABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls, but for line breaks and tabs
    "\u2028\u2029"
    "\u202a-\u202e\u2066-\u2069"  # show what follows in another order
    "\ud800-\udfff]"
)


def shown(text: str) -> str:
    """Return text as it may be printed: without secrets, harmless to a terminal."""
    return printable(without_secrets(text))


def printable(text: str) -> str:
    r"""Return text whose control characters are shown as ``\x1b``, but for line breaks and tabs.

    Such are those that move a terminal's cursor, retitle it or turn the order of what follows.
    """
    return _UNSHOWABLE.sub(_by_number, text)


def encodable(text: str) -> str:
    r"""Return text in which what UTF-8 cannot say, half a character, is shown as ``\ud800``."""
    return text.encode("utf-8", "backslashreplace").decode()


def printable_json(text: str) -> str:
    """Return a JSON text in which such characters are written as JSON writes them."""
    return _UNSHOWABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def without_secrets(text: str) -> str:
    """Return text in which passwords, tokens and keys are hidden.

    That are those in URLs, those that a name such as ``client_secret`` announces, and the values of
    this process's own variables of such names, wherever they stand.
    """
    for value in given(variables()):
        text = text.replace(value, HIDDEN)
    return masked(text)


def holds_secret(text: str) -> bool:
    """Return whether a text announces a secret by its form, percent-encoded or not."""
    return any(masked(each) != each for each in (text, unquote(text)))


def _by_number(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
