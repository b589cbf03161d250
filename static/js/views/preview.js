/** What the inputs of a report would mean, before anything is stored. Pure. */

import { html, NOTHING } from "../html.js";
import { near } from "./near.js";
import { circleTag, hour, kilometres, spotWords } from "./parts.js";
import { circleOf } from "./reached.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../types.js").Assessment} Assessment */

const FIRST = 6;

/**
 * What these inputs would mean; nothing is stored yet.
 * @param {State} state
 * @param {Here} here
 */
export function preview(state, here) {
  const { say } = here;
  const { state: where, assessment } = state.preview;
  if (where === "idle") return html`<p class="hint" data-key="preview-none">${say("preview.none")}</p>`;
  if (where === "refused" || (where === "held" && !assessment))
    return html`<p class="hint" data-key="preview-held">${say("preview.held")}</p>`;
  if (!assessment) return html`<p class="hint" role="status" data-key="preview-asking">${say("preview.asking")}</p>`;
  return html`
    ${where === "held" ? html`<p class="hint" data-key="preview-held">${say("preview.held")}</p>` : NOTHING}
    <section class="preview ${where === "shown" ? "" : "is-stale"}" aria-live="polite" data-key="preview">
      ${(assessment.warnings ?? []).map(({ words }) => html`<p class="note">${words}</p>`)}
      ${snapped(assessment, here)}${near(assessment.sites, here)}
      ${
        assessment.reached.length
          ? html`
              <h3>${say("preview.reached", { n: assessment.reached.length })}</h3>
              <ol class="plain arrivals">
                ${assessment.reached.slice(0, FIRST).map(
                  (one) => html`
                    <li>
                      <span class="not-before">${hour(one.earliest_at, here)}</span>
                      <strong>${one.name}</strong>
                      <span class="meta">${kilometres(one.enter_km)}</span>
                      ${circleTag(circleOf(assessment, one.desk), here)}
                    </li>
                  `,
                )}
              </ol>
              ${
                assessment.reached.length > FIRST
                  ? html`<p class="hint">${say("preview.more", { n: assessment.reached.length - FIRST })}</p>`
                  : NOTHING
              }
            `
          : NOTHING
      }
      <p class="hint">${say("preview.messages", { n: assessment.notifications.length })}</p>
    </section>
  `;
}

/**
 * @param {Assessment} assessment
 * @param {Here} here
 */
function snapped({ snapped: spot }, { say }) {
  if (!spot) return html`<p class="doubt">${say("snap.none")}</p>`;
  return html`<p class="snapped">${spotWords(spot, say)}</p>`;
}
