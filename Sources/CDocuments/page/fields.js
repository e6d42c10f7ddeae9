// Number fields. A refused entry stays as typed, is marked, and a sentence beside it says which number counts instead.

/** Adds minus and plus buttons to each number field of `root`; both obey its limits. */
function addSteppers(root) {
  for (const holder of root.querySelectorAll(".stepper")) {
    const input = holder.querySelector("input");
    const name = holder.parentElement.querySelector("label").textContent;
    const step = (by) => () => {
      const value = Math.min(Number(input.max), Math.max(Number(input.min), (Number(input.value) || 0) + by));
      if (value === Number(input.value)) return;
      input.value = value;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    };
    // The field itself takes arrow keys; the buttons are for pointers, so that Tab need not stop at each.
    const button = (by, text, label) =>
      element("button", { type: "button", tabindex: "-1", "aria-label": `${label} ${name}`, onclick: step(by) }, text);
    holder.prepend(button(-1, "−", "Less:"));
    holder.append(button(1, "+", "More:"));
  }
}

/** Marks a field as refused, with a sentence that is linked to it; null marks it as accepted. */
function markField(input, sentence, place = input.closest(".field") ?? input.parentElement) {
  const id = `${input.id}-fault`;
  let fault = byId(id);
  if (!sentence) {
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
    fault?.remove();
    return;
  }
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", id);
  if (!fault) place.append(fault = element("p", { class: "field-fault", id, role: "alert" }));
  if (fault.textContent !== sentence) fault.textContent = sentence;
}

/** Returns the whole number in a field, or the last accepted one while the entry is refused. */
function wholeNumber(input) {
  const [least, most] = [Number(input.min), Number(input.max)];
  const value = Number(input.value);
  if (input.value !== "" && Number.isInteger(value) && value >= least && value <= most) {
    input.dataset.good = input.value;
    markField(input, null);
    return value;
  }
  const kept = Math.min(most, Number(input.dataset.good ?? input.defaultValue));
  const rule = least === most ? `only ${least} is possible` : `a whole number from ${least} to ${most} is needed`;
  markField(input, `${input.value === "" ? "No number" : input.value}: ${rule}. ${kept} still counts.`);
  return kept;
}
