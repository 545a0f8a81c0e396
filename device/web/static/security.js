// @ts-check
/** What a device keeps: its security resources without secrets, and snapshots of them. */

import { ask, pathOf } from "./api.js";
import { attempt, confirmed, h, toast } from "./dom.js";
import { hear, listen, server } from "./store.js";
import { changes } from "./changes.js";
import { differences, properties, table } from "./tables.js";

/** Events after which something else is kept, or somebody has another role. */
const STORED = new Set(["device.ready", "feed.stored", "feed.summary", "session.ended", "session.opened"]);

/** The resources that everybody looks at; the others stand behind them. */
const FIRST = ["doxm", "pstat", "cred", "acl2", "roles"];

/** Milliseconds after an event until the tables are asked anew. */
const LATER = 250;

const isTable = (/** @type {any} */ value) =>
  Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === "object" && each !== null);

/**
 * Return what one resource has: properties, and tables for those that are lists.
 * @param {string} name
 * @param {any} told
 * @returns {HTMLElement[]}
 */
function content(name, told) {
  if (Array.isArray(told)) {
    return [told.length ? table(name, told, true) : h("p", { class: "note" }, "none")];
  }
  const entries = Object.entries(told);
  const plain = Object.fromEntries(entries.filter(([, value]) => !isTable(value)));
  const tables = entries.filter(([, value]) => isTable(value)).map(([each, value]) => table(`${name}.${each}`, value));
  return [properties(plain), ...tables];
}

/**
 * Show one resource in a box.
 * @param {string} name
 * @param {any} told
 * @returns {HTMLElement}
 */
function resource(name, told) {
  return h("section", { class: "box" }, h("h2", {}, name), ...content(name, told));
}

/**
 * Show what a reset brings back: the resources as the manufacturer made them.
 * @param {Record<string, any>} told
 * @returns {HTMLElement}
 */
function resetProfile(told) {
  const isResource = (/** @type {any} */ value) => typeof value === "object" && value !== null && !Array.isArray(value);
  const entries = Object.entries(told);
  const settings = Object.fromEntries(entries.filter(([, value]) => !isResource(value)));
  const parts = entries
    .filter(([, value]) => isResource(value))
    .map(([name, value]) => h("details", {}, h("summary", {}, name), ...content(name, value)));
  return h(
    "section",
    { class: "box" },
    h("h2", {}, "Reset profile"),
    h("p", { class: "note" }, "What the device has after a reset."),
    properties(settings),
    ...parts,
  );
}

/**
 * Show all resources, those first that everybody looks at.
 * @param {Record<string, any>} told
 * @returns {HTMLElement[]}
 */
function resources(told) {
  const { reset_profile: profile, ...others } = told;
  const first = FIRST.filter((name) => name in others);
  const rest = Object.keys(others).filter((name) => !first.includes(name));
  const boxes = [...first, ...rest].map((name) => resource(name, others[name]));
  return profile ? [...boxes, resetProfile(profile)] : boxes;
}

/**
 * @param {string} device
 * @param {() => void} changed
 * @returns {HTMLElement}
 */
function snapshots(device, changed) {
  const list = h("ul", { class: "snapshots" });
  const result = h("div", { "aria-live": "polite" });
  const name = h("input", { type: "text", required: true, maxlength: "64", pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]*", disabled: server.read_only });

  async function show() {
    try {
      const found = await ask(`${pathOf(device)}/snapshots`);
      list.replaceChildren(...found.reverse().map(line));
      if (!found.length) list.replaceChildren(h("li", { class: "note" }, "none yet"));
    } catch (error) {
      list.replaceChildren(h("li", { class: "note" }, error instanceof Error ? error.message : ""));
    }
  }

  /** @param {{name: string, automatic: boolean}} each */
  function line(each) {
    const path = `${pathOf(device)}/snapshots/${encodeURIComponent(each.name)}`;
    const compare = () =>
      attempt(async () => {
        const found = await ask(`${path}/differences`);
        const caption = `What restoring ${each.name} would change`;
        const same = h("p", {}, `${each.name} is what the device has now.`);
        result.replaceChildren(...(found.length ? [h("h3", {}, caption), differences(found)] : [same]));
      });
    const restore = async () => {
      if (!(await confirmed(`Let ${device} go on with ${each.name}? It restarts, and its sessions end.`, "Restore it"))) return;
      await attempt(async () => {
        await ask(`${path}/restore`, {});
        toast(`${device} goes on with ${each.name}`);
        changed();
      });
    };
    return h(
      "li",
      { class: "row" },
      h("span", {}, each.name),
      h("button", { type: "button", class: "small", onclick: compare }, "Compare", h("span", { class: "unseen" }, ` ${each.name}`)),
      h("button", { type: "button", class: "small danger", disabled: server.read_only, onclick: restore }, "Restore", h("span", { class: "unseen" }, ` ${each.name}`)),
    );
  }

  const take = (/** @type {Event} */ event) => {
    event.preventDefault();
    attempt(async () => {
      await ask(`${pathOf(device)}/snapshots`, { name: name.value });
      name.value = "";
      await show();
    });
  };
  show();
  return h(
    "section",
    { class: "box" },
    h("h2", {}, "Snapshots"),
    h(
      "form",
      { class: "row", onsubmit: take },
      h("label", {}, "Name ", name),
      h("button", { type: "submit", disabled: server.read_only }, "Take a snapshot"),
    ),
    list,
    result,
  );
}

/**
 * Show what a device keeps.
 * @param {HTMLElement} place
 * @param {string} device
 * @returns {() => void}
 */
export function security(place, device) {
  const tables = h("div", { class: "boxes" }, h("p", {}, "Loading."));
  const steps = changes(device);
  let timer = 0;
  let isOpen = true;

  async function show() {
    timer = 0;
    await attempt(async () => {
      const [told] = await Promise.all([ask(`${pathOf(device)}/security`), steps.show()]);
      if (isOpen) tables.replaceChildren(...resources(told));
    });
  }
  const soon = () => {
    timer ||= setTimeout(show, LATER);
  };
  const deaf = hear((events) => {
    if (events.some((each) => each.device === device && STORED.has(each.event))) soon();
  });
  const unlisten = listen((changed) => changed === null && soon());
  place.replaceChildren(snapshots(device, soon), steps.element, tables);
  show();
  return () => {
    isOpen = false;
    clearTimeout(timer);
    deaf();
    unlisten();
  };
}
