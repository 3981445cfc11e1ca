r"""Tables for LaTeX, in the booktabs style.

The file compiles as it is, and can also be drawn in by ``\input``: it opens and closes a
document of its own only where none is open.

Each number leaves its key in the PDF, as the name of a destination, so that the PDF alone leads to
the trials (`incay.analysis.tracing`). The engines' own commands do that: no package is needed, and
hyperref may be there.
"""

from __future__ import annotations

from incay.analysis.content import TableContent
from incay.analysis.output.renderers.base import register_renderer
from incay.analysis.output.renderers.latex_text import DEFINITIONS, escape
from incay.analysis.output.shown import Grid, Item, lay_out

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
_KEYS = r"""% \incaykey{KEY}{NUMBER} sets a number; the PDF then has a destination incay:KEY there.
\providecommand{\incaykey}[2]{\raisebox{\baselineskip}[0pt][0pt]{\incaydest{incay:#1}}#2}
\providecommand{\incaydest}[1]{%
  \ifdefined\XeTeXversion
    \special{pdf:dest (#1) [@thispage /XYZ @xpos @ypos null]}%
  \else\ifdefined\pdfextension
    \ifnum\outputmode>0 \pdfextension dest name{#1} xyz\relax\fi
  \else\ifdefined\pdfdest
    \ifnum\pdfoutput>0 \pdfdest name{#1} xyz\relax\fi
  \fi\fi\fi}
"""


@register_renderer("latex", suffix=".tex")
def render_latex(table: TableContent) -> str:
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
    command = rf"\texttt{{{escape(f'incay trace {grid.key} --cell ROW/COLUMN')}}}"
    lines.append(rf"Study {escape(table.study)}, run {escape(table.run)}; trials: {command}\par")
    lines += [r"\end{minipage}", r"\end{table}", r"\closedocument"]
    return _HEAD + DEFINITIONS + _KEYS + "\n".join(lines) + "\n"


def _headings(grid: Grid) -> list[str]:
    if not grid.spanned:
        return [_row([escape(heading.title) for heading in grid.headings])]
    upper, rules = [], []
    for group in grid.groups():
        first, heading = group[0]
        title = escape(heading.title)
        if heading.sub:
            title = rf"\multicolumn{{{len(group)}}}{{c}}{{{title}}}"
            rules.append(rf"\cmidrule(lr){{{first + 1}-{first + len(group)}}}")
        upper.append(title)
    return [_row(upper), " ".join(rules), _row([escape(h.sub) for h in grid.headings])]


def _row(parts: list[str]) -> str:
    return f"{' & '.join(parts)} \\\\"


def _item(item: Item) -> str:
    text = item.marked_up(escape, r"\textbf{{{}}}", r"\textsuperscript{{{}}}")
    return rf"\incaykey{{{item.key}}}{{{text}}}" if item.key else text
