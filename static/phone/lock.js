// One tab or worker delivers at a time. Where there are no Web Locks, a lease on the disk.

import { open } from "./store.js";

const NAME = "afterglow-delivery";
const LEASE = 150e3; // longer than one photo may take
const me = Math.random().toString(36).slice(2);
let waiting = null;

/** Runs `work` when nobody else does; asked several times while it waits, it runs once. */
export function alone(work) {
  waiting ??= held(() => { waiting = null; return work(); });
  return waiting;
}

async function held(work) {
  if (globalThis.navigator?.locks) return navigator.locks.request(NAME, work);
  while (!(await lease(LEASE))) await new Promise((done) => setTimeout(done, 1000));
  const renewing = setInterval(() => lease(LEASE), LEASE / 3);
  try {
    return await work();
  } finally {
    clearInterval(renewing);
    await lease(0);
  }
}

/** Taken or renewed, unless somebody else has it. */
async function lease(length) {
  const db = await open();
  return new Promise((done) => {
    const all = db.transaction(["told"], "readwrite");
    const store = all.objectStore("told");
    const asked = store.get(NAME);
    let isMine = false;
    asked.onsuccess = () => {
      const now = Date.now(), held = asked.result;
      const isFree = !held || held.by === me || held.until < now || held.until > now + 2 * LEASE;
      if (!isFree) return;
      isMine = true;
      store.put({ by: me, until: now + length }, NAME);
    };
    all.oncomplete = () => done(isMine);
    all.onabort = () => done(false);
  });
}
