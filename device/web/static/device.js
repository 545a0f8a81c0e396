// @ts-check
/** The page of a device: its head, and four tabs. */

import { connections } from "./connections.js";
import { attempt, confirmed, copyButton, h, say, toast } from "./dom.js";
import { perform } from "./api.js";
import { onboarding } from "./onboarding.js";
import { linkTo, showPin } from "./overview.js";
import { picture, pictureKey } from "./pictures.js";
import { security } from "./security.js";
import { devices, listen, server } from "./store.js";
import { mainText, ownerText, stateText, typeText } from "./words.js";
import { world } from "./world.js";

/**
 * A tab shows itself in a place, and returns what ends it.
 * @typedef {(place: HTMLElement, name: string) => () => void} Tab
 */

const TABS = /** @type {[string, string, Tab][]} */ ([
  ["world", "World", world],
  ["onboarding", "Onboarding", onboarding],
  ["security", "Security", security],
  ["connections", "Connections", connections],
]);

/** The tab that waits for a device, as what it shows begins with its start. */
const FOLLOWING = "onboarding";

/**
 * Show the page of a device.
 * @param {HTMLElement} place
 * @param {string} name
 * @returns {() => void}
 */
export function device(place, name) {
  if (!devices.has(name)) {
    document.title = "No such device - onboardee";
    place.replaceChildren(h("h1", {}, "No such device"), h("p", {}, h("a", { href: "#/" }, "All devices")));
    return () => {};
  }
  document.title = `${name} - onboardee`;
  const head = header(name);
  const panel = h("section", { role: "tabpanel", id: "panel", class: "panel", tabindex: "0" });
  let end = () => {};
  let wasRunning = false;

  const buttons = TABS.map(([id, word]) =>
    h(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${id}`,
        "aria-controls": "panel",
        onclick: () => (location.hash = `${linkTo(name)}/${id}`),
      },
      word,
    ),
  );
  const tabs = h(
    "div",
    { role: "tablist", class: "tabs", "aria-label": "Parts of the device", onkeydown: move },
    ...buttons,
  );

  /** @param {KeyboardEvent} event */
  function move(event) {
    const now = buttons.indexOf(/** @type {any} */ (document.activeElement));
    const last = buttons.length - 1;
    const next = { ArrowRight: (now + 1) % (last + 1), ArrowLeft: (now + last) % (last + 1), Home: 0, End: last }[
      event.key
    ];
    if (next === undefined) return;
    event.preventDefault();
    buttons[next].focus();
    buttons[next].click();
  }

  function show() {
    const found = /^#\/device\/([^/]+)(?:\/(\w+))?$/.exec(location.hash);
    if (!found || decodeURIComponent(found[1]) !== name) return;
    const [id, , tab] = TABS.find(([each]) => each === found[2]) ?? TABS[0];
    for (const button of buttons) {
      const isChosen = button.id === `tab-${id}`;
      button.setAttribute("aria-selected", String(isChosen));
      button.tabIndex = isChosen ? 0 : -1;
    }
    panel.setAttribute("aria-labelledby", `tab-${id}`);
    end();
    wasRunning = devices.get(name)?.running ?? false;
    if (wasRunning || id === FOLLOWING) {
      panel.replaceChildren();
      end = tab(panel, name);
    } else {
      panel.replaceChildren(h("p", {}, "The device does not run now. What it is doing is here as soon as it runs again."));
      end = () => {};
    }
  }

  place.replaceChildren(head.element, tabs, panel);
  head.show();
  show();
  addEventListener("hashchange", show);
  const deaf = listen((changed) => {
    if (changed !== null && !changed.has(name)) return;
    head.show();
    if (wasRunning !== devices.get(name)?.running) show();
  });
  return () => {
    removeEventListener("hashchange", show);
    deaf();
    end();
  };
}

/**
 * @param {string} name
 * @returns {{element: HTMLElement, show: () => void}}
 */
function header(name) {
  const title = h("h1");
  const type = h("p", { class: "type" });
  const state = h("p", { class: "state" });
  const main = h("p", { class: "main" });
  const owner = h("p", { class: "owner" });
  const pin = h("p", { class: "pin large" });
  const frame = h("div", { class: "frame" });
  const uuid = h("code");
  const endpoints = h("code");
  let key = "";
  const reset = async () => {
    const question = `Reset ${name}? It forgets its owner, its credentials and its rules.`;
    if (!(await confirmed(question, "Reset it"))) return;
    if ((await attempt(() => perform(name, { do: "reset" }))) !== undefined) toast("The device resets.");
  };
  const reboot = async () => {
    const question = `Restart ${name}, as when its power goes and comes back? Sessions end and values begin anew; owner, credentials and rules stay.`;
    if (!(await confirmed(question, "Restart it"))) return;
    if ((await attempt(() => perform(name, { do: "reboot" }))) !== undefined) toast("The device has restarted.");
  };
  const tools = h(
    "div",
    { class: "tools" },
    h("p", {}, uuid, " ", copyButton("UUID", () => uuid.textContent)),
    h("p", {}, endpoints, " ", copyButton("endpoints", () => endpoints.textContent)),
    h(
      "div",
      { class: "row" },
      h("button", { type: "button", disabled: server.read_only, onclick: reboot }, "Reboot"),
      h("button", { type: "button", class: "danger", disabled: server.read_only, onclick: reset }, "Reset button"),
    ),
  );
  const element = h(
    "header",
    { class: "device" },
    h("p", { class: "back" }, h("a", { href: "#/" }, "All devices")),
    frame,
    h("div", { class: "head" }, title, type, main, state, owner),
    pin,
    tools,
  );

  function show() {
    const card = devices.get(name);
    if (!card) return;
    tools.hidden = !card.device_uuid;
    say(title, card.name && card.name !== name ? `${card.name} (${name})` : name);
    say(type, typeText(card));
    say(state, `${stateText(card)}${card.running ? ` (${card.state})` : ""}`);
    state.dataset.state = card.running ? card.state : "GONE";
    say(main, mainText(card));
    say(owner, ownerText(card));
    say(uuid, card.device_uuid ?? "");
    say(endpoints, (card.endpoints ?? []).join(" "));
    showPin(pin, card);
    const next = pictureKey(card);
    if (next !== key) {
      key = next;
      frame.replaceChildren(picture(card));
    }
  }
  return { element, show };
}
