/**
 * Asks and tells the service. Every command carries a key of its own, so that one sent again after a lost connection is
 * done once; what the service refuses comes back as a Problem with its sentence and field.
 */

const ROOT = "/api/v1/";
const PAUSES_MS = [500, 1500];
/**
 * The keys of commands that nobody answered: pressed again, the same command goes out under its first key and is done once.
 * @type {Map<string, string>}
 */
const unanswered = new Map();

/** What the service refused, in words. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {Record<string, any>} document
   */
  constructor(status, document) {
    super(String(document.detail ?? document.title ?? status));
    this.status = status;
    this.field = /** @type {string | null} */ (document.field ?? null);
    this.facts = document;
  }
}

/** The service could not be reached. */
export class Unreachable extends Error {}

/**
 * @param {string} path below /api/v1/
 * @param {Record<string, string | number | undefined>} [query]
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function get(path, query = {}, signal) {
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([k, v]) => (v === undefined ? [] : [[k, String(v)]])),
  );
  return read(
    await reached(ROOT + path + (search.size ? `?${search}` : ""), { headers: headers(), signal: signal ?? null }),
  );
}

/**
 * @param {string} path below /api/v1/
 * @param {unknown} body
 * @param {{signal?: AbortSignal, key?: string}} [options]
 * @returns {Promise<any>}
 */
export async function post(path, body, { signal, key } = {}) {
  const text = JSON.stringify(body);
  const same = `${path} ${text}`;
  const known = key ?? unanswered.get(same) ?? uuid();
  unanswered.set(same, known);
  const answer = await insist(ROOT + path, {
    method: "POST",
    headers: { ...headers(), "Content-Type": "application/json", "X-CSRFToken": token(), "Idempotency-Key": known },
    body: text,
    signal: signal ?? null,
  });
  unanswered.delete(same);
  return read(answer);
}

/**
 * A file as it is.
 * @param {string} path below /api/v1/
 * @param {ArrayBuffer} bytes
 * @returns {Promise<any>}
 */
export async function send(path, bytes) {
  const type = { "Content-Type": "application/octet-stream", "X-CSRFToken": token(), "Idempotency-Key": uuid() };
  return read(await insist(ROOT + path, { method: "POST", headers: { ...headers(), ...type }, body: bytes }));
}

/**
 * @param {string} url
 * @param {RequestInit} request
 */
async function insist(url, request) {
  for (const pause_ms of PAUSES_MS) {
    try {
      return await reached(url, request);
    } catch (trouble) {
      if (!(trouble instanceof Unreachable)) throw trouble;
      await new Promise((go) => setTimeout(go, pause_ms));
    }
  }
  return reached(url, request);
}

/** A random key; `crypto.randomUUID` is missing where a closed network serves plain HTTP. */
export function uuid() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {string} url
 * @param {RequestInit} request
 */
async function reached(url, request) {
  try {
    return await fetch(inTongue(url), { ...request, credentials: "same-origin" });
  } catch (trouble) {
    if (trouble instanceof DOMException && trouble.name === "AbortError") throw trouble;
    throw new Unreachable(url);
  }
}

/** The language that the page was asked for in by its address; read once, since a page writes its address anew. */
const ASKED = new URLSearchParams(globalThis.location?.search).get("lang");

/** A page that was asked for in a language is answered in it throughout. @param {string} url */
function inTongue(url) {
  return ASKED ? `${url}${url.includes("?") ? "&" : "?"}lang=${encodeURIComponent(ASKED)}` : url;
}

/**
 * @param {Response} answer
 * @returns {Promise<any>}
 */
async function read(answer) {
  const json = /\bjson\b/.test(answer.headers.get("Content-Type") ?? "");
  const body = json ? await answer.json() : {};
  if (!answer.ok) throw new Problem(answer.status, body);
  return body;
}

function headers() {
  return { Accept: "application/json, application/problem+json" };
}

function token() {
  return document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
}
