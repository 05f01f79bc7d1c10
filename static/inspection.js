/** Checking on the phone: the verdict of a value at once, and the rest of a place by one touch. */

/** @param {string} text @returns {number | null} */
function number(text) {
  const told = text.trim().replace(",", ".").replace("−", "-");
  if (told === "" || Number.isNaN(Number(told))) return null;
  return Number(told);
}

/**
 * As the server judges (rules/checklist.py): null where no limit is known.
 * @param {HTMLElement} line @param {number[]} values @returns {boolean | null}
 */
function judged(line, values) {
  const { op, min, max } = line.dataset;
  const rows = line.querySelector("[data-rows]");
  const told = rows ? rows.selectedOptions[0]?.dataset.limit ?? "" : line.dataset.limit;
  const limit = number(told ?? "");
  if (op === "between") {
    return values.every((v) => (min === "" || v >= Number(min)) && (max === "" || v <= Number(max)));
  }
  if (!op || limit === null) return op ? null : true;
  const holds = { ">=": (v) => v >= limit, "<=": (v) => v <= limit, "==": (v) => v === limit, "abs<=": (v) => Math.abs(v) <= limit };
  return values.every(holds[op] ?? (() => false));
}

function say(line) {
  const output = line.querySelector("[data-judged]");
  if (!output) return;
  const values = [...line.querySelectorAll("[data-value]")].map((input) => number(input.value));
  if (values.some((value) => value === null) || line.dataset.op === undefined || line.dataset.op === "") {
    output.textContent = "";
    output.className = "judged";
    return;
  }
  const holds = judged(line, values);
  output.textContent = output.dataset[holds === null ? "unknown" : holds ? "pass" : "fail"];
  output.className = `judged ${holds === null ? "" : holds ? "good" : "bad"}`;
}

for (const line of document.querySelectorAll("[data-line]")) {
  line.addEventListener("input", () => say(line));
  // What cannot be undone by touching it again: a verdict is taken back by a second touch.
  line.addEventListener("click", (event) => {
    const radio = event.target;
    if (!(radio instanceof HTMLInputElement) || radio.type !== "radio") return;
    if (radio.dataset.was) {
      radio.checked = false;
      delete radio.dataset.was;
    } else {
      for (const other of line.querySelectorAll("[data-was]")) delete other.dataset.was;
      radio.dataset.was = "1";
    }
  });
  for (const radio of line.querySelectorAll("input[type=radio]:checked")) radio.dataset.was = "1";
}

const rest = document.querySelector("[data-rest]");
if (rest) {
  rest.hidden = false;
  rest.addEventListener("click", () => {
    for (const line of document.querySelectorAll("[data-line]")) {
      const pass = line.querySelector("input[value=pass]");
      if (pass && !line.querySelector("input[type=radio]:checked")) {
        pass.checked = true;
        pass.dataset.was = "1";
      }
    }
  });
}

// The next open line under the thumb.
document.querySelector("[data-line][data-open='1']")?.scrollIntoView({ block: "start" });
