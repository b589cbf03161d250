/** The dialog of an act on reports and files: what it does, who hears of it, what is chosen, and why. Pure. */

import { html, NOTHING } from "../html.js";
import { signInAgain } from "./parts.js";

/** @typedef {import("../types.js").Here} Here */
/** @typedef {{value: string, words: string, on?: boolean}} Choice */
/**
 * @typedef {object} EventSheet
 * @property {string} act
 * @property {string} title
 * @property {string} path
 * @property {Record<string, unknown>} body
 * @property {string | null} field what is chosen beside the reason
 * @property {"one" | "many" | "list"} how
 * @property {Choice[]} choices
 * @property {string[]} told who hears of it
 * @property {{field: string | null, words: string} | null} fault
 * @property {boolean} busy
 */

/**
 * @param {EventSheet} sheet
 * @param {Here} here
 */
export function eventSheet(sheet, { say }) {
  const at = sheet.fault?.field ?? "reason";
  const wrong = (/** @type {string | null} */ field) =>
    sheet.fault && at === field ? html`<p class="fault" role="alert">${sheet.fault.words}</p>` : NOTHING;
  const elsewhere = sheet.fault && at !== "reason" && at !== sheet.field;
  return html`
    <form class="sheet" data-submit="event_act" novalidate>
      <h2 id="sheet-title">${sheet.title}</h2>
      <p class="hint">${say(`act.${sheet.act}.hint`)}</p>
      ${sheet.told.length ? html`<p><strong>${say("hears", { who: sheet.told.join(say("comma")) })}</strong></p>` : NOTHING}
      ${sheet.field ? html`${choices(sheet, say)}${wrong(sheet.field)}` : NOTHING}
      <div class="field">
        <label for="sheet-reason">${say("reason")}</label>
        <textarea id="sheet-reason" name="reason" rows="3" maxlength="500"></textarea>
        ${wrong("reason")}
      </div>
      ${elsewhere ? html`<p class="fault" role="alert">${sheet.fault?.words}</p>` : NOTHING}
      ${sheet.fault?.field === "session" ? html`<p>${signInAgain({ say })}</p>` : NOTHING}
      <p class="sheet-bar">
        <button class="primary" type="submit" ${sheet.busy && "disabled"}>${say(`act.${sheet.act}.do`)}</button>
        <button type="button" data-do="cancel_sheet">${say("cancel")}</button>
      </p>
    </form>
  `;
}

/**
 * @param {EventSheet} sheet
 * @param {import("../words.js").Say} say
 */
function choices(sheet, say) {
  const { field, how } = sheet;
  if (how === "list")
    return html`
      <div class="field">
        <label for="sheet-choice">${say(`act.${sheet.act}.choose`)}</label>
        <select id="sheet-choice" name="${field}">
          ${sheet.choices.map(({ value, words }) => html`<option value="${value}">${words}</option>`)}
        </select>
      </div>
    `;
  return html`
    <fieldset class="${how === "one" ? "choices" : "missing"}">
      <legend>${say(`act.${sheet.act}.choose`)}</legend>
      ${sheet.choices.map(({ value, words, on }) =>
        how === "one"
          ? html`<label><input type="radio" name="${field}" value="${value}" ${on && "checked"}><span>${words}</span></label>`
          : html`<label class="tick"><input type="checkbox" name="${field}" value="${value}"> ${words}</label>`,
      )}
    </fieldset>
  `;
}
