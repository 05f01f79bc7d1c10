// The acts a phone may write down: which form, which door, what the form's fields become, and
// which steps are open once it is done. A new kind of act is an entry here (docs/phone.md).

import { day, flag, instant, parts, text } from "./fields.js";

const without = (...gone) => (steps) => steps.filter((step) => !gone.includes(step));
const first = (step) => (steps) => [step, ...steps.filter((each) => each !== step)];
const chain = (...all) => (steps) => all.reduce((now, change) => change(now), steps);

/**
 * @typedef {Object} Kind
 * @property {string} step            the step of the page whose form it is
 * @property {string} path            the door below /api/v1
 * @property {Object<string, function(Object, Object): *>} fields   of the body, out of the form
 * @property {boolean} [wants_position]   asks where the phone is, after it was written down
 * @property {boolean} [has_no_clock]     the door takes neither `at` nor `phone_time`
 * @property {string} [builds_on]         the kind whose answer fills in the path
 * @property {function(Object, number): (string|null)} [lacks]   what the server would refuse hours
 *     later, given the body and the number of photos: a key of the page's words
 * @property {function(string[], Object): string[]} then   the steps that are open afterwards
 */

/** @type {Object<string, Kind>} */
export const KINDS = {
  answer: {
    step: "answer",
    path: "/tickets/{ref}/response",
    fields: { note: text, technician: text, expected_at: instant },
    then: without("answer"),
  },
  arrival: {
    step: "arrive",
    path: "/tickets/{ref}/arrival",
    fields: {},
    wants_position: true,
    then: without("arrive", "answer"),
  },
  made_safe: {
    step: "make_safe",
    path: "/tickets/{ref}/made_safe",
    fields: { note: text },
    then: without("make_safe"),
  },
  repair: {
    step: "repair",
    path: "/tickets/{ref}/repair",
    fields: {
      work: text, result: text, cause: text, on_site: flag, check_after_dark: flag, parts,
      expires_on: (values, context) => (text(values, context, "result") === "temporary" ? day(values, context, "expires_on") : undefined),
    },
    lacks: (body) => (body.result === "temporary" && !body.expires_on ? "lacks_day" : body.result === "fixed" && !body.cause ? "lacks_cause" : null),
    then: (steps, { body }) => {
      if (body.result !== "fixed") return without("answer")(steps);
      const left = steps.filter((step) => step === "note");
      return body.check_after_dark ? ["check", ...left] : left;
    },
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
    lacks: (body, photos) => (!body.evidence && !photos ? "lacks_evidence" : null),
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
  note: {
    step: "note",
    path: "/tickets/{ref}/notes",
    fields: { text },
    has_no_clock: true,
    then: (steps) => steps,
  },
};

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

