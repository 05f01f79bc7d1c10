// What was chosen on the board, for as long as the tab is open: it outlives a refresh, a filter and a page.
const KEPT = "chosen";

export const chosen = new Set(kept());

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT)) ?? [];
  } catch {
    return [];
  }
}

export function keep() {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify([...chosen]));
  } catch {
    // A browser that keeps nothing: the choice lasts until the page is left.
  }
}

export function again() {
  chosen.clear();
  for (const ref of kept()) chosen.add(ref);
}

// The page that says what was done: that much is not chosen any more.
for (const done of document.querySelectorAll("[data-done]")) {
  for (const ref of done.dataset.done.split(" ")) chosen.delete(ref);
  keep();
}
