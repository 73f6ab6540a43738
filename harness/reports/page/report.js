"use strict";
// Draws the curves from the numbers in #data, keeps the table of a budget in step with the slider, and sorts tables.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const get = (id) => document.getElementById(id);
  const SVG = "http://www.w3.org/2000/svg";
  const MARGIN = { top: 12, right: 16, bottom: 46, left: 64 };
  const view = { hidden: new Set(), place: {}, strong: -1 };

  // Elements. Text enters as text only, never as markup.
  function element(name, properties = {}, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  function shape(name, attributes, classes = "", text = "") {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (classes) made.setAttribute("class", classes);
    made.textContent = text;
    return made;
  }

  function lineShape(strategy, attributes, name = "path") {
    const made = shape(name, attributes, "line");
    made.style.stroke = `var(--line-${strategy})`;
    made.style.strokeDasharray = data.strategies[strategy].dash;
    return made;
  }

  // What is chosen.
  const chosen = (name) => document.querySelector(`input[name="${name}"]:checked`).value;
  const benchmark = () => data.benchmarks[get("benchmark").value];
  const axis = () => (chosen("axis") in benchmark().axes ? chosen("axis") : "evaluations");
  const metric = () => chosen("metric");
  const name = () => benchmark().names[metric()];
  const along = () => benchmark().axes[axis()];
  const grid = () => along().x;
  const curves = () => along()[metric()];
  const shown = () => data.strategies.map((_, at) => at).filter((at) => !view.hidden.has(at));
  const place = () => Math.min(view.place[axis()] ?? Infinity, grid().length - 1);

  // Numbers in words.
  // As nasbed.tables.numbers writes them: three significant digits of the spread, or four of a number without one.
  const lowest = (value, digits) => Number(value.toExponential(digits - 1).split("e")[1]) - digits + 1;
  function number(value, spread = 0) {
    if (value === null || value === undefined) return "–";
    if (!value && !spread) return "0";
    const last = spread > 0 ? lowest(spread, 3) : lowest(Math.abs(value), 4);
    const size = Math.max(Math.abs(value), spread);
    const power = size >= 1e7 || (size < 1e-3 && last < -6) ? lowest(size, 1) : 0;
    const text = (value / 10 ** power).toFixed(Math.min(15, Math.max(0, power - last)));
    const sign = power < 0 ? "-" : "+";
    return (Number(text) ? text : text.replace("-", "")) + (power ? `e${sign}${String(Math.abs(power)).padStart(2, "0")}` : "");
  }
  const spreadAt = (curve, at) => (valueAt(curve, "high", at) - valueAt(curve, "low", at)) / 2;
  const short = (value) => String(Number(value.toPrecision(3)));
  function moment(x) {
    const { divided, counted } = along();
    if (axis() === "evaluations") return `${x} ${x === 1 ? "evaluation" : counted}`;
    return `${short(x / divided)} ${counted}`;
  }

  // Scales: a function from numbers to pixels, and the numbers that are labelled.
  function scaled(low, high, from, to, logarithmic) {
    const turn = logarithmic ? Math.log10 : (value) => value;
    const span = turn(high) - turn(low) || 1;
    return (value) => from + ((turn(value) - turn(low)) / span) * (to - from);
  }

  function ticks(low, high, logarithmic, most) {
    const found = [];
    if (logarithmic) {
      const multiples = [[1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]];
      for (const choice of multiples) {
        found.length = 0;
        for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
          for (const multiple of choice) found.push(Number((multiple * 10 ** power).toPrecision(3)));
        const inside = found.filter((value) => value >= low * 0.9999 && value <= high * 1.0001);
        if (inside.length <= most || choice.length === 1) return inside;
      }
    }
    const raw = (high - low) / most;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((multiple) => multiple * power).find((size) => size >= raw) || raw;
    for (let value = Math.ceil(low / step) * step; value <= high + step / 1e6; value += step)
      found.push(Number(value.toPrecision(6)));
    return found;
  }

  function heights(lines, floor, logarithmic) {
    const values = lines.flatMap((curve) => [...curve.mean, ...(get("intervals").checked ? [...curve.low, ...curve.high] : [])]);
    if (floor !== null) values.push(floor);
    const finite = values.filter((value) => value !== null && (!logarithmic || value > 0));
    if (!finite.length) return [logarithmic ? 0.1 : 0, 1];
    const high = Math.max(...finite);
    if (!logarithmic) return [Math.min(0, ...finite), high * 1.04 || 1];
    const means = lines.flatMap((curve) => curve.mean).filter((value) => value > 0);
    const least = Math.max(Math.min(...finite), Math.min(...means, floor > 0 ? floor : Infinity, high) / 4);
    return [least / 1.05, high * 1.05];
  }

  // The chart.
  function draw() {
    const chart = get("chart");
    const width = Math.max(300, Math.round(chart.parentElement.clientWidth));
    const height = Math.round(Math.min(460, Math.max(300, width * 0.55)));
    const logX = get("log-x").checked;
    const logY = get("log-y").checked;
    const floor = get("floor").checked ? benchmark().floor[metric()] : null;
    const x = grid();
    const lines = curves();
    const [low, high] = heights(shown().map((at) => lines[at]), floor, logY);
    const start = logX ? x[0] : 0;
    const across = scaled(start, x[x.length - 1], MARGIN.left, width - MARGIN.right, logX);
    const up = scaled(low, high, height - MARGIN.bottom, MARGIN.top, logY);
    const clamped = (value) => up(Math.min(high, Math.max(low, value)));

    chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
    for (const label of document.querySelectorAll("[data-metric]")) label.textContent = benchmark().names[label.dataset.metric];
    const title = `${along().title[0].toUpperCase()}${along().title.slice(1)} and ${name()} on ${benchmark().label}`;
    const inside = [shape("title", { id: "chart-title" }, "", title)];
    inside.push(shape("desc", { id: "chart-description" }, "", description()));

    const { label: unit, divided: per } = along();
    for (const tick of ticks(start / per, x[x.length - 1] / per, logX, width / 80)) {
      const at = across(tick * per);
      inside.push(shape("line", { x1: at, x2: at, y1: MARGIN.top, y2: height - MARGIN.bottom }, "grid"));
      inside.push(shape("text", { x: at, y: height - MARGIN.bottom + 18, "text-anchor": "middle" }, "", tick));
    }
    for (const tick of ticks(low, high, logY, height / 50)) {
      const at = up(tick);
      inside.push(shape("line", { x1: MARGIN.left, x2: width - MARGIN.right, y1: at, y2: at }, "grid"));
      inside.push(shape("text", { x: MARGIN.left - 8, y: at + 4, "text-anchor": "end" }, "", tick));
    }
    inside.push(shape("path", { d: `M${MARGIN.left} ${MARGIN.top}V${height - MARGIN.bottom}H${width - MARGIN.right}`, fill: "none" }, "axis"));
    inside.push(shape("text", { x: (MARGIN.left + width - MARGIN.right) / 2, y: height - 8, "text-anchor": "middle" }, "", unit));
    const middle = (MARGIN.top + height - MARGIN.bottom) / 2;
    inside.push(shape("text", { x: 16, y: middle, "text-anchor": "middle", transform: `rotate(-90 16 ${middle})` }, "", `${name()} (${benchmark().unit})`));

    const point = (at, value) => `${across(x[at]).toFixed(1)} ${clamped(value).toFixed(1)}`;
    for (const strategy of shown()) {
      const { first, mean, low: lower, high: upper } = lines[strategy];
      if (!mean.length) continue;
      if (get("intervals").checked && lower[0] !== null) {
        const there = upper.map((value, at) => point(first + at, value));
        const back = lower.map((value, at) => point(first + at, value)).reverse();
        const band = shape("path", { d: `M${there.concat(back).join("L")}Z` }, "band");
        band.style.fill = `var(--line-${strategy})`;
        inside.push(band);
      }
    }
    for (const strategy of shown()) {
      const { first, mean } = lines[strategy];
      if (!mean.length) continue;
      const points = mean.map((value, at) => point(first + at, value));
      const made = lineShape(strategy, { d: `M${points.length > 1 ? points.join("L") : `${points[0]}h0.1`}`, "data-strategy": strategy });
      if (strategy === view.strong) made.classList.add("strong");
      inside.push(made);
    }
    if (floor !== null && (!logY || floor > 0))
      inside.push(shape("line", { x1: MARGIN.left, x2: width - MARGIN.right, y1: up(floor), y2: up(floor) }, "floor"));
    const now = across(x[place()]);
    inside.push(shape("line", { x1: now, x2: now, y1: MARGIN.top, y2: height - MARGIN.bottom }, "cursor"));
    chart.replaceChildren(...inside);

    chart.onclick = (event) => {
      const box = chart.getBoundingClientRect();
      const at = ((event.clientX - box.left) / box.width) * width;
      const distances = x.map((value) => Math.abs(across(value) - at));
      choose(distances.indexOf(Math.min(...distances)));
    };
  }

  const atEnd = (curve) => number(curve.mean.at(-1), spreadAt(curve, curve.first + curve.mean.length - 1));

  function description() {
    const ends = shown().map((at) => `${data.strategies[at].label} ${atEnd(curves()[at])}`);
    if (!ends.length) return "No strategy is shown.";
    return `Mean ${name()} where each curve ends, in ${benchmark().unit}: ${ends.join("; ")}. The tables below hold the numbers.`;
  }

  // The table of a budget.
  const valueAt = (curve, name, at) => curve[name][at - curve.first] ?? null;

  function tell() {
    const slider = get("slider");
    slider.max = grid().length - 1;
    slider.value = place();
    const words = moment(grid()[place()]);
    slider.setAttribute("aria-valuetext", words);
    get("moment").textContent = words;
    get("at-caption").textContent = `${name()} on ${benchmark().label} (${benchmark().unit}) after ${words}`;
    const rows = shown().map((strategy) => {
      const values = ["mean", "low", "high"].map((name) => valueAt(curves()[strategy], name, place()));
      const row = element("tr", {}, element("th", { scope: "row", textContent: data.strategies[strategy].label }));
      for (const value of values) {
        const cell = element("td", { className: "number", textContent: number(value, spreadAt(curves()[strategy], place())) });
        cell.dataset.value = value ?? "";
        row.append(cell);
      }
      return row;
    });
    const floor = benchmark().floor[metric()];
    if (get("at").tFoot) get("at").tFoot.remove();
    const last = get("at").createTFoot().insertRow();
    last.append(element("th", { scope: "row", textContent: "floor" }), element("td", { className: "number", textContent: number(floor) }));
    last.append(element("td"), element("td"));
    get("at").tBodies[0].replaceChildren(...rows);
    sortAgain(get("at"));
  }

  function choose(at) {
    view.place[axis()] = at;
    tell();
    draw();
  }

  // The curves as a table: at most ten moments, every strategy that is shown.
  function alternative() {
    if (!get("alternative").open) return;
    const table = get("alternative").querySelector("table");
    const last = grid().length - 1;
    const places = [...new Set(Array.from({ length: 10 }, (_, at) => Math.round((last * at) / 9)))];
    table.caption.textContent = `Mean ${name()} on ${benchmark().label} (${benchmark().unit})`;
    const heads = [axis() === "evaluations" ? "after" : "at", ...shown().map((at) => data.strategies[at].label)];
    table.tHead.replaceChildren(element("tr", {}, ...heads.map((text) => element("th", { scope: "col", textContent: text }))));
    table.tBodies[0].replaceChildren(
      ...places.map((at) => {
        const cells = shown().map((one) => element("td", { className: "number", textContent: number(valueAt(curves()[one], "mean", at), spreadAt(curves()[one], at)) }));
        return element("tr", {}, element("th", { scope: "row", textContent: moment(grid()[at]) }), ...cells);
      }),
    );
  }

  // Sorting: a button in each head; empty cells stay last.
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

  // Controls.
  function strategyChoice(strategy) {
    const box = element("input", { type: "checkbox", checked: true, value: strategy });
    const sample = shape("svg", { viewBox: "0 0 34 12", "aria-hidden": "true" });
    sample.append(lineShape(strategy, { x1: 0, x2: 34, y1: 6, y2: 6 }, "line"));
    const label = element("label", {}, box, sample, element("span", { textContent: data.strategies[strategy].label }));
    const emphasise = (at) => () => {
      view.strong = at;
      draw();
    };
    label.addEventListener("pointerenter", emphasise(strategy));
    label.addEventListener("pointerleave", emphasise(-1));
    return label;
  }

  function axisChoice(name, title, checked) {
    const choice = element("input", { type: "radio", name: "axis", value: name });
    choice.toggleAttribute("checked", checked);
    return element("label", {}, choice, ` ${title}`);
  }

  function update() {
    view.hidden = new Set([...get("strategies").querySelectorAll("input:not(:checked)")].map((box) => Number(box.value)));
    tell();
    draw();
    alternative();
  }

  function setAll(checked) {
    for (const box of get("strategies").querySelectorAll("input")) box.checked = checked;
    update();
  }

  for (const id of ["controls", "figure", "budget"]) get(id).hidden = false;
  data.benchmarks.forEach(({ label }, at) => get("benchmark").append(element("option", { value: at, textContent: label })));
  const titles = new Map(data.benchmarks.flatMap(({ axes }) => Object.entries(axes).map(([name, { title }]) => [name, title])));
  get("axes").append(...[...titles].map(([name, title], at) => axisChoice(name, title, at === 0)));
  get("strategies").append(...data.strategies.map((_, at) => strategyChoice(at)));
  get("controls").addEventListener("change", update);
  get("controls").addEventListener("submit", (event) => event.preventDefault());
  get("all").addEventListener("click", () => setAll(true));
  get("none").addEventListener("click", () => setAll(false));
  get("slider").addEventListener("input", () => choose(Number(get("slider").value)));
  get("alternative").addEventListener("toggle", alternative);
  document.querySelectorAll("table.sortable").forEach(makeSortable);
  new ResizeObserver(draw).observe(get("figure"));
  update();
})();
