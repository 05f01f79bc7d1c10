// Looks at what this phone can do, and puts the sentence that fits to each (templates/visit/phone.html).

const LITTLE = 100 * 2 ** 20; // bytes: some fifty photos

/** @returns {Promise<["good" | "missing" | "maybe", string?]>} a verdict, and what stands in its place */
const CHECKS = {
  https: async () => [isSecureContext ? "good" : "missing"],
  async worker() {
    if (!("serviceWorker" in navigator)) return ["missing"];
    return [(await navigator.serviceWorker.getRegistration("/")) ? "good" : "maybe"];
  },
  async storage() {
    if (!(await opens())) return ["missing"];
    if (!navigator.storage?.estimate) return ["good", "?"];
    const { quota = 0, usage = 0 } = await navigator.storage.estimate();
    return [quota - usage < LITTLE ? "maybe" : "good", size(quota - usage)];
  },
  async lasting() {
    if (!navigator.storage?.persisted) return ["missing"];
    return [(await navigator.storage.persisted()) ? "good" : "maybe"];
  },
  async camera() {
    if (!navigator.mediaDevices?.getUserMedia) return ["missing"];
    return [verdictOf(await permission("camera"))];
  },
  async position() {
    if (!("geolocation" in navigator) || !isSecureContext) return ["missing"];
    return [verdictOf(await permission("geolocation"))];
  },
  home: async () => [matchMedia("(display-mode: standalone)").matches || navigator.standalone ? "good" : "maybe"],
};

/** Safari and WeChat do not tell what they would answer: then it is to be asked. */
async function permission(name) {
  try {
    return (await navigator.permissions.query({ name })).state;
  } catch {
    return "prompt";
  }
}

const verdictOf = (state) => ({ granted: "good", denied: "missing" })[state] ?? "maybe";

/** Private modes have the door and let nobody in. */
function opens() {
  return new Promise((found) => {
    try {
      const request = indexedDB.open("phone-check");
      request.onerror = () => found(false);
      request.onsuccess = () => {
        request.result.close();
        indexedDB.deleteDatabase("phone-check");
        found(true);
      };
    } catch {
      found(false);
    }
  });
}

const size = (bytes) => (bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GB` : `${Math.max(0, Math.round(bytes / 2 ** 20))} MB`);

async function look() {
  const needed = [];
  await Promise.all([...document.querySelectorAll("[data-check]")].map(async (item) => {
    const [verdict, place = ""] = await CHECKS[item.dataset.check]().catch(() => ["missing"]);
    item.classList.add(verdict);
    item.querySelector("[data-verdict]").textContent = item.dataset[verdict].replace("%s", place);
    if (["https", "worker", "storage"].includes(item.dataset.check)) needed.push(verdict);
  }));
  const sum = document.querySelector("[data-sum]");
  const isWhole = !needed.includes("missing");
  sum.textContent = sum.dataset[isWhole ? "good" : "missing"];
  sum.classList.add(isWhole ? "good" : "warn");
  document.querySelector("[data-agent]").textContent = navigator.userAgent;
}

look();
