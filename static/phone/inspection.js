// Checking an inspection on the phone: a value is judged as it is typed, every line that was told
// becomes an act that is held, and the next open place is found without a line, too.

import { askForSync, go } from "./app.js";
import { isOpen } from "./delivery.js";
import { element, name, person, say } from "./here.js";
import { KINDS } from "./kinds.js";
import { kept } from "./photos.js";
import { chip, judged as verdictOf, reason } from "./state.js";
import * as store from "./store.js";
import { uuid } from "./uuid.js";

const inspection = JSON.parse(document.getElementById("inspection").textContent);
const ref = `inspection-${inspection.id}`;
const home = `/inspections/${inspection.id}/check`;
const lines = [...document.querySelectorAll("[data-line]")];
const pageAt = Date.parse(document.querySelector('meta[name="server-now"]')?.content ?? "");

// --- what is typed, judged at once ------------------------------------------------------------------
/** @param {string} typed @returns {number | null} */
function number(typed) {
  const told = typed.trim().replace(",", ".").replace("−", "-");
  return told === "" || Number.isNaN(Number(told)) ? null : Number(told);
}

/** As rules/checklist.py judges; null where no limit is known. */
function judge(line, values) {
  const { op, min, max } = line.dataset;
  const rows = line.querySelector("[data-rows]");
  const limit = number((rows ? rows.selectedOptions[0]?.dataset.limit : line.dataset.limit) ?? "");
  if (op === "between") return values.every((v) => (min === "" || v >= Number(min)) && (max === "" || v <= Number(max)));
  if (!op || limit === null) return op ? null : true;
  const holds = { ">=": (v) => v >= limit, "<=": (v) => v <= limit, "==": (v) => v === limit, "abs<=": (v) => Math.abs(v) <= limit };
  return values.every(holds[op] ?? (() => false));
}

const typedOf = (line) => [...line.querySelectorAll("[data-value]")].map((input) => input.value.trim());
const verdictIn = (line) => line.querySelector("input[type=radio]:checked")?.value ?? "";

function tellVerdict(line) {
  const output = line.querySelector("[data-judged]");
  if (!output) return;
  const values = typedOf(line).map(number);
  const isReady = line.dataset.op && values.every((value) => value !== null);
  const holds = isReady ? judge(line, values) : undefined;
  output.textContent = isReady ? output.dataset[holds === null ? "unknown" : holds ? "pass" : "fail"] : "";
  output.className = `judged ${holds === true ? "good" : holds === false ? "bad" : ""}`;
}

for (const line of lines) {
  line.addEventListener("input", () => { line.dataset.touched = "1"; tellVerdict(line); });
  // A second touch takes a verdict back.
  line.addEventListener("click", (event) => {
    const radio = event.target;
    if (!(radio instanceof HTMLInputElement) || radio.type !== "radio") return;
    const was = radio.dataset.was;
    for (const other of line.querySelectorAll("[data-was]")) delete other.dataset.was;
    if (was) { radio.checked = false; line.dataset.touched = "1"; } else radio.dataset.was = "1";
  });
  const checked = line.querySelector("input[type=radio]:checked");
  if (checked) checked.dataset.was = "1";
}

const rest = document.querySelector("[data-rest]");
if (rest) {
  rest.hidden = false;
  rest.addEventListener("click", () => {
    for (const line of lines) {
      const pass = line.querySelector("input[value=pass]");
      if (!pass || verdictIn(line)) continue;
      pass.checked = true;
      pass.dataset.was = "1";
      line.dataset.touched = "1";
    }
  });
}

// --- a line becomes an act ------------------------------------------------------------------------------
const fieldOf = (line, begins) => line.querySelector(`[name^="${begins}."]`)?.value.trim() ?? "";
const filesOf = (line) => [...line.querySelectorAll("input[type=file]")].flatMap((input) => [...input.files]).filter((file) => file.size);

