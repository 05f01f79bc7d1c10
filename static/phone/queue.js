// What this phone holds: every act with its state, what to do about a refused one, and the disk.

import { askForSync, go } from "./app.js";
import { isOpen } from "./delivery.js";
import { bytes, clock, element, name, person, say, version } from "./here.js";
import { KINDS, pageOf } from "./kinds.js";
import { chip, judged, reason, said } from "./state.js";
import * as store from "./store.js";
import { uuid } from "./uuid.js";

const page = document.getElementById("queue");
const LITTLE = 100e6, LONG = 24 * 3600e3;

async function paint() {
  const acts = await store.acts();
  const parts = {
    refused: acts.filter((act) => act.state === "refused"),
    waiting: acts.filter(isOpen),
    received: acts.filter((act) => act.state === "received").reverse(),
  };
  for (const [part, found] of Object.entries(parts)) {
    const section = page.querySelector(`[data-part="${part}"]`);
    section.hidden = !found.length;
    section.querySelector("ul").replaceChildren(...found.map(line));
  }
  page.querySelector("[data-none]").hidden = Boolean(acts.length);
  page.querySelector("[data-send]").hidden = !parts.waiting.length;
  const door = await store.told("door");
  page.querySelector("[data-sign-in]").hidden = !(door?.is === "sign_in" && parts.waiting.length);
}

function line(act) {
  const told = act.state === "refused" ? reason(act) : judged(act);
  const photos = act.photos.length ? ` · ${say("photos", { count: act.photos.length })}` : "";
  const words = act.body.note ?? act.body.work ?? act.body.text ?? act.body.description ?? act.body.reason ?? "";
  const late = act.put_off && isOpen(act) ? say("tried", { count: act.tries, at: clock(act.put_off.at) }) : null;
  return element("li", { class: `card ${act.state}`, id: `act-${act.id}` },
    element("p", { class: "row apart" }, element("b", { text: said(act) }), chip(act)),
    element("p", {}, element("a", { href: pageOf(act), text: act.label ?? act.ref }), element("span", { class: "muted", text: photos })),
    words && KINDS[act.kind]?.fields && element("p", { class: "said", text: words.slice(0, 200) }),
    told && element("p", { class: act.state === "refused" ? "error" : "hint", text: told }),
    late && element("p", { class: "hint", text: late }),
    act.state === "refused" && act.person === person && choices(act));
}

function choices(act) {
  const row = element("div", { class: "held-choices" });
  const hand = element("button", { class: "button", type: "button", text: say("hand_to_desk") });
  const away = element("button", { class: "button danger", type: "button", text: say("drop") });
  hand.addEventListener("click", () => handOver(act));
  away.addEventListener("click", () => {
    // A second press, on another button, so that no glove drops it by mistake.
    const sure = element("button", { class: "button danger", type: "button", text: say("really_drop") });
    const keep = element("button", { class: "button primary", type: "button", text: say("keep_it") });
    sure.addEventListener("click", () => store.drop(act.id, act.ref));
    keep.addEventListener("click", paint);
    row.replaceChildren(element("p", { class: "hint", text: say("dropping") }), keep, sure);
    keep.focus();
  });
  row.append(element("a", { class: "button primary", href: `${pageOf(act)}?correct=${act.id}`, text: say("correct") }));
  if (!KINDS[act.kind]?.is_elsewhere) row.append(hand); // a note needs a ticket
  row.append(away);
  return row;
}

/** A note on the ticket says what the system did not take, with its pictures; the desk enters it. */
async function handOver(act) {
  const words = Object.values(act.body).filter((each) => typeof each === "string").join(" · ");
  const text = say("handed", { name, what: said(act), words, reason: reason(act) });
  const id = uuid();
  await store.put({
    id, person, name, ref: act.ref, kind: "note", path: KINDS.note.path.replace("{ref}", encodeURIComponent(act.ref)),
    body: { text: text.slice(0, 9000) }, values: { text: [text] }, builds_on: null, photos: act.photos,
    at: new Date().toISOString(), written: new Date().toISOString(), hold_until: 0,
    state: "waiting", tries: 0, put_off: null, answer: null,
  }, [], { replaces: act.id, keeps: act.photos });
  askForSync();
  go({ isUrged: true });
}

async function disk() {
  const facts = page.querySelector("[data-facts]");
  const rows = [];
  const estimate = await navigator.storage?.estimate?.();
  const isKept = await navigator.storage?.persisted?.();
  const left = estimate ? estimate.quota - estimate.usage : null;
  if (estimate) rows.push([say("space"), say("space_left", { used: bytes(estimate.usage), left: bytes(left) })]);
  if (isKept !== undefined) rows.push([say("kept_for_good"), say(isKept ? "kept_yes" : "kept_no")]);
  const packedAt = await store.told("packed_at");
  rows.push([say("taken_along"), packedAt ? clock(packedAt) : say("not_yet")]);
  rows.push([say("offline_pages"), say(navigator.serviceWorker?.controller ? "yes" : globalThis.isSecureContext ? "not_yet" : "needs_https")]);
  rows.push([say("version"), version]);
  facts.replaceChildren(...rows.flatMap(([label, value]) => [element("dt", { text: label }), element("dd", { text: value })]));
  page.querySelector("[data-disk]").hidden = false; // once all above it is there: nothing jumps
  const oldest = (await store.acts()).filter(isOpen).map((act) => Date.parse(act.written))[0];
  const warn = page.querySelector("[data-warn]");
  const told = left !== null && left < LITTLE ? "little_space" : !isKept && oldest && Date.now() - oldest > LONG ? "may_be_cleared" : null;
  warn.hidden = !told;
  if (told) warn.textContent = say(told);
}

page.querySelector("[data-send]").addEventListener("click", async (event) => {
  event.target.disabled = true;
  await go({ isUrged: true, isNow: true });
  event.target.disabled = false;
});
store.onChange(paint);
await paint();
await navigator.storage?.persist?.().catch(() => {});
await disk();
if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
