// The tables below the curves: scores at the budget that is chosen, and the curves in numbers.
function tell() {
  const slider = get("slider");
  slider.max = grid().length - 1;
  slider.value = place();
  const words = moment(grid()[place()]);
  slider.setAttribute("aria-valuetext", words);
  get("moment").textContent = words;
  get("at-caption").textContent = `${scoreName()} on ${benchmark().label} (${benchmark().unit}) after ${words}`;
  const rows = shown().map((strategy) => {
    const curve = curves()[strategy];
    const row = element("tr", {}, element("th", { scope: "row", textContent: label(strategy) }));
    for (const name of ["mean", "low", "high"]) {
      const value = valueAt(curve, name, place());
      const cell = element("td", { className: "number", textContent: number(value, spreadAt(curve, place())) });
      cell.dataset.value = value ?? "";
      row.append(cell);
    }
    row.append(...measured(strategy));
    return row;
  });
  const floor = benchmark().floor[metric()];
  if (get("at").tFoot) get("at").tFoot.remove();
  if (floor !== null) {
    const last = get("at").createTFoot().insertRow();
    last.append(element("th", { scope: "row", textContent: "floor" }), element("td", { className: "number", textContent: number(floor) }));
    for (let column = 3; column < get("at").tHead.rows[0].cells.length; column++) last.append(element("td"));
  }
  get("unmeasured").textContent = unmeasured();
  get("at").tBodies[0].replaceChildren(...rows);
  sortAgain(get("at"));
}

// The cells of the measures; empty where there are none.
function measured(strategy) {
  const found = unmeasured() ? {} : measures(strategy, grid()[place()]);
  const texts = {
    iqm: number(found.iqm, spreadAt(curves()[strategy], place())),
    area: number(found.area),
    reached: found.reached?.toFixed(2) ?? "–",
    time: found.time === Infinity ? "∞" : number(found.time),
    equivalent: found.equivalent?.toFixed(2) ?? "–",
  };
  return Object.entries(texts).map(([name, text]) => {
    const cell = element("td", { className: "number", textContent: text });
    cell.dataset.value = found[name] ?? "";
    return cell;
  });
}

// The curves as a table: at most ten moments, every strategy that is shown.
function alternative() {
  if (!get("alternative").open) return;
  const table = get("alternative").querySelector("table");
  const last = grid().length - 1;
  const places = [...new Set(Array.from({ length: 10 }, (_, at) => Math.round((last * at) / 9)))];
  table.caption.textContent = `Mean ${scoreName()} on ${benchmark().label} (${benchmark().unit})`;
  const heads = [axis() === "evaluations" ? "after" : "at", ...shown().map(label)];
  table.tHead.replaceChildren(element("tr", {}, ...heads.map((text) => element("th", { scope: "col", textContent: text }))));
  table.tBodies[0].replaceChildren(
    ...places.map((at) => {
      const cells = shown().map((one) => element("td", { className: "number", textContent: number(valueAt(curves()[one], "mean", at), spreadAt(curves()[one], at)) }));
      return element("tr", {}, element("th", { scope: "row", textContent: moment(grid()[at]) }), ...cells);
    }),
  );
}
