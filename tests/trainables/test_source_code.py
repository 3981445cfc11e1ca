"""Whose code counts: every way of importing it is followed or refused, and files do not matter."""

from __future__ import annotations

import importlib
import itertools
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from incay import trainables
from incay.trainables.source.code import reached
from incay.trainables.source.names import Scope, UntraceableImportError
from incay.trainables.source.versions import digest

Version = Callable[..., str]
PACKAGE = Path(trainables.__file__ or "").parent

MARGIN = "def f(x):\n    return x + 1\n"
_NUMBERS = itertools.count()  # each package is another: what is known of one is kept
CHANGED = "def f(x):\n    return x + 2\n"


@pytest.fixture
def version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Version]:
    """Return the version of ``loop.py`` of a package that is written as asked, each time anew."""
    monkeypatch.syspath_prepend(str(tmp_path))
    written: list[str] = []

    def make(**files: str) -> str:
        name = f"own{next(_NUMBERS)}"
        written.append(name)
        for file, text in {"__init__": "", "losses/__init__": "", **files}.items():
            path = tmp_path / name / f"{file}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            (path.parent / "__init__.py").touch()
            path.write_text(textwrap.dedent(text).replace("OWN", name))
        importlib.invalidate_caches()  # folders that are as young as the last look at them
        found = reached([f"{name}.loop"], Scope(own=(name,), without=(f"{name}.registry",)))
        return digest(each for definitions in found.values() for each in definitions)

    yield make
    for module in [module for module in sys.modules if module.partition(".")[0] in written]:
        del sys.modules[module]


IMPORTS = {
    "from the module": "from OWN.losses.margin import f\ndef step(x):\n    return f(x)\n",
    "under another name": "from OWN.losses.margin import f as g\ndef step(x):\n    return g(x)\n",
    "dotted": "import OWN.losses.margin\ndef step(x):\n    return OWN.losses.margin.f(x)\n",
    "dotted, renamed": "import OWN.losses.margin as m\ndef step(x):\n    return m.f(x)\n",
    "the module": "from OWN.losses import margin\ndef step(x):\n    return margin.f(x)\n",
    "relative": "from .losses.margin import f\ndef step(x):\n    return f(x)\n",
    "relative module": "from .losses import margin\ndef step(x):\n    return margin.f(x)\n",
    "from here": "from . import losses\ndef step(x):\n    return losses.margin.f(x)\n",
    "in a function": """
        def step(x):
            from OWN.losses.margin import f
            return f(x)
        """,
    "in a class": """
        class Step:
            def __call__(self, x):
                import OWN.losses.margin as m
                return m.f(x)
        """,
    "one of two, where it can be": """
        try:
            from OWN.losses.margin import f
        except ImportError:
            from OWN.losses import f
        def step(x):
            return f(x)
        """,
    "one of two, as it is asked": """
        import sys
        if sys.platform:
            import OWN.losses.margin as m
        else:
            import OWN.losses as m
        def step(x):
            return m.f(x)
        """,
    "one name in two functions": """
        def step(x):
            from OWN.losses.margin import f as g
            return g(x)
        def leap(x):
            from OWN.losses import f as g
            return g(x)
        """,
}


@pytest.mark.parametrize("loop", IMPORTS.values(), ids=IMPORTS)
def test_an_edit_behind_any_import_is_noticed(version: Version, loop: str) -> None:
    before = version(loop=loop, **{"losses/margin": MARGIN})
    assert version(loop=loop, **{"losses/margin": MARGIN}) == before
    assert version(loop=loop, **{"losses/margin": CHANGED}) != before


@pytest.mark.parametrize(
    "init", ["def f(x):\n    return x + 1\n", "from .margin import f\n"], ids=["own", "handed on"]
)
def test_code_of_a_package_counts(version: Version, init: str) -> None:
    loop = "from OWN.losses import f\ndef step(x):\n    return f(x)\n"
    before = version(loop=loop, **{"losses/__init__": init, "losses/margin": MARGIN})
    changed = {"losses/__init__": init.replace("+ 1", "+ 2"), "losses/margin": CHANGED}
    assert version(loop=loop, **changed) != before


