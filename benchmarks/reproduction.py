"""Fills docs/reproduction.md and pages like it from the store: no table's number is typed by hand.

Run as ``python -m benchmarks.reproduction --results DIR`` after the studies that the pages name.
Between ``<!-- COMMAND -->`` and ``<!-- end -->`` comes what the command says: ``incay table …``
and ``incay compare …`` their Markdown, ``incay figure … --output FILE`` the figure, beside the
page, ``trained STUDY …`` a line on when, on what and by which code the trials were trained.
``--check`` only tells whether the pages are what the store gives; ``--study NAME`` leaves the
blocks of other studies alone.
"""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from incay import analysis
from incay.analysis.results.study import StudyResults, Trial
from incay.study.api.opening import open_results
from incay.study.commands.shared.arguments import which_run

ROOT = Path(__file__).parents[1]
PAGES = (
    ROOT / "README.md",
    ROOT / "docs" / "reproduction.md",
    ROOT / "docs" / "tuned-rn.md",
    ROOT / "docs" / "recipe-of-today.md",
    ROOT / "docs" / "norm-as-confidence.md",
    ROOT / "docs" / "lengthen-or-shrink.md",
    ROOT / "docs" / "lengthen-or-shrink-cifar10.md",
    ROOT / "docs" / "property-3.md",
)
BLOCK = re.compile(r"<!-- (?P<command>(?:incay|trained) .+?) -->\n.*?<!-- end -->\n", re.DOTALL)


def fill(page: str, results: str, folder: Path, study: str | None = None) -> str:
    """Return the page with its blocks filled from the store; figures are written to the folder.

    Args:
        page: The page's text.
        results: The store.
        folder: Where figures go.
        study: Whose blocks are filled; None for all.
    """

    def block(match: re.Match[str]) -> str:
        command = match["command"]
        if study is not None and study not in shlex.split(command):
            return match[0]
        print(command, file=sys.stderr, flush=True)
        return f"<!-- {command} -->\n{output(command, results, folder)}\n<!-- end -->\n"

    return BLOCK.sub(block, page)


def differences(path: Path, results: str) -> list[str]:
    """Return what of a page, and of the figures beside it, is not what the store gives."""
    page = path.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        filled = fill(page, results, folder)
        made = {figure: figure.relative_to(folder) for figure in sorted(folder.rglob("*.*g"))}
        found = [
            str(path.parent / name)
            for figure, name in made.items()
            if not (path.parent / name).is_file()
            or (path.parent / name).read_bytes() != figure.read_bytes()
        ]
    return found + ([str(path)] if filled != page else [])


def output(command: str, results: str, folder: Path) -> str:
    """Return what stands in a command's block.

    Raises:
        subprocess.CalledProcessError: The command failed.
    """
    program, *arguments = shlex.split(command)
    if program == "trained":
        return trained(results, arguments)
    if arguments[0] == "figure":
        path = arguments[arguments.index("--output") + 1]
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        incay([*arguments, "--results", results], folder)
        return f"![{arguments[2]} of {arguments[1]}]({path})"
    return incay([*arguments, "--results", results, "--format", "markdown"], folder).strip()


def incay(arguments: Iterable[str], folder: Path) -> str:
    """Run a command of incay in a folder and return what it prints."""
    command = [sys.executable, "-m", "incay", *arguments]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def trained(results: str, arguments: list[str]) -> str:
    """Return when, on what and by which code a study's trials were trained."""
    parser = argparse.ArgumentParser(prog="trained")
    parser.add_argument("study")
    parser.add_argument("--set", action="append")
    parser.add_argument("--seeds", type=int)
    chosen = parser.parse_args(arguments)
    store = open_results(results)
    study = analysis.load(
        store, *which_run(chosen.study, chosen.set, chosen.seeds, store), noted=False
    )
    return " ".join(_facts(study))


def _facts(study: StudyResults) -> Iterable[str]:
    trials = [trial for trial in study.trials if trial.record is not None]
    endings = Counter(trial.status for trial in trials)
    told = ", ".join(f"{count} {ending}" for ending, count in endings.most_common())
    seconds = sum(trial.seconds for trial in trials)
    yield f"Trained: {len(trials)} trials ({told}), {seconds / 3600.0:.2f} device-hours,"
    yield f"finished {max(str(_fact(trial, 'finished')) for trial in trials)[:10]};"
    versions = {
        f"{name} {version}"
        for trial in trials
        for name, version in _fact(trial, "versions").items()
        if name in ("torch", "ray")
    }
    pythons = {f"Python {_fact(trial, 'python')}" for trial in trials}
    devices = {str(_fact(trial, "device")) for trial in trials}
    yield ", ".join([*sorted(devices), *sorted(pythons), *sorted(versions)]) + ";"
    yield f"commit {', '.join(sorted({_commit(trial) for trial in trials}))}."


def _commit(trial: Trial) -> str:
    known = str(_fact(trial, "git_commit") or "unknown")[:7]
    return f"{known} with changes" if _fact(trial, "git_diff") else known


def _fact(trial: Trial, name: str) -> Any:
    assert trial.record is not None
    return trial.record.provenance.get(name) or {}


def main() -> None:
    """Fill the pages, or tell whether they are filled."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--results", default="results")
    parser.add_argument("--check", action="store_true", help="change nothing")
    parser.add_argument("--study", help="fill this study's blocks alone")
    chosen = parser.parse_args()
    results = chosen.results if "://" in chosen.results else str(Path(chosen.results).resolve())
    if chosen.check:
        changed = [name for page in PAGES for name in differences(page, results)]
        sys.exit("\n".join(f"{name} differs from the store" for name in changed) or 0)
    for page in PAGES:
        filled = fill(page.read_text(encoding="utf-8"), results, page.parent, chosen.study)
        page.write_text(filled, encoding="utf-8")


if __name__ == "__main__":
    main()
