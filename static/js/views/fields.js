/** The fields of a form: a label, what was typed, what to correct, and a hint. Pure. */

import { duration, localOf } from "../clock.js";
import { html, NOTHING } from "../html.js";
import { daysAgo, isOld, readMoment } from "../moments.js";

/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../report.js").Draft} Draft */

/**
 * @param {"source_state" | "flow_state" | "bank" | "source" | "verification"} name
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
 * An instant with its day in words, and how long ago it was: "昨天 2025-11-20 23:10（3 小时 31 分前）".
 * @param {string} at
 * @param {Here} here
 */
export function understood(at, { say, language, now, zone }) {
  const ago = daysAgo(at, now, zone);
  const day = ago === 0 || ago === 1 ? say(`day.${ago}`) : ago > 1 ? say("day.ago", { n: ago }) : say("day.ahead");
  const local = localOf(at, zone).replace("T", " ");
  const time = duration((now.getTime() - new Date(at).getTime()) / 1000, language);
  return ago > 1 ? say("form.time.read.far", { day, at: local }) : say("form.time.read", { day, at: local, time });
}

/**
 * A time as it was understood, in words with the day, beneath its field; another day than today is not to be overlooked,
 * and what may have been meant otherwise is one press away.
 * @param {Field & {fault: string | undefined}} one
 * @param {Here} here
 */
export function timeField(one, here) {
  const { at, yesterday } = readMoment(one.value, here.now, here.zone);
  const name = one.name ?? one.id;
  return field({ ...one, note: html`${echo(at, here)}${one.fault ? meant(name, at, yesterday, here) : NOTHING}` });
}

/** @param {string | null} at @param {Here} here */
function echo(at, here) {
  if (!at) return NOTHING;
  const sameDay = daysAgo(at, here.now, here.zone) === 0;
  return html`<p class="${sameDay ? "hint" : "note"}" role="status">${understood(at, here)}</p>`;
}

/**
 * @param {string} name of the field
 * @param {string | null} at
 * @param {string | null} yesterday
 * @param {Here} here
 */
function meant(name, at, yesterday, here) {
  if (yesterday)
    return html`
      <button type="button" class="meant" data-do="time_set" data-id="${name}" data-at="${yesterday}">
        ${here.say("form.time.yesterday", { at: localOf(yesterday, here.zone).replace("T", " ") })}
      </button>
    `;
  if (!at || !isOld(at, here.now)) return NOTHING;
  return html`
    <button type="button" class="meant" data-do="time_sure" data-id="${name}" data-at="${at}">
      ${here.say("form.time.sure")}
    </button>
  `;
}

/**
 * @typedef {object} Field
 * @property {string} id
 * @property {string} label
 * @property {string} value
 * @property {string} [name] where it is not the id
 * @property {string | undefined} [fault] what to correct
 * @property {string} [hint]
 * @property {import("../html.js").Markup} [note] what was understood, and what else may have been meant
 * @property {string} [placeholder]
 * @property {"text" | "decimal"} [mode] which keyboard a phone offers
 * @property {number} [longest]
 * @property {import("../html.js").Markup} [more] further attributes
 */

/** @param {Field} one */
export function field(one) {
  const { id, label, value, name = id, fault, hint, note, placeholder = "", mode = "text", longest = 120, more } = one;
  const wrong = fault ? html`aria-invalid="true" aria-describedby="${id}-fault"` : NOTHING;
  return html`
    <div class="field ${fault ? "has-fault" : ""}">
      <label for="${id}">${label}</label>
      <input id="${id}" name="${name}" value="${value}" placeholder="${placeholder}" inputmode="${mode}"
        maxlength="${longest}" autocomplete="off" ${more ?? html`data-input="draft"`} ${wrong}>
      ${notes(id, fault, hint)}${note ?? NOTHING}
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
