/** The right column: what we know. The event, who is reached and who has been told, where words are missing, the record. Pure. */

import { written } from "../coordinates.js";
import { html, NOTHING } from "../html.js";
import { journal } from "./entries.js";
import { gradeCard } from "./grade.js";
import { gradeTag, hour, spotWords } from "./parts.js";
import { reached } from "./reached.js";
import { eventActs, linkedFiles } from "./same_event.js";
import { gaps, sites } from "./sites.js";
import { statements } from "./statements.js";
import { incidentName } from "./topbar.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../types.js").Incident} Incident */

const RUNNERS = new Set(["duty_officer", "leader"]);
const FLOWS = ["low", "mean", "high", "flood"];

/**
 * @param {State} state
 * @param {Here} here
 */
export function known(state, here) {
  const { say } = here;
  if (state.mode === "report" && !state.reportFor) return foreseen(state, here);
  if (!state.chosen)
    return html`
      <section class="empty" data-key="none">
        <h2>${say("known.none")}</h2>
        <p>${say("known.none.how")}</p>
      </section>
    `;
  if (!state.incident) return html`<p class="empty" role="status" data-key="loading">${say("loading")}</p>`;
  const file = state.files[`incident:${state.chosen}`];
  return html`
    ${event(state, state.incident, here)}${gradeCard(state, here)}${reached(state, here)}${sites(state, here)}${gaps(state, here)}
    ${journal(file?.entries ?? [], state, here)}
  `;
}

/**
 * While a new report is written: what it would mean.
 * @param {State} state
 * @param {Here} here
 */
function foreseen(state, here) {
  const would = { ...state, assessment: state.preview.assessment, incident: null };
  return html`
    <section class="empty" data-key="foreseen">
      <h2>${here.say("known.foreseen")}</h2>
      <p>${here.say("known.foreseen.how")}</p>
    </section>
    ${would.assessment ? html`${reached(would, here)}${sites(would, here)}${gaps(would, here)}` : NOTHING}
  `;
}

/**
 * @param {State} state
 * @param {Incident} incident
 * @param {Here} here
 */
