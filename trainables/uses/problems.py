"""What is wrong with a user's code, and where in it."""

from __future__ import annotations

import ast
import traceback
from collections.abc import Collection

from incay.trainables.errors import UserError, said
from incay.trainables.source.tree import FUNCTIONS, own_code

_MOST = 300
"""Characters of what an error says of a file or module."""


class OwnCodeError(UserError):
    """A user's code cannot be used; the message names its file and line."""


def place_in(error: BaseException, files: Collection[str]) -> str:
    """Return ``file:line: `` of the innermost line of the files that an error went through.

    Args:
        error: What was raised.
        files: Names of files, as they were compiled.
    """
    if isinstance(error, SyntaxError) and error.filename in files:
        return f"{error.filename}:{error.lineno}: "
    lines = [
        f"{frame.filename}:{frame.lineno}: "
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename in files
    ]
    return lines[-1] if lines else ""


def definition_place(definition: type) -> str:
    """Return ``file:line: `` of a class or function of the user's; nothing of anybody else's."""
    source = own_code.modules.get(definition.__module__)
    if source is None:
        return ""
    for node in ast.walk(ast.parse(source.text)):
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)) and node.name == definition.__name__:
            return f"{source.file}:{min(each.lineno for each in (node, *node.decorator_list))}: "
    return f"{source.file}: "


def reason(error: BaseException) -> str:
    """Return what an error says, in one line, with its kind where that says more."""
    if isinstance(error, SyntaxError):
        return f"the file must be Python, but: {str(error.msg)[:_MOST]}"
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"it imports {str(error.name)[:_MOST]!r}, which is neither beside it nor installed"
    text = " ".join(said(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
