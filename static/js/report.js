/**
 * The report form as data: a draft of strings as typed, the body that the service takes, and what the browser can already
 * say is missing. Pure. Only the place is required; what is unknown is left out, never guessed.
 */

import { instantOf, localOf } from "./clock.js";
import { isPlace, parse, written } from "./coordinates.js";
import { isOld, parseMoment, readMoment } from "./moments.js";

/**
 * @typedef {object} Draft
 * @property {string} place coordinates or a name, as typed
 * @property {string} placeName what the coordinates stand for, when a name was chosen
 * @property {string} occurred an hour as typed, "" while unknown
 * @property {string} known an hour as typed
 * @property {string} substance
 * @property {string} source_state
 * @property {string} bank
 * @property {string} flow_state
 * @property {string} mass_kg
 * @property {string} duration_min
 * @property {string} description
 * @property {string} reporter
 * @property {string} source where the news comes from
 * @property {string} verification
 * @property {boolean} unlocated
 * @property {boolean} drill
 * @property {string} reason why it is corrected
 * @property {string} sure instants long ago that were said to be meant, a line each
 */
/** @typedef {{field: string, key: string}} Slip a field and the sentence that says what to correct */

export const FLOW_STATES = ["unknown", "low", "mean", "high", "flood"];
export const SOURCE_STATES = ["unknown", "continuing", "stopped"];
export const BANKS = ["unknown", "left", "right", "middle"];
export const SOURCES = ["unknown", "caller", "on_scene", "monitoring", "operator", "desk"];
export const VERIFICATIONS = ["unverified", "preliminary", "verified", "refuted"];
const STILL_MISSING = new Set(["form.place.missing", "form.place.choose"]);

/**
 * @param {Date} now
 * @param {string} zone
 * @returns {Draft}
 */
export function emptyDraft(now, zone) {
  return {
    place: "",
    placeName: "",
    occurred: "",
    known: localOf(now, zone).replace("T", " "),
    substance: "",
    source_state: "unknown",
    bank: "unknown",
    flow_state: "unknown",
    mass_kg: "",
    duration_min: "",
    description: "",
    reporter: "",
    source: "unknown",
    verification: "unverified",
    unlocated: false,
    drill: false,
    reason: "",
    sure: "",
  };
}

/**
 * What must be corrected before the service is asked at all.
 * @param {Draft} draft
 * @param {string} zone
 * @param {Date} now
 * @returns {Slip[]}
 */
export function slips(draft, zone, now) {
  const found = [
    placeSlip(draft.place),
    timeSlip("occurred_at", draft, draft.occurred, zone, now),
    numberSlip("mass_kg", draft.mass_kg),
    numberSlip("duration_min", draft.duration_min),
    timeSlip("known_at", draft, draft.known, zone, now),
  ];
  return found.flatMap((slip) => (slip ? [slip] : []));
}

/**
 * What is already wrong with what has been typed: said at once, unlike what is still missing.
 * @param {Draft} draft
 * @param {string} zone
 * @param {Date} now
 * @returns {Slip[]}
 */
export function slipsSoFar(draft, zone, now) {
  return slips(draft, zone, now).filter(({ key }) => !STILL_MISSING.has(key));
}

/**
 * The draft with a time long ago said to be meant.
 * @param {Draft} draft
 * @param {string} at
 * @returns {Draft}
 */
export function sureOf(draft, at) {
  return { ...draft, sure: [...draft.sure.split("\n"), at].filter(Boolean).join("\n") };
}

/**
 * Whether anything of a draft was typed or chosen: an untouched form is not worth keeping.
 * @param {Draft} draft
 * @param {Draft} empty
 */
export function isWorthKeeping(draft, empty) {
  const own = Object.entries(empty).filter(([name]) => !["known", "sure", "placeName"].includes(name));
  return own.some(([name, value]) => draft[/** @type {keyof Draft} */ (name)] !== value);
}

/**
 * The report as the service takes it; null while the place is not known.
 * @param {Draft} draft
 * @param {string} zone
 * @param {Date} now
 * @returns {Record<string, unknown> | null}
 */
export function bodyOf(draft, zone, now) {
  const found = parse(draft.place);
  if (!isPlace(found)) return null;
  const { lon, lat, datum } = found;
  const body = {
    location: datum === "gcj02" ? { lon, lat, datum } : { lon, lat },
    occurred_at: parseMoment(draft.occurred, now, zone),
    known_at: parseMoment(draft.known, now, zone),
    substance: draft.substance.trim(),
    source_state: draft.source_state,
    bank: draft.bank,
    flow_state: draft.flow_state,
    mass_kg: amount(draft.mass_kg),
    duration_min: amount(draft.duration_min),
    description: description(draft),
    reporter: draft.reporter.trim(),
    source: draft.source === "unknown" ? "" : draft.source,
    verification: draft.verification,
    unlocated: draft.unlocated,
    drill: draft.drill,
  };
  return Object.fromEntries(
    Object.entries(body).filter(([, value]) => value !== null && value !== "" && value !== false),
  );
}

