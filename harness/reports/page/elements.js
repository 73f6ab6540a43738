// Elements of the page and shapes of SVG. Text enters as text only, never as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const get = (id) => document.getElementById(id);

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function shape(name, attributes, classes = "", text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (classes) made.setAttribute("class", classes);
  made.textContent = text;
  return made;
}

const colour = (strategy) => `var(--line-${strategy})`;

function lineShape(strategy, attributes, name = "path") {
  const made = shape(name, attributes, "line");
  made.style.stroke = colour(strategy);
  made.style.strokeDasharray = data.strategies[strategy].dash;
  return made;
}

// The line of a strategy as keys and lists show it.
function sample(strategy) {
  const made = shape("svg", { viewBox: "0 0 34 12", "aria-hidden": "true" }, "sample");
  made.append(lineShape(strategy, { x1: 0, x2: 34, y1: 6, y2: 6 }, "line"));
  return made;
}

// Says a text to screen readers, once it has stood still for a moment.
const waiting = {};
function say(id, text) {
  clearTimeout(waiting[id]);
  waiting[id] = setTimeout(() => { get(id).textContent = text; }, 150);
}
