// Remaining time counts down on the server's clock; the phone's or desk's own may be wrong.
const meta = document.querySelector('meta[name="server-now"]');
const loadedAt = performance.now();
let serverAtLoad = meta ? Date.parse(meta.content) : Date.now();

/** A fresher word from the server, as from a polled fragment's Date header. */
export function heard(instant) {
  const at = Date.parse(instant);
  if (!Number.isNaN(at)) serverAtLoad = at - (performance.now() - loadedAt);
}

export const now = () => serverAtLoad + (performance.now() - loadedAt);

const zh = document.documentElement.lang.startsWith("zh");

/** The same words as tickets/words.py `duration`. */
export function duration(milliseconds) {
  const minutes = Math.floor(Math.abs(milliseconds) / 60000);
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  const left = minutes % 60;
  let parts;
  if (days >= 3) parts = [[days, zh ? "天" : "d"], [hours, zh ? "小时" : "h"]];
  else if (days || hours) parts = [[days * 24 + hours, zh ? "小时" : "h"], [left, zh ? "分" : "min"]];
  else if (left) parts = [[left, zh ? "分钟" : "min"]];
  else return zh ? "不到 1 分钟" : "less than 1 min";
  return parts.filter(([number]) => number).map(([number, unit]) => `${number} ${unit}`).join(" ");
}

export function nearness(milliseconds) {
  if (milliseconds < 0) return "late";
  if (milliseconds <= 3600e3) return "hour";
  return milliseconds <= 21600e3 ? "soon" : "calm";
}

const STEPS = ["late", "hour", "soon", "calm"];

export function tick(root = document) {
  for (const element of root.querySelectorAll("time[data-due]")) {
    const left = Date.parse(element.dataset.due) - now();
    const length = duration(left);
    const words = left >= 0 ? (zh ? `还剩 ${length}` : `${length} left`) : zh ? `已超 ${length}` : `${length} over`;
    if (element.textContent !== words) element.textContent = words;
    const chip = element.closest("[data-nearness]");
    if (chip && !chip.classList.contains(nearness(left))) {
      chip.classList.remove(...STEPS);
      chip.classList.add(nearness(left));
    }
  }
}

tick();
setInterval(tick, 5000);
document.addEventListener("visibilitychange", () => document.hidden || tick());
document.addEventListener("htmx:afterSwap", () => tick());
// A page that the phone had kept is older than it looks; the app knows what time it is.
document.addEventListener("server-now", (event) => { heard(event.detail); tick(); });
