// A photo on its way to the server: the one place that knows how. Sent twice it is one photo.
// A large one goes in pieces, so that a line that breaks costs one piece and not the picture.

import { ask } from "./send.js";

const PATIENCE = 120e3, OF_A_PIECE = 60e3;
const PIECE = 256 * 1024, LARGE = 2 * PIECE;

/** @param {{id: string, bytes: ArrayBuffer, type: string, moment?: string}} photo
 * @returns {Promise<{status: number, body: {id: string}}>} the answer that decides, as of POST /photos */
export function upload(photo, csrf) {
  // Without https there is no digest to announce it by: then whole.
  return photo.bytes.byteLength > LARGE && globalThis.crypto?.subtle ? inPieces(photo, csrf) : whole(photo, csrf);
}

function whole(photo, csrf) {
  const form = new FormData();
  form.append("key", photo.id);
  form.append("moment", photo.moment ?? "other");
  form.append("file", new Blob([photo.bytes], { type: photo.type }), `${photo.id}.jpg`);
  return ask("/photos", { method: "POST", headers: { "x-csrf": csrf }, body: form, patience: PATIENCE });
}

async function inPieces(photo, csrf) {
  const size = photo.bytes.byteLength;
  const announced = JSON.stringify({ size, sha256: await sha256(photo.bytes), key: photo.id, moment: photo.moment ?? "other" });
  const begin = () => ask("/uploads", { method: "POST", headers: { "x-csrf": csrf, "Content-Type": "application/json" }, body: announced });
  let answer = await begin();
  let isAskedAnew = false;
  while (answer.status < 300 && answer.body && !answer.body.photo) {
    const { id, offset } = answer.body;
    const next = await ask(`/uploads/${id}`, {
      method: "PATCH", patience: OF_A_PIECE,
      headers: { "x-csrf": csrf, "Content-Type": "application/octet-stream", "Upload-Offset": String(offset) },
      body: photo.bytes.slice(offset, Math.min(offset + PIECE, size)),
    });
    // Another had it further already, or it was cleared: asked once where to go on.
    if ([404, 409].includes(next.status) && !isAskedAnew) {
      isAskedAnew = true;
      answer = await begin();
    } else if (next.status === 422) { // it does not fit together: anew, in one piece
      await ask(`/uploads/${id}`, { method: "DELETE", headers: { "x-csrf": csrf } });
      return whole(photo, csrf);
    } else answer = next;
  }
  if (answer.body?.photo) answer.body = { id: answer.body.photo };
  return answer;
}

async function sha256(bytes) {
  return [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
