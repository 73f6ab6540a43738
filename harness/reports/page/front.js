// The fronts of several objectives, in a plane of two of them.
const plane = { spots: [], chosen: null };

function offerObjectives() {
  const { front } = found();
  get("front-figure").hidden = !front;
  if (!front) return;
  const names = front.objectives.map(({ name }) => name);
  if ([...get("across").options].map(({ textContent }) => textContent).join() === names.join()) return;
  for (const [id, first] of [["across", 1], ["upwards", 0]]) {
    get(id).replaceChildren(...names.map((name, at) => element("option", { value: at, textContent: name })));
    get(id).value = first;
  }
  for (const id of ["across-choice", "upwards-choice"]) get(id).hidden = names.length < 3;
}

// The worst value upwards that is shown: a tenth of the true front lies beyond it, a few points that hardly learn.
function border(values, better) {
  const sorted = [...values].sort((one, other) => (better === "higher" ? one - other : other - one));
  return sorted[Math.floor(sorted.length / 10)];
}

function drawFront() {
  offerObjectives();
  const { front } = found();
  plane.spots = [];
  if (!front) return;
  const width = Math.max(260, Math.round(get("front-plot").clientWidth));
  const height = Math.round(Math.min(420, Math.max(280, width * 0.6)));
  const { top, right, bottom, left } = margin(width);
  const [i, j] = [Number(get("across").value), Number(get("upwards").value)];
  const [x, y] = [front.objectives[i], front.objectives[j]];
  const lists = [{ strategy: -1, seed: null, points: front.true }, ...front.selected.filter(({ strategy }) => shown().includes(strategy)).map((one) => ({ ...one }))];
  const worst = border(front.true.map((point) => point[j + 1]), y.better);
  const inView = (point) => (y.better === "higher" ? point[j + 1] >= worst : point[j + 1] <= worst);
  const total = lists.flatMap(({ points }) => points).length;
  for (const list of lists) list.points = list.points.filter(inView);
  const all = lists.flatMap(({ points }) => points);
  const inside = [shape("title", { id: "front-title" })];
  const ends = (at) => {
    const values = all.map((point) => point[at + 1]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const room = (high - low || Math.abs(high) || 1) * 0.05;
    return [low - room, high + room];
  };
  const [[low, high], [lowY, highY]] = [ends(i), ends(j)];
  const across = scaled(low, high, left, width - right, false);
  const up = scaled(lowY, highY, height - bottom, top, false);
  for (const tick of ticks(low, high, false, width / 90)) {
    inside.push(shape("line", { x1: across(tick), x2: across(tick), y1: top, y2: height - bottom }, "grid"));
    inside.push(shape("text", { x: across(tick), y: height - bottom + 18, "text-anchor": "middle" }, "", tickText(tick)));
  }
  for (const tick of ticks(lowY, highY, false, height / 60)) {
    inside.push(shape("line", { x1: left, x2: width - right, y1: up(tick), y2: up(tick) }, "grid"));
    inside.push(shape("text", { x: left - 6, y: up(tick) + 4, "text-anchor": "end" }, "", tickText(tick)));
  }
  const words = ({ name, unit, better }) => `${name} (${unit}), ${better} is better`;
  inside.push(shape("path", { d: `M${left} ${top}V${height - bottom}H${width - right}`, fill: "none" }, "axis"));
  inside.push(shape("text", { x: (left + width - right) / 2, y: height - 8, "text-anchor": "middle" }, "", words(x)));
  const middle = (top + height - bottom) / 2;
  inside.push(shape("text", { x: 14, y: middle, "text-anchor": "middle", transform: `rotate(-90 14 ${middle})` }, "", words(y)));
  for (const { strategy, seed, points } of lists) {
    for (const point of points) {
      const spot = { strategy, seed, place: point[0], values: point.slice(1), x: across(point[i + 1]), y: up(point[j + 1]) };
      plane.spots.push(spot);
      const made = shape("circle", { cx: spot.x, cy: spot.y, r: strategy < 0 ? 5.5 : 4 }, strategy < 0 ? "spot true" : "spot");
      if (strategy >= 0) made.style.fill = colour(strategy);
      inside.push(made);
    }
  }
  const kept = plane.chosen && plane.spots.find(({ strategy, place }) => strategy === plane.chosen.strategy && place === plane.chosen.place);
  if (kept) inside.push(shape("circle", { cx: kept.x, cy: kept.y, r: 9 }, "ring"));
  inside[0].textContent = `Fronts on ${benchmark().label}, ${x.name} across and ${y.name} upwards: the true front has ${front.true.length} points; `
    + lists.slice(1).map(({ strategy, points }) => `${label(strategy)} ${points.length}`).join(", ");
  get("front").setAttribute("viewBox", `0 0 ${width} ${height}`);
  get("front").replaceChildren(...inside);
  const outside = total > all.length ? ` ${total - all.length} points with a worse ${y.name} than ${number(worst)} lie outside.` : "";
  get("front-rule").textContent = `${front.rule}${outside} Open circles: the true front; filled ones have the colours of the strategies.`;
}

const tickText = (value) => (Math.abs(value) >= 1e5 ? `${short(value / 1e6)} M` : String(value));

function showSpot(spot) {
  plane.chosen = spot;
  const { objectives } = found().front;
  const values = spot.values.map((value, at) => `${objectives[at].name} ${number(value)} ${objectives[at].unit}`).join(", ");
  drawFront();
  showArchitecture(spot.place, `${spot.strategy < 0 ? "True front" : `${label(spot.strategy)}, seed ${spot.seed}`}: ${values}`);
}

// The place of the thing nearest to a pointer, where one is near.
function nearestSpot(x, y) {
  const far = plane.spots.map((spot) => Math.hypot(spot.x - x, spot.y - y));
  const least = Math.min(...far);
  return least < 24 ? far.indexOf(least) : -1;
}
