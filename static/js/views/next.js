/** The left column: what do I do next. Overdue first, then what cannot wait for a model, then calls, then decisions. Pure. */

import { html, NOTHING } from "../html.js";
import { callBoard } from "./cards.js";
import { mineSection } from "./mine.js";
import { near } from "./near.js";
import { hour, runningDown } from "./parts.js";
import { proposals, proposalsBar } from "./proposals.js";
import { reportBar, reportForm } from "./report_form.js";
import { incidentName } from "./topbar.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../types.js").Here} Here */

const REPORTERS = new Set(["duty_officer", "leader", "liaison", "administrator"]);
const CALLERS = new Set(["duty_officer", "leader"]);

/**
 * @param {State} state
 * @param {Here} here
 */
export function next(state, here) {
  if (state.mode === "report" && state.draft) return reportForm(state, here);
  const mine = mineSection(state, here);
  if (!state.chosen) return html`${mine}${start(state, here)}`;
  const order = state.calls.length ? [callBoard, proposals] : [proposals, callBoard];
  return html`
    ${mine}${near(state.assessment?.sites ?? [], here)}
    ${CALLERS.has(here.me.role) ? order.map((view) => view(state, here)) : NOTHING}${promises(state, here)}
  `;
}

/**
 * The one primary action, always at the foot of the column.
 * @param {State} state
 * @param {Here} here
 */
export function bar(state, here) {
  if (state.mode === "report") return reportBar(state, here);
  if (state.chosen && CALLERS.has(here.me.role)) {
    const ready = proposalsBar(state, here);
    if (ready) return ready;
  }
  if (!mayReport(here.me)) return NOTHING;
  return state.chosen
    ? html`<button data-do="report">${here.say("report.start.other")}</button>`
    : html`<button class="primary" data-do="report">${here.say("report.start")}</button>`;
}

/** @param {{role: string}} me */
export function mayReport(me) {
  return REPORTERS.has(me.role);
}

/**
 * @param {State} state
 * @param {Here} here
 */
function promises(state, here) {
  const due = state.incident?.next_update_at;
  if (!due) return NOTHING;
  return html`
    <section class="promises" aria-labelledby="promises-title" data-key="promises">
      <h2 id="promises-title">${here.say("promise.title")}</h2>
      <p>
        ${here.say("promise.update")}
        <strong>${hour(due, here)}</strong>
        ${runningDown(due, null, here)}
      </p>
    </section>
  `;
}

/**
 * Nothing chosen: what is open, and how a report begins.
 * @param {State} state
 * @param {Here} here
 */
function start(state, here) {
  const { say } = here;
  if (state.incidents === null) return html`<p class="empty" role="status">${say("loading")}</p>`;
  if (!state.incidents.length) {
    return html`
      <section class="empty" data-key="start">
        <h2>${say("start.calm")}</h2>
        <p>${say(mayReport(here.me) ? "start.how" : "start.how.liaison")}</p>
      </section>
    `;
  }
  return html`
    <section data-key="start">
      <h2>${say("start.open", { n: state.incidents.length })}</h2>
      <ul class="plain picks" data-list>
        ${state.incidents.map(
          (one) => html`
            <li data-key="pick-${one.number}">
              <button class="pick" data-item data-do="open" data-id="${one.number}">
                <strong>${incidentName(one, here)}</strong>
                <span class="meta">
                  ${say("incident.known", { at: "" })}${hour(one.known_at, here)} ·
                  ${say("incident.lead", { desk: one.lead_name })}
                </span>
                ${one.status === "open" ? NOTHING : html`<span class="tag">${say(`status.${one.status}`)}</span>`}
              </button>
            </li>
          `,
        )}
      </ul>
    </section>
  `;
}
