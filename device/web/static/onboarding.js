// @ts-check
/**
 * The onboarding of a device as it happens: the states with the present one, and the ladder of
 * messages with the decision of the gate about each request.
 */

import { follow } from "./api.js";
import { h, s, say } from "./dom.js";
import { devices, listen } from "./store.js";
import { differences } from "./tables.js";
import { stateText } from "./words.js";

/** What the ladder may show alone, with the words for it. */
const KINDS = [
  ["", "everything"],
  ["message", "requests and answers"],
  ["flight", "DTLS"],
  ["decision", "what granted or refused"],
  ["refused", "refusals"],
  ["change", "what was stored"],
];
/** Rows of the ladder; of more the oldest go. */
const MOST = 400;

/** Places of the states in the drawing: x, y. */
const PLACES = /** @type {Record<string, [number, number]>} */ ({
  RESET: [20, 70],
  RFOTM: [180, 70],
  RFPRO: [340, 70],
  RFNOP: [500, 70],
  SRESET: [420, 150],
});
/** Ways between them (OCF Security 8.1). */
const WAYS = [
  "M120 86H176",
  "M280 86H336",
  "M440 86H496",
  "M550 102L506 148",
  "M434 148L396 106",
  "M550 66Q550 20 310 20T70 64",
  "M390 66Q390 36 230 36T90 64",
];

/**
 * @returns {{element: SVGElement, show: (state: string) => void}}
 */
function machine() {
  /** @type {Map<string, SVGElement>} */
  const boxes = new Map();
  const groups = Object.entries(PLACES).map(([name, [x, y]]) => {
    const group = s(
      "g",
      { class: "node" },
      s("rect", { x, y, width: 100, height: 32, rx: 8 }),
      s("text", { x: x + 50, y: y + 21, "text-anchor": "middle" }, name),
    );
    boxes.set(name, group);
    return group;
  });
  const tip = s("marker", { id: "tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" }, s("path", { d: "M0 0L8 4L0 8z" }));
  const element = s(
    "svg",
    { viewBox: "0 0 620 190", class: "machine", role: "img", "aria-label": "Onboarding states" },
    s("defs", {}, tip),
    ...WAYS.map((d) => s("path", { d, class: "way", "marker-end": "url(#tip)" })),
    ...groups,
  );
  const show = (/** @type {string} */ state) => {
    for (const [name, box] of boxes) box.classList.toggle("present", name === state);
    element.setAttribute("aria-label", `Onboarding states; the device is in ${state}`);
  };
  return { element, show };
}

/**
 * Return a time of day with milliseconds.
 * @param {number} at milliseconds since 1970
 * @returns {string}
 */