/**
 * The draft with its place set by the map or by a chosen name.
 * @param {Draft} draft
 * @param {{lon: number, lat: number}} place
 * @param {string} [name]
 * @returns {Draft}
 */
export function placed(draft, place, name = "") {
  return { ...draft, place: written(place), placeName: name, unlocated: false };
}

/**
 * The draft of what an incident is held to be, for correcting it.
 * @param {Record<string, any>} held its newest inputs
 * @param {Draft} empty
 * @param {string} zone
 * @returns {Draft}
 */
export function draftOf(held, empty, zone) {
  const hour = (/** @type {string | undefined} */ at) => (at ? localOf(at, zone).replace("T", " ") : "");
  const seen = held.occurred_at?.latest ?? held.occurred_at;
  const sure = [seen, held.known_at].flatMap((at) => (at ? [instantOf(localOf(at, zone), zone)] : []));
  return {
    ...empty,
    place: written(held.location),
    occurred: hour(seen),
    known: hour(held.known_at),
    substance: held.substance ?? "",
    source_state: held.source_state,
    bank: held.bank,
    flow_state: held.flow_state,
    mass_kg: held.mass_kg === null ? "" : String(held.mass_kg),
    duration_min: held.duration_min === null ? "" : String(held.duration_min),
    description: held.description,
    reporter: held.reporter ?? "",
    verification: held.verification,
    drill: held.drill,
    sure: sure.join("\n"),
  };
}

/**
 * The fields of a report that differ from what was held: null where one was emptied, and so is unknown again.
 * @param {Record<string, unknown>} body
 * @param {Record<string, unknown>} held the body made of the draft before it was changed
 * @returns {Record<string, unknown>}
 */
export function changesOf(body, held) {
  const emptied = Object.keys(held)
    .filter((name) => !(name in body))
    .map((name) => [name, typeof held[name] === "boolean" ? false : null]);
  const changed = Object.entries(body).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(held[name]));
  return Object.fromEntries([...changed, ...emptied]);
}

/**
 * The fields that a correction makes unknown.
 * @param {Record<string, unknown>} changes
 */
export function clearedBy(changes) {
  return Object.keys(changes).filter((name) => changes[name] === null || changes[name] === "unknown");
}

/**
 * Who was named last as having said so: the assessment does not hold it.
 * @param {Record<string, any>[]} reports
 * @returns {string}
 */
export function reporterOf(reports) {
  const said = reports.filter(({ statement }) => statement.reporter || statement.cleared?.includes("reporter"));
  return said.at(-1)?.statement.reporter ?? "";
}

/**
 * A stored draft as it can still be used; anything else is dropped.
 * @param {string | null} stored
 * @param {Draft} empty
 * @returns {Draft | null}
 */
export function restored(stored, empty) {
  if (!stored) return null;
  try {
    const read = /** @type {Record<string, unknown>} */ (JSON.parse(stored));
    const kept = Object.entries(empty).map(([name, value]) => [
      name,
      typeof read[name] === typeof value ? read[name] : value,
    ]);
    return /** @type {Draft} */ (Object.fromEntries(kept));
  } catch (broken) {
    if (broken instanceof SyntaxError) return null;
    throw broken;
  }
}

/**
 * A draft taken up on another day means the hours of the day on which it was typed.
 * @param {Draft} draft
 * @param {Date} saved
 * @param {string} zone
 * @returns {Draft}
 */
export function settled(draft, saved, zone) {
  const occurred = parseMoment(draft.occurred, saved, zone);
  return occurred ? { ...draft, occurred: localOf(occurred, zone).replace("T", " ") } : draft;
}

/** @param {Draft} draft */
function description(draft) {
  return [draft.placeName.trim(), draft.description.trim()].filter(Boolean).join("。");
}

/**
 * @param {string} typed
 * @returns {Slip | null}
 */
function placeSlip(typed) {
  if (!typed.trim()) return { field: "location", key: "form.place.missing" };
  const found = parse(typed);
  if (isPlace(found)) return null;
  return { field: "location", key: found ? `form.place.${found.fault}` : "form.place.choose" };
}

/**
 * @param {string} field
 * @param {Draft} draft
 * @param {string} typed
 * @param {string} zone
 * @param {Date} now
 * @returns {Slip | null}
 */
function timeSlip(field, { sure }, typed, zone, now) {
  const { at, fault } = readMoment(typed, now, zone);
  if (fault) return { field, key: fault };
  return at && isOld(at, now) && !sure.split("\n").includes(at) ? { field, key: "form.time.old" } : null;
}

/**
 * @param {string} field
 * @param {string} typed
 * @returns {Slip | null}
 */
function numberSlip(field, typed) {
  const value = amount(typed);
  return value !== null && !(Number.isFinite(value) && value > 0) ? { field, key: "form.number" } : null;
}

/** @param {string} typed */
function amount(typed) {
  const text = typed.normalize("NFKC").replace(/,/g, "").trim();
  return text ? Number(text) : null;
}
