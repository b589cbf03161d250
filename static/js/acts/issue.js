/** Sending what was ticked: the service writes the texts, the officer sees them, says which act it is, and confirms once. */

import { get, post, Problem } from "../api.js";
import { here, say } from "../here.js";
import { parseMoment, writtenMoment } from "../moments.js";
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
    const zone = state().me.time_zone;
    const names = Object.fromEntries(chosen.map((one) => [one.tells, one.tells_name ?? one.tells]));
    const act = chosen.every(({ follows }) => follows) ? "formal_notice" : "heads_up";
    sheet = {
      act,
      ids,
      names,
      messages: null,
      left,
      fault: null,
      busy: false,
      at: writtenMoment(now(), now(), zone),
      drill: state().incident?.drill ?? false,
      assessment: state().incident?.assessment_id ?? null,
    };
    redraw({});
    quietly(write());
  },
};

export const changes = {
  pick(/** @type {HTMLInputElement} */ box) {
    set({ picks: { ...state().picks, [Number(box.dataset.id)]: box.checked } });
  },
  act(/** @type {HTMLInputElement} */ choice) {
    redraw({ act: choice.value === "formal_notice" ? "formal_notice" : "heads_up", messages: null, fault: null });
    quietly(write());
  },
};

export const submits = {
  async send(/** @type {HTMLFormElement} */ form) {
    if (!sheet?.messages || sheet.busy) return;
    const body = order(new FormData(form), sheet);
    if (sheet.act === "formal_notice" && !body.consent?.by) {
      redraw({ fault: { field: "consent.by", words: say("consent.missing") } });
      return;
    }
    if (body.consent && !body.consent.at) {
      redraw({ fault: { field: "consent.at", words: say("form.time") } });
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

/** The dialog was closed: what is still being written has no place to go. */
export function forget() {
  sheet = null;
}

/** The texts as they would go out under this act. */
async function write() {
  const asked = sheet;
  if (!asked) return;
  const { messages } = await get(`incidents/${state().chosen}/issue/preview`, {
    ids: asked.ids.join(","),
    act: asked.act,
  });
  if (sheet?.act === asked.act) redraw({ messages });
}

/**
 * @typedef {object} Order
 * @property {number | null} assessment
 * @property {number[]} notifications
 * @property {{id: number, reason: string}[]} withhold
 * @property {string} act
 * @property {{by: string, how: string, at: string | null}} [consent]
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
  return { assessment: from.assessment, notifications: from.ids, withhold, act: from.act, ...consent };
}

/** @param {Partial<Sheet>} change */
function redraw(change) {
  if (!sheet) return;
  sheet = { ...sheet, ...change };
  sheets.draw(issueSheet(sheet, here()));
}
