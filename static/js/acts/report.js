/** Writing a report: the draft is kept with every key, its meaning shows while typing, and nothing is stored before it is saved. */

import { get, post, Problem } from "../api.js";
import { say } from "../here.js";
import * as chart from "../map/map.js";
import { isPlace, parse } from "../coordinates.js";
import { bodyOf, changesOf, draftOf, emptyDraft, placed, restored, settled, slips } from "../report.js";
import { now, set, state } from "../store.js";
import { choose, loadList } from "./incidents.js";
import { quietly, understood } from "./trouble.js";

/** @typedef {import("../report.js").Draft} Draft */

const KEPT = "lianfang.draft";
const PAUSE_MS = 400;
const IDLE = /** @type {const} */ ({ state: "idle", assessment: null, problem: null });
let asking = new AbortController();
let timer = 0;
let searching = 0;

/** @param {number | null} further the incident that is reported on again */
export function begin(further = null) {
  const empty = emptyDraft(now(), state().me.time_zone);
  const draft = kept(empty) ?? (further ? fromIncident(empty) : empty);
  openForm(draft, further, null);
}

/** Correcting: the form holds what is believed now, and only what differs is sent. */
function correct() {
  const { chosen, incident, me } = state();
  if (chosen === null || !incident) return;
  const draft = draftOf(incident.report, emptyDraft(now(), me.time_zone), me.time_zone);
  openForm(draft, chosen, bodyOf(draft, me.time_zone, now()));
}

/** @param {Draft} draft @param {number | null} further @param {Record<string, unknown> | null} correcting */
function openForm(draft, further, correcting) {
  set({ mode: "report", reportFor: further, correcting, draft, slips: [], preview: IDLE, places: [], tab: "next" });
  changed(draft);
  requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById("place")?.focus()));
}

export function leave() {
  asking.abort();
  chart.mark(null);
  set({ mode: "desk", reportFor: null, correcting: null, places: [] });
}

/** @param {{lon: number, lat: number}} place @param {string} [name] */
export function setPlace(place, name = "") {
  if (state().mode !== "report") begin();
  const draft = placed(/** @type {Draft} */ (state().draft), place, name);
  const field = document.getElementById("place");
  if (field instanceof HTMLInputElement) field.value = draft.place;
  set({ places: [], tab: "next" });
  changed(draft);
}

export const clicks = {
  report: () => begin(),
  further: () => begin(state().chosen),
  correct,
  leave_report: leave,
  choose_place(/** @type {HTMLElement} */ button) {
    const found = state().places[Number(button.dataset.id)];
    if (!found) return;
    setPlace(found, found.name);
    chart.look(found);
  },
  choose_candidate(/** @type {HTMLElement} */ button) {
    setPlace({ lon: Number(button.dataset.lon), lat: Number(button.dataset.lat) });
  },
};

export const inputs = {
  draft: takeField,
  place(/** @type {HTMLInputElement} */ input) {
    const draft = { .../** @type {Draft} */ (state().draft), place: input.value, placeName: "" };
    changed(draft);
    clearTimeout(searching);
    if (parse(input.value) === null && input.value.trim())
      searching = window.setTimeout(() => quietly(search(input.value.trim())), PAUSE_MS);
    else set({ places: [] });
  },
};

export const changes = { draft: takeField };

export const submits = { save_report: () => save() };

/** Enter in the field of the place takes the first place that was found. */
export function firstPlace() {
  const [found] = state().places;
  if (!found) return false;
  setPlace(found, found.name);
  chart.look(found);
  return true;
}

/** @param {HTMLInputElement | HTMLTextAreaElement} input */
function takeField(input) {
  const value = input.type === "checkbox" ? /** @type {HTMLInputElement} */ (input).checked : input.value;
  changed(/** @type {Draft} */ ({ ...state().draft, [input.name]: value }));
}

