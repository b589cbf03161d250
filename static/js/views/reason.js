/** Acts on an incident that need a reason, and say who hears of it. Pure. */

import { html, NOTHING } from "../html.js";
import { signInAgain } from "./parts.js";

/** @typedef {import("../types.js").Here} Here */
/**
 * @typedef {object} ReasonSheet
 * @property {"withdraw" | "stand-down" | "close"} act
 * @property {number} number
 * @property {string[]} told
 * @property {{field: string | null, words: string} | null} fault
 * @property {{what: string, words: string}[]} missing
 * @property {boolean} busy
 */

/**
 * @param {ReasonSheet} sheet
 * @param {Here} here
 */
export function reasonSheet(sheet, { say, me }) {
  const wrong = (/** @type {string} */ field) =>
    sheet.fault && !sheet.missing.length && (sheet.fault.field ?? "reason") === field
      ? html`<p class="fault" role="alert">${sheet.fault.words}</p>`
      : NOTHING;
  const other = sheet.fault?.field && !["reason", "signer"].includes(sheet.fault.field);
  return html`
    <form class="sheet" data-submit="reason" novalidate>
      <h2 id="sheet-title">${say(`act.${sheet.act}`)} #${sheet.number}</h2>
      <p class="hint">${say(`act.${sheet.act}.hint`)}</p>
      ${
        sheet.act === "close" || !sheet.told.length
          ? NOTHING
          : html`<p><strong>${say("hears", { who: sheet.told.join(say("comma")) })}</strong></p>`
      }
      <div class="field">
        <label for="sheet-reason">${say("reason")}</label>
        <textarea id="sheet-reason" name="reason" rows="3" maxlength="500"></textarea>
        ${wrong("reason")}
      </div>
      ${
        sheet.act === "stand-down"
          ? html`
              <div class="field">
                <label for="sheet-signer">${say("signer")}</label>
                <input id="sheet-signer" name="signer" maxlength="60" value="${me.role === "leader" ? me.name : ""}" />
                ${wrong("signer")}
              </div>
            `
          : NOTHING
      }
      ${sheet.missing.length ? despite(sheet, say) : NOTHING}
      ${other ? html`<p class="fault" role="alert">${sheet.fault?.words}</p>` : NOTHING}
      ${sheet.fault?.field === "session" ? html`<p>${signInAgain({ say })}</p>` : NOTHING}
      <p class="sheet-bar">
        <button class="primary ${sheet.act === "withdraw" ? "danger" : ""}" type="submit" ${sheet.busy && "disabled"}>
          ${say(sheet.told.length ? `act.${sheet.act}.told` : `act.${sheet.act}.do`, { n: sheet.told.length })}
        </button>
        <button type="button" data-do="cancel_sheet">${say("cancel")}</button>
      </p>
    </form>
  `;
}

/**
 * What stands against a stand-down. A signer may answer for all but a source that may still run.
 * @param {ReasonSheet} sheet
 * @param {import("../words.js").Say} say
 */
function despite(sheet, say) {
  return html`
    <fieldset class="missing" role="alert">
      <legend>${say("despite.title")}</legend>
      ${sheet.missing.map((one) =>
        one.what === "source-open"
          ? html`<p class="fault">${one.words}。${say("despite.source")}</p>`
          : html`
              <label class="tick">
                <input type="checkbox" name="despite" value="${one.what}" />
                ${say("despite", { what: one.words })}
              </label>
            `,
      )}
    </fieldset>
  `;
}
