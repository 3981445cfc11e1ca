from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import not_run
import pytest
from not_run import needs
from study_factory import RN, StudyFactory

from incay.analysis import AnalysisError, load, render, table
from incay.analysis.content import Cell, Column, Mark, Row
from incay.analysis.output.keys import keys_of
from incay.analysis.output.renderers import renderers
from incay.analysis.output.renderers.latex_text import escape
from incay.analysis.output.shown import show_number
from incay.analysis.output.table import Table
from incay.analysis.tracing.exported import keys_in

Maker = Callable[..., StudyFactory]
COMPILERS = {
    "pdflatex": ["-interaction=nonstopmode", "-halt-on-error"],
    "tectonic": ["--chatter=minimal"],
}
LATEX = next(([name, *options] for name, options in COMPILERS.items() if shutil.which(name)), [])
PLANTED = (
    r"*50 % & \more_of #1 ~ ^ {x} <b>|‖f‖ — λ ± ‘q’ `code` *star* [14] &lt; $x$ --no -- ''a'' "
    "Café λ₀ ≥ ½ − µ “q” – x² ŁÖßå ‖f‖→∞ ✓ 名 é ẽ Ω 🙂"
)


@pytest.fixture
def shown(six_arms: Maker) -> Table:
    factory = six_arms(overrides=["steps=300"])
    factory.replicates("Softmax", [11.0, 11.5, 11.2, 11.3])
    factory.replicates("RN + Softmax", [8.0, 8.6, 8.2, 8.4])
    factory.replicates("L-Softmax", [9.0])
    for number in range(3):
        factory.trial("Center Loss", number, status="diverged")
    return table(load(factory.write(), "paper-b-table-2"))


def tricky() -> Table:
    cell = Cell(value=1.0, half_width=0.5, n=3, notes=(PLANTED,), marks=frozenset({Mark.BETTER}))
    return Table(
        name="t",
        title=PLANTED,
        study="s",
        run="r",
        protocol="Protocol: paper.",
        columns=(Column(key="a", title=PLANTED), Column(key="b", title="b", numeric=False)),
        rows=(Row(name=PLANTED, cells={"a": cell, "b": Cell(text=PLANTED)}),),
    )


