/**
 * What the hours rest on because nobody has said it: one quiet line, each part opening the field that would end it. Pure.
 */

import { when } from "../clock.js";
import { html, NOTHING } from "../html.js";
import { kilometres } from "./parts.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../types.js").Here} Here */
/** @typedef {{field: string, act: "correct" | "further", words: string}} Assumption act: which form can end it */

/** As the service assumes where no hour is given (incidents/findings.py) and no state of the river (river/ensemble.py). */
const RELEASE_H = 3;
const FLOW = { least: 0.2, most: 6 };
/** A place farther from the river than this may lie a good part of an hour up or down it. */
const FAR_M = 1000;
const RUNNERS = new Set(["duty_officer", "leader"]);

/**
 * @param {State} state
 * @param {Here} here
 */
export function assumed(state, here) {
  const { incident, mode } = state;
  const found = assumptions(state, here);
  if (mode === "report" || incident?.status !== "open" || !found.length) return NOTHING;
  const mine = RUNNERS.has(here.me.role) && incident.lead === here.me.desk;
  return html`
    <p class="assumed" data-key="assumed">
      <strong>${here.say("assumed")}</strong>
      ${found.map((one) =>
        mine
          ? html`<button class="quiet" data-do="${one.act}" data-field="${one.field}">${one.words}</button>`
          : html`<span>${one.words}</span>`,
      )}
    </p>
  `;
}

/**
 * What widens the hours of the newest assessment.
 * @param {State} state
 * @param {Here} here
 * @returns {Assumption[]}
 */
export function assumptions({ assessment }, here) {
  const { say } = here;
  const inputs = assessment?.inputs;
  if (!assessment || !inputs) return [];
  /** @type {Assumption[]} */
  const found = [];
  const seen = inputs.occurred_at;
  if (seen === null)
    found.push({ field: "occurred", act: "correct", words: say("assumed.occurred", { n: RELEASE_H }) });
  else if (seen?.earliest !== seen?.latest)
    found.push({
      field: "occurred",
      act: "correct",
      words: say("assumed.between", { from: when(seen.earliest, here), to: when(seen.latest, here) }),
    });
  if (inputs.flow_state === "unknown")
    found.push({ field: "flow_state", act: "further", words: say("assumed.flow", FLOW) });
  const off_m = assessment.snapped?.distance_m ?? 0;
  if (off_m > FAR_M)
    found.push({ field: "place", act: "correct", words: say("assumed.place", { km: kilometres(off_m / 1000) }) });
  return found;
}
