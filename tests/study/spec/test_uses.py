"""Which code a study runs that is not incay's own, and what is said where it may not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from own_parts import PARTS, write_own_study

from incay.study.errors import StudyError, UserError
from incay.study.spec.own_code import use_own_code
from incay.study.spec.reading.document import Document, load_document
from incay.study.spec.reading.overrides import apply_overrides
from incay.study.spec.study import StudySpec, parse_study
from incay.trainables.source.tree import own_code
from incay.trainables.uses import withdraw


@pytest.fixture(autouse=True)
def _nothing_stays():
    yield
    withdraw()


@pytest.fixture
def study(tmp_path: Path) -> Document:
    return load_document(write_own_study(tmp_path))


def parse(document: Document, *settings: str) -> StudySpec:
    code = use_own_code(document, settings=settings)
    apply_overrides(document, settings)
    return parse_study(document, code)


def test_a_study_finds_its_components_by_name(study):
    spec = parse(study, "network.dimension=4", "arms.Lowered.loss.margin=0.5")
    assert set(spec.code.modules) == {"parts", "arithmetic", "vision"}
    assert [arm.config.loss.name for arm in spec.arms] == ["softmax", "lowered-softmax", "softmax"]
    assert {arm.config.network.dimension for arm in spec.arms} == {4}
    assert spec.arms[1].config.loss.margin == 0.5


@pytest.mark.parametrize("text", ["uses=[vision.py]", "uses.0=vision.py"])
def test_code_is_not_named_by_a_setting(study, text):
    with pytest.raises(UserError, match="by its file or by --uses PATH, but --set has"):
        parse(study, text)


def test_which_files_it_uses_is_no_other_study(study):
    run = study.run
    study.values["uses"] = ["vision.py"]
    assert study.run == run


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("arms.Lowered.loss=lowered-sofmax", "did you mean 'lowered-softmax'"),
        ("arms.Lowered.loss.margn=1", "margin"),
    ],
)
def test_a_name_that_is_nearly_right_is_told(setting, expected, study):
    with pytest.raises(StudyError, match=expected):
        parse(study, setting)


def test_a_study_without_own_code_takes_the_former_away(study):
    parse(study)
    spec = parse(Document("t.yaml", {"name": "t"}))
    assert not spec.code
    assert not own_code.modules


def test_own_code_is_refused_where_the_user_says_so(study):
    with pytest.raises(UserError, match=r"own\.yaml:2: .* --no-user-code is given, but it uses"):
        use_own_code(study, allowed=False)
    assert not use_own_code(Document("t.yaml", {"name": "t"}), allowed=False)


@pytest.mark.parametrize(
    ("uses", "expected"),
    [
        (["absent.py"], "own.yaml:2: uses: absent.py must be a Python file or a package"),
        (["x" * 300 + ".py"], "own.yaml:2: uses: "),
        (["parts.py", ""], "uses: must name files or modules, but has ''"),
        ("../own/parts.py", "must lie in the study's folder, or be named by --uses"),
    ],
)
def test_what_is_wrong_is_told_with_the_studys_line(uses, expected, tmp_path):
    document = load_document(write_own_study(tmp_path / "own"))
    (tmp_path / "own" / "sub").mkdir()
    document.values["uses"] = uses
    if uses == "../own/parts.py":
        (tmp_path / "parts.py").write_text(PARTS)
        document.values["uses"] = "../parts.py"
    with pytest.raises(UserError) as refused:
        use_own_code(document)
    assert expected in str(refused.value)


@pytest.mark.parametrize("uses", [3, [1], {"a": "b"}])
def test_uses_that_is_no_list_of_texts_is_refused_as_any_key_is(uses, tmp_path):
    document = load_document(write_own_study(tmp_path))
    document.values["uses"] = uses
    with pytest.raises(StudyError, match=r"uses.*must be a Python file or package"):
        parse(document)


def test_a_distribution_offers_components_that_are_imported_only_if_they_are_named(
    tmp_path, monkeypatch
):
    about = tmp_path / "lab_parts-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: lab-parts\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[incay.components]\nlowered-softmax = lab_parts\n")
    own = PARTS.replace("from arithmetic", "from .arithmetic")
    (tmp_path / "lab_parts").mkdir()
    (tmp_path / "lab_parts" / "__init__.py").write_text(own)
    (tmp_path / "lab_parts" / "arithmetic.py").write_text("def lowered(a, b): return a - b\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    assert not parse(Document("t.yaml", {"name": "t"})).code
    spec = parse(Document("t.yaml", {"name": "t"}), "loss=lowered-softmax")
    assert set(spec.code.modules) == {"lab_parts", "lab_parts.arithmetic"}
    assert spec.arms[0].config.loss.name == "lowered-softmax"
