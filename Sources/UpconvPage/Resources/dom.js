"use strict";

// Small ways to make and find elements. Text goes in as text only: nothing here parses HTML.

const byId = (id) => document.getElementById(id);

/** Makes an element. Attributes of null are left out; children are elements or texts. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Puts minus and plus beside every number field of `root`; both obey its limits. */
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

/** A whole number from a field, held within its limits; the last good one while it is empty or half typed. */
function wholeNumber(input) {
  const value = Number(input.value);
  if (input.value !== "" && Number.isInteger(value) && value >= Number(input.min) && value <= Number(input.max)) {
    input.dataset.good = input.value;
    input.removeAttribute("aria-invalid");
    return value;
  }
  input.setAttribute("aria-invalid", "true");
  return Number(input.dataset.good ?? input.defaultValue);
}

/** A number for people: at most `digits` significant ones, with a real minus. */
function formatted(value, digits = 4) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const magnitude = Math.abs(value);
  const text = magnitude >= 1e6 || magnitude < 1e-4
    ? value.toExponential(Math.max(0, digits - 2)).replace(/\.?0*e\+?/, "e")
    : String(Number(value.toPrecision(digits)));
  return text.replace(/^-/, "−");
}

const percent = (share) => `${share < 0.0995 && share >= 0.0005 ? (share * 100).toFixed(1) : Math.round(share * 100)} %`;
const plural = (count, one, many = one + "s") => `${count} ${count === 1 ? one : many}`;
