"""The page around the sections: head, navigation, style and script."""

from __future__ import annotations

import re
from html import escape

_STYLE = """
:root { color-scheme: light; --line: #d0d7de; --faint: #57606a; --hit: #fff3c4; }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1f2328; max-width: 72rem; margin: 0 auto;
  padding: 1rem; }
h1 { font-size: 1.6rem; margin: .2rem 0; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
h2 { border-bottom: 1px solid var(--line); }
nav { display: flex; flex-wrap: wrap; gap: .2rem 1rem; font-size: .9rem; }
a { color: #0550ae; } .lead { font-size: 1.05rem; } .faint, .notes { color: var(--faint); }
.notes p { margin: .15rem 0; font-size: .85rem; }
figure { margin: 1rem 0 2rem; } figcaption { margin-bottom: .4rem; }
.scroll { overflow-x: auto; background:
  linear-gradient(to right, #fff 1.5rem, transparent) left / 3rem 100% no-repeat local,
  linear-gradient(to left, #fff 1.5rem, transparent) right / 3rem 100% no-repeat local,
  linear-gradient(to right, #8c959f99, transparent) left / .8rem 100% no-repeat,
  linear-gradient(to left, #8c959f99, transparent) right / .8rem 100% no-repeat; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; text-align: left; vertical-align: top; }
thead th { border-bottom: 1px solid #1f2328; vertical-align: bottom; }
thead th[colspan] { border-bottom: 1px solid var(--line); text-align: center; }
tbody { border-bottom: 1px solid var(--line); } sup { line-height: 0; }
tbody th { font-weight: 500; }
th.number, td.number { text-align: right; white-space: nowrap; }
td a { text-decoration-color: #b6c4d6; }
tbody th { white-space: nowrap; } td:not(.number) { min-width: 4rem; }
#tables td:last-child:not(.number) { min-width: 14rem; }
code { font-size: .85em; white-space: nowrap; }
#trial-table td { white-space: nowrap; } #trial-table td:nth-child(4) { white-space: normal; }
th button { all: unset; cursor: pointer; } th button:focus-visible { outline: 2px solid #0550ae; }
th[aria-sort=ascending] button::after { content: " ▲"; }
th[aria-sort=descending] button::after { content: " ▼"; }
tr.hit, tr:target { background: var(--hit); }
svg { max-width: 100%; height: auto; } .figure-grid { display: grid; gap: 1rem 2rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); }
.figure-grid figure { margin: 0; } .figure-grid .wide { grid-column: 1 / -1; }
input[type=search] { font: inherit; padding: .3rem .5rem; width: min(100%, 24rem); }
@page { margin: 12mm; }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; } nav, .controls { display: none; }
  a { color: inherit; text-decoration: none; } figure, tr { break-inside: avoid; }
  .scroll { overflow: visible; } h2 { break-after: avoid; }
  table { font-size: 7.5pt; } th, td { padding: .15rem .3rem; } tbody th { white-space: normal; }
  #trial-table { font-size: 6pt; } #trial-table td { white-space: normal; min-width: 0; }
  td:not(.number), #tables td:last-child:not(.number) { min-width: 0; }
  .figure-grid { grid-template-columns: 1fr 1fr; }
}
"""

_SCRIPT = """
"use strict";
const value = cell => {
  const text = cell ? cell.textContent.trim().replace(/\\u2212/g, "-") : "";
  const number = parseFloat(text.replace(/,/g, ""));
  return Number.isNaN(number) ? text.toLowerCase() : number;
};
const compare = (a, b) => {
  const numbers = (typeof a === "number") - (typeof b === "number");
  if (numbers) return -numbers;
  return a < b ? -1 : a > b ? 1 : 0;
};
for (const heading of document.querySelectorAll("th[data-sort]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...heading.childNodes);
  heading.append(button);
  button.addEventListener("click", () => {
    const table = heading.closest("table"), column = Number(heading.dataset.sort);
    const up = heading.getAttribute("aria-sort") !== "ascending";
    for (const other of table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", up ? "ascending" : "descending");
    for (const body of table.tBodies) {
      const rows = [...body.rows].map(row => [value(row.cells[column]), row]);
      rows.sort((a, b) => (up ? 1 : -1) * compare(a[0], b[0]));
      body.append(...rows.map(pair => pair[1]));
    }
  });
}
const trials = document.querySelector("#trial-table");
const filter = document.querySelector("#trial-filter");
const show = keep => {
  for (const row of trials.tBodies[0].rows) row.hidden = !keep(row);
};
for (const link of document.querySelectorAll("a[data-trials]")) {
  link.addEventListener("click", () => {
    const wanted = new Set(link.dataset.trials.split(" "));
    filter.value = "";
    show(row => wanted.has(row.dataset.trial));
    document.querySelector("#trial-all").hidden = false;
  });
}
filter.addEventListener("input", () => {
  const words = filter.value.toLowerCase().split(/\\s+/).filter(Boolean);
  show(row => words.every(word => row.textContent.toLowerCase().includes(word)));
  document.querySelector("#trial-all").hidden = !words.length;
});
document.querySelector("#trial-all").addEventListener("click", event => {
  filter.value = "";
  show(() => true);
  event.target.hidden = true;
});
"""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


def page(title: str, sections: list[str]) -> str:
    """Return the whole page. Its own policy forbids every request to elsewhere."""
    links = [
        f'<a href="#{name}">{heading}</a>'
        for each in sections
        for name, heading in re.findall(r'^<section id="([^"]+)"><h2>([^<]+)</h2>', each)
    ]
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<link rel="icon" href="data:,">',
            f"<title>{escape(title)} · incay report</title>",
            f"<style>{_STYLE}</style>",
            "</head>",
            "<body>",
            f"<header><h1>{escape(title)}</h1><nav>{''.join(links)}</nav></header>",
            "<main>",
            *sections,
            "</main>",
            f"<script>{_SCRIPT}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def section(name: str, heading: str, content: str) -> str:
    """Return a section of the page, to which the navigation links."""
    return f'<section id="{name}"><h2>{escape(heading)}</h2>{content}</section>'


def simple_table(headings: list[str], rows: list[list[str]], *, attributes: str = "") -> str:
    """Return a sortable table of cells that are HTML already."""
    head = "".join(
        f'<th data-sort="{index}" scope="col">{escape(heading)}</th>'
        for index, heading in enumerate(headings)
    )
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table{attributes}><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
