"""Whose wish it is that the program ends: somebody's, who sent a signal, or a component's.

`sys.exit`, `KeyboardInterrupt` and the like are no `Exception`, so that they end a worker. Where a
component raises one, the worker would be lost, and lost again wherever its trial goes on.
"""

from __future__ import annotations

import dis
import signal
import traceback
from types import CodeType, FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_RAISING = {dis.opmap["RAISE_VARARGS"], dis.opmap["RERAISE"]}


def asked_from_outside(error: BaseException) -> bool:
    """Return whether an exception is the answer to a signal, and not raised by what runs here."""
    frames = list(traceback.walk_tb(error.__traceback__))
    handlers = _handlers()
    if any(frame.f_code in handlers for frame, _ in frames):
        return True
    # Python's own handler of SIGINT leaves no frame: what it interrupts raises nothing.
    return isinstance(error, KeyboardInterrupt) and not _raises(error)


def place_of(error: BaseException) -> str:
    """Return where an exception was raised: file, line and function."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    return "".join(f"{each.filename}, line {each.lineno}, in {each.name}" for each in last)


def _handlers() -> set[CodeType]:
    """Return the code of the handlers that this process has, such as Ray's in its workers."""
    found = (getattr(signal.getsignal(each), "__code__", None) for each in _SIGNALS)
    return {code for code in found if code is not None}


def _raises(error: BaseException) -> bool:
    innermost: tuple[FrameType, int] | None = None
    step = error.__traceback__
    while step is not None:
        innermost, step = (step.tb_frame, step.tb_lasti), step.tb_next
    if innermost is None:
        return True
    frame, instruction = innermost
    return frame.f_code.co_code[instruction] in _RAISING