function clock(at) {
  const date = new Date(at);
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const seconds = `${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
  return `${two(date.getHours())}:${two(date.getMinutes())}:${seconds}`;
}

/**
 * Return the row of an item of the trace; null for what nobody wants to see.
 * @param {any} item
 * @param {string} time
 * @returns {HTMLElement | null}
 */
function row(item, time) {
  const kind = item.event.slice(6);
  const isIn = item.way === "in";
  const arrow = item.way ? h("span", { class: "arrow" }, isIn ? "→" : "←", h("span", { class: "unseen" }, isIn ? " to the device" : " from the device")) : h("span");
  const shown = summary(item, kind);
  if (shown === null) return null;
  const more = details(item, kind);
  const body = more
    ? h("details", {}, h("summary", {}, ...shown.content), more)
    : h("div", {}, ...shown.content);
  return h("li", { class: `rung ${shown.look}` }, h("time", {}, time), arrow, body);
}

/**
 * @param {any} item
 * @param {string} kind
 * @returns {{content: any[], look: string} | null}
 */
function summary(item, kind) {
  const fields = item.fields ?? {};
  if (kind === "message") {
    const query = item.query?.length ? `?${item.query.join("&")}` : "";
    const over = item.over ? "" : " in the clear";
    return { content: [h("strong", {}, item.code), ` ${item.path}${query}${over}`], look: "message" };
  }
  if (kind === "handshake") return { content: [`DTLS ${item.name}`], look: "flight" };
  if (kind === "alert") return { content: [`DTLS alert ${item.name}`], look: "flight" };
  if (kind === "record") return { content: [`DTLS record, ${item.length} octets that cannot be read`], look: "flight" };
  if (kind === "change") {
    const count = item.differences.length;
    return { content: [`stored: ${count} ${count === 1 ? "change" : "changes"}`], look: "change" };
  }
  if (kind === "event" && item.name === "access.granted") {
    return { content: ["granted by ", h("strong", {}, fields.rule), ` to ${fields.subject}`], look: "granted" };
  }
  if (kind === "event" && item.name === "access.denied") {
    const hint = item.grant ? h("p", { class: "hint" }, `What would grant it: ${item.grant}`) : null;
    return { content: ["refused by ", h("strong", {}, fields.rule), `: ${fields.reason}`, hint], look: "refused" };
  }
  if (kind === "event" && item.name === "value.changed" && fields.by_itself) return null;
  return { content: [item.line.replace(/^· /, "") || item.what || kind], look: kind };
}

/**
 * @param {any} item
 * @param {string} kind
 * @returns {HTMLElement | null}
 */
function details(item, kind) {
  const pretty = (/** @type {any} */ value) => h("pre", { tabindex: "0" }, JSON.stringify(value, null, 2));
  if (kind === "message") return item.content === null ? null : pretty(item.content);
  if (kind === "handshake") return Object.keys(item.fields).length ? pretty(item.fields) : null;
  if (kind === "change") return differences(item.differences);
  return null;
}

/**
 * Show the onboarding of a device.
 * @param {HTMLElement} place
 * @param {string} device
 * @returns {() => void}
 */
export function onboarding(place, device) {
  const states = machine();
  const now = h("p", { class: "state" });
  const ladder = h("ol", { class: "ladder", tabindex: "0", "aria-label": "Messages" });
  const none = h("p", { class: "note" }, "Nothing yet: let a tool find the device.");
  const hold = h("button", { type: "button", "aria-pressed": "false", onclick: pause }, "Hold");
  const clear = h("button", { type: "button", onclick: empty }, "Clear");
  const live = h("p", { class: "note", role: "status" }, "connecting");
  const kinds = h(
    "select",
    { onchange: () => (ladder.dataset.only = kinds.value) },
    ...KINDS.map(([kind, word]) => h("option", { value: kind }, word)),
  );
  let isHeld = false;
  /** Milliseconds between the clock of the device and that of this page. */
  let beginning = 0;

  /**
   * Return when an item was, of which the device told the seconds of its own clock.
   * @param {{at?: number}} item
   * @returns {string}
   */
  function timeOf(item) {
    if (item.at === undefined) return clock(Date.now());
    beginning ||= Date.now() - item.at * 1000;
    return clock(beginning + item.at * 1000);
  }

  function pause() {
    isHeld = !isHeld;
    hold.setAttribute("aria-pressed", String(isHeld));
  }

  function empty() {
    ladder.replaceChildren();
    none.hidden = false;
  }

  /** @param {any[]} events */
  function take(events) {
    if (isHeld) return;
    const isAtEnd = ladder.scrollHeight - ladder.scrollTop - ladder.clientHeight < 40;
    const rows = [];
    for (const event of events) {
      let made = null;
      // it is another one after a restart, which has to be looked at anew
      if (event.event === "device.ready") begin();
      if (event.event === "feed.began") say(live, event.traced ? "Live." : "This device is not traced.");
      else if (event.event === "feed.summary") {
        const names = Object.entries(event.missed).map(([name, count]) => `${count} more of ${name}`);
        made = h("li", { class: "rung event" }, h("time", {}, timeOf({})), h("span"), h("div", {}, names.join(", ")));
      } else if (event.event.startsWith("trace.")) made = row(event, timeOf(/** @type {any} */ (event)));
      if (made) rows.push(made);
    }
    if (!rows.length) return;
    none.hidden = true;
    ladder.append(...rows.slice(-MOST));
    while (ladder.childElementCount > MOST) ladder.firstElementChild?.remove();
    if (isAtEnd) ladder.scrollTop = ladder.scrollHeight;
  }

  function show() {
    const card = devices.get(device);
    if (!card) return;
    states.show(card.state ?? "");
    say(now, card.running ? `The device is in ${card.state}: ${stateText(card)}.` : "The device does not run now.");
    now.dataset.state = card.running ? (card.state ?? "") : "GONE";
  }

  place.replaceChildren(
    h("section", { class: "box" }, h("h2", {}, "State"), states.element, now),
    h(
      "section",
      { class: "box" },
      h("h2", {}, "Messages"),
      h("div", { class: "row" }, hold, clear, h("label", {}, "Show ", kinds), live),
      none,
      ladder,
    ),
  );
  show();
  const deaf = listen((changed) => (changed === null || changed.has(device)) && show());
  const query = `?device=${encodeURIComponent(device)}&trace=1`;
  const lost = () => say(live, "connection lost; trying again");
  let stop = () => {};
  function begin() {
    stop();
    stop = follow(query, take, (isThere) => !isThere && lost());
  }
  begin();
  return () => {
    deaf();
    stop();
  };
}

