// The decisions of the last incumbents in parallel coordinates, with their score as the last axis.
const AXES = 12; // decisions that have an axis; of more, those that vary most
const parallel = { runs: [], chosen: null };

function variety(place, runs) {
  return new Set(runs.map(([, , arch]) => found().archs[arch][place])).size;
}

function drawDecisions() {
  const { decisions, archs, incumbents } = found();
  const width = Math.max(260, Math.round(get("decisions-plot").clientWidth));
  const height = width < 420 ? 320 : 360;
  const runs = incumbents.runs.filter(([strategy]) => shown().includes(strategy));
  const places = decisions.map((_, at) => at);
  if (places.length > AXES) places.sort((one, other) => variety(other, runs) - variety(one, runs) || one - other).splice(AXES);
  places.sort((one, other) => one - other);
  const same = decisions.every(([, choices]) => choices.join() === decisions[0][1].join());
  const most = Math.max(4, Math.floor((width - 80) / (places.length + 1) / 7 - 2)); // characters that fit between two axes
  const said = (choice) => (same || choice.length <= most ? choice : `${choice.slice(0, most - 1)}…`);
  const longest = Math.max(...decisions[places[0]][1].map((choice) => said(choice).length));
  const [top, bottom, left, right] = [34, 16, Math.max(24, 12 + 7 * longest), 56];
  const at = (axisPlace) => left + ((width - left - right) * axisPlace) / places.length;
  const level = (place, code) => scaled(0, Math.max(1, decisions[place][1].length - 1), height - bottom - 14, top + 14, false)(code);
  const values = runs.map(([, , , value]) => value);
  const [low, high] = [Math.min(0, ...values), Math.max(...values, Math.min(0, ...values) + 1e-9)];
  const from = low < 0 || incumbents.score.endsWith("regret") ? low : Math.min(...values);
  const up = scaled(from, high, height - bottom, top, false);
  const numbered = places.some((place) => decisions[place][0].length * 7 > (width - left - right) / places.length);
  const inside = [shape("title", { id: "decisions-title" }, "", `Decisions of the last incumbents of ${runs.length} runs on ${benchmark().label}, and their ${incumbents.score}`)];
  const labels = []; // above the lines of the runs
  places.forEach((place, axisPlace) => {
    const [name, choices] = decisions[place];
    inside.push(shape("line", { x1: at(axisPlace), x2: at(axisPlace), y1: top, y2: height - bottom }, "axis"));
    const [x, anchor] = axisPlace || same || numbered ? [at(axisPlace), "middle"] : [0, "start"]; // the first name has little room on its left
    inside.push(shape("text", { x, y: top - 12, "text-anchor": anchor }, "small", numbered ? axisPlace + 1 : name));
    if (same && axisPlace) return;
    choices.forEach((choice, code) => labels.push(shape("text", { x: at(axisPlace) - 8, y: level(place, code) + 4, "text-anchor": "end" }, "small over", said(choice))));
  });
  const last = at(places.length);
  inside.push(shape("line", { x1: last, x2: last, y1: top, y2: height - bottom }, "axis"));
  inside.push(shape("text", { x: width - 4, y: top - 12, "text-anchor": "end" }, "small", width < 420 ? "score" : incumbents.score));
  if (runs.length) for (const tick of ticks(from, high, false, 6)) inside.push(shape("text", { x: last + 8, y: up(tick) + 4 }, "small", tick));
  parallel.runs = runs.map(([strategy, seed, arch, value], order) => {
    const spread = ((order * 0.618034) % 1) - 0.5;
    const points = places.map((place, axisPlace) => [at(axisPlace), level(place, archs[arch][place] ?? 0) + 22 * spread]);
    return { strategy, seed, place: arch, value, points: [...points, [last, up(value)]] };
  }).sort((one, other) => one.value - other.value);
  for (const run of parallel.runs) {
    const chosen = parallel.chosen && run.strategy === parallel.chosen.strategy && run.seed === parallel.chosen.seed;
    const made = shape("path", { d: `M${run.points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}` }, chosen ? "run chosen" : "run");
    made.style.stroke = colour(run.strategy);
    inside.push(made);
  }
  const chosen = inside.findIndex((one) => one.classList.contains("chosen"));
  if (chosen >= 0) inside.push(...inside.splice(chosen, 1));
  inside.push(...labels);
  get("decisions").setAttribute("viewBox", `0 0 ${width} ${height}`);
  get("decisions").replaceChildren(...inside);
  const named = places.map((place, axisPlace) => `${axisPlace + 1} ${decisions[place][0]}`).join(", ");
  const fewer = places.length < decisions.length ? ` Of ${decisions.length} decisions, the ${AXES} that vary most have an axis.` : "";
  const words = incumbents.rule + fewer + (numbered ? ` Axes: ${named}.` : "");
  get("decisions-rule").textContent = runs.length ? words : "There is no incumbent of the strategies that are ticked.";
}

function showRun(run) {
  parallel.chosen = run;
  drawDecisions();
  showArchitecture(run.place, `${label(run.strategy)}, seed ${run.seed}: ${found().incumbents.score} ${number(run.value)}`);
}

// The line nearest to a pointer, between the two axes that it is between.
function nearestRun(x, y) {
  const far = parallel.runs.map(({ points }) => {
    const next = Math.max(1, points.findIndex(([right]) => right >= x));
    const [[x1, y1], [x2, y2]] = [points[next - 1], points[next]];
    return Math.abs(y1 + ((y2 - y1) * (x - x1)) / (x2 - x1 || 1) - y);
  });
  const least = Math.min(...far);
  return least < 24 ? far.indexOf(least) : -1;
}

function showArchitectures() {
  get("architectures").hidden = false;
  get("keys").replaceChildren(...shown().map((strategy) => {
    const key = shape("svg", { viewBox: "0 0 12 12", "aria-hidden": "true" });
    const dot = shape("circle", { cx: 6, cy: 6, r: 5 });
    dot.style.fill = colour(strategy);
    key.append(dot);
    return element("li", {}, key, element("span", { textContent: label(strategy) }));
  }));
  drawFront();
  drawDecisions();
}

function followArchitectures() {
  pickable("front-plot", "front", () => plane.spots, nearestSpot, showSpot);
  pickable("decisions-plot", "decisions", () => parallel.runs, nearestRun, showRun);
  for (const id of ["across", "upwards"]) get(id).addEventListener("change", drawFront);
  get("benchmark").addEventListener("change", () => {
    plane.chosen = parallel.chosen = null;
    forgetArchitecture();
  });
}
