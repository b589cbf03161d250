/** The page of the service's state: who is on duty at this desk now, by the roster. */

import { get, Problem, Unreachable } from "./api.js";
import { say } from "./here.js";
import { html } from "./html.js";
import { morph } from "./morph.js";
import { dutyRow } from "./views/on_duty.js";

/** @param {HTMLElement} place */
async function show(place) {
  try {
    const { duty } = /** @type {import("./types.js").Duty} */ (await get(`desks/${place.dataset.desk}/duty`));
    morph(place, html`<h2>${say("status.duty")}</h2><table><tbody>${duty.map((one) => dutyRow(one, say))}</tbody></table>`);
  } catch (trouble) {
    if (!(trouble instanceof Problem || trouble instanceof Unreachable)) throw trouble;
    morph(place, html`<p class="hint">${trouble instanceof Problem ? trouble.message : say("trouble.unreachable")}</p>`);
  }
}

const place = document.getElementById("on-duty");
if (place) show(place);