/** @param {Draft} draft */
function changed(draft) {
  if (!state().correcting) localStorage.setItem(KEPT, JSON.stringify({ ...draft, saved_at: now().toISOString() }));
  set({ draft, slips: [] });
  const found = parse(draft.place);
  if (!isPlace(found)) chart.mark(null);
  previewSoon(draft);
}

/** @param {Draft} draft */
function previewSoon(draft) {
  clearTimeout(timer);
  asking.abort();
  const body = bodyOf(draft, state().me.time_zone, now());
  if (!body) {
    set({ preview: IDLE });
    return;
  }
  asking = new AbortController();
  const { signal } = asking;
  set({ preview: { state: "asking", assessment: state().preview.assessment, problem: null } });
  timer = window.setTimeout(() => quietly(preview(body, signal)), PAUSE_MS);
}

/** @param {Record<string, unknown>} body @param {AbortSignal} signal */
async function preview(body, signal) {
  try {
    const assessment = await post("incidents/preview", body, { signal });
    set({ preview: { state: "shown", assessment, problem: null } });
    showOnMap(assessment.inputs.location);
  } catch (trouble) {
    if (trouble instanceof DOMException) return;
    refused(trouble);
    const { location } = /** @type {{location: {lon: number, lat: number}}} */ (body);
    showOnMap(location);
  }
}

/** The place as the service understood it, which for GCJ-02 is not where it was typed. @param {{lon: number, lat: number}} place */
function showOnMap(place) {
  chart.mark(place, setPlace, say("map.report"));
  chart.look(place);
}

/** @param {string} wanted */
async function search(wanted) {
  const { places } = await get("places", { q: wanted });
  if (document.getElementById("place") instanceof HTMLInputElement) set({ places: places.slice(0, 8) });
}

async function save() {
  const { draft, me, busy } = state();
  if (!draft || busy) return;
  const wrong = slips(draft, me.time_zone, now());
  const body = bodyOf(draft, me.time_zone, now());
  if (wrong.length || !body) {
    set({ slips: wrong });
    requestAnimationFrame(() =>
      requestAnimationFrame(() =>
        /** @type {HTMLElement | null} */ (document.querySelector("#report-form [aria-invalid]"))?.focus(),
      ),
    );
    return;
  }
  set({ busy: true });
  try {
    const number = await submit(body, draft);
    if (!state().correcting) localStorage.removeItem(KEPT);
    leave();
    await loadList();
    await choose(number);
  } catch (trouble) {
    refused(trouble);
  } finally {
    set({ busy: false });
  }
}

/**
 * @param {Record<string, unknown>} body
 * @param {Draft} draft
 * @returns {Promise<number>} the incident's number
 */
async function submit(body, draft) {
  const { reportFor, correcting } = state();
  if (reportFor === null) return (await post("incidents", body)).number;
  if (correcting)
    await post(`incidents/${reportFor}/correct`, { changes: changesOf(body, correcting), reason: draft.reason.trim() });
  else await post(`incidents/${reportFor}/reports`, body);
  return reportFor;
}

/** @param {unknown} trouble */
function refused(trouble) {
  const { field, words } = understood(trouble);
  const candidates = trouble instanceof Problem ? (trouble.facts.candidates ?? []) : [];
  set({ preview: { state: "refused", assessment: null, problem: { detail: words, field, candidates } } });
}

/** The draft that was left, if one was. @param {Draft} empty */
function kept(empty) {
  const stored = localStorage.getItem(KEPT);
  const draft = restored(stored, empty);
  if (!draft || !stored) return null;
  const saved = new Date(JSON.parse(stored).saved_at ?? NaN);
  return Number.isNaN(saved.getTime()) ? draft : settled(draft, saved, state().me.time_zone);
}

/** A further report begins where the event is known to be. @param {Draft} empty @returns {Draft} */
function fromIncident(empty) {
  const location = state().incident?.report.location ?? state().incident?.report;
  if (typeof location?.lon !== "number") return empty;
  return { ...placed(empty, location), drill: state().incident?.drill ?? false };
}
