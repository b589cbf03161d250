/** Writing a report: the draft is kept with every key, its meaning shows while typing, and nothing is stored before it is saved. */

import { get, post, Problem } from "../api.js";
import { say } from "../here.js";
import * as chart from "../map/map.js";
import { isPlace, parse } from "../coordinates.js";
import { writtenMoment } from "../moments.js";
import {
  bodyOf,
  changesOf,
  draftOf,
  emptyDraft,
  isWorthKeeping,
  placed,
  reporterOf,
  restored,
  settled,
  slips,
  slipsSoFar,
  sureOf,
} from "../report.js";
import { now, set, state } from "../store.js";
import { choose, loadList } from "./incidents.js";
import { follow } from "./issue.js";
import { quietly, understood } from "./trouble.js";

/** @typedef {import("../report.js").Draft} Draft */

const KEPT = "lianfang.draft";
const PAUSE_MS = 400;
/** A word half typed is not wrong yet. */
const TYPING_MS = 700;
/** What a fault is called beside each field of the draft. */
const FAULT_OF = /** @type {Record<string, string>} */ ({ place: "location", occurred: "occurred_at", known: "known_at" });
const IDLE = /** @type {const} */ ({ state: "idle", assessment: null, problem: null });
let asking = new AbortController();
let timer = 0;
let searching = 0;
let pausing = 0;

/** @param {number | null} further the incident that is reported on again @param {string} [first] the field to begin with */
export function begin(further = null, first = "place") {
  const empty = emptyDraft(now(), state().me.time_zone);
  const draft = kept(empty, further)?.draft ?? (further ? fromIncident(empty) : empty);
  openForm(draft, further, null, first);
}

/** Correcting: the form holds what is believed now, and only what differs is sent. @param {string} [first] */
function correct(first = "place") {
  const { chosen, incident, me } = state();
  if (chosen === null || !incident) return;
  const believed = { ...incident.report, reporter: reporterOf(incident.reports ?? []) };
  const held = draftOf(believed, emptyDraft(now(), me.time_zone), me.time_zone);
  const draft = incident.assessment_id === null ? { ...held, reason: say("correct.placed") } : held;
  openForm(draft, chosen, bodyOf(draft, me.time_zone, now()), first);
}

/**
 * @param {Draft} draft
 * @param {number | null} further
 * @param {Record<string, unknown> | null} correcting
 * @param {string} first
 */
function openForm(draft, further, correcting, first) {
  set({
    mode: "report",
    reportFor: further,
    joined: false,
    another: [],
    correcting,
    draft,
    slips: [],
    preview: IDLE,
    places: [],
    searched: null,
    typing: null,
    tab: "next",
  });
  shown(draft);
  afterDrawing(() => focusOn(first));
}

/** A new report becomes a further one of an incident, or a new one again; nothing that was typed is lost. @param {number | null} number */
function join(number) {
  set({ reportFor: number, joined: number !== null, preview: { ...state().preview, assessment: null } });
  previewSoon(/** @type {Draft} */ (state().draft));
}

/** A field by its id, or the chosen one of a group by its name. @param {string} name */
function focusOn(name) {
  const found = document.getElementById(name) ?? document.querySelector(`#report-form [name="${name}"]:checked`);
  found?.closest("details")?.setAttribute("open", "");
  if (found instanceof HTMLElement) found.focus();
}

/** @param {() => void} act once what was set stands on the page */
function afterDrawing(act) {
  requestAnimationFrame(() => requestAnimationFrame(act));
}

/** The draft of a new report that this browser keeps, for the page to offer. */
export function remember() {
  set({ kept: kept(emptyDraft(now(), state().me.time_zone), null) });
}

export function leave() {
  asking.abort();
  chart.mark(null);
  set({ mode: "desk", reportFor: null, joined: false, correcting: null, places: [] });
}

/** @param {{lon: number, lat: number}} place @param {string} [name] */
export function setPlace(place, name = "") {
  if (state().mode !== "report") begin();
  const draft = placed(/** @type {Draft} */ (state().draft), place, name);
  const list = document.activeElement?.closest("#places, .candidates");
  write("place", draft.place);
  set({ places: [], searched: null, tab: "next" });
  changed(draft);
  if (list) document.getElementById("place")?.focus(); // the pressed button goes away, and the keyboard with it
}

/** What an act types into a field: a rendering leaves the officer's own words alone. @param {string} id @param {string} words */
function write(id, words) {
  const field = document.getElementById(id);
  if (field instanceof HTMLInputElement) field.value = words;
}

export const clicks = {
  report: () => begin(),
  further: (/** @type {HTMLElement} */ button) => begin(state().chosen, button.dataset.field),
  correct: (/** @type {HTMLElement} */ button) => correct(button.dataset.field),
  leave_report: leave,
  drop_draft() {
    localStorage.removeItem(keyOf(null));
    remember();
  },
  /** The same event: what was typed becomes a further report of it. */
  same_event: (/** @type {HTMLElement} */ button) => join(Number(button.dataset.id)),
  own_event: () => join(null),
  another_event(/** @type {HTMLElement} */ button) {
    const number = Number(button.dataset.id);
    const { another } = state();
    set({ another: another.includes(number) ? another.filter((one) => one !== number) : [...another, number] });
  },
  /** The other day that was meant. */
  time_set(/** @type {HTMLElement} */ button) {
    const { id = "", at = "" } = button.dataset;
    const words = writtenMoment(at, now(), state().me.time_zone);
    write(id, words);
    changed(/** @type {Draft} */ ({ ...state().draft, [id]: words }));
    document.getElementById(id)?.focus();
  },
  /** Long ago, and meant so. */
  time_sure(/** @type {HTMLElement} */ button) {
    changed(sureOf(/** @type {Draft} */ (state().draft), button.dataset.at ?? ""));
    document.getElementById(button.dataset.id ?? "")?.focus();
  },
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
    typingIn("place");
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
  if (input.type !== "checkbox" && input.type !== "radio") typingIn(input.name);
  changed(/** @type {Draft} */ ({ ...state().draft, [input.name]: value }));
}

