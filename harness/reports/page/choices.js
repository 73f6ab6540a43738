// What is chosen. The controls hold it, and the address of the page says it, so that a link shows the same.
const view = { axis: "", at: {}, pointed: null, strong: -1 };
const SWITCHES = ["log-x", "log-y", "intervals", "floor"];

const boxes = () => [...get("strategies").querySelectorAll("input")];
const benchmark = () => data.benchmarks[get("benchmark").value];
const axis = () => (view.axis in benchmark().axes ? view.axis : Object.keys(benchmark().axes)[0]);
const metric = () => document.querySelector('input[name="metric"]:checked').value;
const scoreName = () => benchmark().names[metric()];
const along = () => benchmark().axes[axis()];
const grid = () => along().x;
const curves = () => along()[metric()];
const shown = () => boxes().filter((box) => box.checked).map((box) => Number(box.value));
const drawn = () => shown().filter((at) => curves()[at].mean.length);
const place = () => (axis() in view.at ? nearest(grid(), view.at[axis()]) : lastCommon());
const label = (strategy) => data.strategies[strategy].label;

const valueAt = (curve, name, at) => curve[name][at - curve.first] ?? null;
const spreadAt = (curve, at) => (valueAt(curve, "high", at) - valueAt(curve, "low", at)) / 2;

// The last place at which every curve that is drawn has a value; the end of the axis where there is none.
function lastCommon() {
  const lines = drawn().map((at) => curves()[at]);
  const last = Math.min(grid().length - 1, ...lines.map(({ first, mean }) => first + mean.length - 1));
  return lines.some(({ first }) => first > last) ? grid().length - 1 : last;
}

// A reading of the axis in words.
function moment(x) {
  const { divided, counted } = along();
  if (axis() === "evaluations") return `${x} ${x === 1 ? "evaluation" : counted}`;
  return `${short(x / divided)} ${counted}`;
}

// A mean with its interval in words; nothing where the curve is not defined.
function valueInWords(curve, at) {
  const [mean, low, high] = ["mean", "low", "high"].map((name) => number(valueAt(curve, name, at), spreadAt(curve, at)));
  if (valueAt(curve, "mean", at) === null) return { mean: "–", interval: "" };
  return { mean, interval: valueAt(curve, "low", at) === null ? "" : `[${low}, ${high}]` };
}

// Why there is less to see than one would expect; empty where everything is there.
function lacking() {
  if (!shown().length) return "No strategy is ticked: tick one above to see its curve.";
  const without = shown().filter((at) => !curves()[at].mean.length).map(label);
  if (!without.length) return "";
  const where = `${scoreName()} on ${benchmark().label} against ${along().title}`;
  if (drawn().length) return `No curve of ${scoreName()} against ${along().title}: ${without.join(", ")}.`;
  const other = metric() === "test" ? " It is not known along the search; the tables below say what there is at its end." : " No run has an incumbent there.";
  return `There is nothing to draw of ${where}.${other}`;
}

// The address: what differs from how the page opens.
function address() {
  const said = [`benchmark=${encodeURIComponent(benchmark().label)}`, `axis=${encodeURIComponent(axis())}`, `metric=${metric()}`];
  if (axis() in view.at) said.push(`at=${grid()[place()]}`);
  if (boxes().some((box) => !box.checked)) said.push(`strategies=${shown().map((at) => encodeURIComponent(label(at))).join(",")}`);
  const off = SWITCHES.filter((id) => !get(id).checked);
  if (off.length) said.push(`off=${off.join(",")}`);
  return `#${said.join("&")}`;
}

let writing = 0;
function remember() {
  clearTimeout(writing);
  writing = setTimeout(() => {
    try {
      history.replaceState(history.state, "", address());
    } catch {
      // A page inside another may have no address of its own.
    }
  }, 200);
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// Takes from the address what it says and the page knows; returns whether it says anything.
function recall() {
  const said = new Map(location.hash.slice(1).split("&").filter((part) => part.includes("=")).map((part) => {
    const cut = part.indexOf("=");
    return [part.slice(0, cut), part.slice(cut + 1)];
  }));
  if (!said.size) return false;
  const named = data.benchmarks.findIndex((one) => one.label === decoded(said.get("benchmark") ?? ""));
  if (named >= 0) get("benchmark").value = named;
  if (decoded(said.get("axis") ?? "") in benchmark().axes) view.axis = decoded(said.get("axis"));
  for (const one of document.querySelectorAll('input[name="metric"]')) if (one.value === said.get("metric")) one.checked = true;
  const at = Number.parseFloat(said.get("at"));
  if (Number.isFinite(at)) view.at[axis()] = at;
  if (said.has("strategies")) {
    const ticked = said.get("strategies").split(",").map(decoded);
    for (const box of boxes()) box.checked = ticked.includes(label(Number(box.value)));
  }
  const off = (said.get("off") ?? "").split(",");
  for (const id of SWITCHES) get(id).checked = !off.includes(id);
  return true;
}
