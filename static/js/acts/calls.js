/** Working down the call board, and reading back what others told this desk. */

import { silence } from "../alarm.js";
import { get, post } from "../api.js";
import { say } from "../here.js";
import { readMoment } from "../moments.js";
import { now, set, state } from "../store.js";
import { understood } from "./trouble.js";

/**
 * The place on the board that a button belongs to, and where the service takes what comes of it.
 * @param {HTMLElement} button
 */
function cardOf(button) {
  const { id = "", contact = "", place } = button.dataset;
  return place === "intake"
    ? { key: `intake-${id}`, path: `incidents/${state().chosen}/intakes/${id}`, about: {} }
    : { key: `${id}-${contact}`, path: `notifications/${id}`, about: { contact: Number(contact) } };
}

export const clicks = {
  async reveal(/** @type {HTMLElement} */ button) {
    const { key, path, about } = cardOf(button);
    await noted(key, async () => {
      const { number } = await post(`${path}/reveal`, about);
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
  async file_paper(/** @type {HTMLFormElement} */ form) {
    const { id = "" } = form.dataset;
    const typed = new FormData(form);
    const text = (/** @type {string} */ name) => String(typed.get(name) ?? "").trim();
    const { at, fault } = readMoment(text("at"), now(), state().me.time_zone);
    const key = `paper-${id}`;
    if (fault || !text("to")) {
      set({ cardFaults: { ...state().cardFaults, [key]: say(fault ?? "paper.to.missing") } });
      return;
    }
    await noted(key, async () => {
      const about = { channel: text("channel"), to: text("to"), reference: text("reference") };
      await post(`notifications/${id}/papers`, { ...about, ...(at ? { at } : {}) });
      form.reset();
      await again();
    });
  },
  async paper_received(/** @type {HTMLFormElement} */ form) {
    const { id = "" } = form.dataset;
    const person = String(new FormData(form).get("person") ?? "").trim();
    const key = `received-${id}`;
    if (!person) {
      set({ cardFaults: { ...state().cardFaults, [key]: say("paper.by.missing") } });
      return;
    }
    await noted(key, async () => {
      await post(`deliveries/${id}/received`, { person });
      await again();
    });
  },
  async acknowledge(/** @type {HTMLFormElement} */ form) {
    const { id = "" } = form.dataset;
    const by = String(new FormData(form).get("by") ?? "").trim();
    const one = [...state().mine, ...(state().tests ?? [])].find((each) => String(each.id) === id);
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
  const isTest = (/** @type {import("../types.js").Notification} */ { kind }) => kind === "contact_test";
  set({
    mine: notifications.filter((/** @type {any} */ one) => !isTest(one)),
    tests: notifications.filter(isTest), // no alert: it neither rings nor stands before what does
  });
}

/**
 * @param {HTMLElement} place
 * @param {string} outcome
 * @param {string | null} person
 */
async function record(place, outcome, person) {
  const { key, path, about } = cardOf(place);
  const late = /** @type {HTMLInputElement | null} */ (document.querySelector(`[data-late="${key}"]`))?.value;
  const { at, fault } = readMoment(late ?? "", now(), state().me.time_zone);
  if (fault) {
    set({ cardFaults: { ...state().cardFaults, [key]: say(fault) } });
    return;
  }
  await noted(key, async () => {
    await post(`${path}/calls`, {
      ...about,
      outcome,
      ...(person ? { person } : {}),
      ...(at ? { at } : {}),
    });
    await again();
  });
}

/** The board as it stands now. */
async function again() {
  const { chosen } = state();
  if (chosen === null) return;
  const { calls, intakes } = await get(`incidents/${chosen}/calls`);
  set({ calls, intakes });
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
