// What the phone adds to forms that work without it: where it stands, pictures seen before they
// are sent, one press is one act.

const WAIT = 6000;

/** Where the phone is, asked for only when somebody says that he is on site. */
function position() {
  return new Promise((found) => {
    if (!navigator.geolocation) return found(null);
    const late = setTimeout(() => found(null), WAIT + 500);
    const done = (where) => { clearTimeout(late); found(where); };
    navigator.geolocation.getCurrentPosition(
      (where) => done(where.coords),
      () => done(null),
      { enableHighAccuracy: true, timeout: WAIT, maximumAge: 30000 },
    );
  });
}

function busy(form) {
  const buttons = [...form.querySelectorAll("button[type=submit]"), ...document.querySelectorAll(`button[form="${form.id}"]`)];
  for (const button of buttons) {
    button.disabled = true;
    if (button.dataset.busy) button.textContent = button.dataset.busy;
  }
}

for (const form of document.querySelectorAll("form[data-act]")) {
  form.addEventListener("submit", async (event) => {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "true";
    const told = form.querySelector("[data-position]");
    if (!told || form.elements.lat.value) return busy(form);
    event.preventDefault();
    busy(form);
    told.hidden = false;
    told.textContent = told.dataset.asking;
    const where = await position();
    if (where) {
      form.elements.lat.value = where.latitude.toFixed(7);
      form.elements.lon.value = where.longitude.toFixed(7);
      form.elements.accuracy_m.value = Math.round(where.accuracy);
    }
    told.textContent = where ? told.dataset.found.replace("%m", Math.round(where.accuracy)) : told.dataset.none;
    form.submit();
  });
}
// Back from the next page: the form may be sent again (its key makes that one act).
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

for (const box of document.querySelectorAll("[data-photos]")) {
  const thumbs = box.querySelector("[data-thumbs]");
  box.classList.add("enhanced");
  box.addEventListener("change", (event) => {
    const input = event.target;
    if (input.type !== "file" || !input.files.length) return;
    // A camera gives one picture at a time: the filled field steps aside, an empty one follows.
    const empty = input.cloneNode();
    empty.value = "";
    input.after(empty);
    input.hidden = true;
    box.append(input);
    for (const file of input.files) {
      const item = document.createElement("li");
      const image = document.createElement("img");
      image.alt = file.name;
      image.src = URL.createObjectURL(file);
      image.onload = () => URL.revokeObjectURL(image.src);
      item.append(image);
      if (input.files.length === 1) item.append(away(() => { input.remove(); item.remove(); }));
      thumbs.append(item);
    }
  });
  for (const item of thumbs.children) item.append(away(() => item.remove()));
}

function away(act) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "away";
  button.textContent = "×";
  button.setAttribute("aria-label", document.documentElement.lang.startsWith("zh") ? "去掉这张照片" : "Remove this photo");
  button.addEventListener("click", act);
  return button;
}

for (const parts of document.querySelectorAll("[data-parts]")) {
  const more = parts.querySelector("[data-more-parts]");
  more.hidden = false;
  more.addEventListener("click", () => {
    const last = [...parts.querySelectorAll("[data-part]")].pop();
    const row = last.cloneNode(true);
    for (const input of row.querySelectorAll("input")) input.value = input.name === "part_quantity" ? "1" : "";
    last.after(row);
    row.querySelector("input").focus();
  });
}

for (const coming of document.querySelectorAll(".coming")) {
  const other = coming.querySelector('[type="datetime-local"]');
  coming.addEventListener("input", (event) => {
    if (event.target === other) for (const time of coming.querySelectorAll("[type=radio]")) time.checked = false;
    else other.value = "";
  });
}

// A link to a step opens it.
function open() {
  const step = location.hash.startsWith("#step-") && document.getElementById(location.hash.slice(1));
  if (step) { step.open = true; step.scrollIntoView({ block: "start" }); }
}
addEventListener("hashchange", open);
for (const link of document.querySelectorAll('a[href^="#step-"]')) link.addEventListener("click", () => setTimeout(open));
open();
