"""Which characters a study's texts may have, its names above all.

Names go into databases, file names, terminals, HTML, LaTeX, Markdown, CSV and MLflow. Each writer
escapes what its language has a meaning for; what no language can show is refused here.
"""

from __future__ import annotations

import unicodedata

from incay.study.errors import StudyError

_UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")
_REORDERING = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
"""Characters that make a terminal or page show text in another order than it is written."""
_LONGEST_NAME = 200
_AS_LATIN = str.maketrans(
    "АВЕЅЗІЈКМНОРСТУХаеіјорсухѕԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",
    "ABES3IJKMHOPCTYXaeijopcyxsdqwABEZHIKMNOPTYXo",
)
"""Letters of Cyrillic and Greek that nobody can tell from a Latin one."""


def check_text(text: str, what: str, *, several_lines: bool = False) -> None:
    """Refuse characters that a terminal, a file name, a table or a database would stumble over.

    Args:
        text: The text.
        what: Begins the message: where the text stands, and what it is.
        several_lines: Whether it may have line breaks and tabs.

    Raises:
        StudyError: It holds a control character.
    """
    for character in text:
        if several_lines and character in "\n\t":
            continue
        if unicodedata.category(character) in _UNPRINTABLE or character in _REORDERING:
            raise StudyError(
                f"{what} must hold no control character{'' if several_lines else ' or line break'}"
                f", but has U+{ord(character):04X} in {text[:60]!a}"
            )


def check_name(name: str, what: str) -> None:
    """Refuse a name that could not be told from another, or not be seen.

    Args:
        name: The name.
        what: Begins the message: where the name stands, and of what it is.

    Raises:
        StudyError: It is empty, too long, or has space at its ends.
    """
    check_text(name, what)
    if not any(character.isprintable() and not character.isspace() for character in name):
        raise StudyError(f"{what} must have a character that can be seen, but is {name!a}")
    if name != name.strip():
        raise StudyError(f"{what} must not begin or end with a space, but is {name!r}")
    if len(name) > _LONGEST_NAME:
        raise StudyError(
            f"{what} must have at most {_LONGEST_NAME} characters, but has {len(name)}: "
            f"{name[:40]!r}…"
        )


def alike(name: str) -> str:
    """Return a text that is the same for names that look the same."""
    visible = "".join(each for each in name if unicodedata.category(each) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", visible).translate(_AS_LATIN).split())