/** What the server would refuse hours later. */
function lacks(line, verdict, typed) {
  if (verdict === "not_accessible" && !fieldOf(line, "note")) return say("lacks_why");
  if (verdict === "not_accessible" || verdict === "not_applicable") return null;
  const given = typed.filter(Boolean);
  if (given.length && (given.length < typed.length || given.some((each) => number(each) === null))) return say("lacks_number");
  if (line.dataset.measured && verdict === "pass" && judge(line, given.map(number)) === null) return say("lacks_row");
  return null;
}

function bodyOf(line, verdict, typed) {
  const values = typed.filter(Boolean).map(number);
  const told = {
    item: line.dataset.item, asset: line.dataset.asset || undefined, verdict: verdict || undefined,
    value: values.length ? (values.length > 1 ? values : values[0]) : undefined,
    note: fieldOf(line, "note") || undefined, row: fieldOf(line, "row") || undefined,
    instrument: Number(fieldOf(line, "instrument")) || undefined,
  };
  return JSON.parse(JSON.stringify(told));
}

/** @returns {Promise<string?>} why it cannot be held */
async function hold(line, pressed) {
  const verdict = verdictIn(line), typed = typedOf(line);
  const wrong = lacks(line, verdict, typed);
  if (wrong) return wrong;
  const old = line.dataset.corrects ? await store.act(line.dataset.corrects) : null;
  const goAlong = old?.photos ?? [];
  const spot = inspection.spots.find((each) => each.key === inspection.here);
  const stamp = [`${pressed.toISOString().slice(0, 16).replace("T", " ")} UTC`, `${inspection.project} · ${spot?.name ?? ""} ${spot?.code ?? ""}`];
  const photos = [];
  for (const file of filesOf(line)) photos.push({ ...(await kept(file, stamp)), moment: "before" });
  await store.put({
    id: uuid(), person, name, ref, page: location.pathname, label: `${inspection.project} · ${spot?.name ?? ""}`,
    kind: "line", path: KINDS.line.path.replace("{ref}", inspection.id),
    body: bodyOf(line, verdict, typed), values: { verdict: [verdict], value: typed }, builds_on: null,
    photos: [...goAlong, ...photos.map((photo) => photo.id)],
    at: old?.at ?? pressed.toISOString(), written: pressed.toISOString(), hold_until: 0,
    state: "waiting", tries: 0, put_off: null, answer: null,
  }, photos, { replaces: old?.id, keeps: goAlong });
  delete line.dataset.touched;
  delete line.dataset.corrects;
  for (const input of line.querySelectorAll("input[type=file]")) input.value = "";
  return null;
}

const isTold = (line) => line.dataset.touched && (verdictIn(line) || typedOf(line).some(Boolean) || filesOf(line).length);

async function take(form, buttons) {
  const pressed = new Date();
  for (const each of form.querySelectorAll(".held-error")) each.remove();
  let first = null;
  for (const line of lines.filter(isTold)) {
    let wrong;
    try {
      wrong = await hold(line, pressed);
    } catch {
      if (navigator.onLine) return form.submit(); // the disk is full: the plain form, where there is a line
      wrong = say("not_held");
    }
    if (!wrong) continue;
    const told = element("p", { class: "error held-error", role: "alert", text: wrong });
    line.querySelector("legend").after(told);
    first ??= told;
  }
  for (const button of buttons) button.disabled = false;
  askForSync();
  go({ isUrged: true });
  if (first) return first.scrollIntoView({ block: "center" });
  const open = await leftOpen();
  const here = inspection.spots.findIndex((each) => each.key === inspection.here);
  if (open.get(inspection.here)?.length) return nextLine();
  const turn = [...inspection.spots.slice(here + 1), ...inspection.spots.slice(0, here)];
  const next = turn.find((each) => open.get(each.key)?.length);
  location.assign(next ? `${home}/${encodeURIComponent(next.key)}` : home);
}

