r"""Tables for LaTeX, in the booktabs style.

The file compiles as it is, and can also be drawn in by ``\input``: it opens and closes a
document of its own only where none is open.
"""

from __future__ import annotations

from itertools import groupby

from incay.analysis.output.renderers import register_renderer
from incay.analysis.output.shown import Grid, Item, lay_out
from incay.analysis.output.table import Table

# LaTeX's kernel lets \@nodocument be \relax from \begin{document} on.
_HEAD = r"""% Compiles as it is. In a paper: \usepackage{booktabs,graphicx} and \input this file.
\makeatletter
\ifx\@nodocument\relax
  \let\closedocument\relax
\else
  \documentclass{article}
  \usepackage[utf8]{inputenc}
  \usepackage[T1]{fontenc}
  \usepackage[margin=2cm]{geometry}
  \usepackage{booktabs,graphicx}
  \begin{document}
  \def\closedocument{\end{document}}
\fi
\makeatother
"""

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"$<$",
    ">": r"$>$",
    "|": r"$|$",
    '"': "''",
    "±": r"$\pm$",
    "×": r"$\times$",
    "≠": r"$\neq$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "≈": r"$\approx$",
    "√": r"$\surd$",
    "−": r"$-$",
    "↓": r"$\downarrow$",
    "†": r"$\dagger$",
    "∞": r"$\infty$",
    "‖": r"$\Vert$",
    "—": "---",
    "–": "--",
    "…": r"\dots{}",
    "·": r"$\cdot$",
    "Δ": r"$\Delta$",
    "α": r"$\alpha$",
    "β": r"$\beta$",
    "λ": r"$\lambda$",
    "μ": r"$\mu$",
    "τ": r"$\tau$",
    "θ": r"$\theta$",
}


@register_renderer("latex")
def render_latex(table: Table) -> str:
    """Return a ``table`` environment inside a document that opens itself where needed."""
    grid = lay_out(table)
    alignment = "".join("r" if heading.numeric else "l" for heading in grid.headings)
    lines = [
        r"\begin{table}[htbp]",
        r"\centering",
        rf"\caption{{{escape(table.title)}}}\par\medskip",
        r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
        rf"\begin{{tabular}}{{{alignment}}}",
        r"\toprule",
        *_headings(grid),
        r"\midrule",
    ]
    for index, row in enumerate(grid.body):
        if index in grid.rules:
            lines.append(r"\midrule")
        lines.append(_row([_item(item) for item in row]))
    lines += [r"\bottomrule", r"\end{tabular}}", r"\par\smallskip", r"\begin{minipage}{\linewidth}"]
    lines.append(r"\footnotesize")
    lines += [rf"{escape(remark)}\par" for remark in grid.remarks]
    lines += [
        rf"\textsuperscript{{{number}}}~{escape(note)}\par"
        for number, note in enumerate(grid.notes, start=1)
    ]
    lines.append(rf"Study {escape(table.study)}, run {escape(table.run)}.\par")
    lines += [r"\end{minipage}", r"\end{table}", r"\closedocument"]
    return _HEAD + "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """Return text that LaTeX sets as it is."""
    return "".join(_SPECIAL.get(character, character) for character in text)


def _headings(grid: Grid) -> list[str]:
    if not any(heading.sub for heading in grid.headings):
        return [_row([escape(heading.title) for heading in grid.headings])]
    upper, rules, start = [], [], 1
    for (title, spanned), group in groupby(grid.headings, key=lambda h: (h.title, bool(h.sub))):
        width = len(list(group))
        if spanned:
            upper.append(rf"\multicolumn{{{width}}}{{c}}{{{escape(title)}}}")
            rules.append(rf"\cmidrule(lr){{{start}-{start + width - 1}}}")
        else:
            upper.append(escape(title))
        start += width
    return [_row(upper), " ".join(rules), _row([escape(h.sub) for h in grid.headings])]


def _row(parts: list[str]) -> str:
    return f"{' & '.join(parts)} \\\\"


def _item(item: Item) -> str:
    text = escape(item.text)
    if item.bold:
        text = rf"\textbf{{{text}}}"
    marks = ",".join(str(number) for number in item.notes)
    return rf"{text}\textsuperscript{{{marks}}}" if marks else text
