/** Sending what was ticked: the service writes the texts, the officer sees them, says which act it is, and confirms once. */

import { get, post, Problem } from "../api.js";
import { here, say } from "../here.js";
import { parseMoment, readMoment, writtenMoment } from "../moments.js";
import * as sheets from "../sheets.js";
import { now, set, state } from "../store.js";
import { issueSheet } from "../views/issue.js";
import { proposed, ticked } from "../views/proposals.js";
import { catchUp } from "./incidents.js";
import { quietly, understood } from "./trouble.js";

/** @typedef {import("../views/issue.js").Sheet} Sheet */

/** @type {(Sheet & {ids: number[], assessment: number | null}) | null} */
let sheet = null;

export const clicks = {
  issue() {
    const chosen = ticked(state());
    const ids = chosen.map(({ id }) => id);
    const left = proposed(state()).filter(
      (one) => one.who === state().me.desk && one.circle !== "watch" && !ids.includes(one.id),
    );
    open(chosen, { left });
  },
  /** Another desk owes it: one at a time, since each needs a reason of its own. */
  issue_behalf(/** @type {HTMLElement} */ button) {
    const owed = proposed(state()).find(({ id }) => id === Number(button.dataset.id));
    if (owed) open([owed], { behalf: owed.who_name ?? owed.who });
  },
  issue_again() {
    redraw({ fault: null });
    write();
  },
};

export const changes = {
  pick(/** @type {HTMLInputElement} */ box) {
    set({ picks: { ...state().picks, [Number(box.dataset.id)]: box.checked } });
  },
  act(/** @type {HTMLInputElement} */ choice) {
    redraw({ act: choice.value === "formal_notice" ? "formal_notice" : "heads_up", messages: null, fault: null });
    write();
  },
};

export const submits = {
  async send(/** @type {HTMLFormElement} */ form) {
    if (!sheet?.messages || sheet.busy) return;
    const body = order(new FormData(form), sheet);
    if (sheet.behalf && !body.on_behalf) {
      redraw({ fault: { field: "on_behalf", words: say("behalf.missing") } });
      return;
    }
    if (sheet.act === "formal_notice" && !body.consent?.by) {
      redraw({ fault: { field: "consent.by", words: say("consent.missing") } });
      return;
    }
    if (body.consent && !body.consent.at) {
      const { fault } = readMoment(String(new FormData(form).get("at") ?? ""), now(), state().me.time_zone);
      redraw({ fault: { field: "consent.at", words: say(fault ?? "form.time") } });
      return;
    }
    redraw({ busy: true, fault: null });
    try {
      await post(`incidents/${state().chosen}/issue`, body);
      sheets.close();
      set({ picks: {} });
      await catchUp(`incident:${state().chosen}`);
    } catch (trouble) {
      const newer = trouble instanceof Problem && trouble.status === 409;
      const { field, words } = understood(trouble);
      redraw({ busy: false, fault: { field, words: newer ? `${words} ${say("issue.newer")}` : words } });
      if (newer) quietly(catchUp(`incident:${state().chosen}`));
    }
  },
};

/**
 * After an act on the whole incident: the messages that it owes, to be looked at and sent in the same breath. Whether there
 * are any for this desk to send.
 * @param {string} kind withdrawal, end or correction
 */
export function follow(kind) {
  const owed = proposed(state()).filter((one) => one.who === state().me.desk && one.kind === kind);
  const last = owed.filter((one) => !owed.some((later) => later.tells === one.tells && later.id > one.id));
  if (last.length) open(last, { after: kind });
  return last.length > 0;
}

/**
 * @param {import("../types.js").Notification[]} chosen
 * @param {{left?: import("../types.js").Notification[], behalf?: string | null, after?: string | null}} how
 */
function open(chosen, { left = [], behalf = null, after = null }) {
  const { me, incident } = state();
  sheet = {
    act: chosen.every(({ follows }) => follows) ? "formal_notice" : "heads_up",
    ids: chosen.map(({ id }) => id),
    names: Object.fromEntries(chosen.map((one) => [one.tells, one.tells_name ?? one.tells])),
    behalf,
    after,
    messages: null,
    left,
    fault: null,
    busy: false,
    at: writtenMoment(now(), now(), me.time_zone),
    drill: incident?.drill ?? false,
    assessment: incident?.assessment_id ?? null,
  };
  redraw({});
  write();
}

/** The dialog was closed: what is still being written has no place to go. */
export function forget() {
  sheet = null;
}

/** The texts as they would go out under this act; trouble stands in the dialog. */
async function write() {
  const asked = sheet;
  if (!asked) return;
  try {
    const { messages } = await get(`incidents/${state().chosen}/issue/preview`, {
      ids: asked.ids.join(","),
      act: asked.act,
    });
    if (sheet?.act === asked.act) redraw({ messages });
  } catch (trouble) {
    const fault = understood(trouble); // the dialog lies over the page's own notices: what went wrong is said in it
    if (sheet?.act === asked.act) redraw({ fault });
  }
}

/**
 * @typedef {object} Order
 * @property {number | null} assessment
 * @property {number[]} notifications
 * @property {{id: number, reason: string}[]} withhold
 * @property {string} act
 * @property {{by: string, how: string, at: string | null}} [consent]
 * @property {string} [on_behalf]
 */

/**
 * @param {FormData} typed
 * @param {Sheet & {ids: number[], assessment: number | null}} from
 * @returns {Order}
 */
function order(typed, from) {
  const text = (/** @type {string} */ name) => String(typed.get(name) ?? "").trim();
  const withhold = from.left.map(({ id }) => ({ id, reason: text(`withhold-${id}`) })).filter(({ reason }) => reason);
  const at = parseMoment(text("at"), now(), state().me.time_zone);
  const consent = from.act === "formal_notice" ? { consent: { by: text("by"), how: text("how"), at } } : {};
  const behalf = from.behalf ? { on_behalf: text("on_behalf") } : {};
  return { assessment: from.assessment, notifications: from.ids, withhold, act: from.act, ...consent, ...behalf };
}

/** @param {Partial<Sheet>} change */
function redraw(change) {
  if (!sheet) return;
  sheet = { ...sheet, ...change };
  sheets.draw(issueSheet(sheet, here()));
}
