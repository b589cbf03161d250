/** The report form: three inputs are enough, each but the place may be unknown; what it would mean shows while typing. Pure. */

import { localOf } from "../clock.js";
import { html, NOTHING } from "../html.js";
import { parseMoment } from "../moments.js";
import { BANKS, FLOW_STATES, SOURCE_STATES, VERIFICATIONS } from "../report.js";
import { near } from "./near.js";
import { circleTag, hour, kilometres, spotWords } from "./parts.js";
import { circleOf } from "./reached.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../report.js").Draft} Draft */
/** @typedef {import("../types.js").Assessment} Assessment */

/**
 * @param {State} state
 * @param {Here} here
 */
export function reportForm(state, here) {
  const { say } = here;
  const draft = /** @type {Draft} */ (state.draft);
  const faults = faultsOf(state, here);
  return html`<form class="report" id="report-form" data-submit="save_report" aria-labelledby="report-title" data-key="report" novalidate>
    <h2 id="report-title">${title(state, say)}</h2>
    ${state.correcting ? html`<p class="hint">${say("act.correct.hint")}</p>${field("correct-reason", say("correct.reason"), faults.reason, html`<input id="correct-reason" name="reason" data-input="draft" maxlength="300" value="${draft.reason}" ${described("correct-reason", faults.reason)}>`, "")}` : NOTHING}
    ${faults.body ? html`<p class="fault" role="alert">${faults.body}</p>` : NOTHING}
    ${place(state, draft, faults, here)}
    ${field("occurred", say("form.occurred"), faults.occurred_at, html`<input id="occurred" name="occurred" data-input="draft" autocomplete="off" inputmode="text" maxlength="30" value="${draft.occurred}" placeholder="02:30" ${described("occurred", faults.occurred_at)}>`, readTime(draft.occurred, here) ?? say("form.occurred.hint"))}
    ${field("substance", say("form.substance"), faults.substance, html`<input id="substance" name="substance" data-input="draft" autocomplete="off" maxlength="200" value="${draft.substance}" placeholder="${say("substance.unknown")}" ${described("substance", faults.substance)}>`, say("form.substance.hint"))}
    ${choices("source_state", SOURCE_STATES, draft, here)}
    ${choices("flow_state", FLOW_STATES, draft, here)}
    ${result(state, here)}
    ${more(draft, faults, here)}
  </form>`;
}

/** @param {State} state @param {import("../words.js").Say} say */
function title({ reportFor, correcting }, say) {
  if (!reportFor) return say("report.title");
  return say(correcting ? "report.correct" : "report.further", { n: reportFor });
}

/**
 * @param {State} state
 * @param {Here} here
 */
export function reportBar(state, { say }) {
  const key = state.correcting ? "report.save.correct" : state.reportFor ? "report.save.further" : state.draft?.drill ? "report.save.drill" : "report.save";
  const label = say(key, { n: state.reportFor });
  return html`<button class="primary" type="submit" form="report-form" ${state.busy && "disabled"}>${label}</button>
    <button data-do="leave_report">${say("report.leave")}</button>`;
}

/**
 * @param {State} state
 * @param {Here} here
 * @returns {Record<string, string>}
 */
function faultsOf(state, { say }) {
  const found = Object.fromEntries(state.slips.map(({ field: name, key }) => [name, say(key)]));
  const refused = state.preview.problem;
  if (!refused) return found;
  const name = (refused.field ?? "body").split(".")[0] ?? "body";
  return { ...found, [KNOWN_FIELDS.has(name) ? name : "body"]: refused.detail };
}
const MOST_CANDIDATES = 4;
const KNOWN_FIELDS = new Set(["location", "occurred_at", "known_at", "substance", "mass_kg", "duration_min", "reporter", "description", "reason"]);

/**
 * @param {State} state
 * @param {Draft} draft
 * @param {Record<string, string>} faults
 * @param {Here} here
 */
function place(state, draft, faults, { say }) {
  const candidates = state.preview.problem?.candidates.slice(0, MOST_CANDIDATES) ?? [];
  return html`${field("place", say("form.place"), faults.location, html`<input id="place" name="place" data-input="place" autocomplete="off" role="combobox" aria-expanded="${String(state.places.length > 0)}" aria-controls="places" value="${draft.place}" placeholder="${say("form.place.hint")}" ${described("place", faults.location)}>`, draft.placeName || say("form.place.map"))}
    <ul class="plain places" id="places" data-list>${state.places.map(
      (one, i) => html`<li data-key="place-${i}"><button type="button" data-item data-do="choose_place" data-id="${i}"><strong>${one.name}</strong> <span class="meta">${one.detail}</span></button></li>`,
    )}</ul>
    ${candidates.length ? html`<ul class="plain candidates" data-list>${candidates.map((one) => candidate(one, say))}</ul>
    <label class="tick"><input type="checkbox" name="unlocated" data-change="draft" ${draft.unlocated && "checked"}> ${say("form.unlocated")}</label>` : NOTHING}`;
}

/**
 * @param {import("../types.js").Candidate} one
 * @param {import("../words.js").Say} say
 */
