// Who is at this page, in which words, and what time it really is.

const app = document.getElementById("app");
const written = document.getElementById("app-words");

export const person = Number(app?.dataset.person ?? 0);
export const name = app?.dataset.name ?? "";
export const version = app?.dataset.version ?? "";
export const zone = app?.dataset.zone || "Asia/Shanghai";
export const locale = document.documentElement.lang || "zh-CN";
const WORDS = written ? JSON.parse(written.textContent) : {};

/** A sentence of the page's language, its places filled in. */
export function say(key, places = {}) {
  return Object.entries(places).reduce((told, [place, value]) => told.replaceAll(`{${place}}`, value), WORDS[key] ?? key);
}

const at = (instant, how) => new Intl.DateTimeFormat(locale, { timeZone: zone, hourCycle: "h23", ...how }).format(new Date(instant));

/** 22:14, with the day where it is not today's. */
export function clock(instant) {
  const time = at(instant, { hour: "2-digit", minute: "2-digit" });
  const day = (when) => at(when, { month: "short", day: "numeric" });
  return day(instant) === day(Date.now()) ? time : `${day(instant)} ${time}`;
}

export function bytes(count) {
  return count < 1e6 ? `${Math.ceil(count / 1e3)} kB` : count < 1e9 ? `${(count / 1e6).toFixed(1)} MB` : `${(count / 1e9).toFixed(1)} GB`;
}

/** `<p class="…">text</p>`, and what else is given. */
export function element(tag, { text, ...attributes } = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  if (text !== undefined) made.textContent = text;
  made.append(...children.filter(Boolean));
  return made;
}
