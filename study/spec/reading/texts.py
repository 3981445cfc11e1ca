"""Which characters a study's texts may have, its names above all.

Names go into databases, file names, terminals, HTML, LaTeX, Markdown, CSV and MLflow. Each writer
escapes what its language has a meaning for; what no language can show is refused here, and what
nobody should be shown.
"""

from __future__ import annotations

import re
import unicodedata

from incay.study.errors import StudyError
from incay.trainables.secrets import is_told

_UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")
_REORDERING = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
"""Characters that make a terminal or page show text in another order than it is written."""
_LONGEST_NAME = 200
_UNSEEN = re.compile(
    r".*\bHANGUL\b.* FILLER|.* BLANK|.*\bVARIATION SELECTOR\b.*|COMBINING GRAPHEME JOINER"
    r"|KHMER VOWEL INHERENT A[AQ]"
)
"""Unicode's names of letters and marks that show nothing: fillers, and selectors of a variant.

With category Cf they are what has the property Default_Ignorable_Code_Point, which Python's tables
lack, and a name; and the blanks.
"""
_AS_LATIN = str.maketrans(
    "АВЕЅЗІӀЈКМНОРСТУХҮаеһіӏјорсухѕԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧνοɡ",
    "ABES3IIJKMHOPCTYXYaehiljopcyxsdqwABEZHIKMNOPTYXvog",
)
"""Letters of Cyrillic, Greek and phonetics that nobody can tell from a plain Latin one."""
_MINUS = "\N{MINUS SIGN}"
_DEVICE = re.compile(r"con|prn|aux|nul|(?:com|lpt)[0-9]", re.I)


def check_text(text: str, what: str, *, several_lines: bool = False, name: str = "") -> None:
    """Refuse characters that a terminal, a file name, a table or a database would stumble over.

    Secrets are refused, too: results keep what a study says, and colleagues read it.

    Args:
        text: The text.
        what: Begins the message: where the text stands, and what it is.
        several_lines: Whether it may have line breaks and tabs.
        name: Of the setting that has this value.

    Raises:
        StudyError: It holds a control character, or what looks like a password, token or key.
    """
    for character in text:
        if several_lines and character in "\n\t":
            continue
        if unicodedata.category(character) in _UNPRINTABLE or character in _REORDERING:
            raise StudyError(
                f"{what} must hold no control character{'' if several_lines else ' or line break'}"
                f", but has U+{ord(character):04X} in {text[:60]!a}"
            )
    if is_told(text) or is_told(f"({name}: {text})"):
        raise StudyError(
            f"{what} must hold no password, token or key, because results and logs would show it, "
            "but this looks like one: a variable of the environment keeps it"
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
    if not any(_is_seen(character) for character in name):
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
    if name.isascii():
        return " ".join(name.split())
    visible = "".join(
        each for each in name if unicodedata.category(each) != "Cf" and not _is_blank(each)
    )
    apart = unicodedata.normalize("NFKD", visible).translate(_AS_LATIN)
    level = "".join("-" if _is_dash(each) else each for each in apart)
    return " ".join(unicodedata.normalize("NFC", level).split())


def is_device(name: str) -> bool:
    """Return whether Windows takes a name for a device, with any suffix, and so for no file."""
    return _DEVICE.fullmatch(name.partition(".")[0]) is not None


def whole(text: str) -> str:
    r"""Return text whose halves of characters are put together: JSON writes ``\ud83d\ude00``."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _is_seen(character: str) -> bool:
    """Return whether a character shows something by itself, as a letter does."""
    return unicodedata.category(character)[0] in "LNPS" and not _is_blank(character)


def _is_blank(character: str) -> bool:
    return _UNSEEN.fullmatch(unicodedata.name(character, "")) is not None


def _is_dash(character: str) -> bool:
    return unicodedata.category(character) == "Pd" or character == _MINUS
