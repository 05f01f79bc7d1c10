// A label's code, read by the camera or typed: the asset and its open tickets, with or without a line.

import { element, say } from "./here.js";
import * as store from "./store.js";

const OFTEN = 180, WIDEST = 800;
const page = document.getElementById("scan");
const finder = page.querySelector(".finder"), video = page.querySelector("video");
const form = page.querySelector("form"), picture = page.querySelector("[data-picture]");
const { reader: READER } = document.getElementById("app").dataset;
let stream, last = "";

function tell(key, kind = "") {
  const told = page.querySelector("[data-told]");
  told.hidden = !key;
  told.className = `banner ${kind}`;
  told.textContent = key ? say(key) : "";
}

/** The browser's own where it has one; else a library with the same door, fetched only now. */
async function detector() {
  if ("BarcodeDetector" in globalThis) {
    const formats = await BarcodeDetector.getSupportedFormats().catch(() => []);
    if (formats.includes("qr_code")) return new BarcodeDetector({ formats: ["qr_code"] });
  }
  const library = await import(READER);
  return new library.BarcodeDetector({ formats: ["qr_code"] });
}

const canvas = document.createElement("canvas");
function drawn(image, width, height) {
  const scale = Math.min(1, WIDEST / Math.max(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d", { willReadFrequently: true }).drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}

async function look() {
  try {
    if (!navigator.mediaDevices?.getUserMedia) throw new Error("no camera");
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false });
  } catch {
    return tell("no_camera"); // not allowed, or a browser inside a chat: its camera gives a picture
  }
  try {
    const reads = await detector();
    video.srcObject = stream;
    finder.hidden = false;
    await video.play();
    while (stream.active && !document.hidden) {
      const [code] = video.videoWidth ? await reads.detect(drawn(video, video.videoWidth, video.videoHeight)) : [];
      if (code && code.rawValue !== last) {
        last = code.rawValue;
        navigator.vibrate?.(60);
        if (await found(code.rawValue)) break;
      }
      await new Promise((done) => setTimeout(done, OFTEN));
    }
  } catch {
    tell("no_reader", "warn");
  }
  rest();
}

function rest() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  finder.hidden = true;
}

/** What a label says: an address of ours with its name, or what stands below it. */
const named = (text) => decodeURIComponent(/\/q\/([^/?#\s]+)/.exec(text)?.[1] ?? text).trim();

/** Whether anything was shown or opened. */
async function found(text) {
  const name = named(text);
  const pack = await store.told("pack");
  const is = (asset) => asset.public_id === name || asset.code.toUpperCase() === name.toUpperCase();
  const tickets = (pack?.tickets ?? []).filter((ticket) => ticket.assets.some(is));
  const asset = tickets[0]?.assets.find(is);
  page.querySelector("[data-found]").replaceChildren(...(asset ? shown(asset, tickets) : []));
  tell("");
  if (asset) return true;
  if (!navigator.onLine) return tell("label_unknown", "warn");
  location.href = text === name ? `/search?q=${encodeURIComponent(name)}` : `/q/${encodeURIComponent(name)}`;
  return true;
}

function shown(asset, tickets) {
  return [
    element("h2", {}, element("span", { class: "code", text: asset.code }), ` ${asset.name}`),
    asset.location && element("p", { class: "muted", text: asset.location }),
    ...tickets.map((ticket) => element("article", { class: `card stop${ticket.severity === "S1" ? " danger" : ""}` },
      element("h2", {}, element("a", { class: "whole", href: ticket.page, text: ticket.what || ticket.ref })),
      element("p", { class: "where" }, element("b", { text: ticket.project }), ticket.place && ` · ${ticket.place}`),
      element("p", { class: "muted", text: ticket.ref }))),
    element("a", { class: "button wide", href: `/q/${encodeURIComponent(asset.public_id)}`, text: say("whole_asset") }),
  ].filter(Boolean);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  found(form.elements.q.value);
});
picture.querySelector("input").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  event.target.value = "";
  if (!file) return;
  const image = await createImageBitmap(file).catch(() => null);
  const [code] = image ? await (await detector()).detect(drawn(image, image.width, image.height)).catch(() => []) : [];
  if (code) await found(code.rawValue);
  else tell("no_code", "warn");
});
addEventListener("pagehide", rest);

const asked = new URLSearchParams(location.search).get("code");
if (asked) found(`/q/${asked}`);
else look();
