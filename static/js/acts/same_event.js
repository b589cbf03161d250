/** Acts on reports and files: judging a report, merging, parting, splitting, linking, the own file, the enquiry, the lead. */

import { get, post } from "../api.js";
import { here, say } from "../here.js";
import * as sheets from "../sheets.js";
import { set, state } from "../store.js";
import { eventSheet } from "../views/event_sheet.js";
import { toldNames } from "../views/proposals.js";
import { catchUp, choose, listSoon, toldOf } from "./incidents.js";
import { follow } from "./issue.js";
import { quietly, understood } from "./trouble.js";

/** @typedef {import("../views/event_sheet.js").EventSheet} EventSheet */

const STATES = ["verified", "preliminary", "refuted", "unverified"];
/** The messages that an act owes to those who were told. */
const FOLLOWS = /** @type {Record<string, string>} */ ({
  judge: "correction",
  merge: "correction",
  unmerge: "correction",
  split: "correction",
  enquire: "upstream_enquiry",
});
/** After these the other file is looked at. */
const OPENS = new Set(["merge", "own-file"]);

/** @type {EventSheet | null} */
let sheet = null;

export const clicks = {
  judge(/** @type {HTMLElement} */ button) {
    const n = Number(button.dataset.id);
    const held = state().incident?.reports?.find((one) => one.n === n)?.state ?? "unverified";
    const choices = STATES.filter((one) => one !== held).map((value, i) => ({
      value,
      words: say(`verification.${value}`),
      on: i === 0,
    }));
    begin("judge", { path: `reports/${n}/judge`, n, field: "state", how: "one", choices, hears: state().chosen });
  },
  merge: (/** @type {HTMLElement} */ button) => merge(Number(button.dataset.id)),
  unmerge: () => begin("unmerge", { path: "split", body: { reports: [] }, hears: state().chosen }),
  split() {
    const reports = (state().incident?.reports ?? []).filter(({ kind }) => kind !== "correction");
    const choices = reports.map(({ n, statement }) => ({
      value: String(n),
      words: [say("statements.n", { n }), statement.reporter, statement.description || statement.substance].filter(Boolean).join(" "),
    }));
    begin("split", { path: "split", field: "reports", how: "many", choices, hears: state().chosen });
  },
  link: (/** @type {HTMLElement} */ button) => begin("link", { path: "link", body: { other: Number(button.dataset.id) } }),
  unlink: (/** @type {HTMLElement} */ button) => begin("unlink", { path: "unlink", body: { other: Number(button.dataset.id) } }),
  own_file: () => begin("own-file", { path: "own-file" }),
  enquire: () => begin("enquire", { path: "enquire" }),
  offer_lead() {
    const choices = (state().event?.desks ?? []).map(({ code, name }) => ({ value: code, words: name }));
    begin("lead", { path: "lead", field: "to", how: "list", choices });
  },
  refuse_lead: () => begin("refuse", { path: "lead/refuse" }),
  take_back_lead: () => begin("take-back", { path: "lead/take-back" }),
  not_same(/** @type {HTMLElement} */ button) {
    set({ dismissed: [...state().dismissed, button.dataset.id ?? ""] });
  },
};

export const submits = {
  async event_act(/** @type {HTMLFormElement} */ form) {
    if (!sheet || sheet.busy) return;
    const data = new FormData(form);
    const reason = String(data.get("reason") ?? "").trim();
    const chosen = sheet.field ? data.getAll(sheet.field).map(String) : [];
    if (sheet.field && !chosen.length) return redraw({ fault: { field: sheet.field, words: say(`act.${sheet.act}.missing`) } });
    if (!reason) return redraw({ fault: { field: "reason", words: say("missing.reason") } });
    redraw({ busy: true, fault: null });
    try {
      await done(sheet, { ...sheet.body, ...picked(sheet, chosen), reason });
    } catch (trouble) {
      redraw({ busy: false, fault: understood(trouble) });
    }
  },
  async accept_lead(/** @type {HTMLFormElement} */ form) {
    const { chosen } = state();
    const lines = new FormData(form).getAll("lines").map(String);
    set({ busy: true, leadFault: null });
    try {
      set({ incident: await post(`incidents/${chosen}/lead/accept`, { lines }) });
      listSoon();
      await catchUp(`incident:${chosen}`);
    } catch (trouble) {
      set({ leadFault: understood(trouble).words });
    } finally {
      set({ busy: false });
    }
  },
};

/** The dialog was closed. */
export function forget() {
  sheet = null;
}

/** The newer file goes on in the older one, whichever is looked at. @param {number} other */
function merge(other) {
  const own = /** @type {number} */ (state().chosen);
  const from = Math.max(own, other);
  const into = Math.min(own, other);
  begin("merge", {
    title: say("act.merge.title", { from, into }),
    path: `/incidents/${from}/merge`,
    body: { into },
    hears: from,
  });
}

/**
 * @param {EventSheet} asked
 * @param {string[]} chosen
 */
function picked({ field, how }, chosen) {
  if (!field) return {};
  if (field === "reports") return { reports: chosen.map(Number) };
  return { [field]: how === "many" ? chosen : chosen[0] };
}

/**
 * @param {EventSheet} asked
 * @param {Record<string, unknown>} body
 */
async function done(asked, body) {
  const answer = await post(asked.path, body);
  sheet = null;
  sheets.close();
  listSoon();
  if (OPENS.has(asked.act)) await choose(asked.act === "merge" ? answer.merged_into : answer.number);
  else {
    if (answer.notifications) set({ incident: answer });
    await catchUp(`incident:${state().chosen}`);
    if (!answer.notifications) await choose(state().chosen, "keep");
  }
  follow(FOLLOWS[asked.act] ?? "");
}

/**
 * @param {string} act
 * @param {Partial<EventSheet> & {path: string, n?: number, hears?: number | null}} more hears: the file whose told desks hear of it
 */
function begin(act, { n, path, hears = null, ...more }) {
  const { chosen, incident } = state();
  if (!incident || chosen === null) return;
  sheet = {
    act,
    title: n === undefined ? `${say(`act.${act}`).replace("…", "")} #${chosen}` : say("act.judge.title", { n }),
    path: path.startsWith("/") ? path.slice(1) : `incidents/${chosen}/${path}`,
    body: {},
    field: null,
    how: "one",
    choices: [],
    told: hears === chosen ? toldNames(incident) : [],
    fault: null,
    busy: false,
    ...more,
  };
  redraw({});
  if (hears !== null) quietly(hear(sheet.path, hears));
}

/** Who hears of it, said anew in the dialog that is open. @param {string} path @param {number} number */
async function hear(path, number) {
  const told = await toldOf(number);
  if (sheet?.path === path) redraw({ told });
}

/** @param {Partial<EventSheet>} change */
function redraw(change) {
  if (!sheet) return;
  sheet = { ...sheet, ...change };
  sheets.draw(eventSheet(sheet, here()));
}
