// Many tickets at once: which are chosen, the bar that says how many, the sheet with what it needs.
import { again, chosen, keep } from "./chosen.js";

const board = document.getElementById("board");
const bar = document.getElementById("together");
const number = bar.querySelector("[data-number]");
const gone = bar.querySelector("[data-gone]");
const goneRefs = bar.querySelector("[data-gone-refs]");
const sheet = document.getElementById("sheet");
let last = null; // the box a range begins at

const boxes = () => [...board.querySelectorAll('.pick input[name="ref"]')];
const all = () => board.querySelector("[data-all]");

function show() {
  const shown = new Set();
  let ticked = 0;
  for (const box of boxes()) {
    shown.add(box.value);
    box.checked = chosen.has(box.value);
    if (box.checked) ticked += 1;
    box.closest("tr").classList.toggle("picked", box.checked);
  }
  const box = all();
  if (box) {
    box.hidden = false;
    box.checked = ticked > 0 && ticked === shown.size;
    box.indeterminate = ticked > 0 && ticked < shown.size;
  }
  const away = [...chosen].filter((ref) => !shown.has(ref));
  for (const old of bar.querySelectorAll('input[name="ref"]')) old.remove();
  for (const ref of away) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: "ref", value: ref });
    bar.append(field);
  }
  gone.hidden = away.length === 0;
  goneRefs.replaceChildren(`${gone.dataset.words} `);
  for (const ref of away.slice(0, 8)) {
    const link = document.createElement("a");
    Object.assign(link, { href: `/tickets/${encodeURIComponent(ref)}`, textContent: ref });
    goneRefs.append(link, " ");
  }
  if (away.length > 8) goneRefs.append(`+${away.length - 8}`);
  const words = number.dataset.words.replace("#", chosen.size);
  if (number.textContent !== words) number.textContent = words;
  bar.classList.toggle("has-chosen", chosen.size > 0);
  bar.classList.toggle("has-none", chosen.size === 0);
}

function set(some, on) {
  for (const ref of some) on ? chosen.add(ref) : chosen.delete(ref);
  keep();
  show();
}

function range(from, to) {
  const values = boxes().map((box) => box.value);
  const [one, other] = [values.indexOf(from), values.indexOf(to)];
  return one < 0 ? [to] : values.slice(Math.min(one, other), Math.max(one, other) + 1);
}

function pick(box, on, isRange) {
  set(isRange ? range(last, box.value) : [box.value], on);
  last = box.value;
}

board.addEventListener("click", (event) => {
  if (event.target === all()) return set(boxes().map((box) => box.value), all().checked);
  if (event.target.matches('.pick input[name="ref"]')) pick(event.target, event.target.checked, event.shiftKey);
});
// A range begun with shift marks no text.
board.addEventListener("mousedown", (event) => event.shiftKey && event.target.closest(".pick") && event.preventDefault());
board.addEventListener("board:fresh", show);
bar.addEventListener("reset", (event) => {
  event.preventDefault();
  set([...chosen], false);
});
bar.querySelector("[data-choose-all]").addEventListener("click", () => set(boxes().map((box) => box.value), true));
bar.querySelector("[data-leave-out]").addEventListener("click", () => {
  const shown = new Set(boxes().map((box) => box.value));
  set([...chosen].filter((ref) => !shown.has(ref)), false);
});
addEventListener("pageshow", () => {
  again();
  show();
});

// --- keyboard: x or space on the row one is at; m, a, p for what the bar offers ---------------
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || sheet.open) return;
  if (event.target.closest('select, textarea, input:not([type="checkbox"])')) return;
  const row = event.target.closest("tr[data-ref]") ?? board.querySelector('tr[aria-selected="true"]');
  const box = row?.querySelector(".pick input");
  const isSpace = event.key === " " && event.target.closest("tr[data-ref] a");
  if ((event.key.toLowerCase() === "x" || isSpace) && box) pick(box, !box.checked, event.shiftKey);
  else {
    const offered = chosen.size && bar.querySelector(`[aria-keyshortcuts="${CSS.escape(event.key)}"]`);
    if (!offered) return;
    offered.click();
  }
  event.preventDefault();
});

// --- the sheet: the same form as on its own page, over the board ------------------------------
bar.addEventListener("submit", async (event) => {
  const address = event.submitter?.formAction;
  if (!address) return;
  event.preventDefault();
  const asked = `${address}?${new URLSearchParams(new FormData(bar))}`;
  try {
    const answer = await fetch(asked);
    const form = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("act");
    if (!answer.ok || !form) return location.assign(asked);
    sheet.replaceChildren(document.adoptNode(form));
    sheet.showModal();
    form.querySelector("input:not([type=hidden], [type=checkbox]), select, textarea")?.focus();
  } catch {
    location.assign(asked);
  }
});
sheet.addEventListener("click", (event) => {
  if (event.target !== sheet && !event.target.closest("[data-leave]")) return;
  event.preventDefault();
  sheet.close();
});
show();
