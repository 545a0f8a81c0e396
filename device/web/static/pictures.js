// @ts-check
/**
 * A picture of each kind of device, drawn from its values: a lamp glows, a door stands half open, a
 * lock shows its bolt. Colours are classes of the style sheet, so that they follow the scheme.
 */

import { s } from "./dom.js";
import { valueOf } from "./words.js";

/** @typedef {import("./store.js").Card} Card */

const line = (/** @type {string} */ d, name = "line") => s("path", { d, class: name });
const box = (/** @type {number[]} */ [x, y, width, height], name = "body", rx = 3) =>
  s("rect", { x, y, width, height, rx, class: name });
const dot = (/** @type {number[]} */ [cx, cy, r], name = "body") =>
  s("circle", { cx, cy, r, class: name });
const word = (/** @type {string} */ text, /** @type {number} */ y = 36) =>
  s("text", { x: 32, y, class: "figure", "text-anchor": "middle" }, text);

const isOn = (/** @type {Card} */ card) => valueOf(card, "value") === true;
/** Whether it works: switched on, or in the middle of something. */
const works = (/** @type {Card} */ card) =>
  isOn(card) || valueOf(card, "currentMachineState") === "active";
const lit = (/** @type {Card} */ card) => (works(card) ? "lit" : "unlit");

/**
 * How far something is open, from 0 to 1.
 * @param {Card} card
 * @returns {number}
 */
function opening(card) {
  const level = valueOf(card, "openLevel");
  if (typeof level === "number") return Math.min(Math.max(level / 100, 0), 1);
  return valueOf(card, "openState") === "Open" ? 1 : 0;
}

/** @param {Card} card */
function lamp(card) {
  const level = valueOf(card, "dimmingSetting");
  const bulb = dot([32, 26, 15], isOn(card) ? "lit" : "unlit");
  if (isOn(card)) {
    const strength = typeof level === "number" ? 0.35 + (0.65 * level) / 100 : 1;
    bulb.setAttribute("fill-opacity", String(strength));
    const colour = valueOf(card, "rgbValue");
    // white is drawn as warm light, which is seen on white
    if (Array.isArray(colour) && Math.min(...colour.map(Number)) < 200) bulb.style.fill = `rgb(${colour.map(Number).join(" ")})`;
  }
  const rays = isOn(card) ? line("M32 3v5M10 26H5M59 26h-5M16 10l3 3M48 10l-3 3", "ray") : null;
  return [rays, bulb, line("M26 44h12M27 49h10M29 54h6")];
}

/** @param {Card} card */
function lock(card) {
  const isLocked = valueOf(card, "lockState") === "Locked";
  return [
    line(isLocked ? "M22 28v-8a10 10 0 0 1 20 0v8" : "M22 28v-8a10 10 0 0 1 19-4"),
    box([16, 28, 32, 26], isLocked ? "good" : "warn"),
    box([isLocked ? 40 : 30, 38, isLocked ? 18 : 12, 6], "bolt", 1),
  ];
}

/** @param {Card} card */
function door(card) {
  const width = 26 * (1 - opening(card) * 0.75);
  const slant = opening(card) * 6;
  return [
    line("M14 56V8h36v48M8 56h48"),
    line(`M19 12h${width}v${44 - slant}L19 56z`, "door"),
    dot([19 + width - 5, 34, 2], "dark"),
  ];
}

/** @param {Card} card */
function shutter(card) {
  const closed = 40 * (1 - opening(card));
  const slats = [];
  for (let y = 14; y < 12 + closed; y += 6) slats.push(line(`M14 ${y}h36`));
  return [box([12, 8, 40, 46], "glass"), box([12, 10, 40, closed], "door", 0), ...slats, line("M10 9h44")];
}

/** @param {Card} card */
function drum(card) {
  return [
    box([12, 6, 40, 52]),
    line("M12 16h40"),
    dot([46, 11, 2], lit(card)),
    dot([32, 36, 14], "glass"),
    dot([32, 36, 9], lit(card)),
    line(works(card) ? "M24 36q4-5 8 0t8 0" : "M24 38h16"),
  ];
}

/** @param {Card} card */
function blades(card) {
  const turns = works(card) ? "blades turning" : "blades";
  return [
    dot([32, 28, 22], "glass"),
    s("g", { class: turns }, line("M32 28q-4-16 6-18 6 8-6 18zM32 28q16 4 13 14-10 2-13-14zM32 28q-12 12-20 4 2-10 20-4z", "door")),
    dot([32, 28, 3], "dark"),
    line("M32 50v8M22 58h20"),
  ];
}

/** @param {Card} card */
function thermometer(card) {
  const degrees = valueOf(card, "temperature");
  const text = typeof degrees === "number" ? `${degrees.toFixed(degrees % 1 ? 1 : 0)}°` : "";
  return [dot([32, 32, 25], "glass"), line("M14 46a22 22 0 1 1 36 0", "ring"), word(text, 38)];
}

/** @param {Card} card */
function screen(card) {
  return [box([6, 12, 52, 34]), box([10, 16, 44, 26], isOn(card) ? "glow" : "dark", 1), line("M24 54h16M32 46v8")];
}

