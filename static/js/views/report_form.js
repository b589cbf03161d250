/** The report form: three inputs are enough, each but the place may be unknown; what it means shows while typing. Pure. */

import { html, NOTHING } from "../html.js";
import { parse } from "../coordinates.js";
import {
  BANKS,
  bodyOf,
  changesOf,
  clearedBy,
  FLOW_STATES,
  slips,
  slipsSoFar,
  SOURCE_STATES,
  SOURCES,
  VERIFICATIONS,
} from "../report.js";
import { fieldNames } from "./entries.js";
import { choices, field, longField, timeField } from "./fields.js";
import { kilometres } from "./parts.js";
import { preview } from "./preview.js";
import { sameEvent } from "./same_event.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../report.js").Draft} Draft */

const MOST_CANDIDATES = 4;
/** A river farther off than this is no choice for where something was seen: the coordinates are wrong. */
const FARTHEST_M = 50_000;
/** The fields beside which a refusal can stand; any other stands on top of the form. */
const KNOWN_FIELDS = new Set(
  "location occurred_at known_at substance mass_kg duration_min reporter description reason".split(" "),
);

/**
 * @param {State} state
 * @param {Here} here
 */
export function reportForm(state, here) {
  const { say } = here;
  const draft = /** @type {Draft} */ (state.draft);
  const faults = faultsOf(state, here);
  return html`
    <form class="report" id="report-form" data-submit="save_report" aria-labelledby="report-title" data-key="report" novalidate>
      <h2 id="report-title">${title(state, say)}</h2>
      ${state.correcting ? why(draft, faults, say) : NOTHING}
      ${faults.body ? html`<p class="fault" role="alert">${faults.body}</p>` : NOTHING}
      ${place(state, draft, faults, here)}
      ${timeField(
        {
          id: "occurred",
          label: say("form.occurred"),
          value: draft.occurred,
          fault: faults.occurred_at,
          hint: draft.occurred.trim() ? "" : say("form.occurred.hint"),
          placeholder: "02:30",
        },
        here,
      )}
      ${field({
        id: "substance",
        label: say("form.substance"),
        value: draft.substance,
        fault: faults.substance,
        hint: say("form.substance.hint"),
        placeholder: say("substance.unknown"),
      })}
      ${choices("source_state", SOURCE_STATES, draft, here)} ${choices("flow_state", FLOW_STATES, draft, here)}
      ${sameEvent(state, here)} ${preview(state, here)} ${more(draft, !state.correcting, faults, here)}
    </form>
  `;
}

/**
 * @param {State} state
 * @param {Here} here
 */
export function reportBar(state, here) {
  const { say } = here;
  return html`
    ${clears(state, here)}
    <button class="primary" type="submit" form="report-form" ${state.busy && "disabled"}>
      ${say(saveKey(state), { n: state.reportFor })}
    </button>
    <button data-do="leave_report">${say("report.leave")}</button>
  `;
}

/** @param {State} state */
function saveKey({ correcting, reportFor, draft }) {
  if (correcting) return "report.save.correct";
  if (reportFor) return "report.save.further";
  return draft?.drill ? "report.save.drill" : "report.save";
}

/** @param {State} state @param {import("../words.js").Say} say */
function title({ reportFor, correcting }, say) {
  if (!reportFor) return say("report.title");
  return say(correcting ? "report.correct" : "report.further", { n: reportFor });
}

/**
 * What a correction would make unknown stands beside its button: an emptied field is easily overlooked.
 * @param {State} state
 * @param {Here} here
 */
function clears({ draft, correcting }, { say, zone, now }) {
  const body = draft && correcting && !slips(draft, zone, now).length ? bodyOf(draft, zone, now) : null;
  const cleared = body && correcting ? clearedBy(changesOf(body, correcting)) : [];
  if (!cleared.length) return NOTHING;
  return html`
    <p class="hint" role="status" data-key="clears">
      <strong>${say("correct.clears", { fields: fieldNames(cleared, say) })}</strong>
    </p>
  `;
}

/**
 * A correction says why.
 * @param {Draft} draft
 * @param {Record<string, string>} faults
 * @param {import("../words.js").Say} say
 */
function why(draft, faults, say) {
  return html`
    <p class="hint">${say("act.correct.hint")}</p>
    ${field({ id: "correct-reason", name: "reason", label: say("correct.reason"), value: draft.reason, fault: faults.reason, longest: 300 })}
  `;
}

/**
 * @param {State} state
 * @param {Here} here
 * @returns {Record<string, string>}
 */
