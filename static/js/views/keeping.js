/** What a form of the directory or roster sends, and what came of a table. No page of its own. */

import { html, NOTHING } from "../html.js";

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Field */

/**
 * The fields of a form as the API wants them: lists, numbers and lines by their data-as, turns from their rows of people.
 * @param {HTMLFormElement} form
 * @returns {Record<string, unknown>}
 */
export function fields(form) {
  const made = /** @type {Record<string, unknown>} */ ({});
  for (const field of /** @type {Iterable<Field>} */ (form.querySelectorAll("input[name], select[name], textarea[name]"))) {
    const as = field.dataset.as ?? "";
    const ticked = !(field instanceof HTMLInputElement && field.type === "checkbox") || field.checked;
    if (as === "list" || as === "ints") {
      const list = /** @type {unknown[]} */ (made[field.name] ??= []);
      if (ticked) list.push(as === "ints" ? Number(field.value) : field.value);
    } else if (ticked && !(field.value === "" && as === "int")) made[field.name] = read(field.value, as);
  }
  for (const place of /** @type {Iterable<HTMLElement>} */ (form.querySelectorAll("[data-people]")))
    made[place.dataset.people ?? ""] = people(place);
  for (const place of /** @type {Iterable<HTMLElement>} */ (form.querySelectorAll("[data-turns]")))
    made[place.dataset.turns ?? ""] = [...place.querySelectorAll("[data-turn]")].map(people).filter((turn) => turn.length);
  return made;
}

/**
 * What a form asks before it is sent: always (data-sure), or where it would leave nobody in turn (data-sure-empty).
 * @param {HTMLFormElement} form
 */
export function asked(form) {
  const turns = fields(form).turns;
  const emptied = Array.isArray(turns) && !turns.length ? form.dataset.sureEmpty : "";
  return form.dataset.sure || emptied || "";
}

/** @param {string} value @param {string} as */
export function read(value, as) {
  if (as === "int") return Number(value);
  if (as === "bool") return value === "true";
  if (as === "lines") return value.split("\n").map((line) => line.trim()).filter(Boolean);
  return value;
}

/** @param {Element} place */
function people(place) {
  return [...place.querySelectorAll("select")].map((select) => Number(select.value)).filter(Boolean);
}

/**
 * What came of a table, row by row where there is something to correct.
 * @param {{dry_run: boolean, counts: Record<string, number>, rows: {row: number, came: string, name: string, faults: {column: string, words: string}[]}[]}} answer
 * @param {import("../words.js").Say} say
 */
export function report({ dry_run, counts, rows }, say) {
  const refused = rows.filter(({ faults }) => faults.length);
  return html`
    <p class="report-sum"><strong>${say(dry_run ? "keep.report.dry" : "keep.report.done", counts)}</strong></p>
    ${
      refused.length
        ? html`
            <table class="cover-table">
              <thead><tr><th scope="col">${say("keep.report.row")}</th><th scope="col">${say("keep.report.column")}</th><th scope="col">${say("keep.report.remedy")}</th></tr></thead>
              <tbody>
                ${refused.flatMap(({ row, name, faults }) =>
                  faults.map(
                    ({ column, words }) => html`
                      <tr><th scope="row">${row}${name ? ` · ${name}` : ""}</th><td>${column}</td><td class="fault">${words}</td></tr>
                    `,
                  ),
                )}
              </tbody>
            </table>
          `
        : NOTHING
    }
  `;
}
