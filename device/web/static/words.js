// @ts-check
/** Words for states and values, as a device would show them. */

/** @typedef {import("./store.js").Card} Card */

/** States with the words for them (OCF Security 8). */
export const STATES = {
  RESET: "going back to factory state",
  RFOTM: "waits for an owner",
  RFPRO: "being set up",
  RFNOP: "in operation",
  SRESET: "being changed",
};

const NIL = "00000000-0000-0000-0000-000000000000";

/** Words for true and false, by the type of the resource. */
const WORDS = {
  "oic.r.switch.binary": ["on", "off"],
  "oic.r.sensor.contact": ["contact", "no contact"],
  "oic.r.sensor.motion": ["motion", "no motion"],
  "oic.r.sensor.presence": ["somebody is there", "nobody is there"],
  "oic.r.sensor.smoke": ["smoke", "no smoke"],
  "oic.r.sensor.water": ["water", "dry"],
  "oic.r.sensor.carbonmonoxide": ["carbon monoxide", "clean air"],
  "oic.r.button": ["pressed", "released"],
};

/**
 * @param {Card} card
 * @returns {string}
 */
export function stateText(card) {
  if (!card.running) return "not running";
  return /** @type {any} */ (STATES)[card.state ?? ""] ?? card.state;
}

/**
 * @param {Card} card
 * @returns {string}
 */
export function ownerText(card) {
  if (!card.running) return "";
  return card.owned && card.owner !== NIL ? `owned by ${card.owner}` : "no owner";
}

/**
 * Return the first value of that name, of whatever resource.
 * @param {Card} card
 * @param {string} name
 * @returns {any}
 */
export function valueOf(card, name) {
  for (const values of Object.values(card.values ?? {})) {
    if (name in values) return values[name];
  }
  return undefined;
}

/**
 * Return a value as people read it.
 * @param {any} value
 * @param {string | null} [unit]
 * @param {string[]} [types]
 * @returns {string}
 */
export function valueText(value, unit, types = []) {
  if (typeof value === "boolean") {
    const words = types.map((each) => /** @type {any} */ (WORDS)[each]).find(Boolean);
    return (words ?? (types.some((each) => each.includes("sensor")) ? ["yes", "no"] : ["on", "off"]))[
      value ? 0 : 1
    ];
  }
  if (typeof value === "number") {
    const text = Number.isInteger(value) ? String(value) : value.toFixed(1);
    return unit ? `${text} ${unit}` : text;
  }
  if (typeof value === "string") return value;
  return JSON.stringify(value);
}

/**
 * Return the main value as the device shows it.
 * @param {Card} card
 * @returns {string}
 */
export function mainText(card) {
  const main = card.main;
  if (!card.running || !main) return "";
  const value = card.values?.[main.href]?.[main.property];
  if (value === undefined) return "";
  const scale = valueOf({ ...card, values: { it: card.values?.[main.href] ?? {} } }, "units");
  const unit = main.unit ?? (typeof scale === "string" && main.property === "temperature" ? `°${scale}` : null);
  const text = valueText(value, unit, main.rt);
  const opening = valueOf(card, "openLevel");
  if (typeof opening === "number" && (main.property === "openLevel" || main.property === "lockState")) {
    const how = opening === 0 ? "closed" : opening === 100 ? "open" : `${opening} % open`;
    return main.property === "openLevel" ? how : `${text}, ${how}`;
  }
  const level = valueOf(card, "dimmingSetting");
  return value === true && typeof level === "number" ? `${text}, ${level} %` : text;
}

/**
 * Return the type as people say it: `oic.d.smartlock` is a smartlock.
 * @param {Card} card
 * @returns {string}
 */
export function typeText(card) {
  return (card.types ?? []).map((each) => each.replace(/^oic\.d\./, "")).join(", ");
}
