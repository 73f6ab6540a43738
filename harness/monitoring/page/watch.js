"use strict";
// Asks for the status now and then, and shows the report anew, as it was set, when another was made.
(() => {
  const get = (id) => document.getElementById(id);
  const frame = get("report");
  const state = { version: 0, running: true };

  function fill(id, rows, numbers) {
    get(id).hidden = !rows.length;
    const body = get(id).querySelector("tbody");
    body.replaceChildren(...rows.map((row) => {
      const line = document.createElement("tr");
      line.append(...row.map((value, place) => {
        const cell = document.createElement("td");
        cell.textContent = typeof value === "number" ? value.toLocaleString("en") : value;
        if (numbers.includes(place)) cell.className = "number";
        return cell;
      }));
      return line;
    }));
  }

  function show(status) {
    state.running = status.running;
    if (status.title) get("title").textContent = document.title = status.title;
    get("headline").textContent = status.headline || "the folder is being read";
    get("progress").textContent = status.progress || "";
    get("bar").hidden = !status.total;
    if (status.total) get("bar").value = status.done / status.total;
    get("remarks").replaceChildren(...(status.remarks || []).map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    }));
    fill("series", status.series || [], [2, 3]);
    fill("slices", status.slices || [], [1]);
    get("log").hidden = !(status.log || []).length;
    get("log").querySelector("pre").textContent = (status.log || []).join("\n");
    const report = status.report || { version: 0, note: "" };
    get("note").textContent = report.note;
    if (report.version !== state.version) {
      state.version = report.version;
      load();
    }
  }

  // What is chosen in the report, by the place of each control.
  const controls = (inside) => [...inside.querySelectorAll("#controls input, #controls select, #slider")];

  function load() {
    const before = frame.contentDocument;
    const kept = before && before.body ? controls(before).map((one) => [one.value, one.checked]) : [];
    const place = window.scrollY;
    frame.onload = () => {
      const inside = frame.contentDocument;
      frame.hidden = !inside.body.children.length;
      if (frame.hidden) return;
      const now = controls(inside);
      if (now.length === kept.length) {
        now.forEach((one, at) => {
          if (one.value !== kept[at][0] && !["radio", "checkbox"].includes(one.type)) {
            one.value = kept[at][0];
            one.dispatchEvent(new Event("input", { bubbles: true }));
            one.dispatchEvent(new Event("change", { bubbles: true }));
          } else if (one.checked !== kept[at][1]) {
            one.click();
          }
        });
      }
      const fit = () => { frame.style.height = `${inside.documentElement.scrollHeight}px`; };
      new ResizeObserver(fit).observe(inside.body);
      fit();
      window.scrollTo(0, place);
    };
    frame.hidden = false;
    frame.src = `/report?version=${state.version}`;
  }

  async function follow() {
    try {
      const answer = await fetch("/status.json", { cache: "no-store" });
      if (!answer.ok) throw new Error(answer.statusText);
      show(await answer.json());
      get("gone").hidden = true;
    } catch {
      get("gone").hidden = false;
    }
    setTimeout(follow, document.hidden ? 10000 : state.running ? 2000 : 5000);
  }

  follow();
})();
