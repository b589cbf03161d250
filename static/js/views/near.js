/** Intakes too near for any model, without an hour: in a report that is being written, and those that another desk calls. Pure. */

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
        ${found.map((site) => row(site, here, html`<span class="do">${say("near.do")}</span>`))}
      </ul>
      <p class="hint">${say("near.why")}</p>
    </section>
  `;
}

/**
 * What stands on another desk's call board is information here; what has ended asks nobody to close any more.
 * @param {import("../store.js").State} state
 * @param {Here} here
 */
export function nearElsewhere({ assessment, incident, intakes }, here) {
  const own = new Set(intakes.map(({ site }) => site));
  const found = (assessment?.sites ?? []).filter((site) => site.near && site.kind === "intake" && !own.has(site.id));
  if (!found.length || incident?.status !== "open") return NOTHING;
  const { say } = here;
  const caller = (/** @type {AssessedSite} */ site) =>
    assessment?.reached.find(({ code }) => code === site.jurisdiction)?.desk_name;
  return html`
    <section class="near elsewhere" aria-labelledby="near-title" data-key="near">
      <h2 id="near-title">${say("near.elsewhere", { n: found.length })}</h2>
      <ul class="plain">
        ${found.map((site) => {
          const desk = caller(site);
          return row(site, here, desk ? html`<span class="hint">${say("near.caller", { desk })}</span>` : NOTHING);
        })}
      </ul>
    </section>
  `;
}

/**
 * @param {AssessedSite} site
 * @param {Here} here
 * @param {ReturnType<typeof html> | typeof NOTHING} last what to do about it, or who does
 */
function row(site, here, last) {
  return html`
    <li data-key="near-${site.id}">
      <span>
        <strong>${site.name}</strong>
        ${syntheticTag(site.synthetic, here)}
      </span>
      <span class="where">${here.say("near.below", { km: kilometres(site.km) })}</span>
      ${last}
    </li>
  `;
}
