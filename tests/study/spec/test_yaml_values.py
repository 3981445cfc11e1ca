"""YAML that is legal but not plain is read as YAML means it, in every order, with its lines."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from incay.study.errors import StudyError
from incay.study.spec.reading.document import Document, load_document
from incay.study.spec.study import parse_study


@pytest.fixture
def read(tmp_path: Path):
    def document(text: str) -> Document:
        path = tmp_path / "study.yaml"
        path.write_text(text, encoding="utf-8")
        return load_document(path)

    return document


MERGED = """\
name: t
base: &b {dataset: digits, steps: 20, reports: 2}
arms:
  Base: {}
  RN: &rn {incay: {form: reciprocal, weight: 0.1}}
  RN2:
    <<: *rn
    optimizer: {lr: 0.05}
"""


def test_a_merge_key_takes_over_what_the_mapping_does_not_say(read):
    arm = parse_study(read(MERGED)).arms[2]
    assert dict(arm.difference) == {
        "incay.form": "reciprocal",
        "incay.weight": 0.1,
        "optimizer.lr": 0.05,
    }
    own = read(MERGED.replace("optimizer: {lr", "incay.weight: 0.3\n    optimizer: {lr"))
    assert parse_study(own).arms[2].config.incay.weight == 0.3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &a {x: 1, y: 2}\nbase: {<<: *a, x: 3}", {"x": 3, "y": 2}),
        ("a: &a {x: 1, y: 2}\nbase: {x: 3, <<: *a}", {"x": 3, "y": 2}),
        ("base: {<<: [{x: 1}, {x: 2, y: 3}]}", {"x": 1, "y": 3}),
        ("a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nbase: {<<: *b, z: 3}", {"x": 1, "y": 2, "z": 3}),
        ("base: {<<: {x.y: 1}, x: {z: 2}}", {"x": {"y": 1, "z": 2}}),
        ("base: {'<<': 1}", {"<<": 1}),
        ("a: &a [1, 2]\nbase: {x: *a, y: *a}", {"x": [1, 2], "y": [1, 2]}),
        ("a: &a 1\nb: &a 2\nbase: {x: *a}", {"x": 2}),
        ('base: {"\\ud835\\udc00": "\\ud83d\\ude00"}', {"\U0001d400": "\U0001f600"}),
        ("base: {x: !!str 5, y: !!float 1}", {"x": "5", "y": 1.0}),
        ("base:\n  {x: 1,\n   y:\n    [1,\n     2]}", {"x": 1, "y": [1, 2]}),
        ("%YAML 1.1\n---\nbase: {x: yes}", {"x": True}),
        ("base: {x: , x.y: 1}", {"x": {"y": 1}}),
    ],
)
def test_what_yaml_allows_is_read_as_yaml_means_it(text, expected, read):
    assert read(text).values["base"] == expected


def test_merged_arms_stand_where_they_are_merged(read):
    text = "arms: {<<: {A: {}, B: {}}, C: {}, A: {x: 1}}"
    assert list(read(text).values["arms"]) == ["A", "B", "C"]


def test_dotted_and_nested_keys_mean_the_same_in_every_order(read):
    lines = ["optimizer.lr: 0.2", "optimizer: {momentum: 0.5}", "loss.margin: 2", "loss: l-softmax"]
    found = []
    for order in itertools.permutations(lines):
        values = read("base:\n" + "".join(f"  {line}\n" for line in order)).values["base"]
        found.append(values)
    assert all(values == found[0] for values in found)
    assert found[0]["optimizer"] == {"lr": 0.2, "momentum": 0.5}
    assert found[0]["loss"] == {"name": "l-softmax", "margin": 2}


@pytest.mark.parametrize(
    "lines",
    [
        ("optimizer.lr: 0.2", "optimizer: {lr: 0.1}"),
        ("incay: {threshold: none}", "incay.threshold: 3"),
        ("steps: 3", "steps: 4"),
        ("steps: 3", "steps.x: 4"),
        ("a.b.c: 1", "a: {b.c: 1}"),
    ],
)
def test_what_is_given_twice_is_refused_in_either_order(lines, read):
    for first, second in (lines, lines[::-1]):
        with pytest.raises(StudyError, match=r"study\.yaml:3: base\..*given once.*yaml:2 gives"):
            read(f"base:\n  {first}\n  {second}\n")


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("a: &a\n  b: *a", 2, "within its own anchor"),
        ("a: &a\n  <<: *a", 1, "merged into itself"),
        ("a: 1\nb:\n  <<: 3", 3, "'<<' must merge a mapping"),
        ("a: *b", 1, "undefined alias"),
        ('a: 1\nb: "\\U00110000"', 2, "\\U00110000 is no character"),
        ("a: 1\n? [1]\n: 2", 2, "a key must be text"),
        ("a: 1\n2: 2", 2, "a key must be text, but got 2: put it in quotes"),
        ("a: 1\nb: 2020-01-01", 2, "put text in quotes"),
        ("a: 1\nb: !mine 3", 2, "must have no tag, but has !mine"),
        ("a: 1\nb: !!int many", 2, "'many' is no int"),
        ("a: 1\nb: !!set {x}", 2, "no tag"),
        ("a: 1\nb: !!int", 2, "'' is no int"),
        ("a: 1\nb: 10000000000000000000", 2, "less than 2^63"),
        ("%YAML 1.1\n---\na: " + "1:" * 400 + "1.5", 3, "is no float"),
        ("a: " + "x" * 1_001, 1, "at most 1,000 characters, but has 1,001"),
        ("base:\n  " + "a." * 20 + "a: 1", 2, "nested at most 20 deep"),
        ("a: 1\nb: " + "[" * 100_000, 2, "nested at most 20 deep"),
        ("a: [" + "1," * 20_000 + "]", 1, "at most 10,000 keys and values"),
        ("a: 1\nb: \x07", 2, "plain YAML"),
        ("--- {a: 1}\n--- {b: 1}", 2, "another document"),
        ("a:\n" + "  " + "[" * 30 + "]" * 30, 2, "nested at most 20 deep"),
        ('a: 1\nb: "x\\e[31m"', 2, "no control character, but has U+001B"),
        ('a: 1\nb: "x\\u202Ey"', 2, "no control character, but has U+202E"),
        ('a: 1\n"b\\nc": 1', 2, "no control character or line break, but has U+000A"),
    ],
)
def test_what_is_no_plain_value_is_refused_with_its_line(text, line, expected, read):
    with pytest.raises(StudyError) as caught:
        read(text)
    assert f"study.yaml:{line}: " in str(caught.value)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("each", ["[*a{0}, *a{0}]", "{{<<: [*a{0}, *a{0}]}}"])
def test_aliases_that_repeat_without_end_are_refused(each, read):
    lines = ["a0: &a0 {b: 1}"]
    lines += [f"a{n}: &a{n} {each.format(n - 1)}" for n in range(1, 18)]
    with pytest.raises(StudyError, match="10,000 keys and values"):
        read("\n".join(lines))


def test_a_fault_in_what_is_merged_names_the_line_where_it_is_written(read):
    with pytest.raises(StudyError, match=r"study\.yaml:5: arms\.RN\.incay\.weight: weight >= 0"):
        parse_study(read(MERGED.replace("weight: 0.1", "weight: -1")))
    with pytest.raises(StudyError, match=r"study\.yaml:8: arms\.RN2\.optimizer\.lr: "):
        parse_study(read(MERGED.replace("lr: 0.05", "lr: fast")))


def test_sections_whose_content_is_commented_out_are_empty(read):
    spec = parse_study(read("name: t\nbase:\n  # steps: 3\narms:\nsearch:\n"))
    assert [arm.name for arm in spec.arms] == ["Base"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("''", "must have a character that can be seen"),
        ("'  '", "must have a character that can be seen"),
        ('"\\u200B"', "must have a character that can be seen"),
        ("' RN'", "must not begin or end with a space"),
        ('"a\\nb"', "no control character or line break"),
        ('"a\\tb"', "no control character or line break"),
        (f"'{'x' * 201}'", "at most 200 characters"),
        ("'Base '", "must not begin or end with a space"),
        ('"Ba\\u200Bse"', "'Base' looks like"),
        ('"Ba\\u180Bse"', "'Base' looks like"),
        ('"Ba\\u17B4se"', "'Base' looks like"),
        ('"B\\ud835"', "no control character"),
        ('"\\ud835\\udc01ase"', "'Base' looks like"),
    ],
)
def test_names_of_arms_can_be_seen_and_told_apart(name, expected, read):
    text = (
        f"name: t\nbase: {{steps: 3}}\narms:\n  Base: {{}}\n  ? {name}\n  : {{optimizer.lr: 1}}\n"
    )
    with pytest.raises(StudyError, match=r"study\.yaml:5: ") as caught:
        parse_study(read(text))
    assert expected in str(caught.value)
