/** Which sections, intakes and gates lie in the way, and where no agreement speaks. Pure. */

import { html, NOTHING } from "../html.js";
import { folded, heading, hour, syntheticTag } from "./parts.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../types.js").Here} Here */

const FIRST_SITES = 6;

/**
 * @param {State} state
 * @param {Here} here
 */
export function sites(state, here) {
  const { say } = here;
  const found = state.assessment?.sites ?? [];
  if (!found.length) return NOTHING;
  const later = found.slice(FIRST_SITES);
  return html`
    <section class="sites" aria-labelledby="sites-title" data-key="sites">
      ${heading("sites-title", say("sites.title"), found.length)} ${table(found.slice(0, FIRST_SITES), state, here)}
      ${folded("sites-later", say("sites.later", { n: later.length }), later.length, table(later, state, here))}
    </section>
  `;
}

/** @param {import("../types.js").AssessedSite[]} found @param {State} state @param {Here} here */
function table(found, state, here) {
  const { say } = here;
  return html`
    <table>
      <thead>
        <tr>
          <th scope="col">${say("sites.name")}</th>
          <th scope="col">${say("sites.km")}</th>
          <th scope="col">${say("not_before")}</th>
          <th scope="col">${say("likely")}</th>
        </tr>
      </thead>
      <tbody>
        ${found.map(
          (one) => html`
            <tr data-key="site-${one.id}" class="${one.near ? "is-near" : ""}">
              <th scope="row">
                ${one.name} ${syntheticTag(one.synthetic, here)}
                <span class="meta">${say(`site.${one.kind}`)} ${riverNames(state)[one.river] ?? ""}</span>
              </th>
              <td>${one.km.toFixed(1)}</td>
              <td>
                ${one.near ? html`<strong>${say("near.tag")}</strong>` : hour(one.earliest_at, here)}
              </td>
              <td>${one.near ? "" : hour(one.likely_at, here)}</td>
            </tr>
          `,
        )}
      </tbody>
    </table>
  `;
}

/**
 * What the rivers on the way are called.
 * @param {State} state
 * @returns {Record<string, string>}
 */
function riverNames(state) {
  return Object.fromEntries((state.assessment?.reached ?? []).map((one) => [one.river, one.river_name]));
}

/**
 * @param {State} state
 * @param {Here} here
 */
export function gaps(state, here) {
  const { say } = here;
  const found = state.assessment?.gaps ?? [];
  if (!found.length) return NOTHING;
  return html`
    <section class="gaps" aria-labelledby="gaps-title" data-key="gaps">
      ${heading("gaps-title", say("gaps.title"), found.length)}
      <ul class="plain">
        ${found.map(
          (one) => html`
            <li data-key="gap-${one.jurisdiction}">
              <strong>${one.name ?? one.jurisdiction}</strong>
              <span class="tag doubt">${say(`gap.${one.duty}`)}</span>
              <p class="reason">${one.reason}</p>
            </li>
          `,
        )}
      </ul>
    </section>
  `;
}
