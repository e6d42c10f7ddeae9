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
