// A branch that was loaded closes and opens where it is; what is not loaded yet, htmx fetches.
document.addEventListener("click", (event) => {
  const twist = event.target.closest(".twist[aria-expanded]");
  if (!twist || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const inside = twist.closest("li").querySelector(":scope > .tree");
  if (!inside) return;
  event.preventDefault();
  event.stopPropagation();
  inside.hidden = !inside.hidden;
  twist.setAttribute("aria-expanded", String(!inside.hidden));
  twist.closest("li").classList.toggle("open", !inside.hidden);
}, true);
document.addEventListener("htmx:afterSwap", (event) => {
  const twist = event.target.querySelector?.(":scope > .twig > .twist[aria-expanded]");
  if (!twist) return;
  twist.setAttribute("aria-expanded", "true");
  event.target.classList.add("open");
});
