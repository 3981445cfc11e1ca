"""Users' losses whose first step is as it must be, and how their trials end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.study.planning.bad_files import FORMULA


@dataclass(frozen=True)
class Ends:
    """How a trial ends whose first step is as it must be.

    Attributes:
        status: As recorded.
        step: At which.
        reason: A pattern of the recorded reason.
        new: What takes the place of the loss's formula.
        head: What begins the file.
    """

    status: str
    step: int
    reason: str
    new: str
    head: str = ""


AT_3 = f"if step == 3:\n            {{}}\n        {FORMULA}"

ENDING: Mapping[str, Ends] = {
    "raises at step 3": Ends(
        "failed", 3, r"ZeroDivisionError: (?s:.)*mine.py\", line 20", AT_3.format("1 / 0")
    ),
    "says a megabyte at step 3": Ends(
        "failed",
        3,
        r"^ValueError: y{700,900} … y{150,250}\n(?s:.)*mine.py\", line 20(?s:.){,20000}$",
        AT_3.format("raise ValueError('y' * 10**6)"),
    ),
    "cannot say what at step 3": Ends(
        "failed",
        3,
        r"^Mute: \n(?s:.)*mine.py\", line 20",
        AT_3.format("raise type('Mute', (ValueError,), {'__str__': lambda self: None})"),
    ),
    "leaves at step 3": Ends(
        "failed",
        3,
        "SystemExit: 3 .a trial must not end the program: mine.py, line 20",
        AT_3.format("raise SystemExit(3)"),
    ),
    "NaN at step 3": Ends(
        "diverged",
        3,
        "the objective was not finite at step 3",
        AT_3.format("target_B *= float('nan')"),
    ),
    "wrong shape at step 3": Ends(
        "failed", 3, "RuntimeError: ", AT_3.format("return target_B[:3]")
    ),
    "no memory at step 3": Ends("failed", 3, "MemoryError", AT_3.format("raise MemoryError")),
    "draws random numbers": Ends(
        "completed", 6, "^$", "return target_B - 0.1 * torch.rand(len(target_B))"
    ),
    "sleeps": Ends("completed", 6, "^$", f"time.sleep(0.02)\n        {FORMULA}", "import time\n"),
    "prints": Ends("completed", 6, "^$", f"print('here')\n        {FORMULA}", "print('there')\n"),
    "writes files": Ends(
        "completed", 6, "^$", f"open('written.txt', 'w').close()\n        {FORMULA}"
    ),
    "changes global states": Ends(
        "completed",
        6,
        "^$",
        f"torch.manual_seed(0); random.seed(0)\n        {FORMULA}",
        "import random\n",
    ),
}
