/** Saying that an office of one's own side was called, and taking back what was pressed by mistake. */

import { post } from "../api.js";
import { set, state } from "../store.js";
import { understood } from "./trouble.js";

export const clicks = {
  told_inside: (/** @type {HTMLElement} */ button) => said({ role: button.dataset.id }),
  untold_inside: (/** @type {HTMLElement} */ button) => said({ role: button.dataset.id, undo: true }),
};

/** @param {Record<string, unknown>} body */
async function said(body) {
  const { inside: _, ...others } = state().cardFaults;
  set({ cardFaults: others });
  try {
    const { inside } = await post(`incidents/${state().chosen}/inside`, body);
    set({ inside });
  } catch (trouble) {
    set({ cardFaults: { ...state().cardFaults, inside: understood(trouble).words } });
  }
}
