// @ts-check
/** Tables of what devices tell. */

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

/** Letters of a permission, by their bits (OCF Security 12.2). */
const PERMITS = ["C", "R", "U", "D", "N"];

/**
 * Return a named value of a table as text, with letters beside a permission.
 * @param {string} name
 * @param {any} value
 * @returns {string}
 */
function named(name, value) {
  if (name !== "permission" || typeof value !== "number") return cell(value);
  return `${value} (${PERMITS.filter((_, bit) => value & (1 << bit)).join("")})`;
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
  const pairs = Object.entries(values).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, cell(value))]);
  return h("dl", {}, ...pairs);
}
