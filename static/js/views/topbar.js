/** The top bar: which incident, is the line alive, what time is it here, who is on duty, which language. Pure. */

import { html, NOTHING } from "../html.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../types.js").ListedIncident} ListedIncident */

/**
 * @param {State} state
 * @param {Here} here
 */
export function switcher(state, here) {
  const listed = state.incidents ?? [];
  const { say } = here;
  return html`
    <label class="switcher">
      <span class="away">${say("incident.switch")}</span>
      <select data-change="choose" id="incident">
        <option value="">${listed.length ? say("incident.none_chosen") : say("incident.none")}</option>
        ${listed.map((one) => option(one, here))}
      </select>
    </label>
  `;
}

/**
 * @param {State} state
 * @param {Here} here
 */
export function link(state, here) {
  const how = state.expired ? "expired" : state.link; // an old line may still be up, but nothing can be asked or sent
  const words = here.say(`link.${how}`);
  return html`
    <span class="link link-${how}" role="status">
      <span class="link-mark" aria-hidden="true"></span>
      ${words}
    </span>
  `;
}

/**
 * @param {State} state
 * @param {Here} here
 */
export function duty(state, here) {
  const { say } = here;
  const names = (state.duty?.duty ?? []).flatMap(({ role, contact }) =>
    contact ? [say("duty.one", { role: say(`contact.${role}`), name: contact.name })] : [],
  );
  const desk = state.me.desk_name ?? say(`role.${state.me.role}`);
  return html`
    <span class="desk-name">${desk}</span>
    <span class="on-duty">
      ${
        names.length
          ? names[0]
          : state.duty
            ? html`<strong class="gap">${say("duty.nobody")}</strong>`
            : NOTHING
      }
    </span>
  `;
}

/**
 * What an incident is called in a list.
 * @param {ListedIncident} one
 * @param {Here} here
 */
export function incidentName(one, { say }) {
  const what = one.substance || say("substance.unknown");
  const where = [one.river, one.place].filter(Boolean).join(" ");
  return `${one.drill ? say("drill.mark") : ""}#${one.number} ${where} ${what}`.trim();
}

/**
 * @param {ListedIncident} one
 * @param {Here} here
 */
function option(one, here) {
  const { say } = here;
  const state = one.status === "open" ? "" : ` · ${say(`status.${one.status}`)}`;
  return html`
    <option value="${one.number}" data-key="incident-${one.number}">${incidentName(one, here)}${state}</option>
  `;
}
