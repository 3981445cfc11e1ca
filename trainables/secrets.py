"""What passwords, tokens and keys look like in a text: by their form, or by what announces them.

Messages of libraries repeat addresses with their passwords, headers, command lines and parts of
files. A rule hides the secret alone, so that a message still says what was wrong with which place.
Of what nothing announces, only the values are known that this process was given as its variables.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import quote, quote_plus, unquote

HIDDEN = "…"

_SECRET = (
    r"(?:pass(?:wor[dt]|wd|phrase)|pwd|secret|token|api[_-]?key|access_?key(?:_?id)?|account_?key"
    r"|shared_?key|private_?key(?:_?id)?|encryption_?key|credentials?)"
)
_NOT_ALONE = r"(?:pass|pw|sig|signature)"
"""Words of messages, too: they announce a secret before = only."""
_BEFORE = r"(?<![\w-])[\w-]{0,60}?"
_NAME = rf"{_BEFORE}{_SECRET}(?:_?key)?"
_QUOTE = r"""\\{0,4}["']"""
_IS = r"(?::?=|＝|\\{1,4}uff1d|%3D)"
_SAYS = r"(?::|：|\\{1,4}uff1a|=>)"
"""Also as Chinese and Japanese keyboards write them, and JSON these."""
_END = r"""(?:[\s"'&;,)\]}<\\]|$)"""
_REST = rf"""(?:[^\s"'&;,)\]}}<\\]|[;,)\]}}](?!{_END}|\w{{1,30}}=))"""
"""What an unquoted value goes on with: of signs that may end it, one that does not."""
_WHOLE = rf"""(?=[^\s"'&]{{0,200}}\d){_REST}{{8,4000}}"""
"""No word, since it has a digit, and long enough to be a secret."""
_PLAIN = rf"""(?![$][A-Z_{{(]|[/~.]|[\d.]+{_END}){_REST}{{3,4000}}"""
"""Neither a path nor a variable nor a number."""
_LIKE_A_NAME = (
    r"[/~.](?=[^\s/]{0,200}\d)(?=[^\s/]{0,200}(?-i:[A-Z]))(?=[^\s/]{0,200}(?-i:[a-z]))"
    r"""[^\s"'&;,)\]}<\\/.]{10,4000}(?![\w./-])"""
)
"""What begins like a path, but has one part, whose letters and digits are mixed as in no name."""
_SLASHED = r"/(?=[\w+/=]{0,200}\d)(?=[\w+/=]{0,200}[A-Z])[\w+/=]{15,}"
"""Base64 that begins like a path."""
_QUOTED = r"""(?:b?\\{0,4}"[^"\n]{6,}"|b?\\{0,4}'[^'\n]{6,}')"""
_TOLD = r"(?:missing|required|none|null|true|false|unset|invalid|expired|hidden|redacted)"
_LINES = r"(?<![A-Za-z0-9+/=])(?:[A-Za-z0-9+/=]{16,}+(?:\s|\\[nr])++){1,100}+"
_ALONE = r"""[^\s=\\"']{8,4000}={0,2}(?=$|[\\"'])"""
"""All of a line, without a sign that would make it something else."""


class _Rule(NamedTuple):
    """Hides what a pattern finds.

    Attributes:
        words: A text has one of them, in lower case, or nothing is found.
        pattern: What it finds; where it is doubtful, group 1 is what stays.
        hidden: What stands in its place.
        doubtful: Whether a text that is no message may mean something else by it.
    """

    words: tuple[str, ...]
    pattern: re.Pattern[str]
    hidden: str
    doubtful: bool


def _rule(words: str, pattern: str, hidden: str = HIDDEN, flags: int = re.I) -> _Rule:
    return _Rule(tuple(words.split()), re.compile(pattern, flags | re.MULTILINE), hidden, False)


def _announced(words: str, before: str, value: str) -> _Rule:
    """Return the rule of values that are secret because of what stands before them."""
    pattern = re.compile(f"({before})(?:{value})", re.I | re.MULTILINE)
    return _Rule(tuple(words.split()), pattern, rf"\1{HIDDEN}", True)


_NAMES = "pass pwd pw secret token key credential sig"
_RULES = (
    # Keys, whole or cut at one end.
    _rule(
        "key",
        r"(BEGIN [A-Z ]{0,40}PRIVATE KEY[A-Z ]{0,10}-*)(?:[\s\S]*?(?=-*END)|[\s\S]*)",
        rf"\1 {HIDDEN} ",
        flags=0,
    ),
    _rule("key", rf"{_LINES}(?=-*END [A-Z ]{{0,40}}PRIVATE KEY)", f"{HIDDEN} ", flags=0),
    _rule(
        "private-lines",
        r"(Private-Lines:[ \t]?\d{1,4}(?:\s|\\[nr])+)(?:[A-Za-z0-9+/=]{8,}+(?:\s|\\[nr])*+)+",
        rf"\1{HIDDEN} ",
        flags=0,
    ),
    # Addresses.
    _rule(
        "://",
        r"(\b(?!file\b)[a-z][\w+.-]{0,40}://[^\s?#@:'\"\[]{0,200})"
        r":(?!\$|\d{1,5}[/?#]|@|x-oauth-basic@)"
        # A password may have a quote; what follows the end of a quoted address is something else.
        r"(?:[^\s'\"]{1,2000}|[^\s'\"@]{0,200}['\"][^\s'\"@,;:=+(){}<>\[\]]{1,200})@",
        rf"\1:{HIDDEN}@",
    ),
    _rule(  # a token in the place of a name
        "://",
        r"(\bhttps?://)(?=[^\s@]{0,200}\d)[\w.~+/=!$&*,;%-]{8,400}+(?=@|:(?:x-oauth-basic)?@)",
        rf"\1{HIDDEN}",
    ),
    _rule(
        "?key= &key= _key= -key= auth= code= jwt= sas= session=",
        rf"([?&](?:[\w-]{{0,40}}[_-])?(?:key|auth|code|jwt|sas|session)=){_WHOLE}",
        rf"\1{HIDDEN}",
    ),
    _rule("sessionid= sessid=", rf"([;?&][a-z]{{0,20}}sess(?:ion)?id=){_WHOLE}", rf"\1{HIDDEN}"),
    _rule("hooks", r"(\bhooks\.slack\.com/services/|/api/webhooks/)[\w/-]{8,}", rf"\1{HIDDEN}"),
    # Headers.
    _rule(
        "authorization",
        rf"(\b(?:proxy-)?authorization{_QUOTE}?\s?[:=]\s?{_QUOTE}?(?:[a-z]+\s+)?)"
        rf"(?!\w+\s+\S){_REST}{{8,4000}}",
        rf"\1{HIDDEN}",
    ),
    _announced("bearer basic", r"\b(?:bearer|basic)\s+", _WHOLE),
    _rule(
        "cookie",
        rf"(\b(?:set-)?cookie{_QUOTE}?\s?[:=]\s?{_QUOTE}?)"
        rf"""(?:[\w.-]{{1,60}}=[^\s;"']{{0,4000}};\s?){{0,50}}[\w.-]{{1,60}}={_WHOLE}""",
        rf"\1{HIDDEN}",
    ),
    # Command lines whose option does not say what it is.
    _rule(
        "curl",
        r"(\bcurl\b[^\n|;]{0,200}?\s(?:-u|--user)[\s=]?['\"]?[^\s:'\"]{1,100}:)(?!\$|\d{1,7}\b)"
        rf"{_REST}{{3,4000}}",
        rf"\1{HIDDEN}",
    ),
    _rule("sshpass", rf"(\bsshpass\s+-p\s?['\"]?)(?!\$){_REST}{{3,4000}}", rf"\1{HIDDEN}"),
    # Names with their values.
    _announced(
        _NAMES,
        rf"{_BEFORE}(?:{_SECRET}|{_NOT_ALONE})(?:_?key)?{_QUOTE}?\s?{_IS}\s?",
        rf"{_QUOTED}|{_SLASHED}|{_LIKE_A_NAME}|{_PLAIN}",
    ),
    _announced(_NAMES, rf"{_NAME}{_QUOTE}?\s?{_SAYS}\s?", _QUOTED),
    _announced(  # a word of messages, but a key of JSON
        "pass pw",
        rf"{_QUOTE}(?:[\w-]{{1,60}}[_-])?(?:pass|pw){_QUOTE}\s?{_SAYS}\s?",
        rf"(?=[^,]{{0,200}}\d){_QUOTED}",
    ),
    _announced(
        _NAMES,
        rf"{_NAME}{_QUOTE}?\s?{_SAYS}\s?\{{\s?{_QUOTE}?(?:value|secret|plaintext){_QUOTE}?\s?{_SAYS}\s?",
        rf"{_QUOTED}|{_WHOLE}",
    ),
    _announced(_NAMES, rf"{_NAME}{_QUOTE}\s{{1,9}}value\s?=\s?", _QUOTED),
    _announced(_NAMES, rf"{_NAME}{_QUOTE},\s?", rf"(?=[^,]{{0,200}}\d){_QUOTED}"),
    _announced(
        _NAMES,
        rf"^[ \t-]{{0,200}}{_QUOTE}?{_NAME}{_QUOTE}?\s?:\s",
        rf"(?!{_TOLD}\b)(?:{_SLASHED}|(?![|>*&]){_PLAIN})$",
    ),
    _announced(
        _NAMES,
        rf"{_NAME}{_QUOTE}?(?:\s?{_SAYS}[ \t]?|[ \t]+(?:is\s+|was\s+)?|>){_QUOTE}?",
        rf"(?![/~.$]|[\d.]+{_END}){_WHOLE}",
    ),
    _announced(
        _NAMES,
        rf"{_NAME}{_QUOTE}?[ \t]?:[ \t]?(?:[|>][+-]?)?[ \t]{{0,9}}(?:\n|\\{{1,4}}n)[ \t]{{0,99}}",
        rf"(?=[^\n]{{0,200}}\d)(?![/~.$]|[\d.]+$){_ALONE}",
    ),
    _announced("key", r"\bapi key(?: provided)?\s?:\s?", _WHOLE),
    # Tokens that begin by a sign of their maker's.
    _rule("akia asia", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b", flags=0),
    _rule(
        "hf_ gh npm_ sk- k_live_ dapi",
        r"\b(?:hf_|gh[opsur]_|npm_|sk-|[rs]k_live_|dapi)(?=[A-Za-z]{0,60}\d)[A-Za-z0-9]{20,}",
        flags=0,
    ),
    _rule(
        "_pat_ glpat- gldt- xox xapp- sk- aiza ya29. pypi-age sg. whsec_",
        r"\b(?:github_pat_|glpat-|gldt-|xox[abeoprs]-|xapp-|sk-(?:ant|or|proj|svcacct)-|AIza|ya29\."
        r"|pypi-AgE|dckr_pat_|SG\.|whsec_)(?=[\w.-]{0,60}\d)[\w.-]{16,}",
        flags=0,
    ),
    _rule("_v1_ shp", r"\b(?:do[opr]_v1_|shp(?:at|ca|pa|ss)_)[0-9A-Za-z]{32,}", flags=0),
    _rule("age-secret-key", r"\bAGE-SECRET-KEY-1[0-9A-Z]{40,}", flags=0),
    _rule("eyj", r"\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?", flags=0),
)

_PASSWORD = re.compile(r"pass(?:wor[dt]|wd|phrase)|pwd|secret|(?:api|access|private)[_-]?key", re.I)
_SUFFIX = (
    r"(?:_(?:\d{1,3}|prod(?:uction)?|dev(?:elopment)?|test(?:ing)?|stag(?:e|ing)|live|local|ci|qa"
    r"|main|primary|secondary|old|new|backup|b(?:ase)?64|hex|enc(?:oded)?|raw|value|ro|rw))"
)
"""Says which of several it is, or how it is written; others, as FILE, say that it is none."""
_NAMED = re.compile(
    rf"(?:{_SECRET}(?:_?KEY)?|(?:^|_)(?:{_NOT_ALONE}|key|auth|pat|creds?)){_SUFFIX}{{0,2}}$", re.I
)
_LOGIN = re.compile(r"[a-z][\w+.-]*://(?:([^\s/?#@:\[]*):)?([^\s?#@]+)@", re.I)
_LEAST = 8
"""Characters of a secret that is looked for as it is."""
_LEAST_LINE = 16


def masked(text: str) -> str:
    """Return text in which what looks like a secret, or is announced as one, is hidden."""
    for rule in _rules_for(text):
        text = rule.pattern.sub(rule.hidden, text)
    return text


def is_told(text: str) -> bool:
    """Return whether a text, that is no message, surely holds a secret.

    What is announced must look like one, too: a network may have a ``token embedding2d``.
    """
    return any(
        not rule.doubtful or _looks_secret(found[1], found[0][len(found[1]) :])
        for rule in _rules_for(text)
        for found in rule.pattern.finditer(text)
    )


def _rules_for(text: str) -> Iterator[_Rule]:
    lower = text.lower()
    return (rule for rule in _RULES if any(word in lower for word in rule.words))


def _looks_secret(before: str, value: str) -> bool:
    """Return whether a password is announced, or a value changes between letters and digits."""
    changes = re.findall(r"(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])", value)
    cases = re.findall(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[a-z])", value)
    return bool(_PASSWORD.search(before)) or len(changes) >= 3 or len(changes + cases) >= 6


def given(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield the secrets among a process's variables as texts may hold them, the longest first."""
    found: set[str] = set()
    for name, value in environment.items():
        if _NAMED.search(name):
            found.update((value, value.strip()))
            found.update(line for line in value.split() if len(line) >= _LEAST_LINE)
        login = _LOGIN.match(value)
        if login is not None:
            found.add(login[2])
    secrets = {form for each in found if _may_be_secret(each) for form in _forms(each)}
    yield from sorted(secrets, key=len, reverse=True)


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret as it is, and as an address, HTML, JSON, Python or Base64 writes it."""
    plain = unquote(secret)
    content = plain.encode("utf-8", "surrogateescape")  # a variable need not be UTF-8
    yield from (secret, plain, quote(content), quote(content, safe=""), quote_plus(content))
    yield from (html.escape(plain), html.escape(plain, quote=False))
    yield from (json.dumps(plain)[1:-1], repr(plain)[1:-1], repr(content)[2:-1])
    for written in (base64.b64encode, base64.urlsafe_b64encode):
        yield written(content).decode().rstrip("=")


def _may_be_secret(value: str) -> bool:
    """Return whether a value is none of the words and paths that a message may hold anyway."""
    if len(value) < _LEAST or value.isalpha():
        return False
    return not value.startswith(("/", "./", "~")) or re.fullmatch(_SLASHED, value) is not None
