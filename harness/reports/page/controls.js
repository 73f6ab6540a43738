// Controls: what they change, and how the page begins.
function strategyChoice(strategy) {
  const box = element("input", { type: "checkbox", checked: true, value: strategy });
  const made = element("label", {}, box, sample(strategy), element("span", { textContent: label(strategy) }));
  const emphasise = (at) => () => {
    view.strong = at;
    draw();
  };
  made.addEventListener("pointerenter", emphasise(strategy));
  made.addEventListener("pointerleave", emphasise(-1));
  return made;
}

function axisChoice(name, title) {
  const choice = element("input", { type: "radio", name: "axis", value: name });
  choice.addEventListener("change", () => { view.axis = name; });
  return element("label", {}, choice, ` ${title}`);
}

// The axes that the benchmark has; where it lacks the one that was chosen, the first stands in until another benchmark has it.
function offerAxes() {
  for (const choice of get("axes").querySelectorAll("input")) {
    const there = choice.value in benchmark().axes;
    choice.disabled = !there;
    choice.parentElement.hidden = !there;
    choice.checked = choice.value === axis();
  }
}

function update() {
  view.pointed = null;
  offerAxes();
  get("floor").parentElement.hidden = benchmark().floor[metric()] === null;
  for (const one of document.querySelectorAll("[data-metric]")) one.textContent = benchmark().names[one.dataset.metric];
  tell();
  draw();
  alternative();
  showArchitectures();
}

function changed() {
  update();
  remember();
}

function setAll(checked) {
  for (const box of boxes()) box.checked = checked;
  changed();
}

for (const id of ["controls", "figure", "budget"]) get(id).hidden = false;
data.benchmarks.forEach((one, at) => get("benchmark").append(element("option", { value: at, textContent: one.label })));
const titles = new Map(data.benchmarks.flatMap(({ axes }) => Object.entries(axes).map(([name, { title }]) => [name, title])));
get("axes").append(...[...titles].map(([name, title]) => axisChoice(name, title)));
get("strategies").append(...data.strategies.map((_, at) => strategyChoice(at)));
get("intervals").checked = data.strategies.length <= MANY;
recall();
get("controls").addEventListener("change", changed);
get("controls").addEventListener("submit", (event) => event.preventDefault());
get("all").addEventListener("click", () => setAll(true));
get("none").addEventListener("click", () => setAll(false));
get("slider").addEventListener("input", () => choose(Number(get("slider").value)));
get("alternative").addEventListener("toggle", alternative);
addEventListener("hashchange", () => { if (recall()) update(); });
followPointerAndKeys();
followArchitectures();
document.querySelectorAll("table.sortable").forEach(makeSortable);
document.querySelectorAll(".scroll").forEach(makeScrollable);
update();
let width = 0;
new ResizeObserver(() => {
  if (get("plot").clientWidth === width) return;
  width = get("plot").clientWidth;
  draw();
  showArchitectures();
}).observe(get("plot"));
