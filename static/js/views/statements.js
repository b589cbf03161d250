/** What each caller said, what is held of it by whom and why, which fact comes from which report, where they contradict. Pure. */

import { written } from "../coordinates.js";
import { html, NOTHING } from "../html.js";
import { deskName } from "./entries.js";
import { hour } from "./parts.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../types.js").Incident} Incident */
/** @typedef {import("../types.js").Report} Report */

/** What of a report is not one of its facts. */
const NO_FACT = new Set(["known_at", "description", "reporter", "verification", "drill", "unlocated", "medium", "source", "cleared"]);
const RUNNERS = new Set(["duty_officer", "leader"]);

/**
 * @param {State} state
 * @param {Incident} incident
 * @param {Here} here
 */
export function statements(state, incident, here) {
  const { say } = here;
  const reports = incident.reports ?? [];
  if (!reports.length) return NOTHING;
  return html`
    <section class="statements" data-key="statements">
      <h3>${say("statements")} <span class="count">${reports.length}</span></h3>
      ${refuted(incident, here)}${differences(incident, here)}
      <ul class="plain">
        ${[...reports].reverse().map((one) => html`<li data-key="statement-${one.n}">${report(one, state, incident, here)}</li>`)}
      </ul>
      ${reports.length > 1 ? html`<p class="hint">${say("statements.rule")}</p>` : NOTHING}
    </section>
  `;
}

/**
 * Nothing is left to believe: the next step is to take it back.
 * @param {Incident} incident
 * @param {Here} here
 */
function refuted(incident, here) {
  if (!incident.weighed?.all_refuted || incident.status !== "open") return NOTHING;
  return html`
    <div class="unplaced" data-key="refuted">
      <p><strong>${here.say("statements.refuted")}</strong></p>
      ${mine(incident, here) ? html`<button class="primary" data-do="reason" data-id="withdraw">${here.say("act.withdraw")}</button>` : NOTHING}
    </div>
  `;
}

/**
 * @param {Incident} incident
 * @param {Here} here
 */
function differences({ weighed }, here) {
  const found = weighed?.differences ?? [];
  if (!found.length) return NOTHING;
  const { say } = here;
  return html`
    <div class="differences" data-key="differences">
      <p><strong>${say("statements.differ")}</strong></p>
      <ul class="plain">
        ${found.map(
          ({ field, held, value, others }) => html`
            <li data-key="differ-${field}">
              <strong>${say(`field.${field}`)}</strong>
              ${say("statements.held", { n: held, value: worded(field, value, here) })}
              ${others.map((other) => html`<span class="doubt">${say("statements.other", { n: other.n, value: worded(field, other.value, here) })}</span>`)}
            </li>
          `,
        )}
      </ul>
    </div>
  `;
}

/**
 * @param {Report} one
 * @param {State} state
 * @param {Incident} incident
 * @param {Here} here
 */
function report(one, state, incident, here) {
  const { say } = here;
  const { n, received_at, statement, came_to } = one;
  const gives = Object.entries(incident.weighed?.sources ?? {}).flatMap(([field, from]) =>
    from === n && !NO_FACT.has(field) ? [say(`field.${field}`)] : [],
  );
  const moved = came_to && came_to.incident !== incident.number;
  return html`
    <div class="report-head">
      <strong class="n">${say("statements.n", { n })}</strong>
      <span class="meta">${hour(received_at, here)} ${statement.reporter || deskName(one.by?.desk, state) || say("statements.unnamed")}</span>
      ${
        one.kind === "correction"
          ? html`<span class="tag">${say("act.correct")}</span>`
          : html`<span class="tag ${one.state === "verified" ? "" : "doubt"}">${say(`verification.${one.state ?? "unverified"}`)}</span>`
      }
      ${statement.source && statement.source !== "unknown" ? html`<span class="meta">${say(`source.${statement.source}`)}</span>` : NOTHING}
      ${moved ? html`<span class="meta">${say("statements.from", { number: came_to.incident })}</span>` : NOTHING}
    </div>
    ${statement.description ? html`<q class="${one.state === "refuted" ? "is-refuted" : ""}">${statement.description}</q>` : NOTHING}
    ${facts(statement, here)}
    ${one.reason ? html`<p class="meta">${say("reason")} ${one.reason}</p>` : NOTHING}
    ${gives.length ? html`<p class="meta">${say("statements.gives", { fields: gives.join(say("comma")) })}</p>` : NOTHING}
    ${(one.verdicts ?? []).map(
      (verdict) => html`
        <p class="meta">
          ${hour(verdict.at, here)} ${deskName(verdict.by?.desk, state)} ${say(`verification.${verdict.state}`)}${say("colon")}${verdict.reason}
        </p>
      `,
    )}
    ${
      one.kind !== "correction" && incident.status === "open" && mine(incident, here)
        ? html`<p><button class="quiet" data-do="judge" data-id="${n}">${say("act.judge")}</button></p>`
        : NOTHING
    }
  `;
}

/**
 * What a report says, in words.
 * @param {Record<string, any>} statement
 * @param {Here} here
 */
function facts(statement, here) {
  const said = Object.entries(statement).flatMap(([field, value]) => {
    if (NO_FACT.has(field) || value === null || value === "" || value === "unknown" || field === "impact") return [];
    return [`${here.say(`field.${field}`)} ${worded(field, value, here)}`];
  });
  const cleared = (statement.cleared ?? []).map((/** @type {string} */ field) => `${here.say(`field.${field}`)} ${here.say("unknown")}`);
  const all = [...said, ...cleared];
  return all.length ? html`<p class="said">${all.join(" · ")}</p>` : NOTHING;
}

/**
 * @param {string} field
 * @param {any} value
 * @param {Here} here
 * @returns {string}
 */
export function worded(field, value, { say, zone, language }) {
  if (field === "source_state" || field === "bank" || field === "flow_state") return say(`${field}.${value}`);
  if (field === "location") return written(value);
  if (field === "occurred_at") return moments(value, zone, language);
  if (field === "mass_kg") return `${value} kg`;
  if (field === "duration_min") return say("measure.minutes", { n: value });
  if (field === "impact.intake_interrupted") return say(`interrupted.${value}`);
  return String(value);
}

/** @param {any} at @param {string} zone @param {"zh" | "en"} language */
function moments(at, zone, language) {
  const one = (/** @type {string} */ moment) =>
    new Date(moment).toLocaleString(language === "zh" ? "zh-CN" : "en-GB", {
      timeZone: zone,
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      hour12: false,
    });
  if (typeof at === "string") return one(at);
  return at.earliest === at.latest ? one(at.earliest) : `${one(at.earliest)} – ${one(at.latest)}`;
}

/** @param {Incident} incident @param {Here} here */
function mine(incident, { me }) {
  return RUNNERS.has(me.role) && incident.lead === me.desk;
}
