// The round on the phone: beside each ticket how many of its acts wait, or were refused; 收到 is held as on its page.

import { askForSync, go } from "./app.js";
import { isOpen } from "./delivery.js";
import { hideHeard } from "./heard.js";
import { element, say } from "./here.js";
import * as store from "./store.js";
import { write } from "./write.js";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-act]") || !store.canHold()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  hold(form);
}, true);

async function hold(form) {
  const button = form.querySelector("button");
  if (button.disabled) return;
  button.disabled = true;
  try {
    await write(form, form.dataset.ref, null);
  } catch {
    if (navigator.onLine) return form.submit(); // nothing is kept here: the plain form
    form.append(element("p", { class: "error", role: "alert", text: say("not_held") }));
  }
  button.disabled = false;
  await paint();
  askForSync();
  go({ isUrged: true });
}

async function paint() {
  const acts = await store.acts();
  hideHeard(acts);
  for (const card of document.querySelectorAll(".stop")) {
    const refused = acts.filter((act) => act.ref === card.id && act.state === "refused").length;
    const waiting = acts.filter((act) => act.ref === card.id && isOpen(act)).length;
    card.querySelector(".held-here")?.remove();
    const marks = [[refused, "late", "refused_count"], [waiting, "wait", "waiting_count"]]
      .filter(([count]) => count)
      .map(([count, mark, words]) => element("span", { class: `chip held ${mark}` },
        element("span", { class: "mark", "aria-hidden": "true" }), element("b", { text: say(words, { count }) })));
    if (marks.length) card.querySelector("h2").after(element("p", { class: "row held-here" }, ...marks));
  }
}

if (store.canHold()) {
  store.onChange(paint);
  await paint();
}
