from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from not_run import CHROMIUM, chromium, needs
from study_factory import RN, StudyFactory, drawn_history, drawn_samples

from incay.analysis import AnalysisError, load, report

BROWSER = chromium()


@pytest.fixture(scope="module")
def factory_of_report(tmp_path_factory: pytest.TempPathFactory) -> StudyFactory:
    factory = StudyFactory(
        tmp_path_factory.mktemp("report"),
        question="Does <b>tuned</b> incay beat tuned softmax?",
        overrides=["steps=300"],
    )
    search = {"optimizer.weight_decay": "log 1e-5 .. 1e-2"}
    factory.arm("Softmax", {}, search)
    factory.arm("RN + Softmax", RN, search)
    for index, arm in enumerate(factory.arms):
        for number in range(12):
            ended = "diverged" if number == 5 else "completed"
            params = {"optimizer.weight_decay": 10.0 ** (-5 + number / 4)}
            metrics = {"val.error": 10.0 + (number - 6) ** 2 / 20 - index}
            factory.trial(arm, number, metrics, phase="search", params=params, status=ended)
        for number in range(3):
            factory.trial(
                arm,
                number,
                {"test.error": 10.0 - 3 * index + 0.1 * number * (1 + index), "test.norm": 200.0},
                params={"optimizer.weight_decay": 1e-3},
                samples=drawn_samples(number, 200.0, 0.1, images=200),
                history=drawn_history(number, 10.0, 200.0),
            )
    factory.write()
    return factory


@pytest.fixture(scope="module")
def html(factory_of_report: StudyFactory) -> str:
    return report(load(factory_of_report.store, factory_of_report.name))


class Page(HTMLParser):
    """Collects ids, links and headings; checks that tags are closed in order."""

    VOID = ("meta", "link", "input", "br", "wbr", "img", "use", "path", "rect", "image")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.trials: list[str] = []
        self.headings: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        values = dict(attrs)
        if values.get("id"):
            self.ids.append(values["id"] or "")
        if tag == "a":
            self.links.append(values.get("href") or "")
            self.trials += (values.get("data-trials") or "").split()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)


def test_says_everything(html: str, factory_of_report: StudyFactory) -> None:
    page = Page(html)
    assert page.headings == [
        "Answer",
        "Tables",
        "Arms",
        "Figures",
        "Endings",
        "Provenance",
        "Trials",
    ]
    for text in (
        "Does &lt;b&gt;tuned&lt;/b&gt; incay",
        "steps=300",
        "Protocol: sealed.",
        "<strong>RN + Softmax</strong> is better than Softmax",
        "log 1e-5 .. 1e-2",
        "1 diverged",
        "planted: diverged",
        "best val.error so far",
        "<code>dataset.name</code> = mnist",
        "<code>steps</code> = 10000",
    ):
        assert text in html, text
    for trial in factory_of_report.trials:
        assert f'id="trial-{trial["fingerprint"]}"' in html


def test_links_lead_somewhere_and_ids_stand_once(html: str) -> None:
    page = Page(html)
    inside = [link for link in page.links if link.startswith("#")]
    assert len(inside) > 20
    assert {link.removeprefix("#") for link in inside} <= set(page.ids)
    assert {f"trial-{name}" for name in page.trials} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_nothing_is_requested_from_elsewhere(html: str) -> None:
    targets = re.findall(r"""(?:src|href|action)\s*=\s*["']([^"']+)""", html)
    assert all(target.startswith(("#", "data:")) for target in targets)
    assert "@import" not in html
    assert not re.findall(r"url\((?!#|data:)", html)


def test_unequal_budgets_stop_the_report(factory: StudyFactory) -> None:
    factory.arm("Softmax", {"steps": 100})
    factory.arm("RN + Softmax", {**RN, "steps": 200})
    factory.replicates("Softmax", [8.0, 8.1])
    factory.replicates("RN + Softmax", [7.0, 7.1])
    results = load(factory.write(), "planted")
    with pytest.raises(AnalysisError, match="same budget"):
        report(results)
    assert "Unequal budgets" in report(results, allow_unequal=True)


def test_a_study_that_has_not_begun(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.arm("RN + Softmax", RN)
    text = report(load(factory.write(), "planted"))
    Page(text)
    assert "Nothing can be compared yet." in text
    assert "pending 3 of 3" in text
    assert "No trial has a record yet." in text


def test_a_shared_trial_is_listed_for_both_arms_with_one_id(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.arm("λ = 0")
    factory.replicates("Softmax", [8.0, 8.2])
    factory.trials += [{**trial, "arm": "λ = 0"} for trial in factory.trials]
    page = Page(report(load(factory.write(), "planted")))
    assert len(page.ids) == len(set(page.ids))


@needs(CHROMIUM, there=BROWSER is not None)
def test_in_a_browser(html: str, tmp_path: Path) -> None:
    from playwright import sync_api

    path = tmp_path / "report.html"
    path.write_text(html, "utf-8")
    said: list[str] = []
    asked: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())

        table = page.locator("#tables table").first
        arms = table.locator("tbody th")
        assert arms.all_inner_texts() == ["Softmax", "RN + Softmax"]
        heading = table.locator("th", has_text="test error").locator("button")
        heading.click()
        assert arms.all_inner_texts() == ["RN + Softmax", "Softmax"]
        heading.click()
        assert arms.all_inner_texts() == ["Softmax", "RN + Softmax"]

        rows = page.locator("#trial-table tbody tr:visible")
        everything = rows.count()
        table.locator("td a").first.click()
        assert rows.count() == 3
        page.locator("#trial-all").click()
        assert rows.count() == everything == 30
        page.locator("#trial-filter").fill("diverged rn")
        assert rows.count() == 1

        phone = browser.new_page(viewport={"width": 360, "height": 740})
        phone.goto(path.as_uri())
        assert phone.evaluate("document.documentElement.scrollWidth") == 360
        assert page.pdf(format="A4").startswith(b"%PDF")
        browser.close()
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
