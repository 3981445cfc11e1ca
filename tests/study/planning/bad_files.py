"""Files of users with one fault each, and how each ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

LOSS = """\
from dataclasses import dataclass, field

import torch

from incay.components import ClassifierLoss, LossOutput, LossSettings, Term, register_loss


@register_loss("mine")
@dataclass(frozen=True, kw_only=True)
class MineSettings(LossSettings):
    margin: float = 0.1

    def build(self, num_features, num_classes):
        return Mine(num_features, num_classes)


class Mine(ClassifierLoss):
    def target_logit(self, target_B, features_BD, labels_B, step):
        return target_B - 0.1
"""
"""A sound one. Line 11 is its setting, 13 `build`, 19 its formula."""


@dataclass(frozen=True)
class Bad:
    """What lies beside the study, and what is told.

    Attributes:
        told: A pattern of the message.
        old: What of `LOSS` is replaced.
        new: By what.
        files: Further files by name, or other contents of ``mine.py``; bytes as they are.
        uses: What the study names.
        settings: What ``--set`` gives.
    """

    told: str
    old: str = ""
    new: str = ""
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    uses: str = "mine.py"
    settings: tuple[str, ...] = ()


SETTING, BUILD, FORMULA = (
    "margin: float = 0.1",
    "return Mine(num_features, num_classes)",
    "return target_B - 0.1",
)
IMPORT = "from incay.components import register_loss\n"
METHOD = f"def target_logit(self, target_B, features_BD, labels_B, step):\n        {FORMULA}"
FIRST = "from dataclasses import dataclass, field\n"
REDUCED = """out = super().terms(features_BD, labels_B, step)
        return LossOutput({"m": Term(out.terms["cross_entropy"].value_B.mean())}, out.prediction_B)
