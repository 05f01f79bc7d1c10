// The search in the bar: suggestions while one types, arrows and Enter, Ctrl K from anywhere. The
// form is plain HTML and leads to /search without this file.
const form = document.querySelector("[data-search]");
if (form) start(form);

function start(form) {
  const input = form.querySelector("input");
  const list = form.querySelector("[data-searched]");
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  let asked = "";
  let timer = 0;

  const options = () => [...list.querySelectorAll('[role="option"]')];
  const current = () => list.querySelector('[aria-selected="true"]');
  function select(option) {
    current()?.removeAttribute("aria-selected");
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }
  function open(isOpen) {
    list.hidden = !(isOpen && list.children.length);
    input.setAttribute("aria-expanded", String(!list.hidden && options().length > 0));
    if (list.hidden) select(null);
  }
  async function ask() {
    const q = input.value.trim();
    if (q === asked) return open(true);
    asked = q;
    if (!q) {
      list.replaceChildren();
      return open(false);
    }
    let html = null;
    try {
      const answer = await fetch(`/search/found?q=${encodeURIComponent(q)}`, { headers: { "HX-Request": "true" } });
      html = answer.ok && !answer.redirected ? await answer.text() : null;
    } catch {
      // The line is away: Enter still leads to the page.
    }
    // An answer that came late is about what was typed before.
    if (html === null || q !== asked) return;
    list.innerHTML = html;
    open(document.activeElement === input);
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    select(null);
    timer = setTimeout(ask, 150);
  });
  input.addEventListener("focus", () => open(input.value.trim() === asked));
  input.addEventListener("blur", () => open(false));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) open(true);
      const all = options();
      if (!all.length) return;
      const at = all.indexOf(current());
      const step = event.key === "ArrowDown" ? 1 : -1;
      select(all[at < 0 ? (step > 0 ? 0 : all.length - 1) : (at + step + all.length) % all.length]);
    } else if (event.key === "Enter" && current() && !list.hidden) {
      event.preventDefault();
      location.assign(current().href);
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (list.hidden) input.blur();
      open(false);
    }
  });
  // A press keeps the focus where it is, so that the list is still there when the click comes.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    // On a narrow screen the box is a page of its own, where its field has the focus.
    if (!input.checkVisibility()) return location.assign("/search");
    input.focus();
    input.select();
  });
}
