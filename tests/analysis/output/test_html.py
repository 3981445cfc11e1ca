"""What is set as HTML: escaped wherever it comes from, and one style for all pages."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest
from study_factory import StudyFactory

from incay.analysis import load, render, report, table
from incay.analysis.output.jinja import breakable, environment

HOSTILE = "<script>alert('x')</script>\"&"
RN = {"incay.form": "reciprocal", "incay.weight": 0.1}


class Tags(HTMLParser):
    """Collects tags with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A report and a table of a study whose every name and text is hostile."""
    factory = StudyFactory(tmp_path_factory.mktemp("hostile"), question=HOSTILE)
    factory.document["overrides"] = [HOSTILE]
    factory.arm(HOSTILE, {"loss.name": HOSTILE})
    factory.arm(f"RN {HOSTILE}", {**RN, "loss.name": HOSTILE})
    factory.replicates(HOSTILE, [8.0, 8.2, 8.1])
    factory.replicates(f"RN {HOSTILE}", [7.0, 7.3, 7.1])
    factory.trial(HOSTILE, 3, status="failed")
    results = load(factory.write(), factory.name)
    return {"report": report(results), "table": render(table(results), "html")}


@pytest.mark.parametrize(("name", "scripts"), [("report", 1), ("table", 0)])
def test_no_text_becomes_a_tag(pages: dict[str, str], name: str, scripts: int) -> None:
    tags = Tags(pages[name]).tags
    assert sum(tag == "script" for tag, _ in tags) == scripts
    assert "alert(" in pages[name]
    assert "<script>alert" not in pages[name]
    assert not any(key.startswith("on") for _, attrs in tags for key in attrs)


def test_the_report_forbids_every_request(pages: dict[str, str]) -> None:
    (policy,) = (
        attrs["content"]
        for tag, attrs in Tags(pages["report"]).tags
        if tag == "meta" and attrs.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert policy.startswith("default-src 'none';")


def test_reports_add_to_the_style_of_tables(pages: dict[str, str]) -> None:
    templates = files("incay.analysis.output") / "templates"
    style = (templates / "style.css").read_text("utf-8").strip()
    assert all(style in page for page in pages.values())
    own = files("incay.analysis.reports") / "templates" / "report.css"
    shared = [line for line in own.read_text("utf-8").splitlines() if line in style.splitlines()]
    assert shared == []


def test_every_template_escapes() -> None:
    made = environment("incay.analysis.reports", "incay.analysis.output")
    assert made.autoescape is True
    for folder in ("incay.analysis.reports", "incay.analysis.output"):
        for each in Path(str(files(folder) / "templates")).glob("*.html"):
            assert not re.search(r"\|\s*safe\b|autoescape", each.read_text("utf-8")), each


def test_long_names_break_at_dots_and_underscores() -> None:
    assert breakable("a.b_c<d>") == "a.<wbr>b_<wbr>c&lt;d&gt;"
