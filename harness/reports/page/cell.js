// One architecture: the graph of a cell where its decisions are the edges, with them by name, or where operations are vertices; or
// a stack of layers.
const found = () => benchmark().architectures;

// The decisions that count in an architecture, each with its choice.
function decisionsOf(place) {
  const { decisions, archs } = found();
  return decisions.map(([name, choices], at) => [name, archs[place][at] === null ? null : choices[archs[place][at]]]).filter(([, choice]) => choice !== null);
}

function graph(place, width) {
  const { edges } = found();
  const choices = decisionsOf(place).map(([, choice]) => choice);
  const last = Math.max(...edges.flat());
    const base = 26 + 44 * (last - 1);
  const height = base + 44 * Math.max(0, last - 2) + 22;
  const at = (node) => 24 + ((width - 48) * node) / last;
  const made = shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" }, "chart");
  made.append(shape("title", {}, "", `A cell of ${last + 1} nodes: ${decisionsOf(place).map(([name, choice]) => `${name} ${choice}`).join(", ")}`));
  const lines = [];
  const words = [];
  edges.forEach(([source, target], edge) => {
    const span = target - source;
    const side = source % 2 ? 1 : -1;
    const bend = span > 1 ? side * (span - 1) * 44 : 0;
    const middle = (at(source) + at(target)) / 2;
    const drawnAs = /^none$/i.test(choices[edge]) ? "edge nothing" : "edge";
    lines.push(shape("path", { d: `M${at(source)} ${base}Q${middle} ${base + 2 * bend} ${at(target)} ${base}` }, drawnAs));
    const text = choices[edge];
    const cut = span > 1 ? 0 : text.lastIndexOf("_") + 1;
    const parts = cut ? [text.slice(0, cut), text.slice(cut)] : [text];
    parts.forEach((part, line) => {
      const y = base + bend + (bend > 0 ? 4 : -7) - 11 * (parts.length - 1 - line);
      words.push(shape("text", { x: middle, y, "text-anchor": "middle" }, "small halo", part));
    });
  });
  const nodes = Array.from({ length: last + 1 }, (_, node) => [
    shape("circle", { cx: at(node), cy: base, r: 13 }, "node"),
    shape("text", { x: at(node), y: base + 5, "text-anchor": "middle" }, "", node),
  ]);
  made.append(...lines, ...words, ...nodes.flat());
  return made;
}

// A cell whose operations are vertices, in the places that come with the page.
function layeredGraph(place, width) {
  const { text, labels, places, kinds, ways, orders, width: characters, depth } = found().graphs[place];
  const unit = Math.min(width / (characters + 1), 7.8);
  const size = Math.max(7, unit / 0.6);
  const left = (width - unit * characters) / 2;
  const at = ([across, layer]) => [left + unit * across, 24 + 46 * layer];
  const made = shape("svg", { viewBox: `0 0 ${width} ${46 * depth}`, role: "img" }, "chart");
  made.append(shape("title", {}, "", `A cell of ${labels.length} vertices: ${text}`));
  ways.forEach((way, edge) => {
    const points = way.map(at);
    const bends = points.slice(1).map(([x, y], step) => `C${points[step][0]} ${points[step][1] + 23} ${x} ${y - 23} ${x} ${y}`);
    made.append(shape("path", { d: `M${points[0].join(" ")}${bends.join("")}` }, "edge"));
    if (!orders[edge]) return;
    const [x, y] = points.at(-1);
    made.append(shape("text", { x, y: y - 15, "text-anchor": "middle" }, "small halo", orders[edge]));
  });
  places.forEach((point, vertex) => {
    const [x, y] = at(point);
    const wide = unit * (labels[vertex].length + 1.4);
    const word = shape("text", { x, y: y + size / 3, "text-anchor": "middle" }, "", labels[vertex]);
    word.style.fontSize = `${size}px`;
    made.append(shape("rect", { x: x - wide / 2, y: y - 11, width: wide, height: 22, rx: 5 }, `node ${kinds[vertex]}`), word);
  });
  return made;
}

// A stack of layers: a row each, with bars as wide as the layers are, in the places that come with the page in characters.
function layerStack(place, width) {
  const { width: characters, gutter, heads, parts, drawn } = found().stacks;
  const { text, rows } = drawn[place];
  const unit = width / (characters + 1);
  const size = Math.max(7, Math.min(13, unit / 0.58));
  const [high, top] = [Math.round(1.75 * size), heads.length ? 3 * size : 1.2 * size];
  const layers = rows.filter(([, , note]) => !note).length;
  const made = shape("svg", { viewBox: `0 0 ${width} ${Math.ceil(top + high * (rows.length - 0.4))}`, role: "img" }, "chart");
  made.append(shape("title", {}, "", `A network of ${layers} rows of layers: ${text}`));
  const write = (x, y, words, classes, anchor = "start") => {
    const word = shape("text", { x, y: y + size / 3, "text-anchor": anchor }, classes, words);
    word.style.fontSize = `${size}px`;
    made.append(word);
  };
  for (const [head, at] of heads) write(unit * (at + 1), top - high, head, "aside");
  const [line, end] = [unit * (gutter - 0.5), top + high * (layers - 0.45)];
  made.append(shape("path", { d: `M${line} ${top - 0.4 * high}V${end}M${line - 3} ${end - 5}L${line} ${end}L${line + 3} ${end - 5}` }, "edge"));
  rows.forEach(([name, own, note], row) => {
    const y = top + high * row;
    write(line - 4, y, name, "aside", "end");
    for (const [at, length, words, kind] of own.map((part) => parts[part])) {
      if (length) made.append(shape("rect", { x: unit * at, y: y - 0.42 * high, width: unit * length, height: 0.84 * high }, `part part-${kind % 7}`));
      write(unit * (at + 1), y, words, note ? "aside" : "");
    }
  });
  return made;
}

// Shows the architecture of a point, under words that say whose it is.
function showArchitecture(place, words) {
  const target = get("architecture-drawn");
  get("architecture-head").textContent = words;
  const listed = element("dl");
  const { edges, graphs, stacks } = found();
  const texts = graphs ?? stacks?.drawn;
  const named = texts ? [["text", texts[place].text]] : decisionsOf(place);
  for (const [name, choice] of named) listed.append(element("dt", { textContent: name }), element("dd", { textContent: choice }));
  const index = element("p", { className: "note", textContent: `Index ${found().indices[place]} of the space.` });
  const width = Math.max(240, Math.min(420, Math.round(target.clientWidth)));
  const drawnAs = graphs ? layeredGraph : stacks ? layerStack : edges ? graph : null;
  target.replaceChildren(...(drawnAs ? [drawnAs(place, width)] : []), listed, index);
}

function forgetArchitecture() {
  get("architecture-head").textContent = "No architecture is chosen";
  get("architecture-drawn").replaceChildren();
}

// A plot whose things are chosen by pointer or arrow keys. `of` gives what is there now, `near` the place of the one under a
// pointer at pixels x and y, and `show` shows one of them.
function pickable(plot, chart, of, near, show) {
  let at = -1;
  const pick = (place) => {
    if (!of().length) return;
    at = Math.min(of().length - 1, Math.max(0, place));
    show(of()[at]);
  };
  get(chart).addEventListener("click", (event) => {
    const box = get(chart).getBoundingClientRect();
    const size = get(chart).viewBox.baseVal;
    const place = near(((event.clientX - box.left) / box.width) * size.width, ((event.clientY - box.top) / box.height) * size.height);
    if (place >= 0) pick(place);
  });
  get(plot).addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    pick(at + step);
  });
}
