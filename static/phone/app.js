// The app on every page of the phone: its worker, its deliveries, what the bar says of both.

import { deliver, isOpen, nextDue, tidy } from "./delivery.js";
import { clock, person, say } from "./here.js";
import { takeAlong } from "./pack.js";
import * as store from "./store.js";

const PACK_EVERY = 4 * 60e3;
const bar = document.querySelector("[data-held-link]");

// --- the time, where the page itself is old -----------------------------------------------------
const pageAt = Date.parse(document.querySelector('meta[name="server-now"]')?.content ?? "");

async function rightTime() {
  const ahead = await store.told("ahead");
  if (ahead === undefined || Number.isNaN(pageAt)) return;
  const now = Date.now() + ahead;
  const isOld = now - pageAt > 15e3;
  document.body.classList.toggle("old-page", isOld && now - pageAt > 90e3);
  if (isOld) document.dispatchEvent(new CustomEvent("server-now", { detail: new Date(now).toISOString() }));
  document.dispatchEvent(new CustomEvent("app-time", { detail: now }));
}

// --- the bar: what waits, and whether there is a line ---------------------------------------------
async function paint() {
  if (!bar) return;
  const acts = await store.acts();
  const refused = acts.filter((act) => act.state === "refused").length;
  const waiting = acts.filter(isOpen).length;
  const door = await store.told("door");
  const isAway = !navigator.onLine || door?.is === "away";
  bar.dataset.state = refused ? "refused" : door?.is === "sign_in" && waiting ? "sign_in" : waiting ? "waiting" : "calm";
  bar.dataset.line = isAway ? "away" : "there";
  document.documentElement.classList.toggle("away", isAway);
  const count = bar.querySelector("[data-held-count]");
  count.textContent = refused + waiting > 99 ? "99+" : String(refused + waiting || "");
  count.hidden = !(refused + waiting);
  const told = [say("holds", { waiting, refused }), isAway ? say("no_line") : ""].filter(Boolean).join(" ");
  bar.setAttribute("aria-label", told);
  bar.title = told;
  const brand = document.querySelector(".phone-bar .brand span");
  if (brand) {
    brand.dataset.name ??= brand.textContent;
    const since = Number.isNaN(pageAt) ? "" : clock(pageAt);
    brand.textContent = isAway ? say("no_line_since", { at: since }) : brand.dataset.name;
  }
}

// --- deliveries -----------------------------------------------------------------------------------
let timer;
export async function go(how = {}) {
  clearTimeout(timer);
  try {
    await deliver(how);
  } finally {
    await paint();
    const due = await nextDue();
    if (due !== null) timer = setTimeout(() => go(), Math.min(due, 60e3));
  }
}

/** Also when every tab is closed, where the browser can. */
export async function askForSync() {
  const ready = await navigator.serviceWorker?.getRegistration("/");
  await ready?.sync?.register("acts").catch(() => {});
}

let packedAt = 0;
async function refresh() {
  await rightTime();
  await go({ isUrged: true });
  if (Date.now() - packedAt < PACK_EVERY || !navigator.onLine) return;
  packedAt = Date.now();
  if (!(await takeAlong())) packedAt = 0;
  await paint();
}

// --- a new version waits until nothing is half typed ------------------------------------------------
export const dirty = new Set();
addEventListener("input", (event) => event.target.form?.matches(".act") && dirty.add(event.target.form));

async function install() {
  if (!navigator.serviceWorker) return;
  let isTaken = Boolean(navigator.serviceWorker.controller);
  const mine = await navigator.serviceWorker.register("/sw.js", { scope: "/", type: "module", updateViaCache: "none" });
  const takeOver = () => !dirty.size && mine.waiting?.postMessage("take over");
  mine.addEventListener("updatefound", () => mine.installing?.addEventListener("statechange", takeOver));
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (isTaken && !dirty.size) location.reload();
    isTaken = true;
  });
  takeOver();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    takeOver();
    if (navigator.onLine) mine.update().catch(() => {});
  });
}

if (person && store.canHold()) {
  document.documentElement.classList.add("app");
  store.onChange(paint);
  addEventListener("online", () => { packedAt = 0; refresh(); });
  addEventListener("offline", paint);
  addEventListener("pageshow", (event) => event.persisted && refresh());
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
  setInterval(() => document.hidden || refresh(), PACK_EVERY);
  // Nothing is waited for here: whoever imports this must hear a form's press from the first moment.
  rightTime().then(paint).then(() => performance.mark?.("usable"));
  tidy();
  install().catch(() => {});
  // The page first, then what is to be taken along.
  if (document.readyState === "complete") refresh();
  else addEventListener("load", () => refresh(), { once: true });
}
