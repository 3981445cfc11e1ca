"""Pages are filled from the store, and the small numbers of docs/reproduction.md come back."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import reproduction

ROOT = Path(__file__).parents[2]
NUMBER = re.compile(r"(?P<mean>−?\d+\.\d+) ± (?P<half>\d+\.\d+)")
STUDY = """\
name: tiny
base:
  dataset: digits
  network: {name: mnist-2d, width: 0.2}
  optimizer: {lr: 0.01}
  steps: 10
  batch_size: 32
  reports: 1
arms:
  Softmax: {}
  RN: {incay: {form: reciprocal, weight: 0.1}}
confirm: {seeds: 2}
"""


def blocks() -> dict[str, str]:
    """What stands on the pages, by command."""
    pages = "".join(page.read_text(encoding="utf-8") for page in reproduction.PAGES)
    return {match["command"]: match[0] for match in reproduction.BLOCK.finditer(pages)}


def run(study: str, results: Path, *settings: str) -> None:
    command = [sys.executable, "-m", "incay", "run", study, "--no-mirror", *settings]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(
        [*command, "--results", str(results)],
        env=environment,
        cwd=results,
        check=True,
        timeout=3000,
    )


@pytest.mark.long
def test_a_page_is_filled_from_the_store(tmp_path: Path) -> None:
    study = tmp_path / "tiny.yaml"
    study.write_text(STUDY)
    run(str(study), tmp_path)
    page = (
        f"Words before.\n\n<!-- incay table {study} -->\nan old number\n<!-- end -->\n\n"
        f"<!-- incay figure {study} feature-scatter --output scatter.svg -->\n<!-- end -->\n"
        f"<!-- trained {study} -->\n<!-- end -->\nWords after.\n"
    )
    filled = reproduction.fill(page, str(tmp_path), tmp_path)
    assert filled.startswith("Words before.\n\n<!-- incay table")
    assert filled.endswith("<!-- end -->\nWords after.\n")
    assert "an old number" not in filled
    assert "| RN | " in filled
    assert "![feature-scatter of " in filled
    assert (tmp_path / "scatter.svg").read_text().startswith("<?xml")
    assert "Trained: 4 trials (4 completed)" in filled
    assert reproduction.fill(filled, str(tmp_path), tmp_path) == filled


@pytest.mark.parametrize("page", reproduction.PAGES, ids=lambda page: page.stem)
def test_every_block_of_the_pages_is_filled(page: Path) -> None:
    found = list(reproduction.BLOCK.finditer(page.read_text(encoding="utf-8")))
    assert found
    for match in found:
        assert len(match[0].splitlines()) > 2, match["command"]
        words = shlex.split(match["command"])
        if words[:2] == ["incay", "figure"]:
            assert (page.parent / words[words.index("--output") + 1]).is_file(), match["command"]


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("study", ["quickstart", "faces-orl"])
def test_small_numbers_come_back(
    study: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Digit by digit with the software and processor of the page, else within its intervals."""
    page = blocks()
    settings = []
    if study != "quickstart":
        settings = ["--data-root", str(request.getfixturevalue("data_root"))]
    run(study, tmp_path, *settings)
    again = reproduction.output(f"incay table {study}", str(tmp_path), tmp_path)
    before = page[f"incay table {study}"]
    found, expected = list(NUMBER.finditer(again)), list(NUMBER.finditer(before))
    assert len(found) == len(expected)
    there = reproduction.output(f"trained {study}", str(tmp_path), tmp_path)
    if _made_on(there) == _made_on(page[f"trained {study}"]):
        assert [match[0] for match in found] == [match[0] for match in expected]
    for one, other in zip(found, expected, strict=True):
        slack = float(other["half"]) + float(one["half"])
        assert _number(one["mean"]) == pytest.approx(_number(other["mean"]), abs=slack)


def _made_on(line: str) -> str:
    return line.partition(";")[2].partition("; commit")[0].strip()


def _number(text: str) -> float:
    return float(text.replace("−", "-"))
