// @ts-check
/** The overview: a card of each device, with search and filter. */

import { copyButton, h, s, say } from "./dom.js";
import { picture, pictureKey } from "./pictures.js";
import { devices, listen } from "./store.js";
import { STATES, mainText, ownerText, stateText, typeText } from "./words.js";

/** @typedef {import("./store.js").Card} Card */

/** What the person looks for; kept while another page is open. */
const wanted = { text: "", state: "", kind: "" };

/**
 * @param {string} name
 * @returns {string}
 */
export function linkTo(name) {
  return `#/device/${encodeURIComponent(name)}`;
}

/**
 * Show the PIN that a device shows, in large digits and as a QR code.
 * @param {HTMLElement} place
 * @param {Card} card
 */
export function showPin(place, card) {
  const pin = card.pin ?? "";
  place.hidden = !pin;
  if (place.dataset.shown === pin) return;
  place.dataset.shown = pin;
  const rows = card.pin_code ?? [];
  const size = rows.length + 8;
  const d = rows.flatMap((row, y) => [...row].map((bit, x) => (bit === "1" ? `M${x + 4} ${y + 4}h1v1h-1z` : "")));
  const code = s(
    "svg",
    { viewBox: `0 0 ${size} ${size}`, class: "code", role: "img", "aria-label": "The PIN as a QR code" },
    s("rect", { width: size, height: size, class: "paper" }),
    s("path", { d: d.join(""), class: "ink" }),
  );
  place.replaceChildren("PIN ", h("strong", {}, pin), ...(rows.length ? [code] : []));
}

/** A card whose elements are made once, and changed where something is other than before. */
class CardView {
  /** @param {Card} card */
  constructor(card) {
    this.name = h("a", { href: linkTo(card.device) });
    this.type = h("p", { class: "type" });
    this.state = h("p", { class: "state" });
    this.main = h("p", { class: "main" });
    this.owner = h("p", { class: "owner" });
    this.picture = h("div", { class: "frame" });
    this.pin = h("p", { class: "pin" });
    this.uuid = h("code");
    this.endpoints = h("ul", { class: "plain" });
    this.key = "";
    this.text = "";
    this.tools = h(
      "details",
      {},
      h("summary", {}, "For tools", h("span", { class: "unseen" }, ` of ${card.device}`)),
      h("p", {}, this.uuid, " ", copyButton("UUID", () => this.uuid.textContent)),
      this.endpoints,
      copyButton("endpoints", () => (devices.get(card.device)?.endpoints ?? []).join("\n")),
    );
    this.element = h(
      "li",
      { class: "card" },
      this.picture,
      h("div", { class: "head" }, h("h2", {}, this.name), this.type),
      this.main,
      this.state,
      this.owner,
      this.pin,
      this.tools,
    );
    this.show(card);
  }

  /** @param {Card} card */
  show(card) {
    say(this.name, card.name && card.name !== card.device ? `${card.name} (${card.device})` : card.device);
    say(this.type, typeText(card));
    say(this.state, stateText(card));
    this.state.dataset.state = card.running ? card.state : "GONE";
    say(this.main, mainText(card));
    say(this.owner, ownerText(card));
    say(this.uuid, card.device_uuid ?? "");
    this.tools.hidden = !card.device_uuid;
    showPin(this.pin, card);
    const endpoints = (card.endpoints ?? []).join("\n");
    if (this.endpoints.dataset.shown !== endpoints) {
      this.endpoints.dataset.shown = endpoints;
      const lines = (card.endpoints ?? []).map((each) => h("li", {}, h("code", {}, each)));
      this.endpoints.replaceChildren(...lines);
    }
    const key = pictureKey(card);
    if (key !== this.key) {
      this.key = key;
      this.picture.replaceChildren(picture(card));
    }
    this.text = [card.device, card.name, typeText(card), card.device_uuid, card.owner, card.state]
      .join(" ")
      .toLowerCase();
    this.element.hidden = !this.isWanted(card);
  }

  /** @param {Card} card */
  isWanted(card) {
    if (wanted.text && !this.text.includes(wanted.text)) return false;
    if (wanted.kind && !(card.types ?? []).includes(wanted.kind)) return false;
    const state = card.running ? card.state : "GONE";
    return !wanted.state || state === wanted.state;
  }
}

/**
 * Show the overview in `place`.
 * @param {HTMLElement} place
 * @returns {() => void} what ends it
 */
export function overview(place) {
  /** @type {Map<string, CardView>} */
  const views = new Map();
  const list = h("ul", { class: "cards", "aria-label": "Devices" });
  const count = h("p", { class: "count", role: "status" });
  const nothing = h("p", { class: "note" }, "No device fits. ", h("button", { type: "button", class: "small", onclick: showAll }, "Show all"));
  const none = h("p", { class: "note" }, "There are no devices yet: each is shown as soon as it runs.");
  const kinds = h("select", { id: "kind", onchange: () => filter({ kind: kinds.value }) });
  const states = h(
    "select",
    { id: "state", onchange: () => filter({ state: states.value }) },
    h("option", { value: "" }, "any"),
    ...Object.entries(STATES).map(([name, word]) => h("option", { value: name }, `${word} (${name})`)),
    h("option", { value: "GONE" }, "not running"),
  );
  const search = h("input", {
    id: "search",
    type: "search",
    value: wanted.text,
    autocomplete: "off",
    placeholder: "name, type, UUID, owner",
    oninput: () => filter({ text: search.value.trim().toLowerCase() }),
  });

  function showAll() {
    search.value = states.value = kinds.value = "";
    filter({ text: "", state: "", kind: "" });
    search.focus();
  }

  /** @param {Partial<typeof wanted>} change */
  function filter(change) {
    Object.assign(wanted, change);
    for (const [name, view] of views) {
      const card = devices.get(name);
      if (card) view.element.hidden = !view.isWanted(card);
    }
    tell();
  }

  function tell() {
    let shown = 0;
    for (const view of views.values()) shown += view.element.hidden ? 0 : 1;
    nothing.hidden = shown > 0 || views.size === 0;
    none.hidden = views.size > 0;
    const text = shown === views.size ? `${shown} devices` : `${shown} of ${views.size} devices`;
    say(count, views.size === 1 && shown === 1 ? "1 device" : text);
  }

  function showKinds() {
    const found = [...new Set([...devices.values()].flatMap((card) => card.types ?? []))].sort();
    kinds.replaceChildren(
      h("option", { value: "" }, "any"),
      ...found.map((each) => h("option", { value: each }, each.replace(/^oic\.d\./, ""))),
    );
    kinds.value = wanted.kind;
  }

  /** @param {Set<string> | null} changed */
  function show(changed) {
    if (changed === null) {
      for (const [name, view] of views) {
        if (!devices.has(name)) {
          view.element.remove();
          views.delete(name);
        }
      }
      showKinds();
    }
    for (const name of changed ?? devices.keys()) {
      const card = devices.get(name);
      if (!card) continue;
      const view = views.get(name);
      if (view) {
        view.show(card);
      } else {
        const made = new CardView(card);
        views.set(name, made);
        list.append(made.element);
      }
    }
    tell();
  }

  document.title = "Devices - onboardee";
  place.replaceChildren(
    h("h1", { class: "unseen" }, "Devices"),
    h(
      "form",
      { class: "filters", role: "search", onsubmit: (/** @type {Event} */ event) => event.preventDefault() },
      h("label", {}, "Search ", search),
      h("label", {}, "State ", states),
      h("label", {}, "Kind ", kinds),
      count,
    ),
    nothing,
    none,
    list,
  );
  states.value = wanted.state;
  show(null);
  return listen(show);
}
