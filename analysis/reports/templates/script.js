"use strict";
const value = cell => {
  const text = cell ? cell.textContent.trim().replace(/\u2212/g, "-") : "";
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
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  show(row => words.every(word => row.textContent.toLowerCase().includes(word)));
  document.querySelector("#trial-all").hidden = !words.length;
});
document.querySelector("#trial-all").addEventListener("click", event => {
  filter.value = "";
  show(() => true);
  event.target.hidden = true;
});
