// @ts-check
/** Who talks to a device: sessions, observers, and whom it refused. */

import { perform } from "./api.js";
import { attempt } from "./device.js";
import { h } from "./dom.js";
import { hear } from "./store.js";
import { table } from "./tables.js";

/** Parts of what is told, with what stands there when there is none. */
const PARTS = [
  ["sessions", "Sessions", "Nobody has a session."],
  ["observers", "Observers", "Nobody observes a resource."],
  ["refusals", "The last refusals", "Nothing was refused."],
];

/** Events that tell of connections begin so. */
const ABOUT = /^(session|handshake|access|request|answers|feed|device|state)\./;

/** Milliseconds after an event until the lists are asked anew. */
const LATER = 250;
/** Milliseconds until they are anyway: observers come without an event. */
const OFTEN = 5000;

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
        ...PARTS.map(([name, title, none]) => {
          const rows = name === "refusals" ? told[name].reverse() : told[name];
          const shown = rows.length ? table(title, rows) : h("p", { class: "note" }, none);
          return h("section", { class: "box" }, h("h2", {}, title), shown);
        }),
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