function event(state, incident, here) {
  const { say } = here;
  const listed = state.incidents?.find(({ number }) => number === incident.number);
  const report = incident.report;
  const placed = incident.assessment_id !== null;
  const unverified = report.verification === "unverified" || !report.verification;
  return html`
    <section class="event" aria-labelledby="event-title" data-key="event">
      <h2 id="event-title">${listed ? incidentName(listed, here) : `#${incident.number}`}</h2>
      <p class="tags">
        ${incident.status === "open" ? NOTHING : html`<span class="tag">${say(`status.${incident.status}`)}</span>`}
        <span class="tag ${unverified ? "doubt" : ""}">
          ${say(`verification.${report.verification ?? "unverified"}`)}
        </span>
        ${
          placed || incident.declared_grade
            ? html`
                ${gradeTag(incident.declared_grade ?? incident.predicted_grade, here)}
                <span class="meta">${say(incident.declared_grade ? "grade.declared" : "grade.predicted")}</span>
              `
            : NOTHING
        }
      </p>
      ${placed ? NOTHING : unplaced(incident, here)}
      <dl>${rows(state, incident, listed?.known_at ?? null, here)}</dl>
      ${linkedFiles(state, incident, here)}${statements(state, incident, here)}
      ${measures(incident, here)}
      ${placed && RUNNERS.has(here.me.role) && incident.status === "open" ? flow(report.flow_state ?? "unknown", state, here) : NOTHING}
      ${acts(state, incident, here)}
    </section>
  `;
}

/**
 * News that lies on no river yet: nobody is reached and nobody told until it is placed.
 * @param {Incident} incident
 * @param {Here} here
 */
function unplaced(incident, { say, me }) {
  const mine = RUNNERS.has(me.role) && incident.status === "open";
  return html`
    <div class="unplaced">
      <p><strong>${say("unplaced")}</strong></p>
      ${mine ? html`<button class="primary" data-do="correct" data-field="place">${say("unplaced.do")}</button>` : NOTHING}
    </div>
  `;
}

/**
 * @param {State} state
 * @param {Incident} incident
 * @param {string | null} knownAt
 * @param {Here} here
 */
function rows(state, incident, knownAt, here) {
  const { say } = here;
  const report = incident.report;
  const spot = state.assessment?.snapped;
  const place = spot ? spotWords(spot, say) : unsnapped(report.location, say);
  const source = report.source_state ?? "unknown";
  const pairs = [
    ["known.place", place],
    [
      "known.substance",
      [report.substance || say("substance.unknown"), report.mass_kg ? `${report.mass_kg} kg` : ""]
        .filter(Boolean)
        .join(" · "),
    ],
    [
      "known.source",
      html`<strong class="source-${source}">${say(`source_state.${source}`)}</strong>`,
    ],
    ["known.seen", occurred(report.occurred_at, here)],
    ["known.at", hour(incident.known_at ?? report.known_at ?? knownAt, here)],
    ["known.bank", say(`bank.${report.bank ?? "unknown"}`)],
    [
      "known.lead",
      incident.lead_name ??
        state.incidents?.find(({ number }) => number === incident.number)?.lead_name ??
        incident.lead,
    ],
  ];
  return pairs.flatMap(([key, value]) =>
    value
      ? [
          html`
            <dt>${say(String(key))}</dt>
            <dd>${value}</dd>
          `,
        ]
      : [],
  );
}

/** @param {{lon: number, lat: number} | undefined} location @param {import("../words.js").Say} say */
function unsnapped(location, say) {
  return location ? `${say("snap.none")} · ${written(location)}` : say("snap.none");
}

/**
 * The measures of the first hour as the record has them, beside what the local policy asks; what has not been done yet grows
 * late while one looks.
 * @param {Incident} incident
 * @param {Here} here
 */
function measures(incident, { say, now }) {
  const knownAt = incident.known_at;
  if (!knownAt || !incident.first_hour) return NOTHING;
  const since = Math.max(0, (now.getTime() - new Date(knownAt).getTime()) / 60_000);
  return html`
    <ul class="plain measures">
      ${incident.first_hour
        .filter(({ unit, of, value }) => (unit === "times" ? value : of))
        .map(({ name, unit, value, within, done, of }) => {
          const min = value ?? since;
          const late = min > within && (value !== null || incident.status === "open");
          const words =
            unit === "times"
              ? say("first_hour.times", { n: Number(value) })
              : value !== null
                ? say("measure.minutes", { n: min.toFixed(1) })
                : late
                  ? say("measure.not_yet", { n: Math.floor(min) })
                  : "—";
          return html`
            <li class="${late ? "is-late" : ""}">
              <span class="meta">${say(`first_hour.${name}`)}${of > 1 ? ` ${say("first_hour.part", { done, of })}` : ""}</span>
              <strong>${words}</strong>
              <span class="hint">${say(unit === "times" ? "first_hour.none_wanted" : "measure.within", { n: within })}</span>
            </li>
          `;
        })}
    </ul>
  `;
}

/**
 * @param {unknown} at an instant, a period, or nothing
 * @param {Here} here
 */
function occurred(at, here) {
  if (typeof at === "string") return hour(at, here);
  if (typeof at === "object" && at !== null) {
    const { earliest, latest } = /** @type {{earliest: string, latest: string}} */ (at);
    return earliest === latest
      ? hour(earliest, here)
      : html`${hour(earliest, here)} – ${hour(latest, here)}`;
  }
  return hour(null, here);
}

/**
 * One tap on 枯 平 丰 洪 asks for a new assessment.
 * @param {string} flowState
 * @param {State} state
 * @param {Here} here
 */
function flow(flowState, state, { say }) {
  return html`
    <div class="flow" role="group" aria-label="${say("form.flow_state")}">
      <span class="meta">${say("form.flow_state")}</span>
      ${FLOWS.map(
        (one) => html`
          <button
            data-do="flow"
            data-id="${one}"
            aria-pressed="${String(one === flowState)}"
            ${state.busy && "disabled"}
          >
            ${say(`flow_state.${one}`)}
          </button>
        `,
      )}
    </div>
  `;
}

/**
 * @param {State} state
 * @param {Incident} incident
 * @param {Here} here
 */
function acts(state, incident, here) {
  const { say, me } = here;
  const record = html`<a class="button" href="/incidents/${incident.number}/record">${say("act.record")}</a>`;
  if (!RUNNERS.has(me.role) || ["closed", "merged"].includes(incident.status)) return html`<p class="acts">${record}</p>`;
  const names = ["withdraw", "stand-down", "close"];
  return html`
    <p class="acts">
      <button data-do="further">${say("act.further")}</button>
      ${record}
    </p>
    <details class="more acts-more">
      <summary>${say("act.more")}</summary>
      <p class="acts">
        <button data-do="correct">${say("act.correct")}</button>
        ${names.map(
          (name) => html`<button data-do="reason" data-id="${name}">${say(`act.${name}`)}</button>`,
        )}
      </p>
      ${eventActs(state, incident, here)}
    </details>
  `;
}
