/** Working down the call board, and reading back what others told this desk. */

import { silence } from "../alarm.js";
import { get, post } from "../api.js";
import { say } from "../here.js";
import { parseMoment } from "../moments.js";
import { now, set, state } from "../store.js";
import { understood } from "./trouble.js";

/**
 * @param {HTMLElement} place
 * @returns {{id: string, contact: string, key: string}}
 */
function cardOf(place) {
  const { id = "", contact = "" } = place.dataset;
  return { id, contact, key: `${id}-${contact}` };
}

export const clicks = {
  async reveal(/** @type {HTMLElement} */ button) {
    const { id, contact, key } = cardOf(button);
    await noted(key, async () => {
      const { number } = await post(`notifications/${id}/reveal`, { contact: Number(contact) });
      set({ revealed: { ...state().revealed, [key]: number } });
    });
  },
  async outcome(/** @type {HTMLElement} */ button) {
    await record(button, button.dataset.outcome ?? "", null);
  },
};

export const submits = {
  async read_back(/** @type {HTMLFormElement} */ form) {
    const person = String(new FormData(form).get("person") ?? "").trim();
    const { key } = cardOf(form);
    if (!person) {
      set({ cardFaults: { ...state().cardFaults, [key]: say("call.person.missing") } });
      return;
    }
    await record(form, "read_back", person);
  },
  async acknowledge(/** @type {HTMLFormElement} */ form) {
    const { id = "" } = form.dataset;
    const by = String(new FormData(form).get("by") ?? "").trim();
    const one = state().mine.find((each) => String(each.id) === id);
    await noted(`mine-${id}`, async () => {
      await post(`notifications/${id}/acknowledge`, { code: one?.code, by: by || state().me.name, via: "web" });
      await loadMine();
      if (!state().mine.length) {
        silence();
        set({ alarm: false });
      }
    });
  },
};

/** What other desks have told this one and still wait to hear read back. */
export async function loadMine() {
  if (!state().me.desk) return;
  const { notifications } = await get("notifications", { open: 1 });
  set({ mine: notifications });
}

/**
 * @param {HTMLElement} place
 * @param {string} outcome
 * @param {string | null} person
 */
async function record(place, outcome, person) {
  const { id, contact, key } = cardOf(place);
  const late = /** @type {HTMLInputElement | null} */ (document.querySelector(`[data-late="${key}"]`))?.value;
  const at = late ? parseMoment(late, now(), state().me.time_zone) : null;
  if (late && !at) {
    set({ cardFaults: { ...state().cardFaults, [key]: say("form.time") } });
    return;
  }
  await noted(key, async () => {
    await post(`notifications/${id}/calls`, {
      contact: Number(contact),
      outcome,
      ...(person ? { person } : {}),
      ...(at ? { at } : {}),
    });
    const { chosen } = state();
    if (chosen === null) return;
    const { calls } = await get(`incidents/${chosen}/calls`);
    set({ calls });
  });
}

/**
 * Does it; what is refused stands on the card.
 * @param {string} key
 * @param {() => Promise<void>} act
 */
async function noted(key, act) {
  const { [key]: _, ...others } = state().cardFaults;
  set({ cardFaults: others });
  try {
    await act();
  } catch (trouble) {
    set({ cardFaults: { ...state().cardFaults, [key]: understood(trouble).words } });
  }
}