def test_code_of_a_package_counts_where_only_its_module_is_imported(version: Version) -> None:
    loop, margin = IMPORTS["from the module"], {"losses/margin": MARGIN}
    before = version(loop=loop, **margin)
    assert version(loop=loop, **margin, **{"losses/__init__": "import math\nmath.tau = 6.0\n"}) != (
        before
    )


def test_what_an_import_itself_imports_counts(version: Version) -> None:
    loop, margin = IMPORTS["from the module"], "from .deep import f\n"
    before = version(loop=loop, **{"losses/margin": margin, "losses/deep": MARGIN})
    assert version(loop=loop, **{"losses/margin": margin, "losses/deep": CHANGED}) != before


def test_another_name_of_the_same_module_is_noticed(version: Version) -> None:
    losses = {"losses/margin": MARGIN + "\ndef h(x):\n    return x - 1\n"}
    loop = "from .losses.margin import {} as g\nfrom .losses.margin import f, h\n"
    loop += "def step(x):\n    return g(x) + f(x) + h(x)\n"
    assert version(loop=loop.format("f"), **losses) != version(loop=loop.format("h"), **losses)


def test_the_same_name_of_another_module_is_noticed(version: Version) -> None:
    losses = {"losses/margin": MARGIN, "losses/other": CHANGED}
    loop = "from .losses import margin, other\nfrom .losses.{} import f\n"
    loop += "def step(x):\n    return f(x) + margin.f(x) + other.f(x)\n"
    assert version(loop=loop.format("margin"), **losses) != version(
        loop=loop.format("other"), **losses
    )


@pytest.mark.parametrize("chosen", ["from .losses.{} import g\n", "from .losses import {} as m\n"])
def test_what_a_definition_refers_to_is_noticed_where_all_else_is_the_same(
    version: Version, chosen: str
) -> None:
    use = "def g(x):\n    return FACTOR * x\n"
    losses = {"losses/margin": "FACTOR = 2\n" + use, "losses/other": "FACTOR = 3\n" + use}
    loop = "from .losses import margin, other\n" + chosen
    loop += f"def step(x):\n    return {'m.g' if 'as m' in chosen else 'g'}(x)\n"
    before = version(loop=loop.format("margin"), **losses)
    assert version(loop=loop.format("other"), **losses) != before
    swapped = {"losses/margin": losses["losses/other"], "losses/other": losses["losses/margin"]}
    assert version(loop=loop.format("margin"), **swapped) != before


def test_a_module_may_be_reached_by_way_of_another(version: Version) -> None:
    loop = "import OWN.registry\ndef step(x):\n    return OWN.losses.margin.f(x)\n"
    before = version(loop=loop, registry="", **{"losses/margin": MARGIN})
    assert version(loop=loop, registry="", **{"losses/margin": CHANGED}) != before


def test_a_package_may_hand_on_what_comes_back_to_it(version: Version) -> None:
    margin = MARGIN + "def g(x):\n    from . import f\n    return f(x)\n"
    files = {"loop": "from .losses import f\n", "losses/__init__": "from .margin import f\n"}
    before = version(**files, **{"losses/margin": margin})
    changed = margin.replace("+ 1", "+ 2")
    assert version(**files, **{"losses/margin": changed}) != before


@pytest.mark.parametrize(
    "text",
    [
        'if TYPE_CHECKING:\n    pass\nelse:\n    """doc"""\n',
        "if X:\n    pass\nelse:\n    if TYPE_CHECKING:\n        import math\n",
    ],
)
def test_what_only_a_type_checker_runs_may_stand_anywhere(version: Version, text: str) -> None:
    assert version(loop="from typing import TYPE_CHECKING\nX = 1\n" + text + MARGIN)


def test_definitions_may_refer_to_each_other(version: Version) -> None:
    margin = "def f(x):\n    return g(x)\n\ndef g(x):\n    return x + 1 if x else f(x)\n"
    loop = IMPORTS["from the module"]
    before = version(loop=loop, **{"losses/margin": margin})
    assert version(loop=loop, **{"losses/margin": margin.replace("+ 1", "+ 2")}) != before


