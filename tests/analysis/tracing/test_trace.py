"""From a key or a file to the trials, on planted studies."""

from __future__ import annotations

import json
import re
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from study_factory import RN, StudyFactory, drawn_samples

from incay.analysis import AnalysisError, compare, export, load, table, trace
from incay.analysis.content import TableContent
from incay.analysis.output import keys
from incay.analysis.output.keys import PATTERN, keys_of
from incay.analysis.tables import tables
from incay.analysis.tracing import lookup
from incay.trainables.store.endings import Ending, Unended
from incay.trainables.store.trials import Store

Maker = Callable[..., StudyFactory]
SUFFIXES = ("txt", "md", "tex", "csv", "json", "html")


@pytest.fixture
def planted(factory: StudyFactory) -> StudyFactory:
    factory.arm("Softmax")
    factory.arm("RN + Softmax", RN)
    factory.arm("Lost", {"steps": 10_000, "loss.name": "hinge"})
    factory.replicates("Softmax", [8.0, 8.1, 8.2])
    factory.replicates("RN + Softmax", [5.0, 5.2, 5.4])
    for number in range(3):
        factory.trial("Lost", number, status="diverged")
    factory.write()
    return factory


def shown(factory: StudyFactory, name: str | None = None) -> TableContent:
    return table(load(factory.store, factory.name), name)


def key(content: TableContent, row: str, column: str) -> str:
    index = next(place for place, each in enumerate(content.rows) if each.name == row)
    return keys_of(content).cells[index, column]


def of_arm(factory: StudyFactory, arm: str) -> list[str]:
    return [trial["fingerprint"] for trial in factory.trials if trial["arm"] == arm]


def test_a_key_leads_to_formula_trials_and_settings(planted: StudyFactory) -> None:
    found = trace(planted.store.uri, key(shown(planted), "RN + Softmax", "change"))
    assert found.place.address == "RN + Softmax/change"
    assert found.place.shown == "−2.90 ± 0.25"
    assert found.place.table.name == "general of planted@1a2b3c4d"
    formula = found.place.cell.formula
    assert formula is not None
    assert formula.words.startswith(
        "mean over 3 seeds of test.error of RN + Softmax minus that of Softmax on the same seed, "
        "± t · s / √3: half its 95 % interval by Student's t with 2 degrees of freedom"
    )
    assert formula.metrics == ("test.error",)
    both = of_arm(planted, "RN + Softmax") + of_arm(planted, "Softmax")
    assert [each.fingerprint for each in found.trials] == both
    first = found.trials[0]
    assert (first.arm, first.phase, first.number) == ("RN + Softmax", "confirm", 0)
    assert first.status == Ending.COMPLETED
    assert first.origin("host") == "planted"
    assert first.record is not None
    assert first.record.metrics["test.error"] == 5.0
    assert [arm.name for arm in found.arms] == ["RN + Softmax", "Softmax"]
    assert found.arms[0].difference == RN
    differing = {
        name: {value: {each.arm for each in trials} for value, trials in values.items()}
        for name, values in found.differing.items()
    }
    assert differing == {
        "incay.form": {"reciprocal": {"RN + Softmax"}, "none": {"Softmax"}},
        "incay.weight": {"0.1": {"RN + Softmax"}, "0": {"Softmax"}},
    }
    assert found.remarks == ()


