// @ts-check
/**
 * The HTTP interface: questions, commands and the stream of events.
 *
 * The token comes in the fragment of the address, which no browser sends, and is kept for this tab
 * only.
 */

/** @typedef {Record<string, any> & {event: string, device?: string}} Event */

const ROOT = "/api/v1";
const TOKEN = "onboardee-token";

const given = /^#token=([\w-]+)$/.exec(location.hash);
if (given) {
  sessionStorage.setItem(TOKEN, given[1]);
  history.replaceState(null, "", "#/");
}

/** What the interface refuses, in a sentence for people. */
export class Refusal extends Error {}

/** @returns {Record<string, string>} */
function headers() {
  const token = sessionStorage.getItem(TOKEN);
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/**
 * Ask, or send `body`.
 * @param {string} path
 * @param {any} [body]
 * @returns {Promise<any>}
 */
export async function ask(path, body) {
  /** @type {RequestInit} */
  const request = { headers: headers() };
  if (body !== undefined) {
    request.method = "POST";
    request.body = JSON.stringify(body);
    request.headers = { ...headers(), "Content-Type": "application/json" };
  }
  const response = await fetch(ROOT + path, request);
  if (!response.ok) throw await refusal(response);
  return (await response.json()).ok;
}

/**
 * @param {Response} response
 * @returns {Promise<Refusal>}
 */
async function refusal(response) {
  const answer = await response.json().catch(() => ({}));
  return new Refusal(answer.error || response.statusText);
}

/**
 * @param {string} name
 * @returns {string}
 */
export function pathOf(name) {
  return `/devices/${encodeURIComponent(name)}`;
}

/**
 * Let a device do something, in the words of `onboardee ctl`.
 * @param {string} device
 * @param {Record<string, any>} command
 * @returns {Promise<any>}
 */
export function perform(device, command) {
  return ask(`${pathOf(device)}/commands`, command);
}

/**
 * Follow events until `stop` is called; begins again whenever the connection is lost.
 * @param {string} query
 * @param {(events: Event[]) => void} take
 * @param {(isThere: boolean, why?: string) => void} [tell] told whenever the connection comes or goes
 * @returns {() => void}
 */
export function follow(query, take, tell = () => {}) {
  const ending = new AbortController();
  let wait = 250;
  /** @type {string | undefined} */
  let why;
  const run = async () => {
    while (!ending.signal.aborted) {
      try {
        const response = await fetch(`${ROOT}/events${query}`, {
          headers: headers(),
          signal: ending.signal,
        });
        if (!response.ok || !response.body) throw await refusal(response);
        wait = 250;
        await read(response.body, take, tell);
        why = undefined;
      } catch (error) {
        if (ending.signal.aborted) return;
        why = error instanceof Refusal ? error.message : undefined;
      }
      tell(false, why);
      await new Promise((resolve) => setTimeout(resolve, wait));
      wait = Math.min(wait * 2, 5000);
    }
  };
  run();
  return () => ending.abort();
}

/**
 * Read server-sent events; each chunk is told at once.
 * @param {ReadableStream<Uint8Array>} body
 * @param {(events: Event[]) => void} take
 * @param {(isThere: boolean) => void} tell
 */
async function read(body, take, tell) {
  const decoder = /** @type {any} */ (new TextDecoderStream());
  const reader = body.pipeThrough(decoder).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (text + value).split("\n\n");
    text = parts.pop() ?? "";
    const events = parts
      .filter((part) => part.startsWith("data: "))
      .map((part) => JSON.parse(part.slice(6)));
    if (events.some((each) => each.event === "feed.began")) tell(true);
    if (events.length) take(events);
  }
}