/** @param {Card} card */
function speaker(card) {
  return [
    box([18, 4, 28, 56]),
    dot([32, 18, 6], "glass"),
    dot([32, 42, 10], lit(card)),
    isOn(card) ? line("M52 34q5 8 0 16M56 30q8 12 0 24", "ray") : null,
  ];
}

/** @param {Card} card */
function pot(card) {
  return [
    works(card) ? line("M24 12q4-4 0-8M34 12q4-4 0-8", "ray") : null,
    line("M16 20h28l4 36H14z", "body"),
    line("M46 26q12 2 6 18"),
    dot([30, 48, 3], lit(card)),
  ];
}

/** @param {Card} card */
function oven(card) {
  return [box([8, 8, 48, 50]), line("M8 20h48"), dot([18, 14, 2], "dark"), dot([28, 14, 2], "dark"), box([14, 26, 36, 26], lit(card)), line("M18 30h28")];
}

/** @param {Card} card */
function cupboard(card) {
  const degrees = valueOf(card, "temperature");
  return [
    box([16, 4, 32, 56]),
    line("M16 24h32M22 12v6M22 30v10"),
    typeof degrees === "number" ? s("text", { x: 36, y: 48, class: "figure small", "text-anchor": "middle" }, `${Math.round(degrees)}°`) : null,
  ];
}

/** @param {Card} card */
function plug(card) {
  return [box([10, 8, 44, 48], "body", 10), dot([32, 32, 15], lit(card)), dot([26, 32, 2.5], "dark"), dot([38, 32, 2.5], "dark")];
}

/** @param {Card} card */
function toggle(card) {
  return [box([16, 6, 32, 52]), box([24, isOn(card) ? 14 : 32, 16, 18], lit(card)), line("M32 10v2M32 52v2")];
}

/** @param {Card} card */
function sensor(card) {
  return [
    dot([32, 32, 12], isOn(card) ? "warn" : "unlit"),
    line("M16 16a22 22 0 0 0 0 32M48 16a22 22 0 0 1 0 32", isOn(card) ? "ray" : "line"),
  ];
}

/** @param {Card} card */
function cell(card) {
  const charge = Number(valueOf(card, "charge") ?? 0);
  return [box([8, 18, 44, 28]), box([54, 26, 4, 12], "dark", 1), box([12, 22, (36 * charge) / 100, 20], charge > 20 ? "good" : "warn", 1)];
}

/** @param {Card} _card */
function camera(_card) {
  return [box([6, 18, 40, 28]), line("M46 28l12-8v24l-12-8z", "body"), dot([26, 32, 9], "glass"), dot([26, 32, 4], "dark")];
}

/** @param {Card} card */
function robot(card) {
  return [dot([32, 32, 24]), dot([32, 32, 14], "glass"), dot([32, 20, 3], lit(card)), line("M14 44q18 12 36 0")];
}

/** @param {Card} card */
function drop(card) {
  return [line("M32 6q20 24 20 34a20 18 0 0 1-40 0q0-10 20-34z", works(card) || opening(card) > 0 ? "water" : "glass"), line("M22 42a10 10 0 0 0 8 8")];
}

/** @param {Card} card */
function chip(card) {
  return [box([14, 14, 36, 36]), dot([32, 32, 7], lit(card)), line("M22 14V6M32 14V6M42 14V6M22 58v-8M32 58v-8M42 58v-8")];
}

/** The drawing of each kind, by a part of its type; the first that fits is taken. */
const KINDS = /** @type {[RegExp, (card: Card) => any[]][]} */ ([
  [/light/, lamp],
  [/lock|securitypanel/, lock],
  [/garagedoor|oic\.d\.door|window/, door],
  [/blind|shutter|curtain/, shutter],
  [/washer|dryer|dishwasher/, drum],
  [/fan|purifier$|airconditioner|cookerhood|dehumidifier/, blades],
  [/thermostat/, thermometer],
  [/tv|stb|receiver/, screen],
  [/speaker/, speaker],
  [/kettle|coffee/, pot],
  [/oven|cooktop/, oven],
  [/refrigerator|freezer/, cupboard],
  [/plug|meter/, plug],
  [/switch/, toggle],
  [/battery/, cell],
  [/camera/, camera],
  [/robotcleaner/, robot],
  [/water|humidifier/, drop],
]);

/**
 * Draw a device. The picture is hidden from screen readers: its values stand beside it as text.
 * @param {Card} card
 * @returns {SVGElement}
 */
export function picture(card) {
  const types = (card.types ?? []).join(" ");
  let draw = KINDS.find(([pattern]) => pattern.test(types))?.[1];
  if (!draw && valueOf(card, "temperature") !== undefined) draw = thermometer;
  if (!draw && types.includes("sensor")) draw = sensor;
  const parts = (draw ?? chip)(card).filter(Boolean);
  return s("svg", { viewBox: "0 0 64 64", class: "picture", "aria-hidden": "true" }, ...parts);
}

/**
 * Return what a picture is drawn from: while it is the same, so is the picture.
 * @param {Card} card
 * @returns {string}
 */
export function pictureKey(card) {
  return JSON.stringify(card.values ?? null);
}
