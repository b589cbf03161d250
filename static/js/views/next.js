/** The left column: what do I do next. Overdue first, then what cannot wait for a model, then calls, then decisions. Pure. */

import { html, NOTHING } from "../html.js";
import { callBoard, toCall } from "./cards.js";
import { inside } from "./inside.js";
import { clocksSection } from "./clocks.js";
import { mineSection, testsSection } from "./mine.js";
import { nearElsewhere } from "./near.js";
import { hour, runningDown } from "./parts.js";
import { proposals, proposalsBar, takesBack } from "./proposals.js";
import { reportBar, reportForm } from "./report_form.js";
import { sameEventDesk } from "./same_event.js";
import { incidentName } from "./topbar.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../types.js").Here} Here */

const REPORTERS = new Set(["duty_officer", "leader", "liaison", "administrator"]);
const CALLERS = new Set(["duty_officer", "leader"]);
/** Pressed anywhere on the desk; `keys` in main.js listens for it. */
const REPORT_KEY = "Alt+R";

/**
 * @param {State} state
 * @param {Here} here
 */
export function next(state, here) {
  if (state.mode === "report" && state.draft) return reportForm(state, here);
  const mine = mineSection(state, here);
  if (!state.chosen) return html`${mine}${waiting(state, here)}${start(state, here)}${testsSection(state, here)}`;
  const order = toCall(state) && !takesBack(state) ? [callBoard, proposals] : [proposals, callBoard];
  return html`
    ${mine}${sameEventDesk(state, here)}${nearElsewhere(state, here)}
    ${CALLERS.has(here.me.role) && state.incident?.status !== "merged" ? [...order, inside].map((view) => view(state, here)) : NOTHING}${state.clocks?.length ? clocksSection(state, here) : promises(state, here)}${waiting(state, here)}${testsSection(state, here)}
  `;
}

/**
 * The one primary action, always at the foot of the column.
 * @param {State} state
 * @param {Here} here
 */
export function bar(state, here) {
  if (state.mode === "report") return reportBar(state, here);
  const ready = state.chosen && CALLERS.has(here.me.role) ? proposalsBar(state, here) : null;
  return html`${ready ?? NOTHING}${mayReport(here.me) ? reporting(state, here) : NOTHING}`;
}

/**
 * A new call can come at any moment: reporting is always there, by button and by key.
 * @param {State} state
 * @param {Here} here
 */
function reporting({ chosen }, { say }) {
  return html`
    <button class="${chosen ? "" : "primary"}" data-do="report" data-key="report" aria-keyshortcuts="${REPORT_KEY}">
      ${say(chosen ? "report.start.other" : "report.start")}
      <kbd>${REPORT_KEY}</kbd>
    </button>
  `;
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
 * A report begun and not saved, which nobody else can see: it is offered until it is taken up or dropped.
 * @param {State} state
 * @param {Here} here
 */
function waiting({ kept }, here) {
  if (!kept || !mayReport(here.me)) return NOTHING;
  const { say } = here;
  const { place, placeName, substance, drill } = kept.draft;
  const what = [placeName || place, substance || say("substance.unknown")].filter(Boolean).join(" · ");
  return html`
    <section class="waiting" aria-labelledby="waiting-title" data-key="waiting">
      <h2 id="waiting-title">${say("draft.waits")}</h2>
      <p>
        ${drill ? say("drill.mark") : NOTHING}${what}
        ${kept.saved_at ? html`<span class="meta">${say("draft.saved")} ${hour(kept.saved_at, here)}</span>` : NOTHING}
      </p>
      <p class="acts">
        <button data-do="report">${say("draft.take")}</button>
        <button data-do="drop_draft">${say("draft.drop")}</button>
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
