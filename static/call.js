// The call at the speed of speech: suggestions, faults by a key, drafts, pictures. The form itself
// is plain HTML and does all of it without this file, only slower.
import { keepDrafts } from "./call_draft.js";
import { takePictures } from "./call_photos.js";

document.documentElement.classList.add("js");
const byId = (id) => document.getElementById(id);
const form = byId("call");
if (form) start();
keepDrafts(form);

function start() {
  const fields = form.elements;
  const search = byId("q");
  const found = byId("found");
  const fault = byId("fault");
  const faultList = byId("fault-list");

  // --- a box with a list under it (WAI-ARIA combobox) ---------------------------------------
  function combobox(input, list, choose) {
    input.setAttribute("role", "combobox");
    const options = () => [...list.querySelectorAll('[role="option"]:not([hidden])')];
    const current = () => list.querySelector('[aria-selected="true"]');
    function select(option) {
      current()?.removeAttribute("aria-selected");
      if (!option) return input.removeAttribute("aria-activedescendant");
      option.setAttribute("aria-selected", "true");
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    }
    function open(isOpen) {
      list.hidden = !isOpen;
      input.setAttribute("aria-expanded", String(isOpen && options().length > 0));
      select(isOpen ? options()[0] : null);
    }
    function move(step) {
      if (list.hidden) open(true);
      const all = options();
      select(all[(all.indexOf(current()) + step + all.length) % all.length]);
    }
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        move(event.key === "ArrowDown" ? 1 : -1);
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        open(false);
      }
    });
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target.closest('[role="option"]');
      if (!option) return;
      event.preventDefault();
      open(false);
      choose(option);
    });
    input.addEventListener("blur", () => open(false));
    return { open, current };
  }

  // --- who is calling -----------------------------------------------------------------------
  const finder = combobox(search, found, fill);
  let asked = "";
  let answer = Promise.resolve();
  let timer = 0;
  let stranger = ""; // a number or a name nobody knows, typed into the search box
  function ask() {
    const q = search.value.trim();
    if (q === asked) return answer;
    asked = q;
    clearTimeout(timer);
    if (!q) {
      found.replaceChildren();
      finder.open(false);
      return answer;
    }
    answer = fragment(`/desk/call/found?q=${encodeURIComponent(q)}`).then((html) => {
      if (q !== asked || html === null) return;
      found.innerHTML = html;
      // Who calls is settled: what is searched now is the place.
      if (isSettled()) found.querySelector("ul")?.append(...found.querySelectorAll('[data-sort="caller"]'));
      finder.open(document.activeElement === search);
    });
    return answer;
  }
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 120);
  });
  byId("finder").addEventListener("submit", async (event) => {
    event.preventDefault();
    await ask();
    const option = finder.current() ?? found.querySelector('[role="option"]');
    if (option) return fill(option);
    // Nobody we know: what was typed is the number or the name, and is not typed twice.
    const typed = search.value.trim();
    if (!typed) return;
    const isNumber = /^[+\d][\d -]{4,}$/.test(typed);
    set(isNumber ? "reporter_phone" : "reporter_name", typed);
    stranger = typed;
    clear();
    fields.namedItem(isNumber ? "reporter_name" : "reporter_phone").focus();
  });
  function isSettled() {
    return stranger && [fields.reporter_phone.value, fields.reporter_name.value].includes(stranger);
  }
  function clear() {
    search.value = asked = "";
    found.replaceChildren();
    finder.open(false);
  }
  function fill(option) {
    const { sort, project, name, phone, asset } = option.dataset;
    if (fields.project.value.trim() !== project) fields.assets.value = "";
    set("project", project);
    if (sort === "caller") {
      set("reporter_name", name);
      set("reporter_phone", phone);
    }
    if (asset) {
      const codes = fields.assets.value.split(/[\s,，、;；]+/).filter(Boolean);
      if (!codes.includes(asset)) codes.push(asset);
      set("assets", codes.join(" "));
    }
    clear();
    look();
    fault.focus();
  }
  function set(name, value) {
    fields.namedItem(name).value = value;
    form.dispatchEvent(new Event("input", { bubbles: true }));
  }
  if (found.querySelector('[role="option"]')) finder.open(true);
  else found.hidden = !found.children.length;

  // --- what is there ------------------------------------------------------------------------
  let looked = `${fields.project.value.trim()} ${fields.assets.value.trim()}`;
  async function look() {
    const project = fields.project.value.trim();
    const assets = fields.assets.value.trim();
    const wanted = `${project} ${assets}`;
    if (wanted === looked) return;
    looked = wanted;
    const where = new URLSearchParams({ project, assets });
    const html = await fragment(`/desk/call/around?${where}`);
    if (html !== null && wanted === looked) byId("around").innerHTML = html;
  }
  for (const name of ["project", "assets"]) fields.namedItem(name).addEventListener("change", look);
  byId("around").addEventListener("click", (event) => {
    const contact = event.target.closest("a[data-phone]");
    if (!contact) return;
    event.preventDefault();
    set("reporter_name", contact.dataset.name);
    set("reporter_phone", contact.dataset.phone);
    fault.focus();
  });

  // --- what is wrong ------------------------------------------------------------------------
  fault.removeAttribute("list");
  const faults = combobox(fault, faultList, chooseFault);
  const inOrder = [...faultList.children];
  function rank(option, typed) {
    const { code, keys, words, label, severity } = option.dataset;
    if (code.toLowerCase() === typed || keys.split(" ").includes(typed)) return 0;
    if (label.toLowerCase().startsWith(typed) || code.toLowerCase().startsWith(typed)) return 1;
    const all = words.split("|");
    if (all.some((word) => word.startsWith(typed))) return 2;
    // In a sentence danger counts first, then the longest words: 几盏不亮 is more than 不亮.
    const told = Math.max(0, ...all.filter((word) => word.length > 1 && typed.includes(word)).map((word) => word.length));
    if (told) return severity === "S1" ? 2.5 : 3 - Math.min(told, 40) / 100;
    if (all.some((word) => word.includes(typed))) return 3;
    return keys.split(" ").some((key) => key.startsWith(typed)) ? 4 : 9;
  }
  function narrow() {
    const typed = fault.value.trim().toLowerCase();
    const ranked = inOrder.map((option, place) => [typed ? rank(option, typed) : 0, place, option]);
    ranked.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    for (const [place, , option] of ranked) option.hidden = place === 9;
    faultList.replaceChildren(...ranked.map(([, , option]) => option));
    const isAny = ranked.some(([place]) => place < 9);
    faults.open(isAny);
  }
  fault.addEventListener("focus", narrow);
  fault.addEventListener("input", narrow);
  function chooseFault(option) {
    const { code, label, severity, kind } = option.dataset;
    fault.value = `${code} ${label}`;
    faults.open(false);
    if (kind !== fields.kind.value && kind !== "fault") fields.kind.value = kind;
    form.dispatchEvent(new Event("input", { bubbles: true }));
    const isFault = fields.kind.value === "fault";
    if (isFault && severity === "S1") fields.safety.value = "yes";
    if (isFault && severity !== "S1") form.querySelector('[name="safety"]').focus();
    else fields.description.focus();
  }

  // --- is there danger ----------------------------------------------------------------------
  const answers = { n: "no", y: "yes", u: "unasked", 0: "no", 1: "yes" };
  byId("safety").addEventListener("keydown", (event) => {
    const said = answers[event.key.toLowerCase()];
    if (!said || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    fields.safety.value = said;
    form.dispatchEvent(new Event("input", { bubbles: true }));
    fields.description.focus();
  });

  // --- going on and registering -------------------------------------------------------------
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      form.requestSubmit(byId("register"));
    } else if (event.target === fault) {
      event.preventDefault();
      const option = faults.current();
      if (!faultList.hidden && option) chooseFault(option);
    } else if (event.target.matches("input, select")) {
      event.preventDefault();
      const all = [...form.querySelectorAll("input:not([type=hidden]), select, textarea, button")];
      all[all.indexOf(event.target) + 1]?.focus();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.matches("input, textarea, select")) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target === search) {
      event.preventDefault();
      form.requestSubmit(byId("register"));
    }
  });
  let isSent = false;
  form.addEventListener("submit", (event) => {
    if (isSent) event.preventDefault();
    isSent = true;
  });
  addEventListener("pageshow", () => (isSent = false));

  takePictures(form);
  // A refused form opens where the first sentence stands.
  const wrong = form.querySelector('[aria-invalid="true"], .pick.wrong input');
  if (wrong) addEventListener("load", () => wrong.focus());
}

async function fragment(address) {
  try {
    const answer = await fetch(address, { headers: { "HX-Request": "true" } });
    return answer.ok && !answer.redirected ? await answer.text() : null;
  } catch {
    return null;
  }
}
