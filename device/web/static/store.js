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
 * @property {string[] | null} [pin_code] the PIN as a QR code, rows of 0 and 1
 * @property {{href: string, property: string, unit: string | null, rt: string[]} | null} [main]
 * @property {Record<string, Record<string, any>>} [values]
 */

/** Milliseconds after which a device is asked again of which something was told. */
const AGAIN = 60;
/** Devices that are asked one by one; of more all are asked at once. */
const FEW = 4;
/** Milliseconds that lie between two questions about all. */
const REST = 1000;

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
/** @type {Set<string>} devices that are to be asked again */
const due = new Set();
let timer = 0;
/** Questions under way, and what was told since the first of them. */
let questions = 0;
/** @type {import("./api.js").Event[]} */
const meanwhile = [];
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
  due.add(name);
  timer ||= setTimeout(askDue, AGAIN);
}

/** Ask those that are due: a few one by one, many all at once and not too often. */
async function askDue() {
  const now = [...due];
  due.clear();
  try {
    if (now.length > FEW) {
      await askAll();
      for (const name of devices.keys()) change(name);
      await new Promise((resolve) => setTimeout(resolve, REST));
    } else {
      await Promise.all(now.map(askOne));
    }
  } catch {
    // too many questions, or the connection is lost: it is asked again
    for (const name of now) due.add(name);
    await new Promise((resolve) => setTimeout(resolve, REST));
  }
  timer = due.size ? setTimeout(askDue, AGAIN) : 0;
}

/**
 * Know a card. Of a device that does not run little is told; what it is called and is stays true.
 * @param {Card} card
 * @param {Card | undefined} before
 */
function keep(card, before) {
  if (!card.running && before) {
    const { name, types, device_uuid, endpoints } = before;
    devices.set(card.device, { name, types, device_uuid, endpoints, ...card });
  } else {
    devices.set(card.device, card);
  }
}

/** @param {string} name */
async function askOne(name) {
  const [card, events] = await fresh(pathOf(name));
  keep(card, devices.get(name));
  for (const event of events) apply(event);
  change(name);
}

/**
 * Change what an event tells; return whether there may be more to it.
 * @param {import("./api.js").Event} event
 * @returns {boolean}
 */
function apply(event) {
  const card = event.device === undefined ? undefined : devices.get(event.device);
  if (!card) return false;
  if (event.event === "value.changed") {
    const values = (card.values ??= {})[event.href];
    if (values) {
      Object.assign(values, event.values);
      change(card.device);
    }
    return false;
  }
  if (event.event === "state.changed") {
    card.state = event.after;
    change(card.device);
  }
  return !ELSEWHERE.has(event.event);
}

/** @param {import("./api.js").Event[]} events */
function take(events) {
  if (questions) meanwhile.push(...events);
  for (const event of events) {
    if (apply(event)) askSoon(/** @type {string} */ (event.device));
  }
  for (const each of hearers) each(events);
}

/**
 * Ask, and return the answer with what was told meanwhile: it may be newer than the answer. What is
 * older is followed by what is not, so telling all of it again does no harm.
 * @param {string} path
 * @returns {Promise<[any, import("./api.js").Event[]]>}
 */
async function fresh(path) {
  const mark = meanwhile.length;
  questions += 1;
  try {
    const answer = await ask(path);
    return [answer, meanwhile.slice(mark)];
  } finally {
    questions -= 1;
    if (!questions) meanwhile.length = 0;
  }
}

/** Ask for all devices. */
async function askAll() {
  const [cards, events] = await fresh("/devices");
  const before = new Map(devices);
  devices.clear();
  for (const card of cards) keep(card, before.get(card.device));
  for (const event of events) apply(event);
}

/** Ask for all that this page knows, as if it had just been opened. */
export async function load() {
  Object.assign(server, await ask("/server"));
  await askAll();
  for (const each of listeners) each(null);
}

/**
 * Keep up with the devices from now on.
 * @param {(isThere: boolean, why?: string) => void} tell
 */
export function start(tell) {
  let isLoading = false;
  let isDue = false;
  /** Of a fleet each worker says that it is there: what comes while all is asked for is one more question. */
  const loadAgain = async () => {
    isDue = true;
    if (isLoading) return;
    isLoading = true;
    while (isDue) {
      isDue = false;
      await load().then(
        () => tell(true),
        (error) => tell(false, error.message),
      );
    }
    isLoading = false;
  };
  const begin = () =>
    follow("", take, (isThere, why) => {
      if (isThere) loadAgain();
      else tell(false, why);
    });
  let stop = begin();
  loadAgain();
  // a browser has six connections to one server: tabs that nobody looks at give theirs back
  document.addEventListener("visibilitychange", () => {
    stop();
    if (!document.hidden) stop = begin();
  });
}
