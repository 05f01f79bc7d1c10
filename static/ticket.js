// The page asks every few seconds whether anything has happened to its ticket, and shows it.
// What somebody is typing is never taken away.
import { heard, tick } from "./ticking.js";

const page = document.getElementById("ticket");
let tag = null;

async function ask() {
  if (document.hidden) return;
  let answer;
  try {
    answer = await fetch(page.dataset.live, {
      headers: tag ? { "If-None-Match": tag } : {},
      cache: "no-store",
      redirect: "manual",
    });
  } catch {
    return; // asked again soon
  }
  heard(answer.headers.get("Date"));
  if (answer.status !== 200) return;
  tag = answer.headers.get("ETag");
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const now = document.getElementById("state");
  const next = fresh.getElementById("state");
  if (!next || next.dataset.tag === now.dataset.tag) return;
  const opened = [...now.querySelectorAll("details:not(.act)")].map((each) => each.open);
  const typing = now.querySelector(".act[open]");
  const acts = document.getElementById("acts");
  if (typing) {
    if (!acts.querySelector(".stale")) {
      const said = Object.assign(document.createElement("p"), { className: "banner warn stale", textContent: page.dataset.stale, role: "status" });
      acts.prepend(said);
    }
    // Everything but the forms, one by one, so that the caret stays where it is.
    const fixed = acts.closest(".acts-column");
    replaceAround(now, next, fixed);
    now.dataset.tag = next.dataset.tag;
  } else {
    now.replaceWith(next);
  }
  const details = document.querySelectorAll("#state details:not(.act)");
  if (details.length === opened.length) details.forEach((each, place) => (each.open = opened[place]));
  tick(page);
}

/** Children of `now` become those of `next`, except the branch that holds `fixed`. */
function replaceAround(now, next, fixed) {
  const pairs = [...now.children];
  const fresh = [...next.children];
  const kept = pairs.findIndex((child) => child.contains(fixed));
  const twin = fresh.findIndex((child) => child.querySelector("#acts"));
  if (kept < 0 || twin < 0) return;
  pairs.forEach((child, place) => place !== kept && child.remove());
  if (pairs[kept] !== fixed) replaceAround(pairs[kept], fresh[twin], fixed);
  pairs[kept].before(...fresh.slice(0, twin));
  pairs[kept].after(...fresh.slice(twin + 1));
}

if (page) setInterval(ask, 5000);
