// Taken along before the signal is lost: the pages of my round and their small pictures.

import { beat } from "./beat.js";
import { person } from "./here.js";
import { pageOf } from "./kinds.js";
import { ask } from "./send.js";
import * as store from "./store.js";

const AT_ONCE = 3;

/** @returns {Promise<boolean>} whether everything is on the phone now */
export async function takeAlong() {
  const answer = await ask("/round/pack");
  // A phone that believes to be connected may still reach nobody.
  if (answer.status === 0 || answer.status >= 500) await store.tell("door", { is: "away", at: Date.now() });
  if (answer.status !== 200 || answer.body?.person !== person) return false;
  const pack = answer.body;
  await store.tell("pack", pack);
  await store.tell("ahead", Date.parse(pack.now) - Date.now());
  await store.tell("door", { is: "open", person, name: pack.name, at: Date.now() });
  beat(pack.csrf);
  if (!globalThis.caches) return true;
  await mine();
  const kept = await caches.open(`pages-${person}`);
  const known = (await store.told("stamps")) ?? {};
  const stamps = {};
  const language = document.documentElement.lang;
  const due = [...pack.pages];
  for (const { page, stamp } of [...pack.tickets, ...pack.checks]) {
    stamps[page] = `${stamp} ${language}`;
    if (known[page] !== stamps[page] || !(await kept.match(page))) due.push(page);
  }
  const pictures = await caches.open(`photos-${person}`);
  const photos = pack.tickets.flatMap((ticket) => ticket.photos);
  for (const photo of photos) if (!(await pictures.match(photo))) due.push(photo);
  let isAll = true;
  const workers = Array.from({ length: AT_ONCE }, async () => {
    while (due.length) {
      const path = due.shift();
      const is = await keep(path.startsWith("/photos/") ? pictures : kept, path);
      if (!is) { isAll = false; delete stamps[path]; }
    }
  });
  await Promise.all(workers);
  await store.tell("stamps", stamps);
  await forget(kept, new Set([...pack.pages, ...[...pack.tickets, ...pack.checks].map((each) => each.page)]));
  await forget(pictures, new Set(photos));
  await takeReader();
  await store.tell("packed_at", Date.now());
  return isAll;
}

/** The library that reads labels, where the browser has none of its own; the worker keeps it. */
async function takeReader() {
  const { reader } = document.getElementById("app").dataset;
  if ("BarcodeDetector" in globalThis || !navigator.serviceWorker?.controller) return;
  for (const path of [reader, new URL("index.js", new URL(reader, location.href)).pathname]) {
    await fetch(path).catch(() => {});
  }
}

/** The worker gives out what is kept for this person; what another had taken along goes. */
async function mine() {
  if ((await store.told("person")) === person) return;
  for (const key of await caches.keys()) {
    if (/^(pages|photos)-/.test(key) && !key.endsWith(`-${person}`)) await caches.delete(key);
  }
  await store.tell("person", person);
}

async function keep(cache, path) {
  try {
    const response = await fetch(path, { credentials: "same-origin", headers: { "X-Take-Along": "1" } });
    const isMine = path.startsWith("/photos/") || response.headers.get("x-person") === String(person);
    if (!response.ok || response.redirected || !isMine) return false;
    await cache.put(path, response);
    return true;
  } catch {
    return false;
  }
}

/** What is no longer of the round goes, unless acts of it are still here. */
async function forget(cache, wanted) {
  const held = new Set((await store.acts()).map(pageOf));
  for (const request of await cache.keys()) {
    const { pathname } = new URL(request.url);
    if (!wanted.has(pathname) && !held.has(pathname)) await cache.delete(request);
  }
}