"""

REFUSED: Mapping[str, Bad] = {
    "syntax error": Bad(r"mine.py:11: the file must be Python", SETTING, "margin: float = = 1"),
    "registers nothing": Bad(r"mine.py: must register a component", '@register_loss("mine")\n'),
    "empty": Bad(r"mine.py: must register a component", files={"mine.py": ""}),
    "wrong shape": Bad(
        r"mine.py:8: term 'm' must have the shape \(4,\), but got \(\)",
        METHOD,
        f"def terms(self, features_BD, labels_B, step):\n        {REDUCED}",
    ),
    "no output": Bad(
        r"mine.py:8: forward must return a LossOutput, but got NoneType",
        METHOD,
        "def terms(self, features_BD, labels_B, step):\n        return None",
    ),
    "NaN": Bad(
        r"mine.py:8: .*must be finite, but got NaN", FORMULA, "return target_B * float('nan')"
    ),
    "infinite gradient": Bad(
        r"mine.py:8: the gradient of the features must be finite",
        FORMULA,
        "return (target_B - target_B).sqrt() + target_B",
    ),
    "name taken": Bad(r"mine.py:\d+: .*'softmax' belongs to", '"mine"', '"softmax"'),
    "missing package": Bad(
        r"mine.py:1: it imports 'no_such_thing', which", FIRST, f"import no_such_thing\n{FIRST}"
    ),
    "missing name": Bad(r"mine.py:5: .*cannot import name 'Losss'", "LossOutput,", "Losss,"),
    "not frozen": Bad(r"mine.py:\d+: .*frozen", "(frozen=True, kw_only=True)", ""),
    "no dataclass": Bad(r"mine.py:\d+: .*frozen", "@dataclass(frozen=True, kw_only=True)\n", ""),
    "no default": Bad(r"mine.py:\d+: .*'margin' has none", SETTING, "margin: float"),
    "no build": Bad(r"mine.py:\d+: .*must have a method 'build'", "def build", "def built"),
    "no settings class": Bad(r"mine.py:\d+: .*a class below LossSettings", "(LossSettings)", ""),
    "a function": Bad(
        r"mine.py:\d+: ",
        files={"mine.py": f"{IMPORT}\n@register_loss('mine')\ndef mine():\n    pass\n"},
    ),
    "settings that refuse themselves": Bad(
        r"mine.py:\d+: .*must take its own default settings",
        SETTING,
        f"{SETTING}\n\n    def __post_init__(self):\n        raise ValueError('no')",
    ),
    "raises in build": Bad(r"mine.py:14: ZeroDivisionError", BUILD, "return 1 / 0"),
    "leaves in build": Bad(r"mine.py:14: SystemExit: 3", BUILD, "raise SystemExit(3)"),
    "raises in forward": Bad(r"mine.py:19: IndexError: ", FORMULA, "return target_B[99]"),
    "leaves at import": Bad(r"mine.py:2: SystemExit: 0", FIRST, "import sys\nsys.exit(0)\n"),
    "an error that cannot say what it is": Bad(
        r"mine.py:5: Dumb$",
        FIRST,
        f"class Dumb(Exception):\n    def __str__(self):\n        1 / 0\n\nraise Dumb\n{FIRST}",
    ),
    "an error that says nothing at all": Bad(
        r"mine.py:1: Mute$",
        FIRST,
        f"raise type('Mute', (ValueError,), {{'__str__': lambda self: None}})\n{FIRST}",
    ),
    "a megabyte in an error": Bad(
        r"mine.py:1: ValueError: y{700,900} … y{150,250}$",
        FIRST,
        f"raise ValueError('y' * 10**6)\n{FIRST}",
    ),
    "a megabyte of syntax": Bad(
        r"mine.py:1: the file must be Python, but: y{300}$",
        FIRST,
        f"raise SyntaxError('y' * 10**6)\n{FIRST}",
    ),
    "a megabyte in forward": Bad(
        r"mine.py:19: ValueError: y{700,900} … y{150,250} .arm",
        FORMULA,
        "raise ValueError('y' * 10**6)",
    ),
    "raises at import": Bad(r"mine.py:1: ZeroDivisionError", FIRST, f"1 / 0; {FIRST}"),
    "endless recursion at import": Bad(
        r"mine.py:\d: RecursionError", FIRST, f"{FIRST}f = lambda: f()\nf()\n"
    ),
    "endless recursion in forward": Bad(
        r"mine.py:19: RecursionError", FORMULA, "return self.target_logit(target_B, 0, 0, step)"
    ),
    "circular imports": Bad(
        r"(mine|other).py:1: ImportError: cannot import name",
        FIRST,
        f"from other import theirs\n{FIRST}",
        files={"other.py": "from mine import MineSettings\n\ntheirs = 1\n"},
    ),
    "a sibling with the name of a standard module": Bad(
        r"must have a name that no installed module has, but 'json' is one",
        FIRST,
        f"import json\n{FIRST}",
        files={"json.py": "x = 1\n"},
    ),
    "the name of an installed module": Bad(
        r"numpy.py: must have a name that no installed module has",
        files={"numpy.py": LOSS},
        uses="numpy.py",
    ),
    "dynamic import": Bad(
        r"mine.py:14: code that trials run must name what it imports.*importlib",
        BUILD,
        "import importlib; return importlib.import_module('other').x",
    ),
    "exec": Bad(r"mine.py:14: code that trials run must .*exec", BUILD, "exec('x = 1')"),
    "import of everything": Bad(
        r"mine.py:1: .*import \*",
        FIRST,
        f"from other import *\n{FIRST}",
        files={"other.py": "x = 1\n"},
    ),
    "no UTF-8": Bad(r"mine.py.*must be readable Python", files={"mine.py": b"x = '\xff\xfe'\n"}),
    "null byte": Bad(r"mine.py:1: .*null bytes", files={"mine.py": "x = 1\0\n"}),
    "nested too deeply": Bad(
        r"mine.py:1: the file must be Python", files={"mine.py": f"x = {'(' * 5000}{')' * 5000}\n"}
    ),
    "a folder without code": Bad(
        r"my_parts must hold Python files", files={"my_parts/readme.txt": "x"}, uses="my_parts"
    ),
    "no such file": Bad(r"other.py must be a Python file or a package", uses="other.py"),
    "no Python file": Bad(r"notes.txt must end in .py", files={"notes.txt": "x"}, uses="notes.txt"),
    "no name of a module": Bad(
        r"my-loss.py must have the name of a Python module",
        files={"my-loss.py": LOSS},
        uses="my-loss.py",
    ),
    "outside of the folder": Bad(
        r"must lie in the study's folder", files={"../outside.py": LOSS}, uses="../outside.py"
    ),
    "relative import beyond the top": Bad(
        r"my_parts/__init__.py:1: .*beyond top-level",
        files={"my_parts/__init__.py": f"from ..other import x\n{LOSS}"},
        uses="my_parts",
    ),
    "registered twice": Bad(
        r"other.py:\d+: .*'mine' belongs to mine.MineSettings and came again from other.Mine",
        files={"other.py": LOSS},
        uses="mine.py, other.py",
    ),
    "mutable default": Bad(r"mine.py:\d+: .*mutable default", SETTING, "sizes: list = []"),
    "a list as a setting": Bad(
        r"mine.py:8: .*'sizes' is of type list",
        SETTING,
        "sizes: list = field(default_factory=list)",
    ),
    "a type that no study can write": Bad(
        r"mine.py:8: .*'margin' is of type Tensor", SETTING, "margin: torch.Tensor = None"
    ),
    "a type that is not there": Bad(
        r"mine.py:8: .*types that can be read, but: NameError: name 'Nowhere'",
        SETTING,
        "margin: 'Nowhere' = None",
    ),
    "huge": Bad(r"mine.py must have at most 8 MiB", files={"mine.py": "# " + "x" * 9 * 2**20}),
}
