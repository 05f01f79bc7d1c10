// An open board keeps itself up to date, and is worked with the keyboard.
import { heard, tick } from "./ticking.js";

const board = document.getElementById("board");
const cutOff = document.querySelector("[data-cut-off]");
const said = document.querySelector("[data-said]");
const EVERY = 4000;

let tag = board.dataset.tag;
let failures = 0;
let chosen = null; // the ref of the row the keyboard is at

const rows = () => [...board.querySelectorAll("tr[data-ref]")];
const rowOf = (ref) => ref && board.querySelector(`tr[data-ref="${CSS.escape(ref)}"]`);

function choose(row, { scroll = true } = {}) {
  rowOf(chosen)?.removeAttribute("aria-selected");
  chosen = row?.dataset.ref ?? null;
  if (!row) return;
  row.setAttribute("aria-selected", "true");
  if (scroll) row.scrollIntoView({ block: "nearest" });
  row.querySelector(".ref a").focus({ preventScroll: true });
}

function swap(html) {
  const known = new Set(rows().map((row) => row.dataset.ref));
  const late = board.querySelector("[data-late]")?.textContent;
  const focused = board.contains(document.activeElement) ? document.activeElement : null;
  const focusedRow = focused?.closest("tr[data-ref]")?.dataset.ref;
  const focusedHref = focused?.getAttribute("href");
  const isBox = focused?.matches('.pick input[name="ref"]');
  board.innerHTML = html;
  for (const row of rows()) if (!known.has(row.dataset.ref)) row.classList.add("fresh");
  rowOf(chosen)?.setAttribute("aria-selected", "true");
  const again = rowOf(focusedRow)?.querySelector(isBox ? ".pick input" : ".ref a") ?? (focusedHref && board.querySelector(`a[href="${CSS.escape(focusedHref)}"]`));
  again?.focus({ preventScroll: true });
  const lateNow = board.querySelector("[data-late]");
  if (lateNow && lateNow.textContent !== late) said.textContent = lateNow.parentElement.textContent;
  tick(board);
  board.dispatchEvent(new Event("board:fresh"));
}

async function ask() {
  if (document.hidden || String(getSelection()).trim()) return;
  try {
    const answer = await fetch(board.dataset.live, { headers: { "If-None-Match": tag }, cache: "no-store", redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.status === 401) return location.reload();
    const at = answer.headers.get("date");
    if (at && answer.status !== 304) heard(new Date(at).toISOString());
    if (answer.status === 200) {
      tag = answer.headers.get("etag") ?? "";
      swap(await answer.text());
    } else if (answer.status !== 304) throw new Error(String(answer.status));
    failures = 0;
  } catch {
    failures += 1;
  }
  cutOff.hidden = failures < 2;
}

async function watch() {
  await ask();
  setTimeout(watch, EVERY);
}
setTimeout(watch, EVERY);
document.addEventListener("visibilitychange", () => document.hidden || ask());

// --- keyboard: / n j k Enter ------------------------------------------------------------------
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const typing = event.target.closest('input:not([type="checkbox"]), select, textarea, dialog');
  if (typing) {
    if (event.key === "Escape") typing.blur();
    return;
  }
  const step = { j: 1, k: -1 }[event.key];
  if (step) {
    const all = rows();
    const at = all.indexOf(rowOf(chosen));
    choose(all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1)]);
  } else if (event.key === "/") document.getElementById("q").select();
  else if (event.key === "n") document.querySelector("[data-new-call]")?.click();
  else return;
  event.preventDefault();
});
board.addEventListener("focusin", (event) => {
  const row = event.target.closest("tr[data-ref]");
  if (row && row.dataset.ref !== chosen) choose(row, { scroll: false });
});
board.addEventListener("dblclick", (event) => event.target.closest("tr[data-ref]")?.querySelector(".ref a").click());

// --- filters act when chosen; the button is for pages without this script ------------------------
const filters = document.querySelector("form[data-tidy]");
filters.querySelector("[data-without-script]").hidden = true;
filters.addEventListener("change", (event) => event.target.matches("select") && filters.requestSubmit());
filters.addEventListener("submit", () => {
  for (const field of filters.elements) if (field.name && !field.value) field.disabled = true;
});
addEventListener("pageshow", () => {
  for (const field of filters.elements) field.disabled = false;
});
