"""Text that leaves the program: harmless to a terminal, and without secrets.

Every language that text is written in (HTML, LaTeX, Markdown, CSV) has an escape of its own, which
shows characters by `printable` that no language can show. What is printed, kept or sent and was not
typed by the user passes `without_secrets`: messages of libraries repeat addresses with their
passwords, and what a cloud refused.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

HIDDEN = "…"

_UNSHOWABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls, but for line breaks and tabs
    "\u2028\u2029"
    "\u202a-\u202e\u2066-\u2069"  # show what follows in another order
    "\ud800-\udfff]"
)
_SECRET = (
    r"(?:pass(?:wor[dt]|wd|phrase)?|pwd|secret|token|api_?key|access_?key(?:_?id)?|account_?key"
    r"|shared_?key|private_?key|credentials?|signature|sig)"
)
_WORD = r"(?<![\w-])[\w-]{0,60}?" + _SECRET + r"(?:_?key)?"
_VALUE = r"""(?:"[^"]{6,}"|'[^']{6,}'|(?![$/]|[\d.]+(?![^\s'"&;,)\]}]))[^\s'"&;,)\]}]{3,})"""
_QUOTED = r"""(?:"[^"]{6,}"|'[^']{6,}')"""
_ASSIGNED = re.compile(
    rf"({_WORD}['\"]?\s?)(?:(=|%3D){_VALUE}|(\s?[:=]\s?){_QUOTED})", re.IGNORECASE
)
_URL = re.compile(
    r"(\b(?!file\b)[a-z][\w+.-]{0,40}://[^\s?#@:'\"\[]{0,200}):(?!\$|\d{1,5}/)[^\s?#'\"]{1,2000}@",
    re.I,
)
_TOKEN = r"(?=[^\s@]*\d)[\w.~+/=-]{8,2000}"
"""A word is none: it has a digit."""
_LOGIN = re.compile(rf"(\bhttps?://){_TOKEN}@", re.I)  # a token in the place of a name
_BEARER = re.compile(rf"\b(bearer|basic)(\s+){_TOKEN}", re.I)
_AMAZON = re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")
_PRIVATE = re.compile(r"(BEGIN [A-Z ]{0,40}PRIVATE KEY-*)(?:[\s\S]*?(?=-*END)|[\s\S]*)")

_NAMED_SECRET = re.compile(rf"(?:^|_){_SECRET}(?:_?KEY)?$", re.I)
_OWN_LOGIN = re.compile(r"[a-z][\w+.-]*://[^\s/?#@:\[]*:([^\s?#@]+)@", re.I)
_LEAST = 8
"""Characters of a secret that is looked for as it is."""


def shown(text: str) -> str:
    """Return text as it may be printed: without secrets, harmless to a terminal."""
    return printable(without_secrets(text))


def printable(text: str) -> str:
    r"""Return text whose control characters are shown as ``\x1b``, but for line breaks and tabs.

    Such are those that move a terminal's cursor, retitle it or turn the order of what follows.
    """
    return _UNSHOWABLE.sub(_by_number, text)


def printable_json(text: str) -> str:
    """Return a JSON text in which such characters are written as JSON writes them."""
    return _UNSHOWABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def without_secrets(text: str) -> str:
    """Return text in which passwords, tokens and keys are hidden.

    That are those in URLs, those that a name such as ``client_secret`` announces, and the values of
    this process's own variables of such names, wherever they stand.
    """
    for value in _own(os.environ):
        text = text.replace(value, HIDDEN)
    return _masked(text)


def holds_secret(text: str) -> bool:
    """Return whether a text announces a secret by its form, percent-encoded or not."""
    return any(_masked(each) != each for each in (text, unquote(text)))


def _masked(text: str) -> str:
    text = _PRIVATE.sub(rf"\1 {HIDDEN} ", text)
    text = _URL.sub(rf"\1:{HIDDEN}@", text)
    text = _LOGIN.sub(rf"\1{HIDDEN}@", text)
    text = _BEARER.sub(rf"\1\2{HIDDEN}", text)
    text = _ASSIGNED.sub(lambda found: f"{found[1]}{found[2] or found[3]}{HIDDEN}", text)
    return _AMAZON.sub(HIDDEN, text)


def _by_number(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def _own(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield the secrets that this process was given, the longest first."""
    found = set()
    for name, value in environment.items():
        if _NAMED_SECRET.search(name):
            found.add(value)
        login = _OWN_LOGIN.match(value)
        if login is not None:
            found.add(login[1])
    yield from sorted(filter(_may_be_secret, found), key=len, reverse=True)


def _may_be_secret(value: str) -> bool:
    """Return whether a value is none of the words and paths that a message may hold anyway."""
    return len(value) >= _LEAST and not value.isalpha() and not value.startswith(("/", "./", "~"))
