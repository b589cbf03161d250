/** Signed acts: a grade, a response, the two-hour track, a report that was made. Each says who will be told of it. Pure. */

import { html, NOTHING } from "../html.js";
import { gradeTag, signInAgain } from "./parts.js";

/** @typedef {import("../types.js").Here} Here */
/** @typedef {"declare" | "raise" | "lower" | "start" | "change" | "end" | "track" | "report"} SignName */
/**
 * @typedef {object} SignSheet
 * @property {SignName} act
 * @property {number} number
 * @property {boolean} drill
 * @property {string | null} present the grade, or the level of the response, that stands now
 * @property {string | null} foreseen the grade that the facts point to
 * @property {string[]} hears
 * @property {{item: string, label: string, because: string | null, held: boolean}[]} items
 * @property {{id: string, what: string, to: string}[]} clocks what was reported
 * @property {string} at as it is typed
 * @property {{field: string | null, words: string} | null} fault
 * @property {boolean} busy
 */

const GRADES = ["I", "II", "III", "IV"];
const HOW = ["telephone", "fax", "network", "post", "in_person"];
const GRADED = new Set(["declare", "raise", "lower", "start", "change"]);
const TOLD = new Set(["declare", "raise", "lower", "start", "change", "end"]);

/**
 * The grades that an act can lead to.
 * @param {SignName} act
 * @param {string | null} present
 */
export function choices(act, present) {
  const at = GRADES.indexOf(present ?? "");
  if (act === "raise") return GRADES.slice(0, Math.max(at, 0));
  if (act === "lower") return GRADES.slice(at + 1);
  return GRADES.filter((grade) => grade !== present);
}

/**
 * @param {SignSheet} sheet
 * @param {Here} here
 */
export function signSheet(sheet, here) {
  const { say, me } = here;
  const wrong = (/** @type {string} */ field) =>
    sheet.fault && (sheet.fault.field ?? "reason") === field
      ? html`<p class="fault" role="alert">${sheet.fault.words}</p>`
      : NOTHING;
  const known = ["reason", "signer", "at", "grade", "level", "items", "clocks", "person"];
  const other = sheet.fault?.field && !known.includes(sheet.fault.field);
  return html`
    <form class="sheet" data-submit="sign" novalidate>
      <h2 id="sheet-title">${sheet.drill ? say("drill.mark") : NOTHING}${say(`sign.${sheet.act}`)} #${sheet.number}</h2>
      <p class="hint">${say(`sign.${sheet.act}.hint`)}</p>
      ${TOLD.has(sheet.act) ? told(sheet, here) : NOTHING}
      ${GRADED.has(sheet.act) ? grades(sheet, here) : NOTHING}
      ${wrong(sheet.act === "start" || sheet.act === "change" ? "level" : "grade")}
      ${sheet.act === "track" ? items(sheet, here) : NOTHING}${wrong("items")}
      ${sheet.act === "report" ? reports(sheet, here) : NOTHING}${wrong("clocks")}
      ${
        sheet.act === "report"
          ? NOTHING
          : html`
              <div class="field">
                <label for="sheet-reason">${say("reason")}</label>
                <textarea id="sheet-reason" name="reason" rows="3" maxlength="500"></textarea>
                ${wrong("reason")}
              </div>
            `
      }
      <div class="field">
        <label for="sheet-who">${say(sheet.act === "report" ? "sign.person" : "sign.signer")}</label>
        <input id="sheet-who" name="${sheet.act === "report" ? "person" : "signer"}" maxlength="60" value="${sheet.act !== "report" && me.role === "leader" ? me.name : ""}" />
        ${wrong(sheet.act === "report" ? "person" : "signer")}
      </div>
      <div class="field">
        <label for="sheet-at">${say("sign.at")}</label>
        <input id="sheet-at" name="at" autocomplete="off" value="${sheet.at}" />
        ${wrong("at")}
      </div>
      ${other ? html`<p class="fault" role="alert">${sheet.fault?.words}</p>` : NOTHING}
      ${sheet.fault?.field === "session" ? html`<p>${signInAgain({ say })}</p>` : NOTHING}
      <p class="sheet-bar">
        <button class="primary" type="submit" ${sheet.busy && "disabled"}>
          ${TOLD.has(sheet.act) && sheet.hears.length ? say("sign.do.told", { act: say(`sign.${sheet.act}`), n: sheet.hears.length }) : say(`sign.${sheet.act}.do`)}
        </button>
        <button type="button" data-do="cancel_sheet">${say("cancel")}</button>
      </p>
    </form>
  `;
}

/**
 * @param {SignSheet} sheet
 * @param {Here} here
 */
function told({ hears }, { say }) {
  return hears.length
    ? html`<p><strong>${say("hears", { who: hears.join(say("comma")) })}</strong></p>`
    : html`<p class="hint">${say("sign.nobody")}</p>`;
}

/**
 * @param {SignSheet} sheet
 * @param {Here} here
 */
function grades(sheet, here) {
  const { say } = here;
  const open = choices(sheet.act, sheet.present);
  const first = sheet.foreseen && open.includes(sheet.foreseen) ? sheet.foreseen : null;
  return html`
    <fieldset class="grades">
      <legend>${say("sign.grade")}</legend>
      ${sheet.present ? html`<p class="meta">${say("sign.present")} ${gradeTag(sheet.present, here)}</p>` : NOTHING}
      ${open.map(
        (grade) => html`
          <label class="tick">
            <input type="radio" name="grade" value="${grade}" />
            ${gradeTag(grade, here)} ${grade === first ? html`<span class="hint">${say("sign.foreseen")}</span>` : NOTHING}
          </label>
        `,
      )}
    </fieldset>
  `;
}

/**
 * @param {SignSheet} sheet
 * @param {Here} here
 */
function items(sheet, { say }) {
  return html`
    <fieldset class="grades">
      <legend>${say("grading.two_hours")}</legend>
      ${sheet.items.map(
        ({ item, label, because, held }) => html`
          <label class="tick">
            <input type="checkbox" name="items" value="${item}" ${(held || because) && "checked"} />
            <span>${label} ${because ? html`<span class="hint">${because}</span>` : NOTHING}</span>
          </label>
        `,
      )}
    </fieldset>
  `;
}

/**
 * @param {SignSheet} sheet
 * @param {Here} here
 */
function reports(sheet, { say }) {
  return html`
    <fieldset class="grades">
      <legend>${say("sign.reported")}</legend>
      ${sheet.clocks.map(
        ({ id, what, to }) => html`
          <label class="tick">
            <input type="checkbox" name="clocks" value="${id}" checked />
            ${what} → ${to}
          </label>
        `,
      )}
    </fieldset>
    <fieldset class="grades">
      <legend>${say("sign.how")}</legend>
      ${HOW.map(
        (how, n) => html`
          <label class="tick"><input type="radio" name="how" value="${how}" ${n === 0 && "checked"} /> ${say(`how.${how}`)}</label>
        `,
      )}
    </fieldset>
  `;
}
