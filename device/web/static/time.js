// @ts-check
/** The time of a device's world: as fast as the wall, faster, standing still, or ahead at once. */

import { perform } from "./api.js";
import { attempt, h, say } from "./dom.js";
import { hear, server } from "./store.js";

const SPEEDS = [1, 10, 60, 600, 3600];
/** Ways ahead, in seconds, with the words for them. */
const STEPS = /** @type {[number, string][]} */ ([
  [10, "10 s"],
  [60, "1 min"],
  [1800, "30 min"],
  [86400, "1 day"],
]);

/**
 * Return the box with the time of a device, and what ends it.
 * @param {string} device
 * @returns {{element: HTMLElement, end: () => void}}
 */
export function time(device) {
  const now = h("output", { class: "now", "aria-label": "Time of its world" });
  const speeds = h(
    "select",
    { id: "speed", disabled: server.read_only, onchange: () => send({ do: "speed", speed: Number(speeds.value) }) },
    ...SPEEDS.map((each) => h("option", { value: each }, each === 1 ? "as the wall" : `${each} times`)),
  );
  const hold = h(
    "button",
    { type: "button", disabled: server.read_only, onclick: () => send({ do: told.paused ? "resume" : "pause" }) },
    "Pause",
  );
  const steps = STEPS.map(([seconds, word]) =>
    h(
      "button",
      { type: "button", disabled: server.read_only, onclick: () => send({ do: "advance", seconds }) },
      `${word} ahead`,
    ),
  );
  const told = { speed: 1, paused: false, at: 0, began: 0 };

  /** @param {any} answer what every command of time answers */
  function take(answer) {
    Object.assign(told, { speed: answer.speed, paused: answer.paused });
    told.at = Date.parse(answer.world_time);
    told.began = performance.now();
    say(hold, told.paused ? "Go on" : "Pause");
    if (!SPEEDS.includes(told.speed) && !speeds.querySelector(`[value="${told.speed}"]`)) {
      speeds.append(h("option", { value: told.speed }, `${told.speed} times`));
    }
    speeds.value = String(told.speed);
    show();
  }
  function show() {
    const passed = told.paused ? 0 : (performance.now() - told.began) * told.speed;
    if (told.at) now.textContent = new Date(told.at + passed).toLocaleString();
  }
  const send = (/** @type {any} */ command) => attempt(async () => take(await perform(device, command)));
  const ask = () => send({ do: "state" });
  const deaf = hear((events) => {
    if (events.some((each) => each.device === device && /^(time|device)\./.test(each.event))) ask();
  });
  const clock = setInterval(show, 1000);
  ask();
  const element = h(
    "section",
    { class: "box" },
    h("h2", {}, "Time"),
    h("div", { class: "row" }, now, hold, h("label", {}, "Speed ", speeds)),
    h("div", { class: "row" }, ...steps),
    h("p", { class: "note" }, "Of what the device does by itself; what tools wait for keeps real time."),
  );
  const end = () => {
    clearInterval(clock);
    deaf();
  };
  return { element, end };
}
