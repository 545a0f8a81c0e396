// @ts-check
/**
 * Making elements. Texts become text nodes and nothing else: what a device is called is never
 * read as HTML.
 */

/** @typedef {Node | string | number | null | undefined | false} Child */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {Element} element
 * @param {Record<string, any>} attributes names with their values; `onclick` and the like listen
 * @param {Child[]} children
 */
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/**
 * Make an HTML element.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...Child} children
 * @returns {any}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  fill(element, attributes, children);
  return element;
}

/**
 * Make an SVG element.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...Child} children
 * @returns {SVGElement}
 */
export function s(tag, attributes = {}, ...children) {
  const element = /** @type {SVGElement} */ (document.createElementNS(SVG, tag));
  fill(element, attributes, children);
  return element;
}

/**
 * Set the text of an element, if it is another one: a screen reader reads what is set.
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Tell the person something that is soon gone.
 * @param {string} text
 */
export function toast(text) {
  const place = /** @type {HTMLElement} */ (document.getElementById("said"));
  place.textContent = text;
  place.classList.add("shown");
  clearTimeout(Number(place.dataset.timer));
  place.dataset.timer = String(setTimeout(() => place.classList.remove("shown"), 6000));
}

/**
 * Return a button that copies a text.
 * @param {string} what what it is, for people
 * @param {() => string} text
 * @returns {HTMLButtonElement}
 */
export function copyButton(what, text) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      toast(`${what} copied`);
    } catch {
      toast(`The browser does not let this page copy; it is ${text()}`);
    }
  };
  return h("button", { type: "button", class: "quiet small", onclick: copy }, `Copy ${what}`);
}

/**
 * Ask before something that cannot be taken back.
 * @param {string} question
 * @param {string} action
 * @returns {Promise<boolean>}
 */
export function confirmed(question, action) {
  return new Promise((resolve) => {
    const close = (/** @type {boolean} */ answer) => {
      removeEventListener("hashchange", leave);
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const dialog = h(
      "dialog",
      { "aria-labelledby": "question", oncancel: () => close(false) },
      h("p", { id: "question" }, question),
      h(
        "div",
        { class: "row" },
        h("button", { type: "button", class: "danger", onclick: () => close(true) }, action),
        h("button", { type: "button", onclick: () => close(false), autofocus: true }, "Cancel"),
      ),
    );
    // a question about a device does not stand over the page of another one
    const leave = () => close(false);
    addEventListener("hashchange", leave);
    document.body.append(dialog);
    dialog.showModal();
  });
}

/**
 * Do something that the device may refuse; what it says is told.
 * @param {() => Promise<any>} act
 * @returns {Promise<any>} what came of it; undefined if nothing did
 */
export async function attempt(act) {
  try {
    return await act();
  } catch (error) {
    toast(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}
