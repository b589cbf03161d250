/** Which incidents there are, which one is looked at, and keeping what is shown as new as its journal. */

import { get, Problem } from "../api.js";
import { say } from "../here.js";
import { fold, foldAll, opened } from "../journal.js";
import * as live from "../live.js";
import { set, state } from "../store.js";
import { toldNames } from "../views/proposals.js";
import { quietly } from "./trouble.js";

/** @typedef {import("../types.js").Entry} Entry */
/** @typedef {import("../journal.js").Changed} Changed */

const CALLERS = new Set(["duty_officer", "leader"]);
const PAUSE_MS = 150;
const OPEN = new Set(["open", "stood_down"]);
/** @type {Changed} the journal numbers up to which the other facts were fetched */
let loaded = { assessment: 0, calls: 0, incident: 0 };
let sweeping = false;
let listing = 0;

export async function loadList() {
  const { incidents } = await get("incidents");
  set({ incidents });
  for (const { number, status, journal_last } of /** @type {import("../types.js").ListedIncident[]} */ (incidents)) {
    const room = `incident:${number}`;
    if (OPEN.has(status)) live.join(room, () => state().files[room]?.last || journal_last);
  }
}

/** Soon, and once however many asked. */
export function listSoon() {
  clearTimeout(listing);
  listing = window.setTimeout(() => quietly(loadList()), PAUSE_MS);
}

/**
 * Look at an incident. A choice of the officer is a step that the browser's own Back takes again; what the page chooses by
 * itself ("replace") is none, and takes no form away that was opened while the page was still starting.
 * @param {number | null} number
 * @param {"push" | "replace" | "keep"} step
 */
export async function choose(number, step = "push") {
  const { chosen: before, mode } = state();
  loaded = { assessment: 0, calls: 0, incident: 0 };
  set({
    chosen: number,
    mode: step === "replace" ? mode : "desk",
    incident: null,
    event: null,
    leadFault: null,
    assessment: null,
    shapes: null,
    clocks: [],
    grading: null,
    calls: [],
    intakes: [],
    inside: [],
    picks: {},
    revealed: {},
    cardFaults: {},
    lookAt_ms: null,
    playing: false,
  });
  const address = number ? `?incident=${number}` : location.pathname;
  if (step === "push" && number !== before) history.pushState(null, "", address);
  else if (step !== "keep") history.replaceState(null, "", address);
  if (number === null) return;
  await catchUp(`incident:${number}`);
  live.join(`incident:${number}`, () => state().files[`incident:${number}`]?.last ?? 0);
  await fetchAll(number, { assessment: 1, calls: 1, incident: 1 });
}

/**
 * What an address asks for: its incident, else where nothing is asked the only one there is. One that this desk may not see
 * is said to be so, and no other is opened in its place.
 * @param {"replace" | "keep"} step
 */
export async function open(step) {
  const asked = new URLSearchParams(location.search).get("incident");
  const { incidents } = state();
  if (asked === null) {
    const only = step === "replace" && incidents?.length === 1 ? (incidents[0]?.number ?? null) : null;
    await choose(only, step);
    return;
  }
  const number = /^\d{1,9}$/.test(asked) ? Number(asked) : 0;
  if (await maySee(number)) await choose(number, step);
  else {
    await choose(null, "replace");
    set({ notice: say("incident.unseen", { n: asked.slice(0, 20) }) });
  }
}

/** @param {number} number */
async function maySee(number) {
  if (!number) return false;
  if (state().incidents?.some((one) => one.number === number)) return true;
  return (await perhaps(get(`incidents/${number}`))) !== null; // an old one stands in no list
}

/**
 * An entry came down the line.
 * @param {Entry} entry
 */
export function heard(entry) {
  const { chosen, files } = state();
  listSoon();
  if (entry.stream !== `incident:${chosen}`) return;
  const file = fold(files[entry.stream] ?? opened(entry.stream), entry);
  set({ files: { ...files, [entry.stream]: file } });
  if (file.missingAfter !== null) quietly(catchUp(entry.stream));
  else sweep();
}

