/** Who is on duty in a role, as a row of a table; where nobody is, why. Pure. */

import { html } from "../html.js";

/**
 * @param {import("../types.js").Duty["duty"][number]} one
 * @param {import("../words.js").Say} say
 */
export function dutyRow({ role, contact, gap }, say) {
  const words = contact
    ? contact.name
    : html`<span class="health is-ill">${gap ? gap.words : say("duty.nobody")}</span>`;
  return html`<tr><th scope="row">${say(`contact.${role}`)}</th><td>${words}</td></tr>`;
}
