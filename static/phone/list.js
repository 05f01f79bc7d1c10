// The round on the phone: beside each ticket how many of its acts wait, or were refused.

import { isOpen } from "./delivery.js";
import { element, say } from "./here.js";
import * as store from "./store.js";

async function paint() {
  const acts = await store.acts();
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
