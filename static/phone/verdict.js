// What an answer means for an act: received, refused for good, later, or first sign in.

export const TRIES_OF_A_RACE = 2;
const FIRST = 2000, LONGEST = 5 * 60e3, MOST_TOLD = 60 * 60e3;

/**
 * @param {{status: number, type: string, after: string?}} answer   status 0: nothing came back
 * @returns {{is: "received"|"refused"|"later"|"sign_in"|"whose", delay?: number, told?: boolean}}
 */
export function verdict(answer, tries = 0) {
  const { status, type = "" } = answer;
  if (status >= 200 && status < 300 && type.includes("json")) return { is: "received" };
  if (status === 401) return { is: "sign_in" };
  if (status === 429 || status === 503) {
    const told = wait(answer.after);
    return { is: "later", delay: told ?? backOff(tries), told: told !== null };
  }
  const isOurs = type.includes("problem+json");
  // The page may be of an earlier sign-in: ask who we are before it counts as a refusal.
  if (status === 403 && isOurs) return { is: "whose" };
  // Two at one moment: the database let one of them pass. A real refusal says the same again.
  if (status === 409 && isOurs && tries + 1 < TRIES_OF_A_RACE) return { is: "later", delay: FIRST / 2, told: false };
  if ([400, 404, 405, 409, 410, 422].includes(status) && isOurs) return { is: "refused" };
  if (status === 413 || status === 415) return { is: "refused" }; // a proxy says so, too
  // Everything else is not our server's word: no network, a gateway, a hotel's sign-in page.
  return { is: "later", delay: backOff(tries), told: false };
}

/** 2 s, 4 s, 8 s … five minutes, each shortened by chance so that phones do not come together. */
export function backOff(tries, chance = Math.random()) {
  return Math.min(LONGEST, FIRST * 2 ** Math.min(tries, 10)) * (0.5 + chance / 2);
}

/** Retry-After: seconds, or an HTTP date. */
export function wait(after) {
  if (!after) return null;
  const seconds = Number(after);
  const length = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(after) - Date.now();
  return Number.isFinite(length) ? Math.min(Math.max(length, 0), MOST_TOLD) : null;
}

/** Whether an act that failed may be tried; a clock that was set back does not hold it up. */
export function isDue(act, now, isUrged) {
  if (act.hold_until > now && act.hold_until - now < 60e3) return false;
  const { put_off: late } = act;
  if (!late || (isUrged && !late.told)) return true;
  return now < late.at || now - late.at >= late.delay;
}
