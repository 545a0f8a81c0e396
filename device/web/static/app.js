// @ts-check
/** Which page is shown: the overview, or a device by the fragment of the address. */

import { device } from "./device.js";
import { h, say } from "./dom.js";
import { overview } from "./overview.js";
import { server, start } from "./store.js";

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const link = /** @type {HTMLElement} */ (document.getElementById("link"));
const scheme = /** @type {HTMLButtonElement} */ (document.getElementById("scheme"));
const SCHEMES = ["system", "light", "dark"];

let end = () => {};
/** The device whose page is open. */
let shown = "";
let isLoaded = false;

/** Show the page that the address names. */
function route() {
  if (!isLoaded) return;
  const found = /^#\/device\/([^/]+)(?:\/(\w+))?$/.exec(location.hash);
  const name = found ? decodeURIComponent(found[1]) : "";
  if (found && shown === name) return; // a tab of the same page, which it shows itself
  end();
  shown = name;
  end = found ? device(main, name) : overview(main);
  main.focus({ preventScroll: true });
  scrollTo(0, 0);
}

/**
 * Tell whether the page is up to date.
 * @param {boolean} isThere
 * @param {string} [why]
 */
function tell(isThere, why) {
  const mode = server.read_only ? "live, for looking only" : "live";
  say(link, isThere ? mode : (why ?? "connection lost; trying again"));
  link.dataset.there = String(isThere);
  if (isThere && !isLoaded) {
    isLoaded = true;
    route();
  } else if (!isThere && !isLoaded) {
    main.replaceChildren(h("h1", {}, "Not connected"), h("p", {}, why ?? "The program does not answer."));
  }
}

/** @param {string} name */
function colour(name) {
  document.documentElement.dataset.scheme = name;
  say(scheme, name === "system" ? "Colours: as the system" : `Colours: ${name}`);
}

scheme.addEventListener("click", () => {
  const now = SCHEMES.indexOf(document.documentElement.dataset.scheme ?? "system");
  const next = SCHEMES[(now + 1) % SCHEMES.length];
  localStorage.setItem("scheme", next);
  colour(next);
});
document.querySelector(".skip")?.addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
colour(localStorage.getItem("scheme") ?? "system");
addEventListener("hashchange", route);
start(tell);
