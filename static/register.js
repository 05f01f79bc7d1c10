// Rows of the register that are ticked: all of the page, a range with shift, how many they are.
const bar = document.getElementById("together");
const table = document.getElementById("assets");
const number = bar?.querySelector("[data-number]");
const all = table?.querySelector("[data-all]");
const whole = bar?.querySelector('input[name="all"]');
let last = null;

const boxes = () => [...table.querySelectorAll('.pick input[name="asset"]')];

function show() {
  const ticked = boxes().filter((box) => box.checked);
  for (const box of boxes()) box.closest("tr").classList.toggle("picked", box.checked || whole.checked);
  all.checked = ticked.length > 0 && ticked.length === boxes().length;
  all.indeterminate = ticked.length > 0 && !all.checked;
  number.textContent = whole.checked ? number.dataset.all : number.dataset.words.replace("#", ticked.length);
  bar.classList.toggle("has-none", ticked.length === 0 && !whole.checked);
}

if (bar && table) {
  all.hidden = false;
  const every = document.querySelector("[data-every]");
  every.hidden = false;
  every.addEventListener("click", () => {
    whole.checked = true;
    show();
    bar.querySelector("button").focus();
  });
  table.addEventListener("click", (event) => {
    if (event.target === all) for (const box of boxes()) box.checked = all.checked;
    else if (event.target.matches('.pick input[name="asset"]')) {
      const row = boxes();
      const [from, to] = [row.indexOf(last), row.indexOf(event.target)];
      if (event.shiftKey && from >= 0) for (const box of row.slice(Math.min(from, to), Math.max(from, to) + 1)) box.checked = event.target.checked;
      last = event.target;
    } else return;
    show();
  });
  table.addEventListener("mousedown", (event) => event.shiftKey && event.target.closest(".pick") && event.preventDefault());
  whole.addEventListener("change", show);
  bar.addEventListener("reset", () => setTimeout(show));
  addEventListener("pageshow", show);
}
