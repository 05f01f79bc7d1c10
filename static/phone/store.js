// What the phone holds, on its disk: acts, their photos, and a few things to remember.

/**
 * @typedef {Object} Act
 * @property {string} id             a UUID: the Idempotency-Key it is delivered with
 * @property {number} n              the order in which this phone's acts were written down
 * @property {number} person         whose act it is; only he may deliver it
 * @property {string} name           his name, for whoever holds the phone after him
 * @property {string} ref            the ticket
 * @property {string} kind           a key of KINDS (kinds.js)
 * @property {string} path           below /api/v1, with {pause} where an answer fills it in
 * @property {Object} body           JSON, without photos and the clocks
 * @property {Object} values         the form as it was typed, to correct it
 * @property {string[]} photos       ids of the photos that go with it
 * @property {string} at             the instant it happened, by this phone's clock (RFC 3339)
 * @property {string} written        the instant of the press, by this phone's clock
 * @property {string?} builds_on     the act whose answer it needs
 * @property {number} hold_until     do not send before this (ms): its position is being found
 * @property {"waiting"|"sending"|"received"|"refused"|"needs_sign_in"} state
 * @property {number} tries
 * @property {{at: number, delay: number, told: boolean}?} put_off  after a failure
 * @property {Object?} answer        what the server said: status, detail, errors, verdict, the ticket it opened
 * @property {string} [page]         where it is looked at, if not on its ticket
 * @property {string} [label]        what it is about, if not a ticket
 */

const NAME = "afterglow";
let opened;

export const canHold = () => "indexedDB" in globalThis;

export function open() {
  opened ??= new Promise((done, fail) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      const db = asked.result;
      db.createObjectStore("acts", { keyPath: "id" }).createIndex("ref", "ref");
      db.createObjectStore("photos", { keyPath: "id" }).createIndex("act", "act");
      db.createObjectStore("told");
    };
    asked.onsuccess = () => {
      // A newer version of the app in another tab may need the place.
      asked.result.onversionchange = () => { asked.result.close(); opened = undefined; };
      done(asked.result);
    };
    asked.onerror = () => { opened = undefined; fail(asked.error); };
    asked.onblocked = () => fail(new Error("the store is held by another page"));
  });
  return opened;
}

/** Done once the store has it (`strict`: once it is on the disk); the result is that of the request `work` gives back, if any. */
async function within(stores, mode, work, durability = "relaxed") {
  const db = await open();
  return new Promise((done, fail) => {
    const all = db.transaction(stores, mode, { durability });
    const asked = work((name) => all.objectStore(name), all);
    all.oncomplete = () => done(asked?.result);
    all.onabort = all.onerror = () => fail(all.error ?? new Error("the store refused"));
  });
}

const reading = (store, ask) => within([store], "readonly", (of) => ask(of(store)));

export const told = (key) => reading("told", (store) => store.get(key));
export const tell = (key, value) => within(["told"], "readwrite", (of) => { of("told").put(value, key); });
export const act = (id) => reading("acts", (store) => store.get(id));
export const photo = (id) => reading("photos", (store) => store.get(id));

/** All acts, in the order they were written down. */
export async function acts() {
  return (await reading("acts", (store) => store.getAll())).sort((a, b) => a.n - b.n);
}

/** Those of one ticket, in that order. */
export async function actsOf(ref) {
  const found = await within(["acts"], "readonly", (of) => of("acts").index("ref").getAll(ref));
  return found.sort((a, b) => a.n - b.n);
}

/**
 * Write an act with its photos down, all of it or nothing; what it replaces goes in the same step.
 * @param {Partial<Act>} made
 * @param {{id: string, bytes: ArrayBuffer, type: string, taken_at: string?}[]} photos
 */
export async function put(made, photos = [], { replaces, keeps = [] } = {}) {
  await within(["acts", "photos", "told"], "readwrite", (of) => {
    const counted = of("told").get("count");
    counted.onsuccess = () => {
      const n = (counted.result ?? 0) + 1;
      of("told").put(n, "count");
      of("acts").put({ ...made, n });
      for (const each of photos) of("photos").put({ ...each, act: made.id });
      for (const id of keeps) {
        const kept = of("photos").get(id);
        kept.onsuccess = () => kept.result && of("photos").put({ ...kept.result, act: made.id });
      }
      if (replaces) of("acts").delete(replaces);
    };
  }, "strict"); // what is said to be held is on the disk; how far it came may be forgotten: sent again, it is one
  changed(made.ref);
}

/** Change an act that is still there; `how` gets the newest and gives what is to be kept. */
export async function change(id, how) {
  let ref;
  await within(["acts"], "readwrite", (of) => {
    const asked = of("acts").get(id);
    asked.onsuccess = () => {
      if (!asked.result) return;
      ref = asked.result.ref;
      of("acts").put({ ...asked.result, ...how(asked.result) });
    };
  });
  if (ref) changed(ref);
}

export const changePhoto = (id, more) =>
  within(["photos"], "readwrite", (of) => {
    const asked = of("photos").get(id);
    asked.onsuccess = () => asked.result && of("photos").put({ ...asked.result, ...more });
  });

/** The act and its photos, gone: by an explicit word, or long after it was received. */
export async function drop(id, ref) {
  await within(["acts", "photos"], "readwrite", (of) => {
    of("acts").delete(id);
    dropPhotos(of, id);
  });
  changed(ref);
}

/** Received: the pictures are on the server, their place on the phone is free again. */
export const emptyPhotos = (id) => within(["photos"], "readwrite", (of) => dropPhotos(of, id));

function dropPhotos(of, id) {
  const found = of("photos").index("act").openKeyCursor(IDBKeyRange.only(id));
  found.onsuccess = () => {
    if (!found.result) return;
    of("photos").delete(found.result.primaryKey);
    found.result.continue();
  };
}

// --- whoever looks hears of it --------------------------------------------------------------

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("afterglow") : null;
const here = new Set();

export function changed(ref) {
  channel?.postMessage(ref);
  for (const hear of here) hear(ref);
}

const SOON = 250;

/** Calls back with the tickets' refs, also for changes made in other tabs and by the worker; many
 * changes in a row are one call. */
export function onChange(hear) {
  const refs = new Set();
  let soon;
  const add = (ref) => {
    refs.add(ref);
    soon ??= setTimeout(() => {
      soon = undefined;
      const told = [...refs];
      refs.clear();
      hear(told);
    }, SOON);
  };
  here.add(add);
  channel?.addEventListener("message", (event) => add(event.data));
}
