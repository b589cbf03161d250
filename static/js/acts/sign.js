/** Grades, responses, the two-hour track and reports made: each asked for in a dialog that says who is told, and kept signed. */

import { get, post } from "../api.js";
import { here, say } from "../here.js";
import { parseMoment, readMoment, writtenMoment } from "../moments.js";
import * as sheets from "../sheets.js";
import { now, set, state } from "../store.js";
import { signSheet } from "../views/sign.js";
import { catchUp, listSoon } from "./incidents.js";
import { follow } from "./issue.js";
import { understood } from "./trouble.js";

/** @typedef {import("../views/sign.js").SignSheet} SignSheet */

const ACTS = /** @type {Record<string, string>} */ ({ start: "start", change: "start", end: "end" });

/** @type {SignSheet | null} */
let sheet = null;

export const clicks = {
  sign(/** @type {HTMLElement} */ button) {
    open(/** @type {SignSheet["act"]} */ (button.dataset.id), []);
  },
  record_report(/** @type {HTMLElement} */ button) {
    const asked = (button.dataset.ids ?? "").split(" ");
    const chosen = (state().clocks ?? []).filter(({ id }) => asked.includes(id));
    open(
      "report",
      chosen.map(({ id, what, to }) => ({ id, what, to: to.join(say("comma")) })),
    );
  },
};

export const submits = {
  async sign(/** @type {HTMLFormElement} */ form) {
    if (!sheet || sheet.busy) return;
    const typed = new FormData(form);
    const { act, number } = sheet;
    const at = parseMoment(text(typed, "at"), now(), state().me.time_zone);
    if (!at) {
      const { fault } = readMoment(text(typed, "at"), now(), state().me.time_zone);
      redraw({ fault: { field: "at", words: say(fault ?? "form.time") } });
      return;
    }
    const missing = lacking(act, typed);
    if (missing) {
      redraw({ fault: { field: missing, words: say(`missing.${missing}`) } });
      return;
    }
    redraw({ busy: true, fault: null });
    try {
      const [path, body] = order(act, typed, at);
      const answer = await post(`incidents/${number}/${path}`, body);
      const incident = await get(`incidents/${number}`); // with the messages that the act owes
      if (state().chosen === number) set({ incident, ...(act === "report" ? { clocks: answer.clocks } : { grading: answer }) });
      sheet = null;
      if (!told(act) || !follow("update")) sheets.close();
      listSoon();
      await catchUp(`incident:${state().chosen}`);
    } catch (trouble) {
      redraw({ busy: false, fault: understood(trouble) });
    }
  },
};

/** The dialog was closed. */
export function forget() {
  sheet = null;
}

/** @param {SignSheet["act"]} act */
function told(act) {
  return act !== "track" && act !== "report";
}

/**
 * The first field that is still empty.
 * @param {SignSheet["act"]} act
 * @param {FormData} typed
 */
function lacking(act, typed) {
  if (act === "report") return typed.getAll("clocks").length ? null : "clocks";
  if (act === "track" && !typed.getAll("items").length) return "items";
  if (act !== "track" && act !== "end" && !typed.get("grade")) return ACTS[act] ? "level" : "grade";
  return ["reason", "signer"].find((name) => !text(typed, name)) ?? null;
}

/**
 * Where an act is sent, and as what.
 * @param {SignSheet["act"]} act
 * @param {FormData} typed
 * @param {string} at
 * @returns {[string, Record<string, unknown>]}
 */
function order(act, typed, at) {
  const signed = { reason: text(typed, "reason"), signer: text(typed, "signer"), at };
  const grade = text(typed, "grade");
  if (act === "report")
    return [
      "clocks/reports",
      { clocks: typed.getAll("clocks").map(String), how: text(typed, "how"), person: text(typed, "person"), at },
    ];
  if (act === "track") return ["grade/track", { items: typed.getAll("items").map(String), ...signed }];
  if (ACTS[act]) return ["response", { act: ACTS[act], ...(grade ? { level: grade } : {}), ...signed }];
  return ["grade", { act, grade, ...signed }];
}

/**
 * @param {SignSheet["act"]} act
 * @param {SignSheet["clocks"]} clocks
 */
function open(act, clocks) {
  const { incident, grading, me } = state();
  if (!incident || !grading) return;
  const own = grading.files.find(({ jurisdiction }) => jurisdiction === me.desk);
  const present = ACTS[act] ? (own?.response?.act === "end" ? null : own?.response?.value) : own?.declared?.value;
  sheet = {
    act,
    number: incident.number,
    drill: incident.drill,
    present: present ?? null,
    foreseen: grading.predicted[0]?.grade ?? null,
    hears: grading.hears,
    items: grading.article_4,
    clocks,
    at: writtenMoment(now(), now(), me.time_zone),
    fault: null,
    busy: false,
  };
  set({ busy: false });
  redraw({});
}

/** @param {FormData} typed @param {string} name */
function text(typed, name) {
  return String(typed.get(name) ?? "").trim();
}

/** @param {Partial<SignSheet>} change */
function redraw(change) {
  if (!sheet) return;
  sheet = { ...sheet, ...change };
  sheets.draw(signSheet(sheet, here()));
}
