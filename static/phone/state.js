// How an act stands, in words and by a mark.

import { clock, element, person, say } from "./here.js";

const MARKS = { waiting: "wait", sending: "send", received: "met", refused: "late", needs_sign_in: "wait" };

export function stateWords(act) {
  if (act.state === "refused" || act.state === "received" || act.state === "sending") return say(act.state);
  if (act.person !== person) return say("waits_for", { name: act.name });
  if (act.state === "needs_sign_in") return say("needs_sign_in");
  if (act.tries && act.answer?.status >= 500) return say("server_troubled");
  return say("waiting");
}

export const chip = (act) =>
  element("span", { class: `chip held ${MARKS[act.state]}` },
    element("span", { class: "mark", "aria-hidden": "true" }), element("b", { text: stateWords(act) }));

export const title = (act) => say(`kind_${act.kind}`);
export const said = (act) => `${title(act)} ${clock(act.at)}`;

/** Why it was refused, as the server said it. */
export function reason(act) {
  const { answer } = act;
  if (answer?.reason === "builds_on") return say("builds_on_refused");
  const told = [answer?.detail, ...(answer?.errors ?? []).map((each) => each.message)].filter(Boolean);
  return [...new Set(told)].join(" ") || say("refused_by_status", { status: answer?.status ?? "" });
}

/** What the server made of its instant; nothing where it counts as it was told. */
export function judged(act) {
  const found = act.answer?.verdict;
  if (!found) return null;
  const claimed = Date.parse(act.at) + (found.skew_seconds ?? 0) * 1000;
  const isLate = Math.abs(Date.parse(found.at) - claimed) > 1500;
  const told = [say(isLate ? "counts_from_delivery" : "counts_from", { at: clock(found.at) })];
  if (Math.abs(found.skew_seconds ?? 0) > 120) {
    told.push(say(found.skew_seconds > 0 ? "clock_slow" : "clock_fast", { minutes: Math.round(Math.abs(found.skew_seconds) / 60) }));
  }
  return told.join(" ");
}

