// @ts-check
/** What each step changed in the database of a device, the last one first. */

import { ask, pathOf } from "./api.js";
import { h } from "./dom.js";
import { differences } from "./tables.js";

/**
 * @typedef {{number: number, at: string, cause: string, differences: import("./tables.js").Difference[]}} Change
 */

/** Changes that are open when they come; older ones are opened by whoever wants to see them. */
const OPEN = 3;

/** @param {number} count */
const counted = (count) => (count === 1 ? "1 change" : `${count || "no"} changes`);

/**
 * Return the box of the changes of a device, and what asks for them anew.
 * @param {string} device
 * @returns {{element: HTMLElement, show: () => Promise<void>}}
 */
export function changes(device) {
  const list = h("ol", { class: "changes", tabindex: "0", "aria-label": "Changes, the last one first" });
  const none = h("p", { class: "note" }, "Nothing was changed since the program began.");
  let last = -1;

  async function show() {
    /** @type {Change[]} */
    const told = await ask(`${pathOf(device)}/changes`);
    none.hidden = told.length > 0;
    list.hidden = told.length === 0;
    const newest = told.at(-1)?.number ?? -1;
    if (newest === last) return;
    const known = new Set([...list.children].map((each) => each.dataset.number));
    const fresh = told.filter((each) => !known.has(String(each.number)));
    // those that were there stay as the person left them
    for (const each of fresh) list.prepend(item(each, each.number > newest - OPEN));
    const oldest = told[0]?.number ?? 0;
    for (const each of [...list.children]) {
      if (Number(each.dataset.number) < oldest) each.remove();
    }
    last = newest;
  }

  /**
   * @param {Change} change
   * @param {boolean} isOpen
   */
  function item(change, isOpen) {
    const time = new Date(change.at).toLocaleTimeString();
    return h(
      "li",
      { "data-number": change.number },
      h(
        "details",
        { open: isOpen },
        h(
          "summary",
          {},
          h("time", {}, time),
          " ",
          h("strong", {}, change.cause || "a restart"),
          h("span", { class: "note" }, ` ${counted(change.differences.length)}`),
        ),
        differences(change.differences),
      ),
    );
  }

  const element = h("section", { class: "box" }, h("h2", {}, "What each step changed"), none, list);
  return { element, show };
}
