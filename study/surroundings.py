"""What surrounds a command, made fit for it: standard streams, warnings, the working folder."""

from __future__ import annotations

import errno
import faulthandler
import io
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from incay.study.errors import UserError
from incay.trainables.outgoing import shown

_WARNINGS = "PYTHONWARNINGS"
_STDERR = 2


def prepare() -> None:
    """Work around what can be, before the command begins.

    Raises:
        UserError: The working folder is gone: what is asked by relative paths cannot be meant.
    """
    open_missing_streams()
    name_files_in_utf8()
    tolerate_warnings()
    os.umask(os.umask(0o022) | 0o022)  # what it makes is for nobody else to change
    # Modules of the user's that lie where the command is called are not for our processes.
    os.environ.setdefault("PYTHONSAFEPATH", "1")
    try:
        Path.cwd()
    except OSError as error:
        raise UserError(
            f"the working folder must exist, but it is gone ({error.strerror}): change to another"
        ) from error


def name_files_in_utf8() -> None:
    """Begin anew where Python takes names of files for another encoding, as of a locale `C`.

    Names are part of what a data set is: they must read alike whatever the locale is. What is
    printed keeps its encoding.
    """
    if sys.getfilesystemencoding() == "utf-8":
        return
    os.environ.setdefault("PYTHONIOENCODING", sys.stdout.encoding)
    os.environ["PYTHONUTF8"] = "1"  # for processes to be started
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


def tolerate_warnings() -> None:
    """Let no warning be an error, here and in processes to be started.

    A developer wants that of their own code; here it would end Ray, MLflow and PyTorch.
    """
    if sys.warnoptions:
        os.environ.pop(_WARNINGS, None)
        kept = [each for each in warnings.filters if each[0] != "error"]
        warnings.filters[:] = kept  # type: ignore[index]


def open_missing_streams() -> None:
    """Give the command standard streams that nothing can break.

    One that is closed leads nowhere; else its number would go to the next file that is opened.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest number: this
        stream = getattr(sys, name)
        if name == "stdin":
            continue
        told = number == _STDERR
        if stream is None:
            opened = open(number, "wb", closefd=False)  # noqa: SIM115
            setattr(sys, name, Output(opened, "utf-8", is_told=told))
        elif type(stream) is io.TextIOWrapper:  # not one that a test or a notebook has put there
            setattr(sys, name, Output(stream.buffer, stream.encoding, is_told=told))


@contextmanager
def only_what_is_told() -> Iterator[None]:
    """Keep from the terminal what libraries write to it past Python, as Ray's C++ does.

    Should they end the process, it is told by a stack where it stood.
    """
    stream = sys.stderr
    if not isinstance(stream, Output) or stream.fileno() != _STDERR:
        yield
        return
    stream.flush()
    kept, nowhere = os.dup(_STDERR), os.open(os.devnull, os.O_WRONLY)
    sys.stderr = Output(os.fdopen(kept, "wb"), stream.encoding, is_told=True)
    os.dup2(nowhere, _STDERR)
    os.close(nowhere)
    faulthandler.enable(kept)
    try:
        yield
    finally:
        faulthandler.disable()
        sys.stderr.flush()
        os.dup2(kept, _STDERR)
        sys.stderr = stream


def tell_by_descriptor() -> None:
    """Let a program that replaces this process say what it says where this one does."""
    with suppress(OSError, AttributeError):
        sys.stderr.flush()
        if sys.stderr.fileno() != _STDERR:
            os.dup2(sys.stderr.fileno(), _STDERR)


class Output(io.TextIOWrapper):
    """A stream that takes every text, whatever its encoding or its reader's fate.

    Args:
        buffer: Where bytes go.
        encoding: The text's encoding; characters that it lacks become question marks.
        is_told: Whether it is what the user is told, line by line, and no answer.

    Attributes:
        lost: Why nothing more could be written; None while all is well.
    """

    def __init__(self, buffer: BinaryIO, encoding: str, *, is_told: bool = False) -> None:
        line_by_line = buffer.isatty() or is_told
        super().__init__(buffer, encoding, errors="replace", line_buffering=line_by_line)
        self.lost: OSError | None = None
        self._is_told = is_told

    def write(self, text: str) -> int:
        """Write a text, or drop it once writing has failed.

        What libraries say passes here, too: a terminal is sent nothing of it that it would obey,
        or that is a secret.
        """
        try:
            return super().write(shown(text) if self._is_told else text)
        except OSError as error:
            self._give_up(error)
            return len(text)

    def flush(self) -> None:
        """Send what has been written."""
        try:
            super().flush()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self.lost = self.lost or error
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())  # what is buffered, and what other libraries print
        os.close(nowhere)


def output_lost() -> str:
    """Return why the command's answer did not get to where it was sent; empty if it did.

    Somebody who stops reading, as ``head`` does, has what they want.
    """
    if not isinstance(sys.stdout, Output):
        return ""
    sys.stdout.flush()
    error = sys.stdout.lost
    if error is None or error.errno == errno.EPIPE:
        return ""
    return str(error.strerror or error)
