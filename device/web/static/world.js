// @ts-check
/**
 * The world around a device: what it is doing, to see and to change. Rights do not count here, and
 * read-only properties can be set: it is the physical world that changes them.
 */

import { ask, pathOf, perform } from "./api.js";
import { control, toggle } from "./controls.js";
import { attempt, h, say } from "./dom.js";
import { Plot } from "./plot.js";
import { protocolFaults } from "./faults.js";
import { hear, listen, server } from "./store.js";
import { time } from "./time.js";
import { valueText } from "./words.js";

/** @typedef {import("./controls.js").Limits} Limits */

/** Events after which values may be others without an event of their own. */
const ANEW = new Set(["database.replaced", "device.rebooted", "device.reset", "feed.summary"]);

/**
 * Return a name that a narrow column may break where a new word begins in it.
 * @param {string} name
 * @returns {(string | HTMLElement)[]}
 */
function broken(name) {
  return name.split(/(?=[A-Z])/).flatMap((word, at) => (at ? [h("wbr"), word] : [word]));
}

/** One property: its name, its control, what it was over time. */
class Row {
  /**
   * @param {string} device
   * @param {string} href
   * @param {string} name
   * @param {Limits} limits
   * @param {string[]} types
   */
  constructor(device, href, name, limits, types) {
    this.limits = limits;
    this.types = types;
    const id = `of${href}/${name}`;
    const send = (/** @type {any} */ value) =>
      attempt(async () => this.showAll(await perform(device, { do: "set", href, values: { [name]: value } }), name));
    this.control = control(limits, id, send);
    this.now = h("output", { class: "now", "aria-labelledby": id });
    this.plot = new Plot();
    const note = limits.read_only ? h("span", { class: "note" }, "clients only read it") : null;
    this.element = h(
      "div",
      { class: "property" },
      h("span", { class: "name" }, h("span", { id }, ...broken(name)), note),
      this.control.element,
      this.now,
      this.plot.element,
    );
  }

  /**
   * @param {Record<string, any>} values
   * @param {string} name
   */
  showAll(values, name) {
    if (name in values) this.show(values[name]);
  }

  /** @param {any} value */
  show(value) {
    this.control.show(value);
    const isLong = typeof value === "object";
    say(this.now, isLong ? "" : valueText(value, this.limits.unit, this.types));
    this.plot.add(value);
  }
}

/**
 * Show what a device is doing.
 * @param {HTMLElement} place
 * @param {string} device
 * @returns {() => void}
 */
export function world(place, device) {
  /** @type {Map<string, Row>} */
  const rows = new Map();
  /** @type {Map<string, HTMLElement>} */
  const faults = new Map();
  /** @type {import("./api.js").Event[]} */
  const early = [];
  let isOpen = true;
  let isBuilding = false;
  let endClock = () => {};
  const protocol = protocolFaults(device);
  place.replaceChildren(h("p", {}, "Loading."));

  const build = () =>
    attempt(async () => {
      isBuilding = true;
      const whole = await ask(pathOf(device)).finally(() => (isBuilding = false));
      if (isOpen) draw(whole);
    });

  /** @param {any} whole */
  function draw(whole) {
    endClock();
    endClock = () => {};
    rows.clear();
    faults.clear();
    if (!whole.running) {
      place.replaceChildren(h("p", {}, "The device does not run now."));
      return;
    }
    const clock = time(device);
    endClock = clock.end;
    place.replaceChildren(
      ...touch(device, whole, faults),
      ...whole.resources.map((/** @type {any} */ each) => resource(device, each, rows)),
      clock.element,
      protocol.element,
    );
    for (const event of early.splice(0)) apply(event);
  }

  /** Values again, without taking a control away from who uses it. */
  const refresh = () =>
    attempt(async () => {
      const whole = await ask(pathOf(device));
      if (!isOpen || !whole.running) return;
      for (const each of whole.resources) {
        for (const [name, value] of Object.entries(each.values)) rows.get(`${each.href} ${name}`)?.show(value);
      }
      for (const [name, isOn] of Object.entries(whole.faults)) {
        faults.get(name)?.setAttribute("aria-checked", String(isOn));
      }
    });

  /** @param {import("./api.js").Event} event */
  function apply(event) {
    if (event.event === "value.changed") {
      for (const [name, value] of Object.entries(event.values)) rows.get(`${event.href} ${name}`)?.show(value);
    } else if (event.event === "fault.changed") {
      faults.get(event.fault)?.setAttribute("aria-checked", String(event.is_on));
    } else if (event.event === "device.ready" || event.event === "device.left") {
      build();
    } else if (ANEW.has(event.event)) {
      refresh();
    }
  }

  const deaf = hear((events) => {
    for (const event of events) {
      if (event.device !== device) continue;
      // what comes while the page is made is told again when it is there
      if (isBuilding) early.push(event);
      else apply(event);
    }
  });
  const unlisten = listen((changed) => changed === null && refresh());
  build();
  return () => {
    isOpen = false;
    endClock();
    protocol.end();
    deaf();
    unlisten();
  };
}

/**
 * @param {string} device
 * @param {any} whole
 * @param {Map<string, HTMLElement>} faults
 * @returns {HTMLElement[]}
 */
function touch(device, whole, faults) {
  const found = [];
  if (whole.inputs.length) {
    const buttons = whole.inputs.map((/** @type {string} */ name) =>
      h(
        "button",
        {
          type: "button",
          disabled: server.read_only,
          onclick: () => attempt(() => perform(device, { do: "press", name })),
        },
        name,
      ),
    );
    found.push(h("section", { class: "box" }, h("h2", {}, "Inputs"), h("div", { class: "row" }, ...buttons)));
  }
  const names = Object.keys(whole.faults);
  if (names.length) {
    const lines = names.map((name) => {
      const id = `fault-${name}`;
      const made = toggle(id, (isOn) => attempt(() => perform(device, { do: "fault", name, is_on: isOn })));
      made.show(whole.faults[name]);
      faults.set(name, made.element);
      return h("div", { class: "row" }, made.element, h("span", { id }, name));
    });
    found.push(h("section", { class: "box" }, h("h2", {}, "Faults"), ...lines));
  }
  return found;
}

/**
 * Return limits with the ends of `range` beside it, which OCF's resources have for their number.
 * @param {string} name
 * @param {Limits} limits
 * @param {Record<string, any>} values
 * @returns {Limits}
 */
function ranged(name, limits, values) {
  const isNumber = limits.type === "integer" || limits.type === "number";
  const hasEnds = limits.minimum !== undefined || limits.maximum !== undefined || limits.length !== undefined;
  const range = values.range;
  if (!isNumber || hasEnds || name === "step" || !Array.isArray(range) || range.length !== 2) return limits;
  return { ...limits, minimum: range[0], maximum: range[1] };
}

/**
 * @param {string} device
 * @param {any} told
 * @param {Map<string, Row>} rows
 * @returns {HTMLElement}
 */
function resource(device, told, rows) {
  const lines = Object.entries(told.properties).map(([name, limits]) => {
    const known = ranged(name, /** @type {Limits} */ (limits), told.values);
    const row = new Row(device, told.href, name, known, told.rt);
    row.show(told.values[name]);
    rows.set(`${told.href} ${name}`, row);
    return row.element;
  });
  return h(
    "section",
    { class: "box" },
    h("h2", {}, told.href, " ", h("span", { class: "note" }, told.rt.join(", "))),
    ...lines,
  );
}