function candidate(one, say) {
  const far = say("form.candidate", { river: one.name, km: kilometres(one.distance_m / 1000) });
  return html`<li><button type="button" data-item data-do="choose_candidate" data-lon="${one.lon}" data-lat="${one.lat}">${far}</button></li>`;
}

/**
 * What these inputs would mean; nothing is stored yet.
 * @param {State} state
 * @param {Here} here
 */
function result(state, here) {
  const { say } = here;
  const { state: where, assessment } = state.preview;
  if (where === "idle" || where === "refused") return html`<p class="hint" data-key="preview-none">${say("preview.none")}</p>`;
  if (!assessment) return html`<p class="hint" role="status" data-key="preview-asking">${say("preview.asking")}</p>`;
  return html`<section class="preview ${where === "asking" ? "is-stale" : ""}" aria-live="polite" data-key="preview">
    ${snapped(assessment, here)}${near(assessment.sites, here)}
    ${assessment.reached.length ? html`<h3>${say("preview.reached", { n: assessment.reached.length })}</h3>
    <ol class="plain arrivals">${assessment.reached.slice(0, 6).map(
      (one) => html`<li><span class="not-before">${hour(one.earliest_at, here)}</span> <strong>${one.name}</strong> <span class="meta">${kilometres(one.enter_km)}</span> ${circleTag(circleOf(assessment, one.desk), here)}</li>`,
    )}</ol>${assessment.reached.length > 6 ? html`<p class="hint">${say("preview.more", { n: assessment.reached.length - 6 })}</p>` : NOTHING}` : NOTHING}
    <p class="hint">${say("preview.messages", { n: assessment.notifications.length })}</p></section>`;
}

/**
 * @param {Assessment} assessment
 * @param {Here} here
 */
function snapped({ snapped: spot }, { say }) {
  if (!spot) return html`<p class="doubt">${say("snap.none")}</p>`;
  return html`<p class="snapped">${spotWords(spot, say)}</p>`;
}

/**
 * @param {Draft} draft
 * @param {Record<string, string>} faults
 * @param {Here} here
 */
function more(draft, faults, here) {
  const { say } = here;
  /** @param {"mass_kg" | "duration_min" | "reporter"} name @param {string} mode */
  const text = (name, mode) => field(name, say(`form.${name}`), faults[name], html`<input id="${name}" name="${name}" data-input="draft" inputmode="${mode}" autocomplete="off" maxlength="120" value="${draft[name]}" ${described(name, faults[name])}>`, name === "reporter" ? say("form.reporter.hint") : "");
  return html`<details class="more" ${(draft.mass_kg || draft.reporter || draft.description || draft.drill) && "open"}><summary>${say("form.more")}</summary>
    ${choices("bank", BANKS, draft, here)}${choices("verification", VERIFICATIONS, draft, here)}
    ${text("reporter", "text")}${text("mass_kg", "decimal")}${text("duration_min", "decimal")}
    ${field("known", say("form.known"), faults.known_at, html`<input id="known" name="known" data-input="draft" autocomplete="off" maxlength="30" value="${draft.known}" ${described("known", faults.known_at)}>`, readTime(draft.known, here) ?? "")}
    ${field("description", say("form.description"), faults.description, html`<textarea id="description" name="description" rows="3" maxlength="2000" data-input="draft">${draft.description}</textarea>`, say("form.description.hint"))}
    <label class="tick drill-tick"><input type="checkbox" name="drill" data-change="draft" ${draft.drill && "checked"}> ${say("form.drill")}</label></details>`;
}

/**
 * @param {"source_state" | "flow_state" | "bank" | "verification"} name
 * @param {string[]} values
 * @param {Draft} draft
 * @param {Here} here
 */
function choices(name, values, draft, { say }) {
  return html`<fieldset class="choices"><legend>${say(`form.${name}`)}</legend>${values.map(
    (value) => html`<label><input type="radio" name="${name}" value="${value}" data-change="draft" ${draft[name] === value && "checked"}><span>${say(`${name}.${value}`)}</span></label>`,
  )}</fieldset>`;
}

/**
 * The hour as it was understood, to be checked against what was meant.
 * @param {string} typed
 * @param {Here} here
 */
function readTime(typed, { say, now, zone }) {
  const at = parseMoment(typed, now, zone);
  return at && say("form.time.read", { at: localOf(at, zone).replace("T", " ") });
}

/**
 * @param {string} id
 * @param {string} label
 * @param {string | undefined} sentence what to correct
 * @param {import("../html.js").Markup} input
 * @param {string} hint
 */
function field(id, label, sentence, input, hint) {
  return html`<div class="field ${sentence ? "has-fault" : ""}"><label for="${id}">${label}</label>${input}
    ${sentence ? html`<p class="fault" id="${id}-fault" role="alert">${sentence}</p>` : NOTHING}${hint ? html`<p class="hint">${hint}</p>` : NOTHING}</div>`;
}

/**
 * @param {string} id
 * @param {string | undefined} sentence
 */
function described(id, sentence) {
  return sentence ? html`aria-invalid="true" aria-describedby="${id}-fault"` : NOTHING;
}
