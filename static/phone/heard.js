// 收到: the button goes once it was pressed on this phone, whether the server knows of it or not.

const KIND = "acknowledgement";

/** What was called out after the press has its button again: `upto` is the newest one seen. */
export function hideHeard(acts) {
  const said = acts.filter((act) => act.kind === KIND && act.state !== "refused");
  for (const form of document.querySelectorAll(`form[data-act="${KIND}"]`)) {
    const upto = Number(form.elements.upto.value);
    form.hidden = said.some((act) => act.ref === form.dataset.ref && act.body.upto >= upto);
  }
}
