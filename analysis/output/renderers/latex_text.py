r"""Any text as LaTeX sets it, whatever its characters and wherever it stands.

What the fonts of pdfLaTeX have is written by commands that need no package; a character that they
lack is set by XeLaTeX and LuaLaTeX, and by pdfLaTeX as its number, ``U+540D``.
"""

from __future__ import annotations

import unicodedata

from incay.trainables.outgoing import printable

DEFINITIONS = r"""\providecommand{\incaychar}[1]{\ifdefined\Umathchardef\symbol{"#1}\else U+#1\fi}
"""
r"""What a file must hold that text stands in: ``\incaychar`` sets a character by its number."""

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"$<$",
    ">": r"$>$",
    "|": r"$|$",
    # A row that begins with one of these would be read as an option of the row before.
    "*": "{*}",
    "[": "{[}",
    '"': "''",
    "“": "``",
    "”": "''",
    "„": "{,}{,}",
    "‘": "`",
    "’": "'",
    "«": r"$\ll$",
    "»": r"$\gg$",
    "\xa0": "~",
    "±": r"$\pm$",
    "×": r"$\times$",
    "÷": r"$\div$",
    "≠": r"$\neq$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "≈": r"$\approx$",
    "∼": r"$\sim$",
    "∝": r"$\propto$",
    "√": r"$\surd$",
    "✓": r"$\surd$",
    "✔": r"$\surd$",
    "✗": r"$\times$",
    "✘": r"$\times$",
    "−": r"$-$",
    "→": r"$\rightarrow$",
    "←": r"$\leftarrow$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "⇒": r"$\Rightarrow$",
    "†": r"$\dagger$",
    "‡": r"$\ddagger$",
    "•": r"$\bullet$",
    "★": r"$\star$",
    "∈": r"$\in$",
    "∅": r"$\emptyset$",
    "∂": r"$\partial$",
    "∇": r"$\nabla$",
    "∑": r"$\sum$",
    "∏": r"$\prod$",
    "∞": r"$\infty$",
    "‖": r"$\Vert$",
    "∥": r"$\Vert$",
    "ℓ": r"$\ell$",
    "°": r"$^\circ$",
    "¬": r"$\neg$",
    "§": r"\S{}",
    "¶": r"\P{}",
    "©": r"\copyright{}",
    "£": r"\pounds{}",
    "¡": "!`",
    "¿": "?`",
    "—": "---",
    "–": "--",
    "‐": "-",
    "‑": "-",
    "…": r"\dots{}",
    "·": r"$\cdot$",
    "µ": r"$\mu$",
    "ß": r"\ss{}",
    "æ": r"\ae{}",
    "Æ": r"\AE{}",
    "œ": r"\oe{}",
    "Œ": r"\OE{}",
    "ø": r"\o{}",
    "Ø": r"\O{}",
    "ł": r"\l{}",
    "Ł": r"\L{}",
    "ı": r"\i{}",
}
_GREEK = [
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"),
    *("lambda", "mu", "nu", "xi", "", "pi", "rho", "", "sigma", "tau", "upsilon", "phi", "chi"),
    *("psi", "omega"),
]
"""By place in the alphabet; empty for a letter that looks like a Latin one, or has a form more."""
_LOOK_LATIN = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEZHIKMNOPTYXo", strict=True))
_SPECIAL |= {chr(0x3B1 + n): rf"$\{name}$" for n, name in enumerate(_GREEK) if name}
_SPECIAL |= {
    letter.upper(): rf"$\{name.capitalize()}$"
    for n, name in enumerate(_GREEK)
    if name and (letter := chr(0x3B1 + n)).upper() not in _LOOK_LATIN
}
_SPECIAL |= {"ς": r"$\varsigma$", "ϕ": r"$\phi$", "ϵ": r"$\epsilon$", "ϑ": r"$\vartheta$"}
_SPECIAL |= {greek: latin for greek, latin in _LOOK_LATIN.items() if greek not in _SPECIAL}

_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r",
    "\u030b": "H",
    "\u030c": "v",
    "\u0323": "d",
    "\u0327": "c",
}
_LIGATURES = {"--", "''", "``", ",,", "?`", "!`"}


def escape(text: str) -> str:
    """Return text that LaTeX sets as it is."""
    written: list[str] = []
    before = ""
    for character in unicodedata.normalize("NFC", printable(text)):
        if before + character in _LIGATURES:
            written.append("{}")
        written.append(_written(character))
        before = character
    return "".join(written)


def _written(character: str) -> str:
    if character in _SPECIAL:
        return _SPECIAL[character]
    if character.isascii():
        return character if character.isprintable() else " "
    if unicodedata.category(character) == "Cf":
        return ""
    kind, _, parts = unicodedata.decomposition(character).rpartition("> ")
    if parts:
        pieces = [chr(int(code, 16)) for code in parts.split()]
        return _composed(kind.removeprefix("<"), pieces) or _by_number(character)
    return _by_number(character)


def _composed(kind: str, pieces: list[str]) -> str:
    """Return what a character of several parts is written as; nothing if a part cannot be."""
    if not kind and len(pieces) == 2 and pieces[1] in _ACCENTS:
        base = _written(pieces[0])
        return rf"\{_ACCENTS[pieces[1]]}{{{base}}}" if pieces[0].isascii() else ""
    written = [_written(piece) if piece != "\u2044" else "/" for piece in pieces]
    if not kind or any("incaychar" in each for each in written):
        return ""
    text = "".join(written)
    if kind == "super":
        return rf"\textsuperscript{{{text}}}"
    return rf"$_{{\mbox{{\scriptsize {text}}}}}$" if kind == "sub" else text


def _by_number(character: str) -> str:
    return rf"\incaychar{{{ord(character):04X}}}"
