"""Writes `trainables/epoch.json`: ``python -m benchmarks.epoch``.

It declares that the training code as it lies here computes, for all that could be asked at the
epoch, the same bits as the code of then. Run it after ``tests/trainables/test_papers_recipe.py``
has passed, and only for an edit that was meant to change nothing there. The code of the epoch is
taken from git, and hashed by its own program.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from incay.trainables.source.versions import digest

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "trainables" / "epoch.json"
EPOCH = "59c68b1"
"""The commit from which on fingerprints stay."""
LOOPS = {"optimizer": ("sgd",), "schedule": ("step", "plateau")}
"""Components of kinds that the epoch's loop had within itself."""
LOOP = "incay.trainables.training.trainer"

_HASHES = """
import json, sys
from incay.trainables.config import COMPONENTS
from incay.trainables.incay import forms
try:
    from incay.trainables.source.code import reached
    from incay.trainables.source.versions import SCOPE
except ModuleNotFoundError:  # as the epoch called them
    from incay.trainables.source_code import reached
    from incay.trainables.source_versions import SCOPE
names = {kind: sorted(known) for kind, known in COMPONENTS.items()}
names["form"] = sorted(forms)
asked = json.loads(sys.argv[1]) or names
classes = [COMPONENTS[kind][name] for kind in COMPONENTS for name in asked[kind]]
classes += [forms[name] for name in asked["form"]]
roots = [sys.argv[2], *(cls.__module__ for cls in classes)]
found = reached(roots, SCOPE)
print(json.dumps([names, {module: sorted(each) for module, each in found.items()}]))
"""


def main() -> None:
    """Write the table of what has changed since the epoch."""
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(
            ["git", "archive", EPOCH], cwd=ROOT, check=True, capture_output=True
        ).stdout
        subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
        names, then = _hashes(Path(folder), None)
    # What came later counts as it is; of what was there, what it reaches now.
    _, now = _hashes(ROOT, {**names, **LOOPS})
    TABLE.write_text(json.dumps(table(then, now), indent=1, sort_keys=True) + "\n", "utf-8")
    print(f"{TABLE.relative_to(ROOT)}: {len(table(then, now)['modules'])} modules have changed")


def table(then: Mapping[str, list[str]], now: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return what the file says, of definitions by module then and now.

    Those of modules that are gone count as the loop's.
    """
    gone = sorted(each for module in then if module not in now for each in then[module])
    before = {module: set(then.get(module, ())) for module in now}
    before[LOOP] |= set(gone)
    return {
        "commit": EPOCH,
        "modules": {
            module: {"now": digest(now[module]), "then": sorted(before[module])}
            for module in sorted(now)
            if before[module] != set(now[module])
        },
    }


def _hashes(tree: Path, asked: Mapping[str, Sequence[str]] | None) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", _HASHES, json.dumps(asked), LOOP],
        env={"PYTHONPATH": str(tree / ".src"), "PATH": "/usr/bin:/bin"},
        cwd=tree,
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
