// The acts a phone may write down: which form, which door, what the form's fields become, and
// which steps are open once it is done. A new kind of act is an entry here (docs/phone.md).

import { day, flag, instant, measurements, number, parts, text } from "./fields.js";

const without = (...gone) => (steps) => steps.filter((step) => !gone.includes(step));
const first = (step) => (steps) => [step, ...steps.filter((each) => each !== step)];
/** Opened where it belongs: before the first of those that is there, else last. */
const opened = (step, ...before) => (steps) => {
  if (steps.includes(step)) return steps;
  const at = steps.findIndex((each) => before.includes(each));
  return at < 0 ? [...steps, step] : [...steps.slice(0, at), step, ...steps.slice(at)];
};
const chain = (...all) => (steps) => all.reduce((now, change) => change(now), steps);

/** How many pictures go along, in all and of which moment, and how many the terms ask for.
 * @typedef {{count: number, before: number, after: number, needed: {before: number, after: number}}} Photos */

/**
 * @typedef {Object} Kind
 * @property {string} step            the step of the page whose form it is
 * @property {string} path            the door below /api/v1
 * @property {Object<string, function(Object, Object): *>} fields   of the body, out of the form
 * @property {boolean} [wants_position]   asks where the phone is, after it was written down
 * @property {boolean} [has_no_clock]     the door takes neither `at` nor `phone_time`
 * @property {string} [builds_on]         the kind whose answer fills in the path
 * @property {string} [picture]           the field of the body that its one picture goes into, by id
 * @property {function(Object, Photos): (string|Array|null)} [lacks]   what the server would refuse
 *     hours later: a key of the page's words, or one with what fills its places
 * @property {function(string[], Object): string[]} then   the steps that are open afterwards
 */

/** @type {Object<string, Kind>} */
export const KINDS = {
  answer: {
    step: "answer",
    path: "/tickets/{ref}/response",
    fields: { note: text, technician: text, expected_at: instant },
    then: (steps, { body }) =>
      chain(without("answer"), body.technician ? opened("hand_back", "danger", "note") : (all) => all,
        opened("sign", "measure", "declined", "make_safe", "appoint", "pause", "hand_back", "danger", "note"))(steps),
  },
  departure: {
    step: "depart",
    path: "/tickets/{ref}/departure",
    fields: { expected_at: instant, note: text },
    then: without("depart", "answer"),
  },
  arrival: {
    step: "arrive",
    path: "/tickets/{ref}/arrival",
    fields: {},
    wants_position: true,
    then: without("arrive", "answer", "depart"),
  },
  made_safe: {
    step: "make_safe",
    path: "/tickets/{ref}/made_safe",
    fields: { note: text, isolated: text, isolated_by: text },
    then: without("make_safe"),
  },
  repair: {
    step: "repair",
    path: "/tickets/{ref}/repair",
    fields: {
      work: text, result: text, cause: text, on_site: flag, check_after_dark: flag, parts, measurements,
      expires_on: (values, context) => (text(values, context, "result") === "temporary" ? day(values, context, "expires_on") : undefined),
    },
    lacks: (body, { before, after, needed }) => {
      if (body.result === "temporary" && !body.expires_on) return "lacks_day";
      if (body.result === "fixed" && !body.cause) return "lacks_cause";
      if (!body.on_site || body.result === "partial") return null; // as rules.needs_photos
      if (before < needed.before) return ["lacks_before", { needed: needed.before, count: before }];
      return after < needed.after ? ["lacks_after", { needed: needed.after, count: after }] : null;
    },
    then: (steps, { body }) => {
      if (body.result !== "fixed") {
        const gone = body.on_site ? without("answer", "depart", "arrive") : without("answer");
        return chain(gone, opened("sign", "measure", "declined", "make_safe", "appoint", "pause", "danger", "note"))(steps);
      }
      const left = steps.filter((step) => step === "note");
      return [...(body.check_after_dark ? ["check"] : []), "sign", ...left];
    },
  },
  signature: {
    step: "sign",
    path: "/tickets/{ref}/signature",
    fields: { name: text, signed_for: text },
    picture: "signature",
    lacks: (body, { count }) => (count ? null : "lacks_signature"),
    then: without("sign"),
  },
  appointment: {
    step: "appoint",
    path: "/tickets/{ref}/appointment",
    fields: { for_at: instant, note: text },
    then: (steps) => steps,
  },
  handback: {
    step: "hand_back",
    path: "/tickets/{ref}/handback",
    fields: { reason: text, note: text },
    lacks: (body) => (body.reason === "other" && !body.note ? "lacks_reason" : null),
    then: (steps) => steps.filter((step) => step === "note"), // it is the desk's again
  },
  check: {
    step: "check",
    path: "/tickets/{ref}/check",
    fields: { passed: flag, note: text },
    lacks: (body) => (!body.passed && !body.note ? "lacks_note" : null),
    then: (steps, { body }) => chain(without("check"), body.passed ? (all) => all : first("repair"))(steps),
  },
  pause: {
    step: "pause",
    path: "/tickets/{ref}/pauses",
    fields: { reason: text, evidence: text },
    lacks: (body, { count }) => (!body.evidence && !count ? "lacks_evidence" : null),
    then: chain(without("pause"), first("pause_end")),
  },
  "pause-end": {
    step: "pause_end",
    path: "/pauses/{pause}/end",
    fields: {},
    builds_on: "pause",
    then: (steps) => [...steps.filter((step) => step !== "pause_end" && step !== "note"), "pause", "note"],
  },
  danger: {
    step: "danger",
    path: "/tickets/{ref}/severity",
    fields: { severity: text, reason: text },
    then: (steps) => (steps.includes("make_safe") ? chain(without("danger"), first("make_safe")) : without("danger"))(steps),
  },
  measure: {
    step: "measure",
    path: "/tickets/{ref}/measures",
    fields: { description: text },
    then: (steps) => steps,
  },
  declined: {
    step: "declined",
    path: "/tickets/{ref}/substitution_declined",
    fields: { by: text, note: text },
    then: without("declined", "measure"),
  },
  // A line of an inspection has a page and a form of its own (inspection.js).
  line: {
    path: "/inspections/{ref}/line",
    fields: {},
    is_elsewhere: true,
    then: (steps) => steps,
  },
  acknowledgement: {
    step: "heard", // no step of the page: its button stands by itself (heard.js)
    path: "/tickets/{ref}/acknowledgement",
    fields: { upto: number },
    has_no_clock: true,
    then: (steps) => steps,
  },
  note: {
    step: "note",
    path: "/tickets/{ref}/notes",
    fields: { text },
    has_no_clock: true,
    then: (steps) => steps,
  },
};

/** Where an act is looked at and corrected: its ticket, unless it names a page of its own. */
export const pageOf = (act) => act.page ?? `/round/${act.ref}`;

/** The steps open on the phone: those the server knew, changed by what it has not heard yet. */
export function stepsAfter(steps, acts) {
  return acts
    .filter((act) => act.state !== "refused")
    .reduce((now, act) => KINDS[act.kind]?.then(now, act) ?? now, steps);
}

/** The body of an act, out of the form's values; what is not given is left out. */
export function bodyOf(kind, values, context) {
  const body = {};
  for (const [name, read] of Object.entries(KINDS[kind].fields)) {
    const value = read(values, context, name);
    if (value !== undefined) body[name] = value;
  }
  return body;
}

