// A message pasted from a chat fills the form; its pictures are uploaded and attached by id.
export function takePictures(form) {
  const photos = document.getElementById("photos");
  const zone = form.querySelector(".paste");
  const text = document.getElementById("paste");
  let uploading = [];

  async function take(file) {
    const figure = document.createElement("figure");
    const image = Object.assign(document.createElement("img"), { src: URL.createObjectURL(file), alt: file.name });
    figure.append(image);
    photos.append(figure);
    const body = new FormData();
    body.append("file", file, file.name || "photo");
    body.append("key", crypto.randomUUID?.() ?? "");
    if (!body.get("key")) body.delete("key");
    let why = "";
    try {
      const answer = await fetch("/api/v1/photos", {
        method: "POST",
        body,
        headers: { "X-CSRF": form.elements.csrf.value },
      });
      const told = await answer.json();
      if (answer.ok) {
        figure.append(Object.assign(document.createElement("input"), { type: "hidden", name: "photos", value: told.id }));
        const drop = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
        drop.addEventListener("click", () => figure.remove());
        figure.append(drop);
        form.dispatchEvent(new Event("input", { bubbles: true }));
        return;
      }
      why = told.detail ?? answer.statusText;
    } catch (error) {
      why = error.message;
    }
    figure.classList.add("failed");
    const said = photos.dataset.failed.replace("{why}", why);
    figure.append(Object.assign(document.createElement("figcaption"), { textContent: said, role: "alert" }));
  }
  const takeAll = (files) => {
    const pictures = [...files].filter((file) => file.type.startsWith("image/"));
    uploading.push(...pictures.map(take));
    return pictures.length > 0;
  };

  document.addEventListener("paste", (event) => {
    const isPicture = takeAll(event.clipboardData?.files ?? []);
    if (isPicture && !event.clipboardData.getData("text")) event.preventDefault();
    if (event.target === text && event.clipboardData.getData("text")) setTimeout(fill);
  });
  async function fill() {
    await Promise.allSettled(uploading);
    form.requestSubmit(document.getElementById("read-paste"));
  }
  for (const type of ["dragover", "dragleave", "drop"]) {
    zone.addEventListener(type, (event) => {
      event.preventDefault();
      zone.classList.toggle("over", type === "dragover");
      if (type === "drop") takeAll(event.dataTransfer.files);
    });
  }
  // What is still on its way when the call is registered is waited for.
  form.addEventListener("submit", async (event) => {
    if (!uploading.length || event.defaultPrevented) return;
    const waiting = uploading;
    uploading = [];
    event.preventDefault();
    event.stopImmediatePropagation();
    await Promise.allSettled(waiting);
    form.requestSubmit(event.submitter);
  }, { capture: true });
}
