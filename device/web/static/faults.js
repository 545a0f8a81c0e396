// @ts-check
/** Faults of a device's protocol: a switch for each that it has, and for each ready one. */

import { ask, pathOf, perform } from "./api.js";
import { toggle } from "./controls.js";
import { attempt, h, say } from "./dom.js";
import { hear, server } from "./store.js";
import { cell } from "./tables.js";

/**
 * @typedef {{number: number, acted: number, name: string, do: string} & Record<string, any>} Present
 * @typedef {{name: string, sentence: string, is_on: boolean}} Ready
 * @typedef {{present: Present[], ready: Ready[]}} Told
 */

/** What is said of a fault elsewhere in its line. */
const SAID = new Set(["number", "acted", "name", "do"]);
/** Milliseconds after an event until the list is asked anew. */
const LATER = 150;

/**
 * Return a fault as `ctl fault add` takes it.
 * @param {Present} fault
 * @returns {string}
 */
function written(fault) {
  const words = Object.entries(fault).filter(([name]) => !SAID.has(name));
  return [fault.do, ...words.map(([name, value]) => `${name}=${cell(value)}`)].join(" ");
}

/**
 * @param {Present} fault
 * @returns {string}
 */
function acted(fault) {
  if (!fault.acted) return "has not acted yet";
  return fault.acted === 1 ? "acted once" : `acted ${fault.acted} times`;
}

/**
 * Return the box of the faults of a device's protocol, and what ends it.
 * @param {string} device
 * @returns {{element: HTMLElement, end: () => void}}
 */
export function protocolFaults(device) {
  /** @type {Told} */
  let told = { present: [], ready: [] };
  let timer = 0;
  let isOpen = true;
  const present = h("ul", { class: "faults", "aria-label": "Faults that the device has" });
  const ready = h("ul", { class: "faults", "aria-label": "Ready faults" });
  const count = h("span");
  const search = h("input", { type: "search", placeholder: "credential, lost, suite", oninput: filter });
  const text = h("input", {
    type: "text",
    class: "json",
    required: true,
    spellcheck: "false",
    autocomplete: "off",
    placeholder: "drop at=credential times=2",
    disabled: server.read_only,
  });
  const clear = h(
    "button",
    { type: "button", class: "small start", disabled: server.read_only, onclick: () => change(() => perform(device, { do: "clear-faults" })) },
    "Remove all",
  );
  /** @type {Map<string, {row: HTMLElement, show: (isOn: boolean) => void, words: string}>} */
  const switches = new Map();

  /** @param {() => Promise<any>} act */
  async function change(act) {
    const done = await attempt(act);
    await show();
    return done !== undefined;
  }

  /** @param {string} name */
  const remove = (name) =>
    change(async () => {
      const numbers = told.present.filter((each) => each.name === name).map((each) => each.number);
      for (const number of numbers) await perform(device, { do: "remove-fault", number });
      return numbers;
    });

  /** @param {Present} fault */
  function line(fault) {
    const id = `protocol-fault-${fault.number}`;
    const off = toggle(id, () => change(() => perform(device, { do: "remove-fault", number: fault.number })));
    off.show(true);
    const named = fault.name === written(fault) || fault.name.includes(" at ") ? null : `${fault.name}: `;
    return h(
      "li",
      { class: "row" },
      off.element,
      h("span", { id }, named, h("code", {}, written(fault)), h("span", { class: "note" }, ` ${acted(fault)}`)),
    );
  }

  /** @param {Ready} each */
  function offer(each) {
    const id = `ready-fault-${each.name}`;
    const made = toggle(id, (isOn) =>
      isOn ? change(() => ask(`${pathOf(device)}/faults`, { ready: each.name })) : remove(each.name),
    );
    const row = h(
      "li",
      { class: "row" },
      made.element,
      h("span", { id }, each.name, h("span", { class: "note" }, ` ${each.sentence}`)),
    );
    return { row, show: made.show, words: `${each.name} ${each.sentence}`.toLowerCase() };
  }

  function filter() {
    const wanted = search.value.trim().toLowerCase();
    for (const each of switches.values()) each.row.hidden = !each.words.includes(wanted);
  }

  async function show() {
    timer = 0;
    try {
      told = await ask(`${pathOf(device)}/faults`);
    } catch {
      return; // it does not run now, which the page says elsewhere
    }
    if (!isOpen) return;
    present.replaceChildren(...told.present.map(line));
    clear.hidden = told.present.length === 0;
    if (switches.size !== told.ready.length) {
      switches.clear();
      for (const each of told.ready) switches.set(each.name, offer(each));
      ready.replaceChildren(...[...switches.values()].map((each) => each.row));
      filter();
    }
    for (const each of told.ready) switches.get(each.name)?.show(each.is_on);
    const on = told.ready.filter((each) => each.is_on).length;
    say(count, `${told.ready.length} ready faults${on ? `, ${on} on` : ""}`);
  }

  const add = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (await change(() => ask(`${pathOf(device)}/faults`, { text: text.value }))) text.value = "";
  };
  const deaf = hear((events) => {
    const isAbout = events.some((each) => each.device === device && /^(fault|device|feed)\./.test(each.event));
    if (isAbout) timer ||= setTimeout(show, LATER);
  });
  show();
  const element = h(
    "section",
    { class: "box" },
    h("h2", {}, "Protocol faults"),
    h("p", { class: "note" }, "What the device does wrong towards tools, when a step of the transfer or a message comes."),
    present,
    clear,
    h(
      "details",
      {},
      h("summary", {}, count),
      h("label", { class: "row" }, "Find ", search),
      ready,
    ),
    h(
      "form",
      { class: "row", onsubmit: add },
      h("label", { class: "grow" }, "Another, as for ctl fault add ", text),
      h("button", { type: "submit", disabled: server.read_only }, "Add"),
    ),
  );
  const end = () => {
    isOpen = false;
    clearTimeout(timer);
    deaf();
  };
  return { element, end };
}
