// A place to sign with a finger: what is drawn goes along as a picture, as a photo of it would.

const INK = "#10131a", PAPER = "#ffffff"; // dark on light also at night: it goes onto a paper

for (const place of document.querySelectorAll("[data-signing]")) {
  const canvas = place.querySelector("canvas");
  const file = place.querySelector("input[type=file]");
  const form = place.closest("form");
  const pen = canvas.getContext("2d");
  let isDrawn = false, last = null;
  place.hidden = false;
  form.classList.add("signs");

  function wipe() {
    pen.fillStyle = PAPER;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    Object.assign(pen, { strokeStyle: INK, fillStyle: INK, lineWidth: 7, lineCap: "round", lineJoin: "round" });
    isDrawn = false;
    last = null;
    file.files = new DataTransfer().files;
  }

  function at(event) {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * canvas.width / box.width, (event.clientY - box.top) * canvas.height / box.height];
  }

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = at(event);
    pen.beginPath();
    pen.arc(...last, 3.5, 0, 7);
    pen.fill();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    // Every point in between, too: a finger is faster than the screen.
    for (const each of event.getCoalescedEvents?.() ?? [event]) {
      const here = at(each);
      pen.beginPath();
      pen.moveTo(...last);
      pen.lineTo(...here);
      pen.stroke();
      last = here;
    }
    isDrawn = true;
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { last = null; if (isDrawn) attach(); });

  /** At once and not by toBlob, which waits for an idle moment: whoever signs presses the button next. */
  function attach() {
    const coded = atob(canvas.toDataURL("image/png").split(",")[1]);
    const bytes = Uint8Array.from(coded, (each) => each.charCodeAt(0));
    const kept = new DataTransfer();
    kept.items.add(new File([bytes], "signature.png", { type: "image/png" }));
    file.files = kept.files;
    file.dispatchEvent(new Event("input", { bubbles: true })); // half filled: nothing reloads now
  }

  form.addEventListener("reset", wipe);
  place.querySelector("[data-wipe]").addEventListener("click", wipe);
  wipe();
}
