/** Withdraw, stand down, close, and the flow state: acts on the chosen incident that the record keeps with a reason. */

import { post, Problem } from "../api.js";
import { here, say } from "../here.js";
import * as sheets from "../sheets.js";
import { set, state } from "../store.js";
import { toldNames } from "../views/proposals.js";
import { reasonSheet } from "../views/reason.js";
import { catchUp, listSoon, toldOf } from "./incidents.js";
import { follow } from "./issue.js";
import { quietly, understood } from "./trouble.js";

/** @typedef {import("../views/reason.js").ReasonSheet} ReasonSheet */

/** The messages that an act owes to those who were told. */
const FOLLOWS = /** @type {Record<string, string>} */ ({ withdraw: "withdrawal", "stand-down": "end" });

/** @type {ReasonSheet | null} */
let sheet = null;

export const clicks = {
  reason(/** @type {HTMLElement} */ button) {
    const { incident, chosen } = state();
    if (!incident || chosen === null) return;
    const act = /** @type {ReasonSheet["act"]} */ (button.dataset.id);
    sheet = { act, number: chosen, told: toldNames(incident), fault: null, missing: [], busy: false };
    redraw({});
    quietly(hear(chosen));
  },
  flow(/** @type {HTMLElement} */ button) {
    quietly(assessAgain({ flow_state: button.dataset.id }));
  },
};

export const submits = {
  async reason(/** @type {HTMLFormElement} */ form) {
    if (!sheet || sheet.busy) return;
    const data = new FormData(form);
    const despite = data.getAll("despite").map(String);
    data.delete("despite");
    const typed = Object.fromEntries([...data].map(([name, value]) => [name, String(value).trim()]));
    const missing = Object.keys(typed).find((name) => !typed[name]);
    if (missing) {
      redraw({ fault: { field: missing, words: say(`missing.${missing}`) } });
      return;
    }
    redraw({ busy: true, fault: null });
    try {
      const { number, act } = sheet;
      const incident = await post(`incidents/${number}/${act}`, act === "stand-down" ? { ...typed, despite } : typed);
      if (state().chosen === number) set({ incident });
      sheet = null;
      if (!follow(FOLLOWS[act] ?? "")) sheets.close();
      listSoon();
      await catchUp(`incident:${state().chosen}`);
    } catch (trouble) {
      const lacking = trouble instanceof Problem ? (trouble.facts.missing ?? []) : [];
      redraw({ busy: false, fault: understood(trouble), missing: lacking });
    }
  },
};

/** The dialog was closed. */
export function forget() {
  sheet = null;
}

/** @param {Record<string, unknown>} inputs */
async function assessAgain(inputs) {
  set({ busy: true });
  try {
    await post(`incidents/${state().chosen}/assessments`, inputs);
    await catchUp(`incident:${state().chosen}`);
  } finally {
    set({ busy: false });
  }
}

/** Who hears of it, said anew in the dialog that is open. @param {number} number */
async function hear(number) {
  const told = await toldOf(number);
  if (sheet?.number === number) redraw({ told });
}

/** @param {Partial<ReasonSheet>} change */
function redraw(change) {
  if (!sheet) return;
  sheet = { ...sheet, ...change };
  sheets.draw(reasonSheet(sheet, here()));
}
