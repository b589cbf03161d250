/** What other desks have told this one and still wait to hear read back. Pure. */

import { html, NOTHING } from "../html.js";
import { fault, heading, hour, runningDown } from "./parts.js";
import { citation } from "./proposals.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../types.js").Notification} Notification */

const READERS = new Set(["duty_officer", "leader", "liaison"]);

/**
 * @param {State} state
 * @param {Here} here
 */
export function mineSection(state, here) {
  const { say, me } = here;
  if (!state.mine.length) {
    return me.role === "liaison" ? html`<section class="empty" data-key="mine"><h2>${say("mine.none")}</h2><p>${say("mine.none.how")}</p></section>` : NOTHING;
  }
  return html`<section class="mine" aria-labelledby="mine-title" data-key="mine">
    ${heading("mine-title", say("mine.title", { desk: me.desk_name ?? "" }), state.mine.length)}
    <ul class="plain" data-list>${state.mine.map((one) => html`<li data-key="mine-${one.id}">${message(one, state, here)}</li>`)}</ul></section>`;
}

/**
 * @param {Notification} one
 * @param {State} state
 * @param {Here} here
 */
function message(one, state, here) {
  const { say } = here;
  return html`<article class="card message">
    <header data-item tabindex="0"><strong>${say("mine.from", { desk: one.who_name ?? one.who })}</strong>
      <span class="meta">${say(`act.${one.act ?? "heads_up"}`)} · ${hour(one.issued_at, here)}</span> ${runningDown(one.deadline_at, one.issued_at, here)}</header>
    ${one.text ? html`<p class="text">${one.text}</p>` : NOTHING}
    ${contents(one, here)}
    ${READERS.has(here.me.role) ? readBack(one, state, here) : NOTHING}
    ${one.clauses?.length ? html`<details class="more"><summary>${say("mine.why")}</summary>${one.clauses.map((clause) => citation(clause, here))}</details>` : NOTHING}
    ${one.incident && one.incident !== state.chosen ? html`<p><button data-do="open" data-id="${one.incident}">${say("mine.open")}</button></p>` : NOTHING}
  </article>`;
}

/**
 * The one figure that the receiver needs: not before when, at my section.
 * @param {Notification} one
 * @param {Here} here
 */
function contents(one, here) {
  const { say, language } = here;
  const earliest = one.content?.earliest_at;
  if (!earliest) return NOTHING;
  const section = one.content?.section?.[language] ?? one.content?.section ?? "";
  const was = one.content?.was_earliest_at;
  return html`<p class="arrival"><span class="not-before">${say("not_before")} ${hour(earliest, here)}</span> ${typeof section === "string" ? section : ""}
    ${was ? html`<span class="was">${say("was")} ${hour(was, here)}</span>` : NOTHING}</p>`;
}

/**
 * @param {Notification} one
 * @param {State} state
 * @param {Here} here
 */
function readBack(one, state, { say, me }) {
  const id = `by-${one.id}`;
  return html`<form class="outcome" data-submit="acknowledge" data-id="${one.id}">
    <p class="read-back"><span class="code">${one.code}</span> <span class="hint">${say("mine.code.hint")}</span></p>
    <label for="${id}">${say("mine.by")}</label>
    <span class="pair"><input id="${id}" name="by" autocomplete="name" maxlength="60" value="${me.name}">
    <button class="primary" type="submit">${say("mine.acknowledge", { code: one.code })}</button></span>
    ${fault(state.cardFaults[`mine-${one.id}`], id)}</form>`;
}
