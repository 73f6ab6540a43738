// The curves, and the crosshair on them with the values of all that is shown.
const MANY = 14; // strategies beyond which the values stand below the chart, in columns
const margin = (width) => ({ top: 12, right: 16, bottom: 46, left: width < 420 ? 54 : 64 });
const drawing = { across: null, up: null, width: 0, height: 0 };

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

function draw() {
  const chart = get("chart");
  const width = Math.max(260, Math.round(get("plot").clientWidth));
  const height = Math.round(Math.min(460, Math.max(280, width * 0.55)));
  const { top, right, bottom, left } = margin(width);
  const x = grid();
  const logX = get("log-x").checked && x[0] > 0;
  const logY = get("log-y").checked;
  const floor = get("floor").checked ? benchmark().floor[metric()] : null;
  const lines = curves();
  const [low, high] = heights(drawn().map((at) => lines[at]), floor, logY);
  const start = logX ? x[0] : 0;
  const across = scaled(start, x[x.length - 1], left, width - right, logX);
  const up = scaled(low, high, height - bottom, top, logY);
  const clamped = (value) => up(Math.min(high, Math.max(low, value)));
  Object.assign(drawing, { across, up: clamped, width, height });

  chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const title = `${capital(along().title)} and ${scoreName()} on ${benchmark().label}`;
  const inside = [shape("title", { id: "chart-title" }, "", title)];
  inside.push(shape("desc", { id: "chart-description" }, "", description()));

  const { label: unit, divided: per } = along();
  for (const tick of ticks(start / per, x[x.length - 1] / per, logX, width / 80)) {
    const at = across(tick * per);
    inside.push(shape("line", { x1: at, x2: at, y1: top, y2: height - bottom }, "grid"));
    inside.push(shape("text", { x: at, y: height - bottom + 18, "text-anchor": "middle" }, "", tick));
  }
  for (const tick of ticks(low, high, logY, height / 50)) {
    const at = up(tick);
    inside.push(shape("line", { x1: left, x2: width - right, y1: at, y2: at }, "grid"));
    inside.push(shape("text", { x: left - 8, y: at + 4, "text-anchor": "end" }, "", tick));
  }
  inside.push(shape("path", { d: `M${left} ${top}V${height - bottom}H${width - right}`, fill: "none" }, "axis"));
  inside.push(shape("text", { x: (left + width - right) / 2, y: height - 8, "text-anchor": "middle" }, "", unit));
  const middle = (top + height - bottom) / 2;
  inside.push(shape("text", { x: 16, y: middle, "text-anchor": "middle", transform: `rotate(-90 16 ${middle})` }, "", `${scoreName()} (${benchmark().unit})`));

  const point = (at, value) => `${across(x[at]).toFixed(1)} ${clamped(value).toFixed(1)}`;
  for (const strategy of drawn()) {
    const { first, low: lower, high: upper } = lines[strategy];
    if (!get("intervals").checked || lower[0] === null) continue;
    const there = upper.map((value, at) => point(first + at, value));
    const back = lower.map((value, at) => point(first + at, value)).reverse();
    const band = shape("path", { d: `M${there.concat(back).join("L")}Z` }, "band");
    band.style.fill = colour(strategy);
    inside.push(band);
  }
  for (const strategy of drawn()) {
    const { first, mean } = lines[strategy];
    const points = mean.map((value, at) => point(first + at, value));
    const made = lineShape(strategy, { d: `M${points.length > 1 ? points.join("L") : `${points[0]}h0.1`}`, "data-strategy": strategy });
    if (strategy === view.strong) made.classList.add("strong");
    inside.push(made);
  }
  if (floor !== null && (!logY || floor > 0))
    inside.push(shape("line", { x1: left, x2: width - right, y1: up(floor), y2: up(floor) }, "floor"));
  inside.push(shape("g", { id: "crosshair" }));
  chart.replaceChildren(...inside);
  get("lacking").textContent = lacking();
  mark();
}

// The crosshair at what the pointer is over, else at the budget that is chosen, and the values there.
function mark() {
  const at = view.pointed ?? place();
  const { across, up, width, height } = drawing;
  const { top, bottom } = margin(width);
  const now = across(grid()[at]);
  const inside = [shape("line", { x1: now, x2: now, y1: top, y2: height - bottom }, "cursor")];
  for (const strategy of drawn()) {
    const value = valueAt(curves()[strategy], "mean", at);
    if (value === null) continue;
    const dot = shape("circle", { cx: now, cy: up(value), r: strategy === view.strong ? 5 : 3.5 }, "dot");
    dot.style.fill = colour(strategy);
    inside.push(dot);
  }
  get("crosshair").replaceChildren(...inside);
  get("readings-head").textContent = `${capital(scoreName())} after ${moment(grid()[at])}, ${benchmark().unit}`;
  get("readings").classList.toggle("many", shown().length > MANY);
  get("drawing").classList.toggle("stacked", shown().length > MANY);
  get("readings").replaceChildren(...shown().map((strategy) => {
    const { mean, interval } = valueInWords(curves()[strategy], at);
    const line = element("li", { className: strategy === view.strong ? "strong" : "" }, sample(strategy));
    line.append(element("span", { className: "name", textContent: label(strategy) }), element("span", { className: "value", textContent: mean }));
    line.append(element("span", { className: "interval", textContent: interval }));
    return line;
  }));
}

const atEnd = (curve) => number(curve.mean.at(-1), spreadAt(curve, curve.first + curve.mean.length - 1));

function description() {
  const ends = drawn().map((at) => `${label(at)} ${atEnd(curves()[at])}`);
  if (!ends.length) return lacking();
  return `Mean ${scoreName()} where each curve ends, in ${benchmark().unit}: ${ends.join("; ")}. The tables below hold the numbers.`;
}

function readAloud() {
  const values = shown().map((strategy) => {
    const { mean, interval } = valueInWords(curves()[strategy], place());
    return `${label(strategy)} ${mean === "–" ? "has no value" : `${mean} ${interval.replace("[", "from ").replace(", ", " to ").replace("]", "")}`.trim()}`;
  });
  say("said", `After ${moment(grid()[place()])}: ${values.join("; ") || lacking()}.`);
}

function choose(at) {
  view.at[axis()] = grid()[Math.min(grid().length - 1, Math.max(0, at))];
  view.pointed = null;
  tell();
  mark();
  remember();
}

function under(event) {
  const box = get("chart").getBoundingClientRect();
  const pixels = ((event.clientX - box.left) / box.width) * drawing.width;
  return nearest(grid().map(drawing.across), pixels);
}

function pointTo(at) {
  if (at === view.pointed) return;
  view.pointed = at;
  mark();
}

const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };

function followPointerAndKeys() {
  get("chart").addEventListener("pointermove", (event) => pointTo(under(event)));
  get("chart").addEventListener("pointerleave", () => pointTo(null));
  get("chart").addEventListener("click", (event) => choose(under(event)));
  get("plot").addEventListener("keydown", (event) => {
    if (!(event.key in STEPS) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    choose(place() + STEPS[event.key] * (event.shiftKey ? 10 : 1));
    readAloud();
  });
}
