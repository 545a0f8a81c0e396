// @ts-check
/** Who talks to a device: sessions, observers, whom it refused, and what strangers have used up. */

import { perform } from "./api.js";
import { attempt, h } from "./dom.js";
import { hear } from "./store.js";
import { table } from "./tables.js";

/** Events that tell of connections begin so. */
const ABOUT = /^(session|handshake|access|request|answers|feed|device|state|otm)\./;

/** Milliseconds after an event until the lists are asked anew. */
const LATER = 250;
/** Milliseconds until they are anyway: observers come without an event. */
const OFTEN = 5000;

/**
 * Return how long ago something was, as people say it.
 * @param {number} seconds
 * @returns {string}
 */
function ago(seconds) {
  if (seconds < 2) return "now";
  if (seconds < 120) return `${Math.round(seconds)} s ago`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min ago`;
  return `${Math.round(seconds / 3600)} h ago`;
}

/**
 * @param {any} told
 * @returns {Record<string, any>[]}
 */
function sessions(told) {
  return told.sessions.map((/** @type {any} */ each) => ({
    peer: each.peer,
    identity: each.identity,
    suite: each.suite,
    opened: ago(told.now - each.since),
    "last heard": ago(told.now - each.last_active),
  }));
}

/**
 * @param {any} told
 * @returns {Record<string, any>[]}
 */
function refusals(told) {
  return told.refusals.reverse().map((/** @type {any} */ each) => ({
    at: new Date(each.at).toLocaleTimeString(),
    who: each.subject ? `${each.subject} (${each.peer})` : each.peer,
    asked: each.method ? `${each.method} ${each.href}` : "a handshake",
    "refused by": each.rule ?? each.code ?? each.alert ?? "",
    why: each.reason,
    "what would grant it": each.grant ?? "",
  }));
}

/**
 * Show budgets, each as a bar with its numbers.
 * @param {any[]} budgets
 * @returns {HTMLElement}
 */
function bars(budgets) {
  const rows = budgets.map((each) => {
    const unit = each.unit ? ` ${each.unit}` : "";
    const numbers = `${each.used.toLocaleString()} of ${each.limit.toLocaleString()}${unit}`;
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, each.name),
      h("td", {}, h("meter", { "aria-label": each.name, max: each.limit, high: each.limit * 0.7, value: each.used }), " ", numbers),
      h("td", {}, each.at_limit),
    );
  });
  const heads = ["budget", "in use", "at the limit"].map((each) => h("th", { scope: "col" }, each));
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": "Budgets" },
    h("table", { class: "budgets" }, h("thead", {}, h("tr", {}, ...heads)), h("tbody", {}, ...rows)),
  );
}

/**
 * @param {string} title
 * @param {Record<string, any>[]} rows
 * @param {string} none what stands there when there is none
 * @returns {HTMLElement}
 */
function box(title, rows, none) {
  const shown = rows.length ? table(title, rows, true) : h("p", { class: "note" }, none);
  return h("section", { class: rows.length ? "box wide" : "box" }, h("h2", {}, title), shown);
}

/**
 * Show who talks to a device.
 * @param {HTMLElement} place
 * @param {string} device
 * @returns {() => void}
 */
export function connections(place, device) {
  let timer = 0;
  let isOpen = true;
  place.replaceChildren(h("p", {}, "Loading."));

  async function show() {
    timer = 0;
    await attempt(async () => {
      const told = await perform(device, { do: "connections" });
      if (!isOpen) return;
      place.replaceChildren(
        box("Sessions", sessions(told), "Nobody has a session."),
        box("Observers", told.observers, "Nobody observes a resource."),
        box("The last refusals", refusals(told), "Nothing was refused."),
        h(
          "section",
          { class: "box wide" },
          h("h2", {}, "Budgets"),
          h("p", { class: "note" }, "What strangers can use up. Allowances of answers in the clear are one for all devices of the process, and refill."),
          bars(told.budgets),
        ),
      );
    });
  }
  const deaf = hear((events) => {
    if (events.some((each) => each.device === device && ABOUT.test(each.event))) timer ||= setTimeout(show, LATER);
  });
  const regular = setInterval(() => !document.hidden && show(), OFTEN);
  show();
  return () => {
    isOpen = false;
    clearTimeout(timer);
    clearInterval(regular);
    deaf();
  };
}
