// @ts-check
/**
 * Controls for the values of properties: each fits the limits that the property has.
 */

import { attempt, h } from "./dom.js";
import { server } from "./store.js";

/**
 * @typedef {object} Limits
 * @property {string} type
 * @property {string} [unit]
 * @property {number} [minimum]
 * @property {number} [maximum]
 * @property {number} [step]
 * @property {number} [length]
 * @property {number} [max_items]
 * @property {any[]} [choices]
 * @property {boolean} [read_only]
 */
/**
 * A control shows a value; what the person does with it sends one.
 * @typedef {{element: HTMLElement, show: (value: any) => void}} Control
 */

/**
 * @param {Limits} limits
 * @param {string} id
 * @param {(value: any) => void} send
 * @returns {Control}
 */
export function control(limits, id, send) {
  const isArray = limits.length !== undefined || limits.max_items !== undefined;
  const isNumber = limits.type === "integer" || limits.type === "number";
  if (isArray || limits.type === "object") {
    const isColour = limits.length === 3 && limits.maximum === 255;
    return isColour ? colour(id, send) : text(id, send, true);
  }
  if (limits.choices?.length) return list(limits.choices, id, send);
  if (limits.type === "boolean") return toggle(id, send);
  if (isNumber) return number(limits, id, send);
  return text(id, send, false);
}

/**
 * @param {string} id
 * @param {(value: boolean) => void} send
 * @returns {Control}
 */
export function toggle(id, send) {
  const element = h("button", {
    type: "button",
    role: "switch",
    class: "switch",
    "aria-labelledby": id,
    disabled: server.read_only,
    onclick: () => send(element.getAttribute("aria-checked") !== "true"),
  });
  return { element, show: (value) => element.setAttribute("aria-checked", String(value === true)) };
}

/**
 * @param {any[]} choices
 * @param {string} id
 * @param {(value: any) => void} send
 * @returns {Control}
 */
function list(choices, id, send) {
  const element = h(
    "select",
    { "aria-labelledby": id, disabled: server.read_only, onchange: () => send(choices[element.selectedIndex]) },
    ...choices.map((each) => h("option", {}, String(each))),
  );
  return { element, show: (value) => (element.selectedIndex = choices.indexOf(value)) };
}

/**
 * @param {Limits} limits
 * @param {string} id
 * @param {(value: number) => void} send
 * @returns {Control}
 */
function number(limits, id, send) {
  const step = limits.step ?? (limits.type === "integer" ? 1 : "any");
  const made = (/** @type {string} */ type) =>
    h("input", {
      type,
      step,
      min: limits.minimum,
      max: limits.maximum,
      "aria-labelledby": id,
      disabled: server.read_only,
      onchange: (/** @type {any} */ event) => {
        if (event.target.value !== "") send(Number(event.target.value));
      },
    });
  const field = made("number");
  const hasEnds = limits.minimum !== undefined && limits.maximum !== undefined;
  const slider = hasEnds ? made("range") : null;
  const unit = limits.unit ? h("span", { class: "unit" }, limits.unit) : null;
  if (slider) slider.addEventListener("input", () => (field.value = slider.value));
  const show = (/** @type {any} */ value) => {
    if (document.activeElement !== field) field.value = String(value);
    if (slider && !slider.matches(":active")) slider.value = String(value);
  };
  return { element: h("span", { class: "row" }, slider, field, unit), show };
}

/**
 * @param {string} id
 * @param {(value: any) => void} send
 * @returns {Control}
 */
function colour(id, send) {
  const octet = (/** @type {number} */ value) => value.toString(16).padStart(2, "0");
  const element = h("input", {
    type: "color",
    "aria-labelledby": id,
    disabled: server.read_only,
    onchange: () => send([1, 3, 5].map((at) => Number.parseInt(element.value.slice(at, at + 2), 16))),
  });
  return { element, show: (value) => (element.value = `#${value.map(octet).join("")}`) };
}

/**
 * @param {string} id
 * @param {(value: any) => void} send
 * @param {boolean} isJson
 * @returns {Control}
 */
function text(id, send, isJson) {
  const element = h("input", {
    type: "text",
    class: isJson ? "json" : "",
    spellcheck: "false",
    "aria-labelledby": id,
    disabled: server.read_only,
    onchange: () =>
      attempt(async () => {
        let value = element.value;
        if (isJson) value = JSON.parse(value);
        send(value);
      }),
  });
  const show = (/** @type {any} */ value) => {
    if (document.activeElement !== element) element.value = isJson ? JSON.stringify(value) : String(value);
  };
  return { element, show };
}