/** A fault in a field shows once the typing rests. @param {string} name */
function typingIn(name) {
  clearTimeout(pausing);
  set({ typing: FAULT_OF[name] ?? name });
  pausing = window.setTimeout(() => set({ typing: null }), TYPING_MS);
}

/** Where the draft of a new report is kept, and of each further one. @param {number | null} further */
function keyOf(further) {
  return further === null ? KEPT : `${KEPT}.${further}`;
}

/** The draft was changed by hand: it is kept from the first key. @param {Draft} draft */
function changed(draft) {
  const { correcting, reportFor } = state();
  if (!correcting) localStorage.setItem(keyOf(reportFor), JSON.stringify({ ...draft, saved_at: now().toISOString() }));
  shown(draft);
}

/** @param {Draft} draft */
function shown(draft) {
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
  if (slipsSoFar(draft, state().me.time_zone, now()).length) {
    set({ preview: { state: "held", assessment: state().preview.assessment, problem: null } });
    return;
  }
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
    const assessment = await post(...asked(body), { signal });
    set({ preview: { state: "shown", assessment, problem: null } });
    showOnMap(assessment.inputs.location);
  } catch (trouble) {
    if (trouble instanceof DOMException) return;
    refused(trouble);
    const { location } = /** @type {{location: {lon: number, lat: number}}} */ (body);
    showOnMap(location);
  }
}

/**
 * What the inputs would mean: of a further report or a correction with all that is known of the incident.
 * @param {Record<string, unknown>} body
 * @returns {[string, unknown]}
 */
function asked(body) {
  const { reportFor, correcting } = state();
  if (reportFor === null) return ["incidents/preview", body];
  if (!correcting) return [`incidents/${reportFor}/reports/preview`, body];
  const changes = changesOf(body, correcting);
  // nothing changed yet: what is believed is what a report that says nothing new would mean
  if (!Object.keys(changes).length) return [`incidents/${reportFor}/reports/preview`, { location: body.location }];
  return [`incidents/${reportFor}/correct/preview`, { changes }];
}

/** The place as the service understood it, which for GCJ-02 is not where it was typed. @param {{lon: number, lat: number}} place */
function showOnMap(place) {
  chart.mark(place, setPlace, say("map.report"));
  chart.look(place);
}

/** @param {string} wanted */
async function search(wanted) {
  const { places } = await get("places", { q: wanted });
  const field = document.getElementById("place");
  if (field instanceof HTMLInputElement && field.value.trim() === wanted)
    set({ places: places.slice(0, 24), searched: wanted });
}

async function save() {
  const { draft, me, busy } = state();
  if (!draft || busy) return;
  const wrong = slips(draft, me.time_zone, now());
  const body = bodyOf(draft, me.time_zone, now());
  if (wrong.length || !body) {
    set({ slips: wrong, typing: null });
    pointOut();
    return;
  }
  set({ busy: true });
  try {
    const number = await submit(body, draft);
    const corrected = state().correcting !== null;
    if (!corrected) localStorage.removeItem(keyOf(state().reportFor));
    if (state().joined) localStorage.removeItem(KEPT);
    leave();
    await loadList();
    await choose(number);
    if (corrected) follow("correction");
  } catch (trouble) {
    refused(trouble);
    pointOut();
  } finally {
    set({ busy: false });
  }
}

/** The first field at fault, brought out of any fold that hides it. */
function pointOut() {
  afterDrawing(() => {
    const wrong = document.querySelector("#report-form [aria-invalid]");
    wrong?.closest("details")?.setAttribute("open", "");
    if (wrong instanceof HTMLElement) wrong.focus();
  });
}

/**
 * @param {Record<string, unknown>} body
 * @param {Draft} draft
 * @returns {Promise<number>} the incident's number
 */
async function submit(body, draft) {
  const { reportFor, correcting } = state();
  if (reportFor === null) {
    const { another } = state();
    return (await post("incidents", another.length ? { ...body, another_than: another } : body)).number;
  }
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

/**
 * The draft that was left, if one was.
 * @param {Draft} empty
 * @param {number | null} further
 * @returns {import("../store.js").Kept | null}
 */
function kept(empty, further) {
  const stored = localStorage.getItem(keyOf(further));
  const draft = restored(stored, empty);
  if (!draft || !stored || !isWorthKeeping(draft, further ? fromIncident(empty) : empty)) return null;
  const saved = new Date(JSON.parse(stored).saved_at ?? NaN);
  if (Number.isNaN(saved.getTime())) return { draft, saved_at: null };
  return { draft: settled(draft, saved, state().me.time_zone), saved_at: saved.toISOString() };
}

/** A further report begins where the event is known to be. @param {Draft} empty @returns {Draft} */
function fromIncident(empty) {
  const location = state().incident?.report.location ?? state().incident?.report;
  if (typeof location?.lon !== "number") return empty;
  return { ...placed(empty, location), drill: state().incident?.drill ?? false };
}
