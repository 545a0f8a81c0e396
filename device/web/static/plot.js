// @ts-check
/** A small plot of one value over the last minutes, as long as its page is open. */

import { s } from "./dom.js";

const WIDTH = 160;
const HEIGHT = 32;
/** Points that are kept; of more the oldest go. */
const KEPT = 240;
/** Milliseconds that are shown. */
const SPAN = 300_000;

export class Plot {
  constructor() {
    /** @type {[number, number][]} times and values */
    this.points = [];
    this.line = s("polyline", { class: "trace", fill: "none" });
    this.element = s(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "plot", role: "img", preserveAspectRatio: "none" },
      this.line,
    );
    this.element.style.visibility = "hidden";
  }

  /** @param {any} value what is not a number or a boolean is not drawn */
  add(value) {
    const number = typeof value === "boolean" ? Number(value) : value;
    if (typeof number !== "number") return;
    const now = Date.now();
    const last = this.points.at(-1);
    if (last && last[1] === number) return;
    // it stood there until now
    if (last) this.points.push([now, last[1]]);
    this.points.push([now, number]);
    if (this.points.length > KEPT) this.points.splice(0, this.points.length - KEPT);
    this.draw(now);
  }

  /** @param {number} now */
  draw(now) {
    const values = this.points.map(([, value]) => value);
    const least = Math.min(...values);
    const most = Math.max(...values);
    if (least === most) return;
    const began = Math.max(this.points[0][0], now - SPAN);
    const span = Math.max(now - began, 1);
    const places = this.points.map(([at, value]) => {
      const x = (Math.max(at - began, 0) / span) * (WIDTH - 4) + 2;
      const y = HEIGHT - 3 - ((value - least) / (most - least)) * (HEIGHT - 6);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    });
    this.line.setAttribute("points", places.join(" "));
    this.element.setAttribute("aria-label", `between ${least} and ${most}, now ${values.at(-1)}`);
    this.element.style.visibility = "visible";
  }
}