function faultsOf(state, { say, now, zone }) {
  const draft = /** @type {Draft} */ (state.draft);
  const typed = slipsSoFar(draft, zone, now).filter(({ field: name }) => name !== state.typing);
  const all = [...nowhere(state, draft), ...typed, ...state.slips];
  const found = Object.fromEntries(all.map(({ field: name, key }) => [name, say(key)]));
  const refused = state.preview.problem;
  if (!refused || (draft.unlocated && refused.candidates.length)) return found; // kept without a river, and said so
  const name = (refused.field ?? "body").split(".")[0] ?? "body";
  return { ...found, [KNOWN_FIELDS.has(name) ? name : "body"]: refused.detail };
}

/**
 * A name that was searched for and is not known.
 * @param {State} state
 * @param {Draft} draft
 */
function nowhere({ searched, places }, { place: typed }) {
  const wanted = typed.trim();
  return wanted && searched === wanted && !places.length && parse(wanted) === null
    ? [{ field: "location", key: "form.place.nowhere" }]
    : [];
}

/**
 * @param {State} state
 * @param {Draft} draft
 * @param {Record<string, string>} faults
 * @param {Here} here
 */
function place(state, draft, faults, { say }) {
  const open = String(state.places.length > 0);
  const offered = state.preview.problem?.candidates ?? [];
  const candidates = offered.filter(({ distance_m }) => distance_m <= FARTHEST_M).slice(0, MOST_CANDIDATES);
  return html`
    ${field({
      id: "place",
      label: say("form.place"),
      value: draft.place,
      fault: faults.location,
      hint: draft.placeName || say("form.place.map"),
      placeholder: say("form.place.hint"),
      more: html`data-input="place" role="combobox" aria-expanded="${open}" aria-controls="places"`,
    })}
    <ul class="plain places" id="places" data-list>
      ${state.places.map(
        (one, i) => html`
          <li data-key="place-${i}">
            <button type="button" data-item data-do="choose_place" data-id="${i}">
              <strong>${one.name}</strong> <span class="meta">${one.detail}</span>
            </button>
          </li>
        `,
      )}
    </ul>
    ${offered.length ? nearest(candidates, draft, say) : NOTHING}
  `;
}

/**
 * No river within tolerance: the nearest to choose from, where any is near at all, or the news is kept without one.
 * @param {import("../types.js").Candidate[]} candidates
 * @param {Draft} draft
 * @param {import("../words.js").Say} say
 */
function nearest(candidates, draft, say) {
  return html`
    ${
      candidates.length
        ? NOTHING
        : html`<p class="hint" data-key="far">${say("form.place.far", { km: FARTHEST_M / 1000 })}</p>`
    }
    <ul class="plain candidates" data-list>
      ${candidates.map(
        ({ name, distance_m, lon, lat }) => html`
          <li>
            <button type="button" data-item data-do="choose_candidate" data-lon="${lon}" data-lat="${lat}">
              ${say("form.candidate", { river: name, km: kilometres(distance_m / 1000) })}
            </button>
          </li>
        `,
      )}
    </ul>
    ${tick("unlocated", draft.unlocated, say("form.unlocated"))}
  `;
}

/**
 * @param {Draft} draft
 * @param {boolean} opening whether it is an exercise is settled when it is opened, and no correction changes it
 * @param {Record<string, string>} faults
 * @param {Here} here
 */
function more(draft, opening, faults, here) {
  const { say } = here;
  /** @param {"mass_kg" | "duration_min" | "reporter"} id @param {"text" | "decimal"} mode @param {string} [hint] */
  const plain = (id, mode, hint) =>
    field({ id, label: say(`form.${id}`), value: draft[id], fault: faults[id], mode, ...(hint ? { hint } : {}) });
  return html`
    <details class="more" data-key="more" ${(draft.mass_kg || draft.reporter || draft.description || draft.drill) && "open"}>
      <summary>${say("form.more")}</summary>
      ${choices("bank", BANKS, draft, here)} ${choices("verification", VERIFICATIONS, draft, here)}
      ${opening ? choices("source", SOURCES, draft, here) : NOTHING}
      ${plain("reporter", "text", say("form.reporter.hint"))} ${plain("mass_kg", "decimal")}
      ${plain("duration_min", "decimal")}
      ${timeField({ id: "known", label: say("form.known"), value: draft.known, fault: faults.known_at }, here)}
      ${longField({
        id: "description",
        label: say("form.description"),
        value: draft.description,
        fault: faults.description,
        hint: say("form.description.hint"),
      })}
      ${opening ? tick("drill", draft.drill, say("form.drill")) : NOTHING}
    </details>
  `;
}

/**
 * @param {string} name
 * @param {boolean} on
 * @param {string} label
 */
function tick(name, on, label) {
  return html`
    <label class="tick"><input type="checkbox" name="${name}" data-change="draft" ${on && "checked"}> ${label}</label>
  `;
}
