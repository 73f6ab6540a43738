// Tables: a button in each head sorts, empty cells stay last; one that is wider than the page says so.
function key(row, column) {
  const cell = row.cells[column];
  if (!("value" in cell.dataset)) return cell.textContent;
  return cell.dataset.value === "" ? null : Number(cell.dataset.value);
}

function sortAgain(table) {
  const head = table.querySelector("th[aria-sort]");
  if (!head) return;
  const sign = head.getAttribute("aria-sort") === "ascending" ? 1 : -1;
  const rows = [...table.tBodies[0].rows].map((row) => [key(row, head.cellIndex), row]);
  rows.sort(([one], [other]) => {
    if (one === null || other === null) return (one === null) - (other === null);
    return sign * (typeof one === "number" ? one - other : one.localeCompare(other, "en"));
  });
  table.tBodies[0].append(...rows.map(([, row]) => row));
}

function makeSortable(table) {
  const heads = [...table.tHead.rows].at(-1).cells;
  for (const head of heads) {
    const button = element("button", { type: "button", textContent: head.textContent.trim() });
    if (head.dataset.name) button.setAttribute("aria-label", `${head.dataset.name}, sort`);
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const next = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", next);
      sortAgain(table);
    });
  }
}

// A region that scrolls has a shadow on the side where there is more, a line that says so, and can be reached by keyboard.
function makeScrollable(region) {
  const hint = element("p", { className: "hint", textContent: "scrolls: more columns to the right →", hidden: true });
  region.before(hint);
  const look = () => {
    const beyond = region.scrollWidth - region.clientWidth;
    const wide = beyond > 1;
    hint.hidden = !wide;
    region.tabIndex = wide ? 0 : -1;
    region.classList.toggle("more-left", wide && region.scrollLeft > 1);
    region.classList.toggle("more-right", wide && region.scrollLeft < beyond - 1);
  };
  region.addEventListener("scroll", look, { passive: true });
  const observer = new ResizeObserver(look);
  observer.observe(region);
  if (region.firstElementChild) observer.observe(region.firstElementChild);
  look();
}