document.querySelector("[data-checks]")?.addEventListener("submit", (event) => {
  if (!document.documentElement.classList.contains("app")) return; // the plain form
  event.preventDefault();
  const buttons = [...event.target.querySelectorAll("button")];
  for (const button of buttons) button.disabled = true;
  take(event.target, buttons);
});

// --- what is held, over a page that may be old -------------------------------------------------------------
const closes = (act) => act.state !== "refused" && act.body.verdict !== "not_accessible";
const isNews = (act, ahead) => isOpen(act) || (act.state === "received" && act.answer.at + ahead > pageAt);

/** Of every place the items that are still open, as far as this phone knows. */
async function leftOpen() {
  const ahead = (await store.told("ahead")) ?? 0;
  const done = new Map();
  for (const act of await store.actsOf(ref)) {
    if (!isNews(act, ahead) || !closes(act)) continue;
    const key = act.body.asset ?? "-";
    done.set(key, (done.get(key) ?? new Set()).add(act.body.item));
  }
  return new Map(inspection.spots.map(({ key, open }) => [key, open.filter((item) => !done.get(key)?.has(item))]));
}

async function paint() {
  const ahead = (await store.told("ahead")) ?? 0;
  const acts = await store.actsOf(ref);
  for (const line of lines) {
    const mine = acts.filter((act) => act.body.item === line.dataset.item && (act.body.asset ?? "") === line.dataset.asset);
    const act = mine.at(-1);
    line.querySelector(".held-line")?.remove();
    if (!act || !(isNews(act, ahead) || act.state === "refused")) continue;
    const told = act.state === "refused" ? reason(act) : verdictOf(act);
    const opened = act.answer?.ticket ? element("a", { href: `/round/${act.answer.ticket}`, text: act.answer.ticket }) : null;
    line.querySelector("legend").after(element("p", { class: "row held-line" }, chip(act), told && element("span", { class: act.state === "refused" ? "error" : "hint", text: told }), opened));
    line.dataset.open = closes(act) ? "" : "1";
    if (!line.dataset.touched) fill(line, act);
  }
  const open = await leftOpen();
  let left = 0;
  for (const [key, items] of open) {
    left += items.length;
    const spot = document.querySelector(`[data-spot="${CSS.escape(key)}"]`);
    if (!spot) continue;
    const was = inspection.spots.find((each) => each.key === key).open.length;
    if (was === items.length) continue;
    spot.firstElementChild.classList.toggle("done", !items.length);
    spot.querySelector("[data-left]").replaceChildren(element("b", { text: items.length ? say("lines_left", { number: items.length }) : say("lines_done") }));
  }
}

function fill(line, act) {
  for (const radio of line.querySelectorAll("input[type=radio]")) {
    radio.checked = radio.value === act.values.verdict?.[0];
    if (radio.checked) radio.dataset.was = "1"; else delete radio.dataset.was;
  }
  line.querySelectorAll("[data-value]").forEach((input, n) => { input.value = act.values.value?.[n] ?? ""; });
  const note = line.querySelector("textarea");
  if (note) note.value = act.body.note ?? "";
  const row = line.querySelector("[data-rows]");
  if (row && act.body.row) row.value = act.body.row;
  tellVerdict(line);
}

async function correct() {
  const id = new URLSearchParams(location.search).get("correct");
  const act = id && (await store.act(id));
  const line = act?.state === "refused" && lines.find((each) => each.dataset.item === act.body.item && each.dataset.asset === (act.body.asset ?? ""));
  if (!line) return false;
  fill(line, act);
  line.dataset.corrects = id;
  line.dataset.touched = "1";
  line.scrollIntoView({ block: "start" });
  return true;
}

/** The next open line under the thumb. */
function nextLine() {
  lines.find((line) => line.dataset.open === "1")?.scrollIntoView({ block: "start" });
}

if (document.documentElement.classList.contains("app")) {
  store.onChange((changed) => changed.includes(ref) && paint());
  await paint();
}
if (!(await correct().catch(() => false)) && lines.length) nextLine();
