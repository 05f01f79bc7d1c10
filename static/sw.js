// The worker below the phone's pages: they open without network, and acts go out when it is back.
// The server puts VERSION and SHELL before this and the version into the imports.

import { deliver } from "/phone/VERSION/delivery.js";
import { tell, told } from "/phone/VERSION/store.js";

const SHELL_CACHE = `shell-${VERSION}`;
const PATIENCE = 3000; // then the page as it was kept

addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL_CACHE).then((cache) =>
    cache.addAll(SHELL.map((path) => new Request(path, { cache: "reload" })))));
});

addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const key of await caches.keys()) {
      if (key.startsWith("shell-") && key !== SHELL_CACHE) await caches.delete(key);
    }
    await clients.claim();
  })());
});

// A page says so when nothing is half typed.
addEventListener("message", (event) => {
  if (event.data === "take over") skipWaiting();
});

addEventListener("sync", (event) => {
  if (event.tag !== "acts") return;
  event.waitUntil(deliver({ isUrged: true }).then((left) => {
    if (left) throw new Error("some are left"); // the browser comes back later
  }));
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "POST" && url.pathname === "/logout") event.respondWith(leaving(request));
  if (request.method !== "GET") return;
  if (url.pathname.startsWith("/static/") || url.pathname.startsWith("/phone/")) event.respondWith(ofShell(request, url));
  else if (/^\/photos\/[^/]+\/small$/.test(url.pathname)) event.respondWith(picture(request));
  else if (request.mode === "navigate" && /^\/(round|inspections\/\d+\/check)(\/|$)/.test(url.pathname)) event.respondWith(page(event, url));
  else if (request.mode === "navigate" && url.pathname.startsWith("/q/")) event.respondWith(label(request, url));
  else if (request.mode === "navigate" && url.pathname === "/") event.respondWith(start(request));
});

async function ofShell(request, url) {
  const cache = await caches.open(SHELL_CACHE);
  const kept = await cache.match(request);
  if (kept) return kept;
  try {
    const response = await fetch(request);
    // What only some phones need (the reader of labels) is kept once it was needed.
    if (response.ok && url.pathname.startsWith("/static/")) await cache.put(request, response.clone());
    return response;
  } catch (error) {
    // A page that was kept before a new version: what it wants is here under its new name.
    const path = url.pathname.replace(/^\/phone\/[^/]+\//, `/phone/${VERSION}/`);
    const newer = await cache.match(path, { ignoreSearch: true });
    if (newer) return newer;
    throw error;
  }
}

async function picture(request) {
  const person = await told("person");
  const kept = person && (await (await caches.open(`photos-${person}`)).match(request));
  return kept || fetch(request);
}

/** From the network where it answers soon, else as it was kept. */
async function page(event, url) {
  const person = await told("person");
  const kept = person && !url.searchParams.has("cursor")
    ? await (await caches.open(`pages-${person}`)).match(url.pathname) : null;
  const live = fromServer(event, url);
  event.waitUntil(live.catch(() => {}));
  if (!kept) return live.then((found) => found, () => away());
  const late = new Promise((done) => setTimeout(done, PATIENCE));
  const found = await Promise.race([live.catch(() => null), late]);
  return found && found.status < 500 ? found : kept;
}

async function fromServer(event, url) {
  const response = await fetch(event.request);
  const person = response.headers.get("x-person");
  if (response.ok && person) {
    if (Number(person) !== (await told("person"))) await anotherIsHere(Number(person));
    if (!url.searchParams.has("cursor")) {
      await (await caches.open(`pages-${person}`)).put(url.pathname, response.clone());
    }
  }
  return response;
}

/** Nobody reads on a shared phone what another had taken along; what waits to be sent stays. */
async function anotherIsHere(person) {
  await forget((key) => key !== `pages-${person}` && key !== `photos-${person}`);
  await tell("person", person);
}

async function leaving(request) {
  const response = await fetch(request);
  await forget(() => true);
  await tell("person", null);
  return response;
}

async function forget(which) {
  for (const key of await caches.keys()) {
    if (/^(pages|photos)-/.test(key) && which(key)) await caches.delete(key);
  }
  await tell("stamps", {});
}

async function away() {
  const person = await told("person");
  const kept = person && (await (await caches.open(`pages-${person}`)).match("/round/offline"));
  if (kept) return kept;
  const words = "没有网络，这部手机上也没有这一页。\nNo network, and this page is not on the phone.";
  return new Response(words, { status: 503, headers: { "Content-Type": "text/plain; charset=utf-8" } });
}

/** The front door without network is the round. */
async function start(request) {
  try {
    return await fetch(request);
  } catch {
    return Response.redirect("/round");
  }
}

/** A label without network, scanned by the phone's own camera: what is known here of its asset. */
async function label(request, url) {
  try {
    return await fetch(request);
  } catch (error) {
    if (!(await told("person"))) throw error;
    return Response.redirect(`/round/scan?code=${encodeURIComponent(url.pathname.slice(3))}`);
  }
}
