/** The top bar: which incident, is the line alive, what time is it here, who is on duty, which language. Pure. */

import { when } from "../clock.js";
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
  const desk = state.me.desk_name ?? say(`role.${state.me.role}`);
  return html`
    <span class="desk-name">${desk}</span>
    <span class="on-duty">${state.duty?.hand_over ? handOver(state.duty.hand_over, here) : NOTHING} ${state.duty ? onDuty(state.duty.duty, here) : NOTHING}</span>
  `;
}

/**
 * A hand-over that waits, until it is taken or taken back.
 * @param {{given_by: string, given_at: string}} offered
 * @param {Here} here
 */
function handOver({ given_by: who, given_at }, { say, language, zone, now }) {
  const given = `${who} ${when(given_at, { language, zone, now })}`;
  return html`<a class="waits" href="/roster#hand-over" title="${given}">${say("duty.hand_over")}</a>`;
}

/**
 * The first who is on duty; where nobody is as primary, that before it, and the way to the roster.
 * @param {import("../types.js").Duty["duty"]} roles
 * @param {Here} here
 */
function onDuty(roles, { say }) {
  const first = roles.find(({ contact }) => contact);
  const who = first ? say("duty.one", { role: say(`contact.${first.role}`), name: first.contact?.name ?? "" }) : "";
  if (first?.role === "primary") return who;
  return html`<a class="gap" href="/roster">${say(first ? "duty.no_primary" : "duty.nobody")}</a>${first ? html` <span class="stand-in">${who}</span>` : NOTHING}`;
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
