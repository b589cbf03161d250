/** Who is reached and when, and how far each desk has been told. Pure. */

import { when } from "../clock.js";
import { html, NOTHING } from "../html.js";
import { stage, telling, toldDesk } from "../stage.js";
import { deliveries } from "./deliveries.js";
import { circleTag, folded, heading, hour, kilometres, toldMark } from "./parts.js";
import { citation } from "./proposals.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../types.js").Reached} Reached */

/** What comes within these hours stands open, the rest is one line. */
const SOON_MS = 48 * 3_600_000;
const FEWEST = 4;

/**
 * @param {State} state
 * @param {Here} here
 */
export function reached(state, here) {
  const { say } = here;
  const found = state.assessment?.reached ?? [];
  const told = tally(state);
  const soon = Math.max(
    FEWEST,
    found.filter(({ earliest_at }) => !earliest_at || new Date(earliest_at).getTime() - here.now.getTime() < SOON_MS)
      .length,
  );
  return html`
    <section class="reached" aria-labelledby="reached-title" data-key="reached">
      ${heading("reached-title", say("reached.title"), told.told ? say("reached.count", { n: found.length, ...told }) : found.length || "")}
      ${found.length ? NOTHING : html`<p class="empty">${say("reached.empty")}</p>`}
      <ol class="plain" data-list>
        ${found.slice(0, soon).map((one) => item(one, state, here))}
      </ol>
      ${folded(
        "reached-later",
        say("reached.later", { n: found.length - soon, at: when(found[soon]?.earliest_at ?? here.now, here) }),
        found.length - soon,
        html`
          <ol class="plain" data-list>
            ${found.slice(soon).map((one) => item(one, state, here))}
          </ol>
        `,
      )}
    </section>
  `;
}

/** @param {Reached} one @param {State} state @param {Here} here */
function item(one, state, here) {
  return html`<li data-key="reached-${one.code}-${one.river}-${one.entry}">${row(one, state, here)}</li>`;
}

/**
 * How many of the desks that were told have read back.
 * @param {State} state
 */
function tally(state) {
  const issued = (state.incident?.notifications ?? []).filter(
    ({ state: where }) => where === "issued" || where === "acknowledged",
  );
  const desks = [...new Set(issued.map(({ tells }) => tells))];
  const read = desks.filter((desk) => toldDesk(issued, desk) === "read_back").length;
  return { read, told: desks.length };
}

/**
 * @param {Reached} one
 * @param {State} state
 * @param {Here} here
 */
function row(one, state, here) {
  const { say } = here;
  const notifications = state.incident?.notifications ?? [];
  const theirs = notifications.filter(({ tells }) => tells === one.desk);
  const again = one.entry > 1 ? html`<span class="tag">${say("reached.again", { n: one.entry })}</span>` : NOTHING;
  const leads = one.desk === state.incident?.lead;
  return html`
    <details class="reach stage-${stage(one, here.now)}">
      <summary data-item>
        <span class="not-before">
          <span class="hint">${say("not_before")}</span>
          ${hour(one.earliest_at, here)}
        </span>
        <span class="who">
          <strong>${one.name}</strong>
          ${again}
          <span class="meta">${one.river_name} ${kilometres(one.enter_km)}${bank(one.bank, here)}</span>
        </span>
        <span class="rest">
          <span class="marks">
            ${
              state.incident === null
                ? circleTag(state.assessment ? circleOf(state.assessment, one.desk) : null, here)
                : leads
                  ? html`<span class="hint">${say(one.desk === here.me.desk ? "reached.own" : "reached.lead")}</span>`
                  : html`
                      ${outdated(state, theirs, here) ?? toldMark(toldDesk(notifications, one.desk), here)}
                      ${circleTag(theirs.at(-1)?.circle, here)}
                    `
            }
          </span>
          <span class="likely">
            ${say("likely")} ${hour(one.likely_at, here)} ·
            <span class="latest">${say("latest")} ${hour(one.latest_at, here)}</span>
          </span>
        </span>
      </summary>
      ${trailing(one, here)} ${theirs.map((notification) => message(notification, here))}
      ${
        theirs.length || leads || state.incident === null
          ? NOTHING
          : html`<p class="hint">${say("reached.nobody_owes")}</p>`
      }
    </details>
  `;
}

/**
 * A desk that read back another hour than now holds does not know what we know: no calm mark, and what it heard.
 * @param {State} state
 * @param {import("../types.js").Notification[]} theirs
 * @param {Here} here
 */
function outdated({ assessment }, theirs, here) {
  const desk = theirs[0]?.tells; // a message names the first entry into its receiver's area
  const heard = heardOf(assessment?.reached.find((entry) => entry.desk === desk)?.earliest_at, theirs);
  if (!heard) return null;
  const newer = theirs.some(({ state: where }) => where === "proposed")
    ? "told.older.decide"
    : theirs.some(({ state: where, version }) => where === "issued" && (version ?? 0) > (heard.version ?? 0))
      ? "told.older.sent"
      : "told.older.none";
  return html`
    <span class="told told-outdated">
      <span class="told-mark" aria-hidden="true"></span>
      ${here.say("told.older", { at: when(heard.content?.earliest_at, here) })} ${here.say(newer)}
    </span>
  `;
}

/**
 * The newest message that a desk read back, where it named another hour for the first entry into its area.
 * @param {string | null | undefined} earliestAt
 * @param {import("../types.js").Notification[]} theirs
 */
function heardOf(earliestAt, theirs) {
  const read = theirs.filter(({ acknowledged, content }) => acknowledged && content?.earliest_at);
  const newest = read.reduce((a, b) => ((b.version ?? 0) >= (a?.version ?? 0) ? b : a), read[0]);
  if (!newest || !earliestAt) return null;
  const apart_ms = Math.abs(new Date(newest.content?.earliest_at).getTime() - new Date(earliestAt).getTime());
  return apart_ms >= 60_000 ? newest : null;
}

/**
 * @param {string} side
 * @param {Here} here
 */
function bank(side, { say }) {
  return side === "both" || !side ? "" : ` · ${say(`bank.${side}`)}`;
}

/**
 * @param {Reached} one
 * @param {Here} here
 */
function trailing(one, here) {
  const { say } = here;
  if (one.trailing_latest_at) return html`<p class="meta">${say("trailing")} ${hour(one.trailing_latest_at, here)}</p>`;
  return html`<p class="meta">${one.trailing_reason ?? say("trailing.unknown")}</p>`;
}

/**
 * @param {import("../types.js").Notification} one
 * @param {Here} here
 */
function message(one, here) {
  const { say } = here;
  const read = one.acknowledged;
  return html`
    <div class="sent">
      <p>
        ${say(`kind.${one.kind}`)} ${toldMark(telling(one), here)}
        ${
          read
            ? html`<span class="meta">${hour(read.at, here)} · ${read.by} · ${say(`via.${read.via}`)}</span>`
            : NOTHING
        }
      </p>
      ${deliveries(one.deliveries, here)}
      ${
        one.withheld_reason
          ? html`<p class="meta">${say("withheld.because", { reason: one.withheld_reason })}</p>`
          : NOTHING
      }
      ${one.clauses.map((clause) => citation(clause, here))}
    </div>
  `;
}

/**
 * How urgently a desk is told, by the messages proposed to it.
 * @param {import("../types.js").Assessment} assessment
 * @param {string} desk
 */
export function circleOf(assessment, desk) {
  return assessment.notifications.find(({ tells }) => tells === desk)?.circle;
}
