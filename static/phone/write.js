// A form of the phone becomes an act that is held: written to the disk first, then said to be so.

import { inZone, typedIn, valuesOf } from "./fields.js";
import { name, person, say, zone } from "./here.js";
import { bodyOf, KINDS } from "./kinds.js";
import { kept } from "./photos.js";
import * as store from "./store.js";
import { uuid } from "./uuid.js";

const FIX = 6000; // how long the satellites may take

/** @returns {Promise<string?>} the sentence why it cannot be held yet; null once it is on the disk */
export async function write(form, ref, reportedAt) {
  const pressed = new Date();
  const kind = KINDS[form.dataset.act];
  const values = valuesOf(form);
  const body = bodyOf(form.dataset.act, values, { zone });
  const old = form.dataset.corrects ? await store.act(form.dataset.corrects) : null;
  const files = filesOf(form);
  // Drawn anew, a signature stands in the place of the one before.
  const goAlong = kind.picture && files.length ? [] : (old?.photos ?? []);
  const lacks = kind.lacks?.(body, await counted(form, ref, files, goAlong));
  if (lacks) return say(...[lacks].flat());
  const photos = [];
  const stamp = kind.picture ? null : await stampOf(ref, pressed);
  for (const { file, moment, isTaken } of files) { // one after the other: phones are small
    photos.push({ ...(await kept(file, isTaken ? stamp : null)), moment });
  }
  const isFinding = kind.wants_position && navigator.geolocation;
  const { path, builds_on } = await pathFor(kind, ref, values);
  const id = uuid();
  await store.put({
    id, person, name, ref, kind: form.dataset.act, path, body, values, builds_on,
    photos: [...goAlong, ...photos.map((photo) => photo.id)],
    at: await instantOf(values.at?.at(-1), old, pressed, reportedAt),
    written: pressed.toISOString(), hold_until: isFinding ? Date.now() + FIX + 1000 : 0,
    state: "waiting", tries: 0, put_off: null, answer: null,
  }, photos, { replaces: old?.id, keeps: goAlong });
  if (isFinding) findPosition(id);
  return null;
}

const MOMENTS = { photos: "other", photos_before: "before", photos_after: "after" };

/** The pictures of a form: of which moment, and whether the camera took them just now. */
function filesOf(form) {
  return [...form.querySelectorAll("input[type=file]")].flatMap((input) =>
    [...input.files].filter((file) => file.size).map((file) =>
      ({ file, moment: MOMENTS[input.name] ?? "other", isTaken: input.hasAttribute("capture") })));
}

async function counted(form, ref, files, goAlong) {
  // Those of acts of this ticket that wait here count on the server, too.
  const waiting = (await store.actsOf(ref)).filter((act) => act.state !== "refused" && act.state !== "received");
  const kept = async (ids) => (await Promise.all(ids.map((id) => store.photo(id)))).filter(Boolean);
  const mine = [...files, ...(await kept(goAlong))];
  const all = [...mine, ...(await kept(waiting.flatMap((act) => act.photos)))];
  const of = (moment) => all.filter((each) => each.moment === moment).length;
  const asked = (moment) => Number(form.querySelector(`[data-moment="${moment}"]`)?.dataset.needed ?? 0);
  return { count: mine.length, before: of("before"), after: of("after"), needed: { before: asked("before"), after: asked("after") } };
}

/** What stands in a picture's corner: when, where, which ticket, and the degrees if they are known. */
async function stampOf(ref, pressed) {
  const ahead = (await store.told("ahead")) ?? 0;
  const at = pressed.getTime() + ahead;
  const pack = await store.told("pack");
  const ticket = pack?.tickets.find((each) => each.ref === ref);
  const where = await store.told("where");
  const isNear = where && pressed.getTime() - where.at < 30 * 60e3;
  return [
    `${typedIn(at, zone).replace("T", " ")}  ${ref}`,
    [ticket?.project, ticket?.place].filter(Boolean).join(" · "),
    isNear ? `${where.lat.toFixed(5)}, ${where.lon.toFixed(5)} (WGS-84, ±${where.accuracy_m} m)` : "",
  ].filter(Boolean);
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
  const told = (await store.actsOf(ref)).filter((act) => act.state !== "refused");
  const begun = told.filter((act) => act.kind === kind.builds_on).at(-1);
  const isEnded = begun && told.some((act) => KINDS[act.kind].builds_on === kind.builds_on && act.n > begun.n);
  const named = values.pause?.at(-1);
  const isKnown = begun?.answer?.id && String(begun.answer.id) === named;
  if (begun && !isEnded && !isKnown) return { path, builds_on: begun.id };
  return { path: named ? path.replace("{pause}", named) : path, builds_on: null };
}

/** It was written down without; where the phone is comes along if it is found in time. */
function findPosition(id) {
  const done = async (found) => {
    const position = found && { lat: found.latitude, lon: found.longitude, accuracy_m: Math.round(found.accuracy) };
    if (position) await store.tell("where", { ...position, at: Date.now() }); // for the pictures that follow
    await store.change(id, (act) => ({ hold_until: 0, body: position ? { ...act.body, position } : act.body }));
  };
  const late = setTimeout(() => done(null), FIX + 500);
  const found = (where) => { clearTimeout(late); done(where); };
  navigator.geolocation.getCurrentPosition(
    (where) => found(where.coords), () => found(null),
    { enableHighAccuracy: true, timeout: FIX, maximumAge: 30e3 },
  );
}
