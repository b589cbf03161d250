/** Intakes too near for any model: first on the page, and without an hour. Pure. */

import { html, NOTHING } from "../html.js";
import { kilometres, syntheticTag } from "./parts.js";

/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../types.js").AssessedSite} AssessedSite */

/**
 * @param {AssessedSite[]} sites
 * @param {Here} here
 */
export function near(sites, here) {
  const found = sites.filter((site) => site.near && site.kind === "intake");
  if (!found.length) return NOTHING;
  const { say } = here;
  return html`
    <section class="near" aria-labelledby="near-title" data-key="near">
      <h2 id="near-title">${say("near.title", { n: found.length })}</h2>
      <ul class="plain">
        ${found.map(
          (site) => html`
            <li data-key="near-${site.id}">
              <span>
                <strong>${site.name}</strong>
                ${syntheticTag(site.synthetic, here)}
              </span>
              <span class="where">${say("near.below", { km: kilometres(site.km) })}</span>
              <span class="do">${say("near.do")}</span>
            </li>
          `,
        )}
      </ul>
      <p class="hint">${say("near.why")}</p>
    </section>
  `;
}
