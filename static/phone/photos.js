// A picture made small enough for a mobile line before it is kept: at most 2560 px, JPEG.

import { uuid } from "./uuid.js";

const LONGEST = 2560, QUALITY = 0.85;

/** @param {string[]?} stamp   lines for its corner
 * @returns {Promise<{id: string, bytes: ArrayBuffer, type: string, taken_at: string?}>} */
export async function kept(file, stamp = null) {
  const original = await file.arrayBuffer();
  const taken_at = takenAt(original);
  try {
    const bytes = await smaller(file, stamp);
    return { id: uuid(), bytes, type: "image/jpeg", taken_at };
  } catch {
    // No picture this browser can draw: the server may know it, or says why not.
    return { id: uuid(), bytes: original, type: file.type, taken_at };
  }
}

async function smaller(file, stamp) {
  const image = await drawable(file);
  const scale = Math.min(1, LONGEST / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.width * scale);
  canvas.height = Math.round(image.height * scale);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff"; // a PNG's clear parts
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close?.();
  if (stamp?.length) write(pen, stamp, canvas);
  const blob = await new Promise((done, fail) =>
    canvas.toBlob((made) => (made ? done(made) : fail(new Error("no picture"))), "image/jpeg", QUALITY));
  return blob.arrayBuffer();
}

/** Light on a dark band at the foot, as cameras for site work do it: read on any picture. */
function write(pen, lines, { width, height }) {
  const size = Math.max(12, Math.round(Math.max(width, height) / 64));
  const line = size * 1.4, tall = line * lines.length + size * 0.8;
  pen.fillStyle = "rgb(0 0 0 / .55)";
  pen.fillRect(0, height - tall, width, tall);
  pen.fillStyle = "#fff";
  pen.font = `600 ${size}px sans-serif`;
  pen.textBaseline = "top";
  lines.forEach((words, n) => pen.fillText(words, size * 0.7, height - tall + size * 0.5 + n * line, width - size * 1.4));
}

/** Turned the way it was held (EXIF). */
async function drawable(file) {
  if ("createImageBitmap" in globalThis) {
    try { return await createImageBitmap(file, { imageOrientation: "from-image" }); } catch { /* older Safari */ }
  }
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try { await image.decode(); } finally { URL.revokeObjectURL(image.src); }
  return image;
}

/** When the camera says that it was taken (EXIF DateTimeOriginal), by the phone's own clock. */
export function takenAt(buffer) {
  try {
    const view = new DataView(buffer);
    if (view.getUint16(0) !== 0xffd8) return null;
    for (let at = 2; view.getUint8(at) === 0xff; at += 2 + view.getUint16(at + 2)) {
      if (view.getUint8(at + 1) === 0xe1 && view.getUint32(at + 4) === 0x45786966) return inExif(view, at + 10);
      if (view.getUint8(at + 1) === 0xda) return null;
    }
  } catch { /* cut short, or made by somebody clever */ }
  return null;
}

function inExif(view, base) {
  const isLittle = view.getUint16(base) === 0x4949;
  const short = (at) => view.getUint16(base + at, isLittle);
  const long = (at) => view.getUint32(base + at, isLittle);
  const find = (directory, tag) => {
    for (let n = 0; n < short(directory); n++) {
      const entry = directory + 2 + 12 * n;
      if (short(entry) === tag) return long(entry + 8);
    }
    return null;
  };
  const inner = find(long(4), 0x8769);
  const where = inner && find(inner, 0x9003);
  if (!where) return null;
  const said = String.fromCharCode(...new Uint8Array(view.buffer, base + where, 19));
  const typed = said.replace(/^(\d{4}):(\d\d):(\d\d) /, "$1-$2-$3T");
  const at = new Date(typed);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}
