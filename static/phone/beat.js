// The phone's own word to the desk: it is there, and so many acts wait on it.

import { ask } from "./send.js";
import * as store from "./store.js";
import { uuid } from "./uuid.js";

/** Light, and nothing depends on it: an answer is not waited for twice. */
export async function beat(csrf) {
  let phone = await store.told("phone");
  if (!phone) await store.tell("phone", (phone = uuid())); // of this browser, whoever holds it
  const version = new URL(import.meta.url).pathname.split("/")[2];
  const waiting = (await store.acts()).filter((act) => act.state !== "received").length;
  return ask("/phones/beat", {
    method: "POST", patience: 10e3,
    headers: { "Content-Type": "application/json", "x-csrf": csrf },
    body: JSON.stringify({ phone, app_version: version, waiting }),
  });
}
