/**
 * An incident's file as a fold over its journal: `fold(file, entry)` gives the next file and never changes the old one.
 * An entry that was seen is dropped; an entry after a gap is not taken, and says from where the page must fetch. Pure.
 */

/** @typedef {import("./types.js").Entry} Entry */
/** @typedef {import("./types.js").OpenEntry} OpenEntry */
/**
 * @typedef {object} Told
 * @property {string} state
 * @property {string} tells
 * @property {string} at
 * @property {string} [act]
 * @property {number} [version]
 * @property {{by: string, at: string, via: string}} [acknowledged]
 */
/**
 * Number of the last entry that touched each.
 * @typedef {object} Changed
 * @property {number} assessment
 * @property {number} calls
 * @property {number} incident
 */

/**
 * @typedef {object} File
 * @property {string} stream
 * @property {number} last
 * @property {number | null} missingAfter set when an entry came after a gap: fetch from here
 * @property {Entry[]} entries
 * @property {Record<number, Told>} told by notification
 * @property {Changed} changed
 */

/** Which of the page's other facts an entry makes stale, by the first word of its kind. */
const TOUCHES = /** @type {Record<string, (keyof Changed)[]>} */ ({
  incident: ["incident", "assessment", "calls"],
  notification: ["incident", "calls"],
  delivery: ["incident", "calls"],
  escalation: ["incident", "calls"],
  proposal: ["incident"],
  promise: ["incident"],
  contact: ["calls"],
  clock: ["incident"],
  grade: ["incident", "assessment"],
  response: ["incident"],
  track: ["incident"],
  report: ["incident"],
  intake: ["incident", "calls"],
  inside: ["calls"],
  audience: [],
});
const EVERYTHING = /** @type {(keyof Changed)[]} */ (["incident"]);
const STATES = /** @type {Record<string, string>} */ ({
  "notification.proposed": "proposed",
  "notification.changed": "proposed",
  "notification.issued": "issued",
  "notification.withheld": "withheld",
});

/**
 * @param {string} stream
 * @returns {File}
 */
export function opened(stream) {
  const changed = { assessment: 0, calls: 0, incident: 0 };
  return { stream, last: 0, missingAfter: null, entries: [], told: {}, changed };
}

/**
 * @param {File} file
 * @param {Entry} entry
 * @returns {File}
 */
export function fold(file, entry) {
  if (entry.stream !== file.stream || entry.n <= file.last) return file;
  if (entry.n > file.last + 1) return { ...file, missingAfter: file.last };
  const next = { ...file, last: entry.n, missingAfter: null, entries: [...file.entries, entry] };
  return entry.withheld ? next : { ...next, ...facts(file, entry) };
}

/**
 * @param {File} file
 * @param {Entry[]} entries
 */
export function foldAll(file, entries) {
  return entries.reduce(fold, file);
}

/**
 * @param {File} file
 * @param {OpenEntry} entry
 * @returns {Partial<File>}
 */
function facts(file, entry) {
  const touched = TOUCHES[entry.kind.split(".")[0] ?? ""] ?? EVERYTHING;
  const changed = { ...file.changed, ...Object.fromEntries(touched.map((name) => [name, entry.n])) };
  return { changed, told: told(file.told, entry) };
}

/**
 * @param {Record<number, Told>} before
 * @param {OpenEntry} entry
 * @returns {Record<number, Told>}
 */
function told(before, entry) {
  const id = Number(entry.facts.notification);
  const state = STATES[entry.kind];
  if (state) {
    const { tells, act, version } = entry.facts;
    return { ...before, [id]: { ...before[id], state, tells, at: entry.at, act, version } };
  }
  return entry.kind === "notification.acknowledged" ? acknowledged(before, entry) : before;
}

/**
 * A read-back stands for every message that it names.
 * @param {Record<number, Told>} before
 * @param {OpenEntry} entry
 */
function acknowledged(before, entry) {
  const by = {
    by: String(entry.facts.person ?? entry.by.role ?? ""),
    at: String(entry.facts.stated_at ?? entry.at),
    via: String(entry.facts.via ?? ""),
  };
  const named = /** @type {number[]} */ (entry.facts.acknowledges ?? []);
  const marked = named.map((id) => [
    id,
    { ...(before[id] ?? { tells: entry.facts.tells, at: entry.at }), state: "acknowledged", acknowledged: by },
  ]);
  return { ...before, ...Object.fromEntries(marked) };
}