/**
 * Everything after the last number that the page has.
 * @param {string} stream
 */
export async function catchUp(stream) {
  const number = stream.replace("incident:", "");
  for (;;) {
    const file = state().files[stream] ?? opened(stream);
    const { entries, last } = await get(`incidents/${number}/journal`, { after: file.last });
    const next = foldAll({ ...file, missingAfter: null }, entries);
    set({ files: { ...state().files, [stream]: next } });
    if (!entries.length || next.last >= last) break;
  }
  sweep();
}

/** The line to this incident was closed: the desk may no longer see it. @param {string} room */
export function closed(room) {
  const { chosen } = state();
  if (room === `incident:${chosen}`) {
    set({ mode: "desk" }); // what was being written to it has no reader any more
    quietly(choose(null, "replace"));
    set({ notice: say("incident.unseen", { n: chosen }) });
  }
  listSoon();
}

/** Who was told of a file, as the service holds it now: what the page shows may be a moment old. @param {number} number */
export async function toldOf(number) {
  return toldNames(await get(`incidents/${number}`));
}

/** Fetch what the journal says has changed, once for many entries. */
export function sweep() {
  if (sweeping) return;
  sweeping = true;
  setTimeout(() => {
    sweeping = false;
    const { chosen, files } = state();
    const changed = files[`incident:${chosen}`]?.changed;
    if (chosen !== null && changed && behind(changed)) quietly(fetchAll(chosen, changed));
  }, PAUSE_MS);
}

/** @param {Changed} changed */
function behind(changed) {
  return changed.assessment > loaded.assessment || changed.calls > loaded.calls || changed.incident > loaded.incident;
}

/**
 * @param {number} number
 * @param {Changed} changed
 */
async function fetchAll(number, changed) {
  const wanted = {
    incident: changed.incident > loaded.incident,
    assessment: changed.assessment > loaded.assessment,
    calls: changed.calls > loaded.calls && CALLERS.has(state().me.role),
  };
  loaded = { ...(state().files[`incident:${number}`]?.changed ?? changed) };
  const again = wanted.incident || wanted.assessment;
  const [incident, owed, grading, event, calls, own] = await Promise.all([
    again ? get(`incidents/${number}`) : undefined,
    again ? perhaps(get(`incidents/${number}/clocks`)) : undefined,
    again ? perhaps(get(`incidents/${number}/grade`)) : undefined,
    again ? perhaps(get(`incidents/${number}/event`)) : undefined,
    wanted.calls ? perhaps(get(`incidents/${number}/calls`)) : undefined,
    wanted.calls ? perhaps(get(`incidents/${number}/inside`)) : undefined,
  ]);
  const assessed = wanted.assessment && incident.assessment_id !== null; // news that lies on no river has none
  const [assessment, shapes] = await Promise.all([
    assessed ? perhaps(get(`incidents/${number}/assessments/latest`)) : undefined,
    assessed ? perhaps(get(`incidents/${number}/assessments/latest`, { format: "geojson" })) : undefined,
  ]);
  if (state().chosen !== number) return;
  set({
    ...(incident === undefined ? {} : { incident }),
    ...(owed === undefined ? {} : { clocks: owed?.clocks ?? [] }),
    ...(grading === undefined ? {} : { grading }),
    ...(event === undefined ? {} : { event }),
    ...(assessment === undefined ? {} : { assessment }),
    ...(shapes === undefined ? {} : { shapes }),
    ...(calls === undefined ? {} : { calls: calls?.calls ?? [], intakes: calls?.intakes ?? [] }),
    ...(own === undefined ? {} : { inside: own?.inside ?? [] }),
  });
}

/**
 * Not there yet, such as the assessment of a report without a place, or not for this desk, is null and no error.
 * @param {Promise<any>} asked
 */
async function perhaps(asked) {
  try {
    return await asked;
  } catch (trouble) {
    if (trouble instanceof Problem && (trouble.status === 404 || trouble.status === 403)) return null;
    throw trouble;
  }
}
