// Bring what is held to the server: in order per ticket, four tickets at a time, each act once.

import { beat } from "./beat.js";
import { KINDS } from "./kinds.js";
import { alone } from "./lock.js";
import { ask, sendAct } from "./send.js";
import * as store from "./store.js";
import { upload } from "./uploader.js";
import { backOff, isDue, verdict } from "./verdict.js";

const AT_ONCE = 4;
const KEPT = 3 * 24 * 3600e3;
export const OPEN = ["waiting", "sending", "needs_sign_in"];
let wanted = {}; // by all who asked while another delivery was under way
export const isOpen = (act) => OPEN.includes(act.state);

/** Deliver what is due; `isUrged` (online again, app opened, a press) does not wait for back-off.
 * Gives how many are still to be sent. Never two at once, however many tabs. */
export function deliver({ isUrged = false, isNow = false } = {}) {
  wanted = { isUrged: wanted.isUrged || isUrged, isNow: wanted.isNow || isNow };
  return alone(() => {
    const how = wanted;
    wanted = {};
    return run(how);
  });
}

async function run(how) {
  const held = (await store.acts()).filter(isOpen);
  if (!held.some((act) => isDue(act, Date.now(), how.isUrged) || how.isNow)) return held.length;
  const door = await enter(held);
  if (!door) return held.length;
  const mine = held.filter((act) => act.person === door.person);
  const refs = [...new Set(mine.map((act) => act.ref))];
  const workers = Array.from({ length: Math.min(AT_ONCE, refs.length) }, async () => {
    while (refs.length && !door.isShut) await deliverTicket(refs.shift(), door, how);
  });
  await Promise.all(workers);
  await judged(door);
  if (!door.isShut) await beat(door.csrf);
  return (await store.acts()).filter(isOpen).length;
}

/** Who is signed in? Null where nobody is, or nothing can be reached: then everything is kept. */
async function enter(held) {
  const answer = await ask("/round/me", { patience: 15e3 });
  const { is, delay, told } = verdict(answer);
  if (is === "received") {
    await learn(answer.body);
    return { ...answer.body, isShut: false };
  }
  await store.tell("door", { is: is === "sign_in" ? "sign_in" : "away", at: Date.now() });
  const state = is === "sign_in" ? "needs_sign_in" : "waiting";
  // The browser's word that there is no line may be wrong: tried, but not counted.
  const counts = is !== "sign_in" && navigator.onLine !== false;
  const tries = Math.max(...held.map((act) => act.tries));
  const put_off = { at: Date.now(), delay: told ? delay : backOff(tries), told: Boolean(told) };
  for (const act of held) {
    await store.change(act.id, () => ({ state, put_off, tries: act.tries + (counts ? 1 : 0) }));
  }
  return null;
}

async function learn({ person, name, now }) {
  await store.tell("door", { is: "open", person, name, at: Date.now() });
  await store.tell("ahead", Date.parse(now) - Date.now());
}

async function deliverTicket(ref, door, how) {
  const tried = new Set();
  for (;;) {
    const next = (await store.actsOf(ref)).find((act) => act.person === door.person && isOpen(act));
    if (!next || door.isShut) return;
    const may = isDue(next, Date.now(), how.isUrged) || (how.isNow && !(next.hold_until > Date.now()));
    // Tried already and put off: the rest of this ticket waits for it, in order.
    if (tried.has(next.id) || !may) return;
    tried.add(next.id);
    await deliverAct(next, door);
    if (await raced(next.id)) tried.delete(next.id);
  }
}

/** A lost race is tried again at once, after its short wait. */
async function raced(id) {
  const act = await store.act(id);
  if (act?.state !== "waiting" || act.answer?.status !== 409) return false;
  await new Promise((done) => setTimeout(done, act.put_off.delay));
  return true;
}

async function deliverAct(act, door) {
  await store.change(act.id, () => ({ state: "sending" }));
  const kind = KINDS[act.kind];
  const path = await pathOf(act);
  if (path === null) return refuse(act, { status: 0, body: { detail: null, reason: "builds_on" } });
  const photos = [];
  for (const id of act.photos) {
    const kept = await store.photo(id);
    if (!kept) continue;
    if (!kept.server_id) {
      const answer = await upload(kept, door.csrf);
      if (!(await took(act, answer, door))) return;
      kept.server_id = answer.body.id;
      await store.changePhoto(id, { server_id: answer.body.id });
    }
    photos.push(kept.server_id);
  }
  const answer = await sendAct(act, path, photos, door.csrf, { hasClock: !kind?.has_no_clock, picture: kind?.picture });
  if (!(await took(act, answer, door))) return;
  await store.change(act.id, () => ({
    state: "received", put_off: null,
    answer: { status: answer.status, at: Date.now(), date: answer.date, id: answer.body?.id ?? null, ticket: answer.body?.ticket ?? null },
  }));
  if (act.photos.length) await store.emptyPhotos(act.id);
}

