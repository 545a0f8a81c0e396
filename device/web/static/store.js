// @ts-check
/**
 * The devices as this page knows them: asked once, and kept up to date by events.
 *
 * An event that tells what the page shows changes it at once. One that tells that something else is
 * so now (an owner, a PIN) lets the device be asked again, a moment later and once for many.
 */

import { ask, follow, pathOf } from "./api.js";

/**
 * @typedef {object} Card
 * @property {string} device
 * @property {boolean} running
 * @property {string} [name]
 * @property {string[]} [types]
 * @property {string} [state]
 * @property {boolean} [owned]
 * @property {string} [owner]
 * @property {string} [device_uuid]
 * @property {string[]} [endpoints]
 * @property {string | null} [pin]
 * @property {{href: string, property: string, unit: string | null, rt: string[]} | null} [main]
 * @property {Record<string, Record<string, any>>} [values]
 */

/** Milliseconds after which a device is asked again of which something was told. */
const AGAIN = 60;

/** What changes nothing that a card shows. */
const ELSEWHERE = new Set([
  "access.denied",
  "answers.withheld",
  "fault.acted",
  "handshake.failed",
  "input.pressed",
  "request.refused",
  "session.ended",
  "session.opened",
]);

/** @type {Map<string, Card>} */
export const devices = new Map();
/** @type {Set<(changed: Set<string> | null) => void>} */
const listeners = new Set();
/** @type {Set<(events: import("./api.js").Event[]) => void>} */
const hearers = new Set();
/** @type {Set<string>} */
const changed = new Set();
/** @type {Set<string>} */
const asked = new Set();
let isDrawing = false;
export const server = { read_only: false, version: "" };

/**
 * Be told which devices are other than before, once a frame; null: all of them.
 * @param {(changed: Set<string> | null) => void} listener
 * @returns {() => void}
 */
export function listen(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Be told of events as they come.
 * @param {(events: import("./api.js").Event[]) => void} hearer
 * @returns {() => void}
 */
export function hear(hearer) {
  hearers.add(hearer);
  return () => hearers.delete(hearer);
}

/** @param {string} name */
function change(name) {
  changed.add(name);
  if (isDrawing) return;
  isDrawing = true;
  // a page in the background is drawn when it is looked at
  requestAnimationFrame(() => {
    isDrawing = false;
    const now = new Set(changed);
    changed.clear();
    for (const each of listeners) each(now);
  });
}

/** @param {string} name */
function askSoon(name) {
  if (asked.has(name)) return;
  asked.add(name);
  setTimeout(async () => {
    asked.delete(name);
    try {
      const card = await ask(pathOf(name));
      devices.set(name, card);
      change(name);
    } catch {
      // the connection is lost, and all is asked again when it is there
    }
  }, AGAIN);
}

/** @param {import("./api.js").Event[]} events */
function take(events) {
  for (const event of events) {
    const card = event.device === undefined ? undefined : devices.get(event.device);
    if (!card) continue;
    if (event.event === "value.changed") {
      const values = (card.values ??= {})[event.href];
      if (values) {
        Object.assign(values, event.values);
        change(card.device);
      }
    } else if (event.event === "state.changed") {
      card.state = event.after;
      change(card.device);
      askSoon(card.device);
    } else if (!ELSEWHERE.has(event.event)) {
      askSoon(card.device);
    }
  }
  for (const each of hearers) each(events);
}

/** Ask for all devices. */
export async function load() {
  const [told, cards] = await Promise.all([ask("/server"), ask("/devices")]);
  Object.assign(server, told);
  devices.clear();
  for (const card of cards) devices.set(card.device, card);
  for (const each of listeners) each(null);
}

/**
 * Keep up with the devices from now on.
 * @param {(isThere: boolean, why?: string) => void} tell
 */
export function start(tell) {
  const loadAgain = () =>
    load().then(
      () => tell(true),
      (error) => tell(false, error.message),
    );
  const begin = () =>
    follow("", take, (isThere) => {
      if (isThere) loadAgain();
      else tell(false);
    });
  let stop = begin();
  loadAgain();
  // a browser has six connections to one server: tabs that nobody looks at give theirs back
  document.addEventListener("visibilitychange", () => {
    stop();
    if (!document.hidden) stop = begin();
  });
}