@pytest.mark.parametrize("name", ["terminal", "markdown", "latex", "html"])
def test_texts_say_all_that_matters(
    shown: Table, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    text = render(shown, name).replace(r"$\pm$", "±").replace("---", "—")
    assert "Protocol: paper." in text
    assert "steps=300" in text
    assert "88.75 ± 0.33" in text
    assert "316.65" in text
    assert "— diverged 3 of 3" in text
    assert "— pending 3 of 3" in text
    assert "RN + Center Loss" in text


def test_only_what_the_test_supports_is_bold(shown: Table) -> None:
    assert "91.70 ± 0.41 *" in render(shown, "terminal")
    assert "**91.70 ± 0.41**" in render(shown, "markdown")
    assert r"\textbf{91.70 $\pm$ 0.41}" in render(shown, "latex")
    assert render(shown, "html").count("<strong>") == 2  # the title and one number


def test_numbers_are_never_cut_in_a_narrow_terminal(
    shown: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    text = render(shown, "terminal")
    for number in ("88.75 ± 0.33", "91.70 ± 0.41 *", "488.86", "552.54"):
        assert number in text
    assert "…" not in text


def test_columns_that_do_not_fit_follow_below(
    shown: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    lines = render(shown, "terminal").splitlines()
    assert max(len(line) for line in lines) <= 60
    headings = [line for line in lines if line.strip().startswith("Method")]
    assert len(headings) == 2
    assert "Accuracy" in headings[0]
    assert "‖f‖" in headings[1]
    assert sum("RN + Center Loss" in line for line in lines) >= 2


def test_general_table_fits_a_usual_terminal(
    factory: StudyFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    factory.arm("Softmax")
    factory.arm("RN + Softmax", RN)
    factory.replicates("Softmax", [1.0, 2.0, 3.0])
    factory.trial("RN + Softmax", 0, {"test.error": 3.0})
    factory.trial("RN + Softmax", 1, status="diverged")
    factory.trial("RN + Softmax", 2, status="failed")
    lines = render(table(load(factory.write(), "planted")), "terminal").splitlines()
    assert max(len(line) for line in lines) <= 100


def test_csv_holds_unrounded_numbers(shown: Table) -> None:
    rows = list(csv.DictReader(io.StringIO(render(shown, "csv"))))
    softmax = rows[0]
    assert softmax["method"] == "Softmax"
    assert float(softmax["accuracy"]) == pytest.approx(88.75)
    assert softmax["accuracy.source"] == "paper B, Table 2, Softmax, Accuracy"
    assert rows[1]["accuracy.marks"] == "better"
    assert rows[4]["accuracy.missing"] == "diverged 3 of 3"
    assert all("Protocol: paper." in row["protocol"] for row in rows)


def test_json_holds_everything(shown: Table) -> None:
    values = json.loads(render(shown, "json"))
    cell = values["rows"][0]["cells"]["accuracy"]
    assert cell["n"] == 4
    assert len(cell["fingerprints"]) == 4
    assert cell["published"]["value"] == 88.62
    assert values["protocol"].startswith("Protocol: paper.")


class Strict(HTMLParser):
    """Collects text and checks that tags are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("wbr", "meta"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_html_is_well_formed_and_escaped(shown: Table) -> None:
    for each in (shown, tricky()):
        parser = Strict()
        parser.feed(render(each, "html"))
        assert parser.open == []
    assert PLANTED in "".join(parser.text)


def test_markdown_keeps_its_columns() -> None:
    lines = [line for line in render(tricky(), "markdown").splitlines() if line.startswith("|")]
    bars = [line.replace(r"\|", "").count("|") for line in lines]
    assert bars == [4] * len(lines)


def test_markdown_shows_names_as_they_are() -> None:
    line = render(tricky(), "markdown").splitlines()[-1]
    assert "\\[14\\]" in line
    assert "&amp;lt; \\$x\\$" in line
    assert "\\~" in line


def test_latex_escapes() -> None:
    assert escape("50 % & a_b #1") == r"50 \% \& a\_b \#1"
    assert escape("λ ≤ ‖f‖ — Δ") == r"$\lambda$ $\leq$ $\Vert$f$\Vert$ --- $\Delta$"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*ours", "{*}ours"),
        ("[14] L-Softmax", "{[}14] L-Softmax"),
        ("λ₀ x²", r"$\lambda$$_{\mbox{\scriptsize 0}}$ x\textsuperscript{2}"),
        ("Café Ö ß", r"Caf\'{e} \"{O} \ss{}"),
        ("½ ✓ →", r"1/2 $\surd$ $\rightarrow$"),
        ("名", r"\incaychar{540D}"),
        ("--no ''x''", "-{}-no '{}'x'{}'"),
        ("a\nb\u200b", "a b"),
    ],
)
def test_latex_sets_every_character(text: str, expected: str) -> None:
    assert escape(text) == expected
    assert escape("".join(map(chr, range(0x20, 0x3000)))).isascii()


def test_no_row_of_latex_is_taken_for_an_option_of_the_row_before() -> None:
    lines = render(tricky(), "latex").splitlines()
    assert all(line.isascii() for line in lines)
    assert not any(line.startswith(("*", "[")) for line in lines)


@needs(not_run.LATEX, there=bool(LATEX))
@pytest.mark.parametrize("way", ["as it is", "drawn in", "drawn in beside hyperref"])
def test_latex_compiles_and_its_pdf_holds_every_key(shown: Table, tmp_path: Path, way: str) -> None:
    for name, each in (("planted", shown), ("tricky", tricky())):
        source = tmp_path / f"{name}.tex"
        source.write_text(render(each, "latex"), "utf-8")
        if way.startswith("drawn in"):
            hyperref = r"\usepackage{hyperref}" if way.endswith("hyperref") else ""
            paper = (
                r"\documentclass{article}\usepackage[T1]{fontenc}"
                rf"\usepackage{{booktabs,graphicx}}{hyperref}\begin{{document}}"
                rf"Before.\input{{{name}}}After.\end{{document}}"
            )
            source = tmp_path / f"{name}-paper.tex"
            source.write_text(paper)
        done = subprocess.run(
            [*LATEX, source.name],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout[-2000:]
        in_pdf = keys_in(source.with_suffix(".pdf"))
        assert set(in_pdf) == set(keys_of(each).cells.values())


def test_every_format_is_there() -> None:
    assert set(renderers) == {"terminal", "markdown", "latex", "csv", "json", "html"}
    assert len({each.suffix for each in renderers.values()}) == len(renderers)
    with pytest.raises(AnalysisError, match="format must be one of csv, html"):
        render(tricky(), "docx")


def test_notebooks_show_html(shown: Table) -> None:
    assert shown._repr_html_().startswith('<figure class="incay-table"')


def test_what_has_exploded_stays_readable() -> None:
    column = Column(key="norm", title="‖f‖")
    assert show_number(2_221_502_365_696.0, column) == "2.2e12"
    assert show_number(-3e7, column) == "−3.0e7"
    assert show_number(999_999.0, column) == "999999.00"


def test_no_p_value_is_told_as_0() -> None:
    column = Column(key="p", title="p", decimals=4, positive=True)
    assert show_number(1e-9, column) == "< 0.0001"
    assert show_number(0.00005, column) == "0.0001"
    assert show_number(0.0412, column) == "0.0412"
