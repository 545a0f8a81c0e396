// @ts-check
/** Tables of what devices tell. */

import { wordsFor } from "./codes.js";
import { h } from "./dom.js";

/**
 * Return a value of a table as text.
 * @param {any} value
 * @returns {string}
 */
export function cell(value) {
  if (value === null || value === undefined || value === "") return "none";
  if (Array.isArray(value)) return value.map(cell).join(", ") || "none";
  if (typeof value === "object") {
    return Object.entries(value)
      .map(([name, each]) => `${name} ${cell(each)}`)
      .join("; ");
  }
  return String(value);
}

/**
 * Return a named value as text, with the words for its number.
 * @param {string} name
 * @param {any} value
 * @returns {string}
 */
function named(name, value) {
  const words = wordsFor(name, value);
  return words ? `${cell(value)} (${words})` : cell(value);
}

/**
 * Return rows as a table, with the names of their properties above.
 * @param {string} caption
 * @param {Record<string, any>[]} rows
 * @param {boolean} [isHeaded] the caption stands above as a heading already
 * @returns {HTMLElement}
 */
export function table(caption, rows, isHeaded = false) {
  const names = [...new Set(rows.flatMap((each) => Object.keys(each)))];
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", { class: isHeaded ? "unseen" : null }, caption),
      h("thead", {}, h("tr", {}, ...names.map((name) => h("th", { scope: "col" }, name)))),
      h(
        "tbody",
        {},
        ...rows.map((each) => h("tr", {}, ...names.map((name) => h("td", {}, name in each ? named(name, each[name]) : "")))),
      ),
    ),
  );
}

/**
 * Return properties as a list.
 * @param {Record<string, any>} values
 * @returns {HTMLElement}
 */
export function properties(values) {
  const pairs = Object.entries(values).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, named(name, value))]);
  return h("dl", {}, ...pairs);
}

/**
 * @typedef {{path: string, before?: any, after?: any}} Difference
 */

/**
 * Return what differs, a line for each side that has it, as `onboardee svr diff` prints it.
 * @param {Difference[]} found
 * @returns {HTMLElement}
 */
export function differences(found) {
  /** @param {"before" | "after"} side @param {Difference} each */
  const line = (side, each) => {
    if (!(side in each)) return null;
    const sign = side === "before" ? "−" : "+";
    const said = side === "before" ? "was " : "is ";
    return h(
      "li",
      { class: side },
      h("span", { "aria-hidden": "true" }, `${sign} `),
      h("span", { class: "unseen" }, said),
      h("code", {}, `${each.path}: ${JSON.stringify(each[side])}`),
    );
  };
  return h("ul", { class: "differences" }, ...found.flatMap((each) => [line("before", each), line("after", each)]));
}
