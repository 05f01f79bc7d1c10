// One ticket on the phone: its forms write acts down, and what is held lies over what the server knew.

import { askForSync, dirty, go } from "./app.js";
import { isOpen } from "./delivery.js";
import { typedIn } from "./fields.js";
import { hideHeard } from "./heard.js";
import { element, say, zone } from "./here.js";
import { KINDS, stepsAfter } from "./kinds.js";
import { chip, judged, reason, said } from "./state.js";
import * as store from "./store.js";
import { write } from "./write.js";

const held = document.getElementById("held");
const steps = document.getElementById("steps");
const { ref, reportedAt } = held.dataset;
const known = steps.dataset.steps.split(" ").filter(Boolean);
const pageAt = Date.parse(document.querySelector('meta[name="server-now"]').content);
const RECENT = 15 * 60e3, CALM = 4000;

// --- a form is written down -------------------------------------------------------------------------
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-act]") || !KINDS[form.dataset.act]) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!form.dataset.writing) hold(form);
}, true);

async function hold(form) {
  form.dataset.writing = "true";
  const buttons = [...document.querySelectorAll(`button[form="${form.id}"], #${CSS.escape(form.id)} button[type=submit]`)];
  for (const button of buttons) button.disabled = true;
  form.querySelector(".held-error")?.remove();
  let wrong;
  try {
    wrong = await write(form, ref, reportedAt);
  } catch {
    // The disk is full, or this browser keeps nothing: the plain form, if there is a line.
    if (navigator.onLine) return form.submit();
    wrong = say("not_held");
  }
  for (const button of buttons) button.disabled = false;
  delete form.dataset.writing;
  if (wrong) {
    const told = element("p", { class: "error held-error", role: "alert", text: wrong });
    form.querySelector(":scope > button[type=submit]").before(told);
    return told.scrollIntoView({ block: "center" });
  }
  clear(form);
  await paint({ isFresh: true });
  held.scrollIntoView({ block: "start" });
  askForSync();
  go({ isUrged: true });
}

function clear(form) {
  form.reset();
  form.querySelector("[data-thumbs]")?.replaceChildren();
  for (const file of form.querySelectorAll("[data-photos] input[type=file][hidden]")) file.remove();
  for (const row of [...form.querySelectorAll("[data-part]")].slice(1)) row.remove();
  form.querySelector("[data-corrected]")?.remove();
  delete form.dataset.corrects;
  dirty.delete(form);
}

// --- what is held, over the page -----------------------------------------------------------------------
async function paint({ isFresh = false } = {}) {
  const acts = await store.actsOf(ref);
  const ahead = (await store.told("ahead")) ?? 0;
  const isNews = (act) => act.state === "received" && act.answer.at + ahead > pageAt;
  const shown = acts.filter((act) => isOpen(act) || act.state === "refused" || Date.now() - act.answer.at < RECENT);
  held.hidden = !shown.length;
  held.querySelector("ul").replaceChildren(...shown.map(line));
  held.style.minHeight = "";
  keepRoom(held.hidden ? 0 : held.offsetHeight);
  hideHeard(acts);
  offer(stepsAfter(known, acts.filter((act) => isOpen(act) || isNews(act))), isFresh);
  if (acts.some(isNews) && !acts.some(isOpen)) renew(acts.filter(isNews).at(-1));
}

/** For static/held_place.js, when this page is opened again. */
function keepRoom(tall) {
  try {
    if (tall) localStorage.setItem(`held ${ref}`, tall);
    else localStorage.removeItem(`held ${ref}`);
  } catch { /* it may jump, then */ }
}

function line(act) {
  const told = act.state === "refused" ? reason(act) : judged(act);
  const photos = act.photos.length ? ` · ${say("photos", { count: act.photos.length })}` : "";
  return element("li", { class: act.state },
    element("p", { class: "row apart" }, element("b", { text: said(act) + photos }), chip(act)),
    told && element("p", { class: act.state === "refused" ? "error" : "hint", text: told }),
    act.state === "refused" && element("a", { class: "button", href: `/round/queue#act-${act.id}`, text: say("what_now") }));
}

