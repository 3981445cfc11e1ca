"""What some tests need besides our own installation, and the packages (of Debian) that bring it.

A test without what it needs is passed over, and the last lines of a session name it: a session
with ``--all-must-run`` then fails.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter

import pytest

_OPTION = "--all-must-run"

LATEX = "needs pdflatex or tectonic (texlive-latex-extra texlive-fonts-recommended lmodern)"
CHROMIUM = "needs a browser (chromium)"
POSTGRESQL = "needs PostgreSQL's programs initdb, postgres, pg_ctl (postgresql)"
SYSTEMD = "needs systemd-analyze (systemd)"
NAMESPACES = "needs the right to make namespaces (root, and unshare of util-linux)"
PROC = "needs /proc (Linux)"
DATA = "needs real data sets: set INCAY_DATA to a folder with them"


def chromium() -> str | None:
    """Return the browser that tests look with; CHROMIUM names it where it is not called so."""
    named = os.environ.get("CHROMIUM")
    found = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
    return named or next(filter(None, found), None)


def needs(what: str, *, there: bool) -> pytest.MarkDecorator:
    """Return the mark of a test that is passed over where something is not there."""
    return pytest.mark.skipif(not there, reason=what)


class NotRun:
    """Counts tests that were passed over by reason, and names them when a session ends."""

    def __init__(self, *, must_run: bool) -> None:
        self._must_run = must_run
        self._reasons: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in one test's report."""
        if report.skipped and isinstance(report.longrepr, tuple):
            self._reasons[report.longrepr[2].removeprefix("Skipped: ")] += 1

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Fail a session of which all must run."""
        if self._must_run and self._reasons and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name what was not run."""
        if not self._reasons:
            return
        terminalreporter.section("not run" + (", but all must run" if self._must_run else ""))
        for reason, count in self._reasons.most_common():
            terminalreporter.line(f"{count} test{'s' * (count > 1)}: {reason}")


def add_option(parser: pytest.Parser) -> None:
    """Add the option that lets none be passed over."""
    parser.addoption(_OPTION, action="store_true", help="fail where a test was passed over")


def watch(config: pytest.Config) -> None:
    """Count from now on."""
    config.pluginmanager.register(NotRun(must_run=config.getoption(_OPTION)), "not-run")
