/** The call board: whom to ring, in order, what to say, and what came of it. Pure. */

import { html, NOTHING } from "../html.js";
import { circleTag, fault, heading, hour, runningDown, toldMark } from "./parts.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../types.js").CallCard} CallCard */

/** What a call can come to, besides the read-back. */
export const OUTCOMES = ["no_answer", "busy", "wrong_number", "refused", "call_later"];

/** @param {CallCard} card */
export function cardKey(card) {
  return `${card.notification}-${card.contact}`;
}

/**
 * @param {State} state
 * @param {Here} here
 */
export function callBoard(state, here) {
  const { say } = here;
  const own = (state.incident?.notifications ?? []).filter(({ who }) => who === state.me.desk);
  const done = own.filter(({ acknowledged }) => acknowledged);
  const sent = own.filter(({ state: where }) => where === "issued" || where === "acknowledged");
  return html`
    <section class="board" aria-labelledby="board-title" data-key="board">
      ${heading("board-title", say("board.title"), sent.length ? say("board.count", { done: done.length, all: sent.length }) : "")}
      ${
        state.calls.length || done.length
          ? NOTHING
          : html`<p class="empty">${say(sent.length ? "board.coming" : "board.empty")}</p>`
      }
      <ul class="plain cards" data-list>
        ${state.calls.map(
          (card, i) => html`<li data-key="call-${cardKey(card)}">${openCard(card, i === 0, state, here)}</li>`,
        )}
      </ul>
      ${
        done.length
          ? html`
              <ul class="plain done" data-key="done">
                ${done.map((one) => readBack(one, here))}
              </ul>
            `
          : NOTHING
      }
    </section>
  `;
}

/**
 * @param {CallCard} card
 * @param {boolean} first
 * @param {State} state
 * @param {Here} here
 */
function openCard(card, first, state, here) {
  const { say, language } = here;
  const since = state.incident?.known_at ?? null;
  return html`
    <details class="card call" ${first && "open"}>
      <summary data-item>
        <span class="who">
          <strong>${card.name}</strong>
          ${card.role ? html`<span class="role">${say(`contact.${card.role}`)}</span>` : NOTHING}
        </span>
        ${circleTag(card.circle, here)} ${runningDown(card.deadline_at, since, here)}
      </summary>
      <p class="script">${language === "zh" ? card.script_zh : card.script_en}</p>
      <p class="read-back">
        <span class="code" aria-label="${say("code")} ${[...card.code].join(" ")}">${card.code}</span>
        <span class="hint">${say("code.hint")}</span>
      </p>
      ${card.contact === null ? html`<p class="fault">${say("call.nobody")}</p>` : number(card, state, here)}
      ${tries(card, here)} ${card.contact === null ? NOTHING : outcome(card, state, here)}
    </details>
  `;
}

/**
 * @param {CallCard} card
 * @param {State} state
 * @param {Here} here
 */
function number(card, state, { say }) {
  const shown = state.revealed[cardKey(card)];
  const name = html`<span class="name">${card.contact_name}</span>`;
  if (shown)
    return html`
      <p class="number">
        ${name}
        <a class="full" href="tel:${shown}">${shown}</a>
      </p>
    `;
  return html`
    <p class="number">
      ${name}
      <span class="masked">${card.number}</span>
      <button data-do="reveal" data-id="${card.notification}" data-contact="${card.contact}">
        ${say("number.show")}
      </button>
    </p>
  `;
}

/**
 * @param {CallCard} card
 * @param {State} state
 * @param {Here} here
 */
function outcome(card, state, here) {
  const { say } = here;
  const key = cardKey(card);
  return html`
    <form class="outcome" data-submit="read_back" data-id="${card.notification}" data-contact="${card.contact}">
      <label for="person-${key}">${say("call.person")}</label>
      <span class="pair">
        <input
          id="person-${key}"
          name="person"
          autocomplete="off"
          maxlength="60"
          placeholder="${say("call.person.hint")}"
        />
        <button class="primary" type="submit">${say("outcome.read_back")}</button>
      </span>
      ${fault(state.cardFaults[key], `person-${key}`)}
    </form>
    <p class="others">
      ${OUTCOMES.map(
        (one) => html`
          <button data-do="outcome" data-outcome="${one}" data-id="${card.notification}" data-contact="${card.contact}">
            ${say(`outcome.${one}`)}
          </button>
        `,
      )}
    </p>
    <details class="late">
      <summary>${say("call.late")}</summary>
      <label for="at-${key}">${say("call.at")}</label>
      <input id="at-${key}" name="at" maxlength="30" autocomplete="off" placeholder="02:45" data-late="${key}" />
    </details>
  `;
}

/**
 * @param {CallCard} card
 * @param {Here} here
 */
function tries(card, here) {
  const { say } = here;
  if (!card.outcomes.length) {
    return card.silence_minutes
      ? html`<p class="hint">${say("call.silence", { n: card.silence_minutes })}</p>`
      : NOTHING;
  }
  return html`
    <ol class="plain tries">
      ${card.outcomes.map(
        (one) => html`
          <li>
            ${hour(one.at, here)} ${say(`outcome.${one.outcome}`)}${one.person ? ` · ${one.person}` : ""}
            ${one.late ? html`<span class="tag doubt">${say("late")}</span>` : NOTHING}
          </li>
        `,
      )}
    </ol>
  `;
}

/**
 * @param {import("../types.js").Notification} one
 * @param {Here} here
 */
function readBack(one, here) {
  const { say } = here;
  const read = one.acknowledged;
  return html`
    <li data-key="read-${one.id}">
      ${toldMark("read_back", here)}
      <strong>${one.tells_name ?? one.tells}</strong>
      ${hour(read?.at, here)} ${read?.by ?? ""} ${read ? say(`via.${read.via}`) : ""}
    </li>
  `;
}
