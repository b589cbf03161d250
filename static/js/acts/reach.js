/** A reach that was pressed on the map: its card, stating its day, ending what was stated; and the marks of all of them. */

import { get, post } from "../api.js";
import { instantOf, localOf } from "../clock.js";
import { say } from "../here.js";
import * as chart from "../map/map.js";
import { now, set, state } from "../store.js";
import { kindsOf } from "../views/reach.js";
import * as report from "./report.js";
import { quietly, understood } from "./trouble.js";

/** @typedef {import("../views/reach.js").ReachCard} ReachCard */

const NUMBERS = new Set(["value", "share", "discharge_m3s"]);
const PERCENT = 100;

/** The reaches of which something holds now, marked on the map. */
export async function mark() {
  const { marked } = await get("day-state");
  chart.markDay(marked);
}

/**
 * @param {{id: number | null, lon: number, lat: number}} pressed id: null where the map only drew the whole river
 */
export async function open({ id, lon, lat }) {
  const found = id ?? (await nearest(lon, lat));
  if (found === null) return;
  set({
    reach: { id: found, at: { lon, lat }, reach: null, history: [], form: null, ending: null, fault: null, busy: false },
  });
  await read(found);
  requestAnimationFrame(() => requestAnimationFrame(() => shown({ lon, lat })));
}

/** The card has been drawn: it takes the focus, and the place that was pressed stays in sight. @param {{lon: number, lat: number}} place */
function shown(place) {
  document.getElementById("reach-title")?.focus({ preventScroll: true });
  const card = document.getElementById("reach");
  if (card && state().reach) chart.uncover(place, card.getBoundingClientRect());
}

export function close() {
  set({ reach: null });
}

/** Whether a report may be begun at the place that was pressed. */
export function mayReport() {
  const { mode, chosen, me } = state();
  return mode !== "report" && chosen === null && me.role !== "observer";
}

export const clicks = {
  reach_close: close,
  reach_change() {
    const { reach } = state();
    if (!reach?.reach) return;
    change({ form: kindsOf(reach.reach)[0] ?? null, ending: null, fault: null });
    focusSoon("day-kind");
  },
  reach_keep() {
    change({ form: null, ending: null, fault: null });
  },
  reach_end(/** @type {HTMLElement} */ button) {
    change({ ending: Number(button.dataset.id), form: null, fault: null });
    focusSoon("end-reason");
  },
  reach_report() {
    const at = state().reach?.at;
    close();
    if (at) report.setPlace(at);
  },
};

export const changes = {
  reach_kind(/** @type {HTMLSelectElement} */ list) {
    change({ form: /** @type {any} */ (list.value), fault: null });
  },
};

export const submits = {
  reach_state: (/** @type {HTMLFormElement} */ form) => send("day-state", stated(new FormData(form))),
  reach_end(/** @type {HTMLFormElement} */ form) {
    const reason = String(new FormData(form).get("reason") ?? "").trim();
    return send(`day-state/${form.dataset.id}/end`, reason ? { reason } : { field: "reason", words: say("missing.reason") });
  },
};

/**
 * @param {string} path
 * @param {Record<string, unknown>} body or what is missing in it: {field, words}
 */
async function send(path, body) {
  const card = state().reach;
  if (!card || card.busy) return;
  if ("words" in body) {
    change({ fault: /** @type {any} */ (body) });
    return;
  }
  change({ busy: true, fault: null });
  try {
    await post(path, body);
    change({ busy: false, form: null, ending: null });
    await Promise.all([read(card.id), mark()]);
  } catch (trouble) {
    change({ busy: false, fault: understood(trouble) });
  }
}

/**
 * The body of a statement as it was typed; or the field that is missing.
 * @param {FormData} data
 * @returns {Record<string, unknown>}
 */
function stated(data) {
  const { reach, me } = state();
  const kind = String(data.get("kind"));
  /** @type {Record<string, unknown>} */
  const body = { kind, reach_id: kind === "flow_state" ? null : reach?.id };
  for (const [name, typed] of data) {
    const text = String(typed).trim().normalize("NFKC");
    if (name === "kind" || text === "") continue;
    if (name === "since" || name === "until") {
      body[name] = moment(text, me.time_zone);
      if (body[name] === null) return { field: name, words: say("missing.moment") };
    } else if (name === "site") body[name] = Number(text);
    else if (NUMBERS.has(name) && kind !== "flow_state") body[name] = number(text, name === "share" || kind === "share");
    else body[name] = text;
  }
  if (body.reason === undefined) return { field: "reason", words: say("missing.reason") };
  if (kind !== "operation" && body.value === undefined) return { field: "value", words: say("missing.value") };
  return body;
}

/**
 * The instant of "2026-11-22 06:54", or of "06:54" today, on the desk's clock; null where it is neither.
 * @param {string} text
 * @param {string} zone
 */
function moment(text, zone) {
  const hour = /^\d{1,2}:\d{2}$/.test(text) ? text.padStart(5, "0") : null;
  return instantOf(hour ? `${localOf(now(), zone).split("T")[0]}T${hour}` : text.replace(/\s+/, "T"), zone);
}

/**
 * What cannot be read as a number is sent as it is, and refused by its field.
 * @param {string} text
 * @param {boolean} percent
 */
function number(text, percent) {
  const value = Number(text.replace(/%$/, ""));
  if (Number.isNaN(value)) return text;
  return percent ? value / PERCENT : value;
}

/** @param {number} id */
async function read(id) {
  try {
    const [reach, day] = await Promise.all([get(`reaches/${id}`), get("day-state", { reach: id })]);
    if (state().reach?.id === id) change({ reach, history: day.history });
    chart.markReach(reach.geometry);
  } catch (trouble) {
    if (state().reach?.id === id) change({ fault: understood(trouble) });
  }
}

/**
 * @param {number} lon
 * @param {number} lat
 * @returns {Promise<number | null>}
 */
async function nearest(lon, lat) {
  const { snapped, candidates } = await get("snap", { lon, lat });
  return (snapped ?? candidates[0])?.reach_id ?? null;
}

/** @param {Partial<ReachCard>} changed */
function change(changed) {
  const { reach } = state();
  if (reach) set({ reach: { ...reach, ...changed } });
}

/** After the next drawing. @param {string} id */
function focusSoon(id) {
  requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById(id)?.focus()));
}

/** Others state their day too. @param {number} every_ms */
export function keepMarked(every_ms) {
  quietly(mark());
  setInterval(() => quietly(mark()), every_ms);
}
