// One request to the server, and what came back of it; never throws.

const API = "/api/v1";
const PATIENCE = 30e3;

/** @returns {Promise<{status: number, type: string, after: string?, date: string?, body: any}>} */
export async function ask(path, { patience = PATIENCE, ...how } = {}) {
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(), patience);
  try {
    const response = await fetch(API + path, {
      credentials: "same-origin", cache: "no-store", redirect: "manual", ...how, signal: stop.signal,
    });
    const type = response.headers.get("content-type") ?? "";
    const words = await response.text();
    let body = null;
    if (type.includes("json")) try { body = JSON.parse(words); } catch { return nothing; }
    return { status: response.status, type, after: response.headers.get("retry-after"), date: response.headers.get("date"), body };
  } catch {
    return nothing; // no network, a time-out, a connection that broke
  } finally {
    clearTimeout(late);
  }
}

const nothing = { status: 0, type: "", after: null, date: null, body: null };

/** An act; the clock is read at every try, for the server takes the phone's error off by it. */
export function sendAct(act, path, photos, csrf, { hasClock, picture }) {
  const body = { ...act.body };
  if (picture) body[picture] = photos.at(-1);
  else if (photos.length) body.photos = photos;
  if (hasClock) Object.assign(body, { at: act.at, phone_time: new Date().toISOString() });
  return ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": act.id, "x-csrf": csrf },
    body: JSON.stringify(body),
  });
}
