// A call being typed survives a reload, a crash, a closed tab: it is kept in this browser until it
// is registered, twelve hours at most, because it holds a caller's number.
const PREFIX = "call:";
const HOURS = 12;

export function keepDrafts(form) {
  const saved = document.querySelector("[data-saved]")?.dataset.saved;
  if (saved) localStorage.removeItem(PREFIX + saved);
  for (const [key, draft] of drafts()) {
    if (Date.now() - draft.at > HOURS * 3600e3) localStorage.removeItem(key);
  }
  if (!form) return;

  const named = location.hash.match(/^#draft=([0-9a-f-]{36})$/)?.[1];
  const mine = read(PREFIX + named);
  if (mine) restore(form, named, mine);
  else offer(form);

  let timer = 0;
  const keep = () => {
    clearTimeout(timer);
    const values = [...new FormData(form)].filter(([name, value]) => name !== "csrf" && typeof value === "string");
    const key = form.elements.key.value;
    try {
      localStorage.setItem(PREFIX + key, JSON.stringify({ at: Date.now(), values }));
    } catch {
      return; // a full or forbidden store: the form still works
    }
    history.replaceState(null, "", `${location.pathname}${location.search}#draft=${key}`);
  };
  let isLeaving = false;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, 250);
  });
  form.addEventListener("submit", () => {
    keep();
    isLeaving = true;
  });
  addEventListener("pagehide", () => timer && !isLeaving && keep());
}

function read(key) {
  try {
    const draft = JSON.parse(localStorage.getItem(key));
    return Array.isArray(draft?.values) ? draft : null;
  } catch {
    return null;
  }
}

const drafts = () =>
  Object.keys(localStorage)
    .filter((key) => key.startsWith(PREFIX))
    .map((key) => [key, read(key)])
    .filter(([, draft]) => draft);

function restore(form, key, draft) {
  const several = {};
  for (const [name, value] of draft.values) (several[name] ??= []).push(value);
  for (const [name, values] of Object.entries(several)) {
    if (name === "photos") {
      for (const id of values) {
        const input = Object.assign(document.createElement("input"), { type: "hidden", name, value: id });
        form.querySelector("#photos").append(input);
      }
    } else if (form.elements.namedItem(name)) {
      form.elements.namedItem(name).value = values.at(-1);
    }
  }
  form.elements.key.value = key;
  form.elements.project.dispatchEvent(new Event("change"));
}

function offer(form) {
  const banner = document.getElementById("draft-found");
  const mine = PREFIX + form.elements.key.value;
  const [key, draft] = drafts().filter(([key]) => key !== mine).sort((a, b) => b[1].at - a[1].at)[0] ?? [];
  if (!key || !banner) return;
  const at = new Date(draft.at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  banner.querySelector("span").textContent = banner.dataset.words.replace("{at}", at);
  banner.hidden = false;
  banner.addEventListener("click", (event) => {
    const what = event.target.dataset.draft;
    if (what === "drop") localStorage.removeItem(key);
    if (what === "open") {
      const id = key.slice(PREFIX.length);
      restore(form, id, draft);
      history.replaceState(null, "", `/desk/call#draft=${id}`);
    }
    if (what) banner.hidden = true;
  });
}
