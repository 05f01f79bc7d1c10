// A form of the phone becomes an act that is held: written to the disk first, then said to be so.

import { inZone, typedIn, valuesOf } from "./fields.js";
import { name, person, say, uuid, zone } from "./here.js";
import { bodyOf, KINDS } from "./kinds.js";
import { kept } from "./photos.js";
import * as store from "./store.js";

const FIX = 6000; // how long the satellites may take

/** @returns {Promise<string?>} the sentence why it cannot be held yet; null once it is on the disk */
export async function write(form, ref, reportedAt) {
  const pressed = new Date();
  const kind = KINDS[form.dataset.act];
  const values = valuesOf(form);
  const body = bodyOf(form.dataset.act, values, { zone });
  const files = new FormData(form).getAll("photos").filter((file) => file instanceof File && file.size);
  const old = form.dataset.corrects ? await store.act(form.dataset.corrects) : null;
  const lacks = kind.lacks?.(body, files.length + (old?.photos.length ?? 0));
  if (lacks) return say(lacks);
  const photos = [];
  for (const file of files) photos.push(await kept(file)); // one after the other: phones are small
  const isFinding = kind.wants_position && navigator.geolocation;
  const { path, builds_on } = await pathFor(kind, ref, values);
  const id = uuid();
  await store.put({
    id, person, name, ref, kind: form.dataset.act, path, body, values, builds_on,
    photos: [...(old?.photos ?? []), ...photos.map((photo) => photo.id)],
    at: await instantOf(values.at?.at(-1), old, pressed, reportedAt),
    written: pressed.toISOString(), hold_until: isFinding ? Date.now() + FIX + 1000 : 0,
    state: "waiting", tries: 0, put_off: null, answer: null,
  }, photos, { replaces: old?.id, keeps: old?.photos });
  if (isFinding) findPosition(id);
  return null;
}

/** As typed; corrected, it stays when it was unless that was changed, too. */
function instantOf(typed, old, pressed, reportedAt) {
  if (!typed || (old && typed === typedIn(Date.parse(old.at), zone))) return old?.at ?? pressed.toISOString();
  return typedInstant(typed, reportedAt);
}

/** A field that knows no seconds: the very minute of the report means the report's instant. */
async function typedInstant(typed, reportedAt) {
  const at = Date.parse(inZone(typed, zone));
  const reported = Date.parse(reportedAt) - ((await store.told("ahead")) ?? 0);
  return new Date(at <= reported && reported < at + 60e3 ? reported : at).toISOString();
}

/** What is ended is the pause told on this phone last, else the one the server's page names. */
async function pathFor(kind, ref, values) {
  const path = kind.path.replace("{ref}", encodeURIComponent(ref));
  if (!kind.builds_on) return { path, builds_on: null };
  const told = (await store.acts()).filter((act) => act.ref === ref && act.state !== "refused");
  const begun = told.filter((act) => act.kind === kind.builds_on).at(-1);
  const isEnded = begun && told.some((act) => KINDS[act.kind].builds_on === kind.builds_on && act.n > begun.n);
  const named = values.pause?.at(-1);
  const isKnown = begun?.answer?.id && String(begun.answer.id) === named;
  if (begun && !isEnded && !isKnown) return { path, builds_on: begun.id };
  return { path: named ? path.replace("{pause}", named) : path, builds_on: null };
}

/** It was written down without; where the phone is comes along if it is found in time. */
function findPosition(id) {
  const done = (where) => store.change(id, (act) => ({
    hold_until: 0,
    body: where ? { ...act.body, position: { lat: where.latitude, lon: where.longitude, accuracy_m: Math.round(where.accuracy) } } : act.body,
  }));
  const late = setTimeout(() => done(null), FIX + 500);
  const found = (where) => { clearTimeout(late); done(where); };
  navigator.geolocation.getCurrentPosition(
    (where) => found(where.coords), () => found(null),
    { enableHighAccuracy: true, timeout: FIX, maximumAge: 30e3 },
  );
}
