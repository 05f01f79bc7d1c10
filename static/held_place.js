// Room for what the phone holds of this ticket, before anything below it is drawn: nothing jumps.

const place = document.getElementById("held");
try {
  const tall = Number(localStorage.getItem(`held ${place.dataset.ref}`));
  if (tall) {
    place.hidden = false;
    place.style.minHeight = `${tall}px`;
  }
} catch { /* a browser that keeps nothing holds nothing */ }
