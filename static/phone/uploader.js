// A photo on its way to the server: the one place that knows how. Sent twice it is one photo.

import { ask } from "./send.js";

const PATIENCE = 120e3;

/** @param {{id: string, bytes: ArrayBuffer, type: string}} photo */
export function upload(photo, csrf) {
  const form = new FormData();
  form.append("key", photo.id);
  form.append("file", new Blob([photo.bytes], { type: photo.type }), `${photo.id}.jpg`);
  return ask("/photos", { method: "POST", headers: { "x-csrf": csrf }, body: form, patience: PATIENCE });
}