/** The pause it ends may have been told on this phone: then its number stands in that answer. */
async function pathOf(act) {
  if (!act.path.includes("{pause}")) return act.path;
  const before = act.builds_on ? await store.act(act.builds_on) : null;
  const number = before?.answer?.id;
  return number ? act.path.replace("{pause}", number) : null;
}

/** Whether the server took it; if not, what is to become of the act is written down. */
async function took(act, answer, door) {
  const { is, delay, told } = verdict(answer, act.tries);
  if (is === "received") return true;
  if (is === "refused") await refuse(act, answer);
  else if (is === "whose") await whose(act, answer, door);
  else if (is === "sign_in") {
    door.isShut = true;
    await store.tell("door", { is: "sign_in", at: Date.now() });
    for (const each of (await store.acts()).filter(isOpen)) {
      await store.change(each.id, () => ({ state: "needs_sign_in" }));
    }
  } else {
    const put_off = { at: Date.now(), delay, told: Boolean(told) };
    await store.change(act.id, (was) => ({ state: "waiting", tries: was.tries + 1, put_off, answer: said(answer) }));
    act.tries += 1;
    if (answer.status === 0 || (told && answer.status === 429)) door.isShut = true; // for all of them
  }
  return false;
}

/** 403: the proof may be an old one, or somebody else has signed in meanwhile. Asked once. */
async function whose(act, answer, door) {
  const again = await ask("/round/me", { patience: 15e3 });
  const isNew = again.body?.csrf !== door.csrf;
  if (verdict(again).is === "received" && !isNew) return refuse(act, answer);
  if (again.body?.person === door.person && !act.was_renewed) {
    door.csrf = again.body.csrf;
    act.was_renewed = true;
    await store.change(act.id, () => ({ state: "waiting" }));
    return deliverAct(act, door);
  }
  door.isShut = true; // another's sign-in, or none: it waits for its own person
  const signIn = verdict(again).is === "sign_in";
  if (signIn) await store.tell("door", { is: "sign_in", at: Date.now() });
  return store.change(act.id, () => ({ state: signIn ? "needs_sign_in" : "waiting" }));
}

const said = (answer) => ({
  status: answer.status, at: Date.now(), detail: answer.body?.detail ?? null,
  errors: answer.body?.errors ?? [], reason: answer.body?.reason ?? null,
});

const refuse = (act, answer) =>
  store.change(act.id, () => ({ state: "refused", put_off: null, answer: said(answer) }));

/** From which instant the server counts what it has received. */
async function judged(door) {
  const asked = (await store.acts()).filter(
    (act) => act.state === "received" && act.person === door.person && act.answer && act.answer.verdict === undefined,
  );
  for (let n = 0; n < asked.length; n += 50) {
    const some = asked.slice(n, n + 50);
    const answer = await ask(`/round/verdicts?${some.map((act) => `key=${act.id}`).join("&")}`);
    if (verdict(answer).is !== "received") return;
    const found = new Map(answer.body.items.map((each) => [each.key, each]));
    for (const act of some) {
      await store.change(act.id, (was) => ({ answer: { ...was.answer, verdict: found.get(act.id) ?? null } }));
    }
  }
}

/** What was received three days ago need not be shown any more. */
export async function tidy() {
  for (const act of await store.acts()) {
    if (act.state === "received" && Date.now() - act.answer.at > KEPT) await store.drop(act.id, act.ref);
  }
}

/** In how many ms the next act is due; null when nothing waits. */
export async function nextDue() {
  const late = (await store.acts()).filter((act) => isOpen(act) && act.state !== "needs_sign_in");
  if (!late.length) return null;
  const now = Date.now();
  return Math.max(500, Math.min(...late.map((act) =>
    Math.max((act.put_off ? act.put_off.at + act.put_off.delay : 0) - now, act.hold_until - now, 0))));
}