@pytest.mark.parametrize("beside", ["its manifest", "nothing"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_cell_of_an_exported_file(
    planted: StudyFactory, tmp_path: Path, suffix: str, beside: str
) -> None:
    path = tmp_path / f"table.{suffix}"
    manifest = export(shown(planted), path)
    if beside == "nothing":
        manifest.unlink()
    found = trace(planted.store, path, "rn + softmax / test error (%)".replace(" / ", "/"))
    assert found.place.key == key(shown(planted), "RN + Softmax", "error")
    assert [each.fingerprint for each in found.trials] == of_arm(planted, "RN + Softmax")
    assert found.remarks == ()


def pdf(tmp_path: Path, text: str) -> Path:
    """Return a file that has a text where a PDF has the names of its destinations: packed."""
    packed = zlib.compress(text.encode())
    picture = b"4 0 obj\nstream\nno packed stream\nendstream\n"
    path = tmp_path / "paper.pdf"
    stream = b"5 0 obj\n<</Filter/FlateDecode>>\nstream\r\n" + packed + b"\nendstream\n"
    path.write_bytes(b"%PDF-1.5\n" + picture + stream + b"%%EOF")
    return path


def test_a_pdf_leads_to_the_tables_that_went_into_it(planted: StudyFactory, tmp_path: Path) -> None:
    path = tmp_path / "table.tex"
    export(shown(planted), path)
    names = re.findall(rf"\\incaykey\{{({PATTERN})\}}", path.read_text("utf-8"))
    made = pdf(tmp_path, "".join(f"(incay:{each}) 7 0 R" for each in names))
    found = trace(planted.store, made, "Softmax/error")
    assert found.place.key == key(shown(planted), "Softmax", "error")
    assert found.remarks == ()
    with pytest.raises(AnalysisError, match="but it holds no key"):
        trace(planted.store, pdf(tmp_path, "(section.1)"), "Softmax/norm")


def test_a_table_of_two_studies(planted: StudyFactory, tmp_path: Path) -> None:
    first = load(planted.store, planted.name)
    planted.run = "ffffffff"
    planted.arm("New", {"loss.name": "center"})
    planted.replicates("New", [4.0, 4.5, 4.2])
    second = load(planted.write(), planted.name)
    both = compare(first, second)
    found = trace(planted.store, key(both, "Softmax", "first"))
    assert found.place.table.name == "compare of planted@1a2b3c4d and planted@ffffffff"
    assert [each.fingerprint for each in found.trials] == of_arm(planted, "Softmax")
    path = tmp_path / "both.md"
    export(both, path)
    assert trace(planted.store, path, "New/second").place.shown == "4.23 ± 0.63"


def test_an_earlier_run_is_found(planted: StudyFactory) -> None:
    wanted = key(shown(planted), "Softmax", "error")
    planted.run = "ffffffff"
    planted.write()
    assert key(shown(planted), "Softmax", "error") != wanted
    assert trace(planted.store, wanted).place.table.content.run == "1a2b3c4d"


def test_one_table_is_built_and_not_all(
    planted: StudyFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []
    build = lookup.build
    monkeypatch.setattr(lookup, "build", lambda *place: built.append(place[3]) or build(*place))
    wanted = key(shown(planted), "Softmax", "error")
    trace(planted.store, wanted)
    assert built == ["general"]


def test_unequal_budgets_are_no_obstacle(planted: StudyFactory) -> None:
    planted.arm("More", {"steps": 20_000})
    planted.replicates("More", [4.0, 4.1, 4.2])
    unequal = table(load(planted.write(), "planted"), allow_unequal=True)
    assert trace(planted.store, key(unequal, "More", "error")).place.shown == "4.10 ± 0.25†"


def test_a_cell_without_a_number_leads_to_the_trials_that_gave_none(planted: StudyFactory) -> None:
    found = trace(planted.store, key(shown(planted), "Lost", "error"))
    assert found.place.shown == "— diverged 3 of 3"
    assert not found.is_behind
    assert [each.fingerprint for each in found.trials] == of_arm(planted, "Lost")
    assert {each.status for each in found.trials} == {Ending.DIVERGED}


def test_a_published_number_is_told_with_its_place(six_arms: Maker) -> None:
    factory = six_arms()
    factory.replicates("Softmax", [11.0, 11.5, 11.2])
    content = table(load(factory.write(), factory.name))
    found = trace(factory.store, key(content, "Softmax", "accuracy"))
    assert found.place.cell.formula is not None
    assert found.place.cell.formula.words.startswith("mean of 100 − test.error over 3 seeds")
    assert found.place.cell.published is not None
    assert found.place.cell.published.value == 88.62
    missing = trace(factory.store, key(content, "RN + Softmax", "accuracy"))
    assert missing.trials == ()


def test_a_shared_trial_has_both_arms(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.arm("λ = 0")
    factory.replicates("Softmax", [8.0, 8.2])
    factory.trials += [{**trial, "arm": "λ = 0"} for trial in factory.trials]
    factory.write()
    found = trace(factory.store, key(shown(factory), "λ = 0", "error"))
    assert {each.arm for each in found.trials} == {"Softmax = λ = 0"}
    assert [arm.name for arm in found.arms] == ["Softmax", "λ = 0"]


def test_what_a_search_has_chosen_is_told(factory: StudyFactory) -> None:
    decay = {"optimizer.weight_decay": "log 1e-5 .. 1e-2"}
    factory.document["budget"] = {"trials": 2}
    factory.arm("Softmax", {}, decay)
    for number in range(2):
        params = {"optimizer.weight_decay": 1e-3 / (1 + number)}
        value = {"val.error": 9.0 - number}
        factory.trial("Softmax", number, value, phase="search", params=params)
    for number in range(3):
        factory.trial("Softmax", number, {"test.error": 8.0 + number}, params=params)
    factory.write()
    content = shown(factory)
    error = trace(factory.store, key(content, "Softmax", "error"))
    assert error.arms[0].searched == {"optimizer.weight_decay": 0.0005}
    assert error.differing == {}
    gap = trace(factory.store, key(content, "Softmax", "gap"))
    assert [each.phase for each in gap.trials] == ["search", *["confirm"] * 3]
    assert gap.place.cell.formula is not None
    assert gap.place.cell.formula.metrics == ("test.error", "val.error")
    endings = trace(factory.store, key(content, "Softmax", "endings"))
    assert set(endings.differing) == {"optimizer.weight_decay"}
    assert endings.arms[0].searched == {}


def test_a_changed_number_is_told_and_its_trials_are_those_of_then(
    planted: StudyFactory, tmp_path: Path
) -> None:
    path = tmp_path / "table.md"
    export(shown(planted), path)
    old = key(shown(planted), "Softmax", "error")
    planted.alter(of_arm(planted, "Softmax")[0], "test.error", 2.0)
    new = key(shown(planted), "Softmax", "error")
    found = trace(planted.store, path, "Softmax/error")
    assert (found.place.key, found.place.shown) == (old, "8.10 ± 0.25")
    assert len(found.trials) == 3
    assert found.remarks == (f"the store gives another number now: 6.10 ± 8.82 ({new})",)
    assert trace(planted.store, path, "RN + Softmax/error").remarks == ()
    with pytest.raises(AnalysisError, match=rf"'{old}' says where .* is 6.10 ± 8.82, {new} now"):
        trace(planted.store, old)
    Path(f"{path}.manifest.json").unlink()
    found = trace(planted.store, path, "Softmax/error")
    assert found.remarks == (
        "table.md does not hold this key: the number, or its table, has changed since the file was "
        "written",
    )


def test_a_trial_that_is_damaged_gone_or_no_longer_listed_is_told(
    planted: StudyFactory, tmp_path: Path
) -> None:
    path = tmp_path / "table.json"
    export(shown(planted), path)
    damaged, gone, unlisted = of_arm(planted, "Softmax")
    planted.store.write(planted.record_path(damaged), b"{")
    shutil.rmtree(Path(planted.store.root, planted.record_path(gone)).parent)
    planted.trials = [each for each in planted.trials if each["fingerprint"] != unlisted]
    planted.write()
    found = trace(planted.store, path, "Softmax/error")
    statuses = [Unended.DAMAGED, Unended.PENDING, Ending.COMPLETED]
    assert [each.status for each in found.trials] == statuses
    told = " ".join(found.remarks)
    assert "record.json must be" in told
    assert f"trial {gone} has no record in the store" in told
    assert f"the study's run no longer lists {unlisted}" in told


def test_a_manifest_leads_to_the_trials_where_the_study_is_gone(
    planted: StudyFactory, tmp_path: Path
) -> None:
    path = tmp_path / "table.csv"
    export(shown(planted), path)
    planted.store.delete(f"{planted.books.folder}/study.json")
    found = trace(planted.store, path, "Softmax/error")
    assert [each.status for each in found.trials] == [Ending.COMPLETED] * 3
    assert found.remarks[0].startswith("the table cannot be built again: ")


def test_a_manifest_of_an_earlier_version(planted: StudyFactory, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    manifest = export(shown(planted), path)
    values = json.loads(manifest.read_text("utf-8"))
    del values["key"]
    for cell in values["cells"]:
        del cell["key"], cell["formula"]
    manifest.write_text(json.dumps(values), "utf-8")
    found = trace(planted.store, path, "Softmax/error")
    assert found.place.key == key(shown(planted), "Softmax", "error")
    assert found.place.cell.formula is not None  # the table's of today, whose number is the same


def test_what_a_manifest_tells_of_a_number_is_not_believed_where_the_store_knows(
    planted: StudyFactory, tmp_path: Path
) -> None:
    path = tmp_path / "table.csv"
    manifest = export(shown(planted), path)
    values = json.loads(manifest.read_text("utf-8"))
    for cell in values["cells"]:
        cell["formula"] = {"words": "the best of all seeds", "metrics": []}
        cell["notes"] = ["certain"]
    manifest.write_text(json.dumps(values), "utf-8")
    found = trace(planted.store, path, "Softmax/error")
    assert found.place.cell.formula is not None
    assert found.place.cell.formula.words.startswith("mean of test.error over 3 seeds")
    assert found.remarks == ()


def test_a_number_typed_into_the_file_is_told(planted: StudyFactory, tmp_path: Path) -> None:
    path = tmp_path / "table.md"
    export(shown(planted), path)
    path.write_text(path.read_text("utf-8").replace("8.10", "7.10"), "utf-8")
    found = trace(planted.store, path, "Softmax/error")
    assert found.place.shown == "8.10 ± 0.25"
    assert found.remarks == (
        "table.md was changed after it was exported: incay verify table.md names where",
    )


@pytest.mark.parametrize(
    "change",
    [
        {"cells": [{}]},
        {"cells": "none"},
        {"study": 3},
        {"run": None},
        {"table": ["general"]},
    ],
    ids=str,
)
def test_a_manifest_that_is_none(
    change: dict[str, object], planted: StudyFactory, tmp_path: Path
) -> None:
    path = tmp_path / "table.csv"
    manifest = export(shown(planted), path)
    values = json.loads(manifest.read_text("utf-8"))
    manifest.write_text(json.dumps(values | change), "utf-8")
    with pytest.raises(AnalysisError, match="must be complete, but is damaged"):
        trace(planted.store, path, "Softmax/error")


def test_a_manifest_names_no_file_besides_trials(planted: StudyFactory, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    manifest = export(shown(planted), path)
    text = manifest.read_text("utf-8").replace(of_arm(planted, "Softmax")[0], "../../../etc")
    manifest.write_text(text, "utf-8")
    with pytest.raises(AnalysisError, match="fingerprints of 20 digits must hold"):
        trace(planted.store, path, "Softmax/error")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"study": "planted, planted"}, "must be of as many runs as studies"),
        ({"table": "compare"}, "must be of as many runs as studies"),
        ({"table": "generel"}, "did you mean 'general'"),
        ({"run": "00000000"}, "must be one of 1a2b3c4d"),
    ],
    ids=str,
)
def test_a_manifest_of_a_table_that_cannot_be(
    names: dict[str, str], expected: str, planted: StudyFactory, tmp_path: Path
) -> None:
    path = tmp_path / "table.csv"
    manifest = export(shown(planted), path)
    manifest.write_text(json.dumps(json.loads(manifest.read_text("utf-8")) | names), "utf-8")
    found = trace(planted.store, path, "Softmax/error")
    assert found.place.shown == "8.1000 ± 0.2484"
    assert expected in found.remarks[0]
    assert len(found.trials) == 3


def test_a_key_that_is_mistyped(planted: StudyFactory) -> None:
    content = shown(planted)
    wanted = key(content, "Softmax", "error")
    for place in (0, 1, 5):
        letter = "a" if wanted[place] != "a" else "b"
        wrong = wanted[:place] + letter + wanted[place + 1 :]
        with pytest.raises(AnalysisError, match=f"did you mean .*{wanted}"):
            trace(planted.store, wrong)
    with pytest.raises(AnalysisError, match="but 'aaa-aaa-aaaa' is of none"):
        trace(planted.store, "aaa-aaa-aaaa")


def test_a_key_of_two_numbers_is_told(
    planted: StudyFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chance of one in 2^50 is made one: the fault is in the hash."""
    monkeypatch.setattr(keys, "_hashed", lambda size, _: "a" * size)
    with pytest.raises(AnalysisError, match="by chance 'aaa-aaa-aaaa' stands for ") as raised:
        trace(planted.store, "aaa-aaa-aaaa")
    assert "Softmax/error of table general of planted@1a2b3c4d" in str(raised.value)


def test_a_table_that_cannot_be_built_is_told(planted: StudyFactory) -> None:
    wanted = key(shown(planted), "Softmax", "error")
    planted.store.write(f"{planted.books.folder}/trials.json", b"{")
    with pytest.raises(AnalysisError, match=r"could not be built: general .*trials\.json"):
        trace(planted.store, wanted)


@pytest.mark.parametrize(
    ("what", "cell", "expected"),
    [
        ("TABLE", None, "such as 'Softmax/n'"),
        ("TABLE", "error", "must be ROW/COLUMN of table general of planted@1a2b3c4d"),
        ("TABLE", "RN/error", r"\(Softmax, RN \+ Softmax, Lost\), .* mean 'RN \+ Softmax'"),
        ("TABLE", "Sofmax/error", "did you mean 'Softmax'"),
        ("TABLE", "Softmax/eror", r"\(n, error, norm, endings\), .*did you mean 'error'"),
        ("TABLE", "Softmax/difference", "must name a column that row 'Softmax' of table"),
        ("planted", None, "'planted' is a study: `incay table planted` prints"),
        ("planted@1a2b3c4d", None, "is a study"),
        ("nothing", None, "takes a key, such as kq3-x7v-2mab, or a file .* but got 'nothing'"),
        ("none.md", "a/b", "none.md must be a file that --output wrote, or a PDF of one, but"),
        ("notes.md", "a/b", "notes.md has no .manifest.json beside it, .* but it holds no key"),
        ("other.md", "a/b", "other.md has no .* but its 1 keys are of none"),
        (".", "a/b", "must be a file that --output wrote"),
        ("x" * 5_000, None, "must be a key or a file"),
        ("x" * 5_000 + ".md", None, "must be a file that --output wrote"),
    ],
)
def test_a_mistake_is_told_with_what_was_meant(
    what: str,
    cell: str | None,
    expected: str,
    planted: StudyFactory,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("notes.md").write_text("no key, but a word or two: validation statistics")
    Path("other.md").write_text("of another store: aaa-all-aaaa")
    what = keys_of(shown(planted)).table if what == "TABLE" else what
    with pytest.raises(AnalysisError, match=expected):
        trace(planted.store, what, cell)


def test_names_with_slashes_are_cells_too(factory: StudyFactory) -> None:
    factory.arm("a/b")
    factory.arm("a", {"loss.name": "hinge"})
    factory.replicates("a/b", [8.0, 8.1, 8.2])
    factory.replicates("a", [7.0, 7.1, 7.2])
    factory.write()
    whole = keys_of(shown(factory)).table
    assert trace(factory.store, whole, "a/b/error").place.row == "a/b"
    assert trace(factory.store, whole, "a/error").place.row == "a"


def test_every_number_of_every_table_says_its_formula(factory: StudyFactory) -> None:
    """A new column needs one: a `Formula` where its cells are made."""
    factory.document["budget"] = {"trials": 1}
    decay = {"optimizer.weight_decay": "log 1e-5 .. 1e-2"}
    for arm, difference in (("Softmax", {}), ("RN + Softmax", RN)):
        factory.arm(arm, difference, decay)
        params = {"optimizer.weight_decay": 1e-3}
        factory.trial(arm, 0, {"val.error": 9.0}, phase="search", params=params)
        for number in range(3):
            error = 8.0 + 0.1 * number**2 - len(difference)
            metrics = {"test.error": error, "test.norm": 200.0 + number}
            samples = drawn_samples(number, 200.0, 0.1, images=200)
            factory.trial(arm, number, metrics, params=params, samples=samples)
    results = load(factory.write(), "planted")
    contents = [table(results, name) for name in tables]
    factory.run = "ffffffff"
    contents.append(compare(results, load(factory.write(), "planted")))
    numbers = 0
    for content in contents:
        for row, column, cell in content.cells():
            if cell.value is not None:
                numbers += 1
                assert cell.formula is not None, (content.name, row.name, column.key)
                assert bool(cell.formula.words)
    assert numbers > 60


def test_a_key_is_looked_for_in_any_store(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match="is of none"):
        trace(Store(tmp_path / "empty"), "kq3-x7v-2mab")
