/** The fields of a form: a label, what was typed, what to correct, and a hint. Pure. */

import { localOf } from "../clock.js";
import { html, NOTHING } from "../html.js";
import { parseMoment } from "../moments.js";

/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../report.js").Draft} Draft */

/**
 * @param {"source_state" | "flow_state" | "bank" | "verification"} name
 * @param {string[]} values
 * @param {Draft} draft
 * @param {Here} here
 */
export function choices(name, values, draft, { say }) {
  return html`
    <fieldset class="choices">
      <legend>${say(`form.${name}`)}</legend>
      ${values.map(
        (value) => html`
          <label>
            <input type="radio" name="${name}" value="${value}" data-change="draft" ${draft[name] === value && "checked"}>
            <span>${say(`${name}.${value}`)}</span>
          </label>
        `,
      )}
    </fieldset>
  `;
}

/**
 * The hour as it was understood, to be checked against what was meant.
 * @param {string} typed
 * @param {Here} here
 */
export function readTime(typed, { say, now, zone }) {
  const at = parseMoment(typed, now, zone);
  return at && say("form.time.read", { at: localOf(at, zone).replace("T", " ") });
}

/**
 * @typedef {object} Field
 * @property {string} id
 * @property {string} label
 * @property {string} value
 * @property {string} [name] where it is not the id
 * @property {string | undefined} [fault] what to correct
 * @property {string} [hint]
 * @property {string} [placeholder]
 * @property {"text" | "decimal"} [mode] which keyboard a phone offers
 * @property {number} [longest]
 * @property {import("../html.js").Markup} [more] further attributes
 */

/** @param {Field} field */
export function field({ id, label, value, name = id, fault, hint, placeholder = "", mode = "text", longest = 120, more }) {
  const wrong = fault ? html`aria-invalid="true" aria-describedby="${id}-fault"` : NOTHING;
  return html`
    <div class="field ${fault ? "has-fault" : ""}">
      <label for="${id}">${label}</label>
      <input id="${id}" name="${name}" value="${value}" placeholder="${placeholder}" inputmode="${mode}"
        maxlength="${longest}" autocomplete="off" ${more ?? html`data-input="draft"`} ${wrong}>
      ${notes(id, fault, hint)}
    </div>
  `;
}

/** @param {Field} field */
export function longField({ id, label, value, fault, hint, longest = 2000 }) {
  return html`
    <div class="field">
      <label for="${id}">${label}</label>
      <textarea id="${id}" name="${id}" rows="3" maxlength="${longest}" data-input="draft">${value}</textarea>
      ${notes(id, fault, hint)}
    </div>
  `;
}

/**
 * @param {string} id
 * @param {string | undefined} fault
 * @param {string | undefined} hint
 */
function notes(id, fault, hint) {
  return html`
    ${fault ? html`<p class="fault" id="${id}-fault" role="alert">${fault}</p>` : NOTHING}
    ${hint ? html`<p class="hint">${hint}</p>` : NOTHING}
  `;
}