@pytest.mark.parametrize("form", ["from the module", "relative", "dotted", "dotted, renamed"])
def test_a_module_may_be_renamed_and_moved(version: Version, form: str) -> None:
    before = version(loop=IMPORTS[form], **{"losses/margin": MARGIN})
    renamed = IMPORTS[form].replace("losses.margin", "losses.margins")
    assert version(loop=renamed, **{"losses/margins": MARGIN}) == before
    moved = IMPORTS[form].replace("losses.margin", "deep.er.margin")
    assert version(loop=moved, **{"deep/__init__": "", "deep/er/margin": MARGIN}) == before


def test_a_module_may_be_divided(version: Version) -> None:
    factor, use = "FACTOR = 2\n", "def g(x):\n    return FACTOR * x\n"
    loop = "from .losses.margin import g\ndef step(x):\n    return g(x)\n"
    together = version(loop=loop, **{"losses/margin": factor + use})
    divided = {"losses/margin": "from .factor import FACTOR\n" + use, "losses/factor": factor}
    assert version(loop=loop, **divided) == together
    handed_on = {"losses/margin": "from .parts import g\n", "losses/parts": factor + use}
    assert version(loop=loop, **handed_on) == together


def test_a_local_name_is_no_other_modules(version: Version) -> None:
    use = "def g(factor):\n    return 2 * factor\n"
    before = version(loop=use)
    assert version(loop="from .losses import factor\n" + use, **{"losses/factor": ""}) == before


@pytest.mark.parametrize(
    "edited",
    [
        '"""Doc."""\ndef f(x):\n    """More."""\n    # why\n    return x+1',
        "def f(x: int) -> int:\n    return x + 1\n",
        "from __future__ import annotations\nimport math\n" + MARGIN,
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import OWN.secret\n" + MARGIN,
    ],
    ids=["comments", "types", "imports", "imports for types"],
)
def test_what_does_not_compute_does_not_count(version: Version, edited: str) -> None:
    loop = IMPORTS["from the module"]
    before = version(loop=loop, **{"losses/margin": MARGIN})
    assert version(loop=loop, **{"losses/margin": edited, "secret": "X = 1\n"}) == before


def test_the_order_of_what_is_bound_twice_counts(version: Version) -> None:
    one = version(loop="X = 1\nX = 2\ndef f(x):\n    return X\n")
    assert version(loop="X = 2\nX = 1\ndef f(x):\n    return X\n") != one


def test_code_that_is_left_out_does_not_count(version: Version) -> None:
    loop = "from .registry import f\ndef step(x):\n    return f(x)\n"
    assert version(loop=loop, registry=MARGIN) == version(loop=loop, registry=CHANGED)


@pytest.mark.parametrize(
    "loop",
    [
        "from OWN.losses.margin import *\n",
        "import importlib\nm = importlib.import_module('OWN.losses.margin')\n",
        "m = __import__('OWN.losses.margin')\n",
        "exec('import OWN.losses.margin')\n",
        "f = eval('__import__')('OWN.losses.margin')\n",
        "from importlib import import_module as im\nm = im('OWN.losses.margin')\n",
        "import importlib.util as u\ns = u.find_spec('OWN.losses.margin')\n",
        "import builtins as b\nm = b.__dict__['__import__']('OWN.losses.margin')\n",
        "import pkgutil\nf = pkgutil.resolve_name('OWN.losses.margin:f')\n",
        "import runpy\nrunpy.run_module('OWN.losses.margin')\n",
        "import sys\nm = sys.modules['OWN.losses.margin']\n",
        "from OWN import losses\nm = getattr(losses, 'margin')\n",
        "import OWN.losses.margin as m\nf = vars(m)['f']\n",
        "import OWN.losses.margin as m\nKINDS = {'a': m}\n",
        "from . import losses\ndef step(run):\n    return run(losses)\n",
        "from pathlib import Path\nTEXT = Path(__file__).with_name('values.json').read_text()\n",
        "try:\n    from .gone import f\nexcept ImportError:\n    f = None\n",
    ],
)
def test_what_cannot_be_followed_is_refused_with_its_line(version: Version, loop: str) -> None:
    with pytest.raises(UntraceableImportError, match=r"loop\.py:\d: code that trials run must"):
        version(loop=loop, **{"losses/margin": MARGIN})