function offer(open, isFresh) {
  const found = open.map((step) => document.getElementById(`step-${step}`)).filter(Boolean);
  for (const each of steps.querySelectorAll("details.step")) each.hidden = !found.includes(each);
  const isSame = found.every((each, n) => each === [...steps.children].filter((child) => !child.hidden)[n]);
  if (!isSame) steps.prepend(...found);
  const next = found.find((each) => each.id !== "step-note");
  for (const each of found) {
    const summary = each.querySelector("summary");
    const mark = summary.querySelector(".chip");
    if (each !== next) mark?.remove();
    else if (!mark) summary.append(element("span", { class: "chip", text: say("next") }));
    if (isFresh) each.open = each === next;
  }
  thumb(next);
}

/** The button below the thumb is the next step, as the phone knows it. */
function thumb(next) {
  const bar = document.querySelector(".thumb");
  const now = bar.querySelector(".primary");
  const step = next?.id.slice(5);
  if (now?.dataset.step === step) return;
  now?.remove();
  if (!step) return;
  const text = next.dataset.short || next.querySelector(".step-title").textContent;
  const kind = `button primary${step === "make_safe" ? " alarm" : ""}`;
  const form = { arrive: "form-arrival", depart: "form-departure" }[step]; // one press does it
  bar.append(form
    ? element("button", { class: kind, type: "submit", form, "data-step": step, text })
    : element("a", { class: kind, href: `#step-${step}`, "data-step": step, text }));
}

/** The server's own page again, once it knows everything and nobody is at work on this one. */
let touched = Date.now();
for (const kind of ["pointerdown", "keydown", "scroll"]) addEventListener(kind, () => { touched = Date.now(); }, { passive: true });

function renew(last) {
  setTimeout(() => {
    const isBusy = dirty.size || document.hidden || !navigator.onLine || sessionStorage.getItem("renewed") === last.id;
    if (isBusy) return;
    if (Date.now() - touched < CALM) return renew(last);
    sessionStorage.setItem("renewed", last.id);
    location.replace(location.pathname);
  }, CALM / 2);
}

// --- a refused act, corrected -----------------------------------------------------------------------------
async function correct() {
  const id = new URLSearchParams(location.search).get("correct");
  const act = id && (await store.act(id));
  if (act?.state !== "refused") return;
  const step = document.getElementById(`step-${KINDS[act.kind].step}`);
  const form = step?.querySelector("form[data-act]");
  if (!form) {
    held.append(element("p", { class: "error", role: "alert", text: say("no_form_any_more") }));
    return;
  }
  step.hidden = false;
  step.open = true;
  form.dataset.corrects = id;
  const photos = act.photos.length ? ` ${say("photos_go_along", { count: act.photos.length })}` : "";
  form.prepend(element("p", { class: "banner warn", "data-corrected": true, text: `${reason(act)}${photos}` }));
  fill(form, act);
  dirty.add(form);
  step.scrollIntoView({ block: "start" });
}

function fill(form, act) {
  for (let n = 1; n < (act.values.part_name?.length ?? 0); n++) form.querySelector("[data-more-parts]")?.click();
  for (const [name, values] of Object.entries(act.values)) {
    [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)].forEach((field, n) => {
      if (["checkbox", "radio"].includes(field.type)) field.checked = values.includes(field.value);
      else if (field.type !== "file") field.value = values[n] ?? "";
    });
  }
  for (const box of form.querySelectorAll("[type=checkbox]")) box.checked = box.name in act.values;
  const at = form.elements.at;
  if (at && !at.value) at.value = typedIn(Date.parse(act.at), zone);
  for (const part of form.querySelectorAll("details")) part.open ||= [...part.querySelectorAll("input")].some((field) => field.value && field.name !== "part_quantity");
}

// --- times of a page that is old ----------------------------------------------------------------------------
document.addEventListener("app-time", ({ detail: now }) => {
  for (const field of document.querySelectorAll('form.act [name="at"]')) field.max = typedIn(now, zone);
  document.querySelectorAll(".coming .time").forEach((choice) => {
    const input = choice.querySelector("input");
    const away = Number(input.dataset.away) * 1000;
    const at = typedIn(Math.ceil((now + away) / 300e3) * 300e3, zone);
    input.value = at;
    choice.querySelector("b").textContent = at.slice(11);
  });
});

if (document.documentElement.classList.contains("app")) {
  store.onChange((changed) => changed.includes(ref) && paint());
  for (const each of steps.querySelectorAll("details.step")) each.addEventListener("toggle", () => { touched = Date.now(); });
  await paint({ isFresh: false });
  await correct();
}
