/** The call board: intakes too near for any model, then one card for each desk that was told: whom to ring, what to say, what came of it. Pure. */

import { when } from "../clock.js";
import { html, NOTHING } from "../html.js";
import { toldDesk } from "../stage.js";
import { deliveries } from "./deliveries.js";
import { circleTag, fault, heading, hour, kilometres, runningDown, syntheticTag, toldMark } from "./parts.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../types.js").CallCard} CallCard */
/** @typedef {import("../types.js").IntakeCard} IntakeCard */
/** @typedef {import("../types.js").Person} Person */
/** @typedef {import("../types.js").Notification} Notification */

const PAPERS = ["fax", "exchange"];
/** What a call can come to, besides the read-back. */
export const OUTCOMES = ["no_answer", "busy", "wrong_number", "refused", "call_later"];

/**
 * A place on the board: one person about one message, or one intake.
 * @typedef {object} Place
 * @property {string} key
 * @property {"person" | "intake"} kind
 * @property {number} id of the message, or of the intake
 * @property {number | null} contact
 */

/** @param {CallCard} card @param {Person} person @returns {Place} */
export function placeOf(card, person) {
  return { key: `${card.notification}-${person.contact}`, kind: "person", id: card.notification, contact: person.contact };
}

/** @param {IntakeCard} card @returns {Place} */
function intakePlace(card) {
  return { key: `intake-${card.site}`, kind: "intake", id: card.site, contact: card.contact };
}

/** Whether there is anybody to ring now. @param {State} state */
export function toCall({ calls, intakes }) {
  return calls.length > 0 || intakes.some(({ done }) => !done);
}

/**
 * @param {State} state
 * @param {Here} here
 */
export function callBoard(state, here) {
  const { say } = here;
  const own = (state.incident?.notifications ?? []).filter(({ who }) => who === state.me.desk);
  const sent = own.filter(({ state: where }) => where === "issued" || where === "acknowledged");
  const desks = [...new Set(sent.map(({ tells }) => tells))];
  const done = desks.filter((desk) => toldDesk(sent, desk) === "read_back");
  const near = state.intakes.filter((one) => !one.done);
  const ticked = state.intakes.filter((one) => one.done);
  return html`
    <section class="board" aria-labelledby="board-title" data-key="board">
      ${heading("board-title", say("board.title"), desks.length ? say("board.count", { done: done.length, all: desks.length }) : "")}
      ${
        state.calls.length || state.intakes.length || done.length
          ? NOTHING
          : html`<p class="empty">${say(desks.length ? "board.coming" : "board.empty")}</p>`
      }
      <ul class="plain cards" data-list>
        ${near.map(
          (card, i) => html`<li data-key="intake-${card.site}">${intakeCard(card, i === 0, state, here)}</li>`,
        )}
        ${state.calls.map(
          (card, i) => html`
            <li data-key="call-${card.notification}">
              ${openCard(card, i === 0 && !near.length, state, here)}
            </li>
          `,
        )}
      </ul>
      ${
        done.length || ticked.length
          ? html`
              <ul class="plain done" data-key="done">
                ${ticked.map((card) => closed(card, here))} ${done.map((desk) => readBack(newest(sent, desk), here))}
              </ul>
            `
          : NOTHING
      }
    </section>
  `;
}

/**
 * An intake too near for any model: rung first, told to close or to sample, and given no hour.
 * @param {IntakeCard} card
 * @param {boolean} first
 * @param {State} state
 * @param {Here} here
 */
function intakeCard(card, first, state, here) {
  const { say, language } = here;
  return html`
    <details class="card call near-call" ${first && "open"}>
      <summary data-item>
        <span class="who">
          <strong>${card.name}</strong>
          ${syntheticTag(card.synthetic, here)}
        </span>
        <span class="tag">${say(`intake.says.${card.says}`)}</span>
        <span class="where">${say("near.below", { km: kilometres(card.km) })}</span>
        ${runningDown(card.deadline_at, state.incident?.known_at ?? null, here)}
      </summary>
      <p class="script">${language === "zh" ? card.script_zh : card.script_en}</p>
      ${card.wrong ? html`<p class="fault">${say("call.wrong")}</p>` : NOTHING}
      ${
        card.number
          ? number(intakePlace(card), card.contact_name ?? "", card.number, state, here)
          : html`<p class="fault">${card.nobody ?? ""}</p>`
      }
      ${tries(card.outcomes, here)} ${outcome(intakePlace(card), state, here)}
    </details>
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
        <span class="who"><strong>${card.name}</strong></span>
        <span class="tag act-${card.act}">${say(`act.${card.act}`)}</span>
        ${card.kind === "incident" ? NOTHING : html`<span class="tag kind-${card.kind}">${say(`kind.${card.kind}`)}</span>`}
        ${circleTag(card.circle, here)} ${runningDown(card.deadline_at, since, here)}
      </summary>
      <p class="script">${language === "zh" ? card.script_zh : card.script_en}</p>
      <p class="read-back">
        <span class="code" aria-label="${say("code")} ${[...card.code].join(" ")}">${card.code}</span>
        <span class="hint">${say(card.earlier.length ? "code.hint.all" : "code.hint", { n: card.earlier.length })}</span>
      </p>
      ${
        card.people.length
          ? html`
              <ol class="plain people" data-key="people">
                ${card.people.map((one) => person(card, one, state, here))}
              </ol>
            `
          : html`<p class="fault">${say("call.nobody")}</p>`
      }
      ${texts(card, state, here)}
      ${
        card.read_back && card.read_back.wanted > 1
          ? html`<p class="hint read-backs">${say("call.read_backs", card.read_back)}</p>`
          : NOTHING
      }
      ${papers(card, state, here)}
      ${
        card.silence_minutes && !card.people.some(({ outcomes }) => outcomes.length)
          ? html`<p class="hint">${say("call.silence", { n: card.silence_minutes })}</p>`
          : NOTHING
      }
    </details>
  `;
}

/** When a person last answered there: what the officer may expect of ringing. @param {Person} one @param {Here} here */
function lastProven({ last_proven }, here) {
  const { say } = here;
  if (!last_proven) return html`<p class="meta">${say("call.proven.never")}</p>`;
  const how = say(`keep.proven.${last_proven.how}`);
  return html`<p class="meta">${say("call.proven", { at: when(last_proven.at, here), how })}</p>`;
}

/**
 * What the machine has sent meanwhile: it stands beside the calls and never instead of them.
 * @param {CallCard} card
 * @param {State} state
 * @param {Here} here
 */
function texts(card, state, here) {
  const message = (state.incident?.notifications ?? []).find(({ id }) => id === card.notification);
  const sent = (message?.deliveries ?? []).filter(({ channel }) => channel !== "phone");
  if (!sent.length) return NOTHING;
  return html`
    <details class="more" data-key="texts-${card.notification}">
      <summary>${here.say("call.texts")} ${sent.length}</summary>
      ${deliveries(sent, here)}
    </details>
  `;
}

/**
 * Faxes and official papers beside the call: what went out, whether it has arrived, and the place to record one.
 * @param {CallCard} card
 * @param {State} state
 * @param {Here} here
 */
function papers(card, state, here) {
  const { say } = here;
  const key = `paper-${card.notification}`;
  const sent = card.papers ?? [];
  return html`
    ${
      sent.length
        ? html`
            <ul class="plain papers" data-key="papers">
              ${sent.map((one) => paper(one, state, here))}
            </ul>
          `
        : NOTHING
    }
    <details class="more" data-key="${key}">
      <summary>${say("paper.record")}</summary>
      <form class="outcome paper-form" data-submit="file_paper" data-id="${card.notification}">
        <label for="${key}-channel">${say("paper.channel")}</label>
        <select id="${key}-channel" name="channel">
          ${PAPERS.map((one) => html`<option value="${one}">${say(`channel.${one}`)}</option>`)}
        </select>
        <label for="${key}-to">${say("paper.to")}</label>
        <input id="${key}-to" name="to" maxlength="100" autocomplete="off" value="${card.name}" />
        <label for="${key}-reference">${say("paper.reference")}</label>
        <input id="${key}-reference" name="reference" maxlength="100" autocomplete="off" />
        <label for="at-${key}">${say("paper.at")}</label>
        <input id="at-${key}" name="at" maxlength="30" autocomplete="off" placeholder="02:45" data-late="${key}" />
        ${fault(state.cardFaults[key], `${key}-to`)}
        <button type="submit">${say("paper.save")}</button>
      </form>
    </details>
  `;
}

/**
 * @param {import("../types.js").Paper} one
 * @param {State} state
 * @param {Here} here
 */
function paper(one, state, here) {
  const { say } = here;
  const key = `received-${one.delivery}`;
  return html`
    <li data-key="paper-${one.delivery}">
      <strong>${say(`channel.${one.channel}`)}</strong>
      ${hour(one.at, here)} ${one.to} ${one.reference}
      ${one.late ? html`<span class="tag doubt">${say("late")}</span>` : NOTHING}
      ${
        one.received_at
          ? html`<span class="received">${say("paper.received", { by: one.received_by })} ${hour(one.received_at, here)}</span>`
          : html`
              <form class="pair" data-submit="paper_received" data-id="${one.delivery}">
                <label class="away" for="${key}">${say("paper.by")}</label>
                <input id="${key}" name="person" maxlength="100" autocomplete="off" placeholder="${say("paper.by")}" />
                <button type="submit">${say("paper.receive")}</button>
              </form>
              ${fault(state.cardFaults[key], key)}
            `
      }
    </li>
  `;
}

/**
 * One of a desk's people: whose turn it is stands open, the others are a line with their number.
 * @param {CallCard} card
 * @param {Person} one
 * @param {State} state
 * @param {Here} here
 */
function person(card, one, state, here) {
  const { say } = here;
  const place = placeOf(card, one);
  const turn = one.contact === card.contact;
  return html`
    <li data-key="person-${place.key}" class="person ${turn ? "turn" : ""}">
      <p class="head">
        <span class="role">${say(`contact.${one.role}`)}</span>
        ${turn ? html`<strong class="tag now">${say("call.turn")}</strong>` : NOTHING}
        ${one.wrong ? html`<span class="tag doubt">${say("call.wrong.tag")}</span>` : NOTHING}
      </p>
      ${
        one.number
          ? number(place, one.name, one.number, state, here)
          : html`<p class="number"><span class="name">${one.name}</span> <span class="fault">${say(one.wrong ? "call.wrong" : "call.none")}</span></p>`
      }
      ${one.number ? lastProven(one, here) : NOTHING}
      ${tries(one.outcomes, here)} ${turn && one.number ? outcome(place, state, here) : NOTHING}
      ${
        !turn && one.number
          ? html`
              <details class="more" data-key="ring-${place.key}">
                <summary>${say("call.other")}</summary>
                ${outcome(place, state, here)}
              </details>
            `
          : NOTHING
      }
    </li>
  `;
}

/**
 * @param {Place} place
 * @param {string} who
 * @param {string} masked
 * @param {State} state
 * @param {Here} here
 */
function number(place, who, masked, state, { say }) {
  const shown = state.revealed[place.key];
  const name = html`<span class="name">${who}</span>`;
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
      <span class="masked">${masked}</span>
      <button data-do="reveal" ${called(place)}>${say("number.show")}</button>
    </p>
  `;
}

/** What a button of a place carries. @param {Place} place */
function called({ kind, id, contact }) {
  return html`data-place="${kind}" data-id="${id}" data-contact="${contact ?? ""}"`;
}

/**
 * @param {Place} place
 * @param {State} state
 * @param {Here} here
 */
function outcome(place, state, here) {
  const { say } = here;
  const { key } = place;
  return html`
    <form class="outcome" data-submit="read_back" ${called(place)}>
      <label for="person-${key}">${say("call.person")}</label>
      <span class="pair">
        <input
          id="person-${key}"
          name="person"
          autocomplete="off"
          maxlength="60"
          placeholder="${say("call.person.hint")}"
        />
        <button class="primary" type="submit">${say(place.kind === "intake" ? "outcome.told" : "outcome.read_back")}</button>
      </span>
      ${fault(state.cardFaults[key], `person-${key}`)}
    </form>
    <p class="others">
      ${OUTCOMES.map(
        (one) => html`
          <button data-do="outcome" data-outcome="${one}" ${called(place)}>${say(`outcome.${one}`)}</button>
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
 * @param {import("../types.js").CallOutcome[]} outcomes
 * @param {Here} here
 */
function tries(outcomes, here) {
  const { say } = here;
  if (!outcomes.length) return NOTHING;
  return html`
    <ol class="plain tries">
      ${outcomes.map(
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

/** The last that was said to a desk. @param {Notification[]} sent @param {string} desk */
function newest(sent, desk) {
  const theirs = sent.filter(({ tells }) => tells === desk);
  return /** @type {Notification} */ (theirs.reduce((a, b) => ((b.issued_at ?? "") >= (a.issued_at ?? "") ? b : a)));
}

/**
 * @param {Notification} one
 * @param {Here} here
 */
function readBack(one, here) {
  const { say } = here;
  const read = one.acknowledged;
  return html`
    <li data-key="read-${one.tells}">
      ${toldMark("read_back", here)}
      <strong>${one.tells_name ?? one.tells}</strong>
      ${hour(read?.at, here)} ${read?.by ?? ""} ${read ? say(`via.${read.via}`) : ""}
    </li>
  `;
}

/**
 * @param {IntakeCard} card
 * @param {Here} here
 */
function closed(card, here) {
  const { say } = here;
  const last = card.outcomes.filter(({ outcome: what }) => what === "read_back").at(-1);
  return html`
    <li data-key="closed-${card.site}">
      ${toldMark("read_back", here)}
      <strong>${card.name}</strong>
      ${hour(last?.at, here)} ${last?.person ?? ""} ${say("via.call")}
    </li>
  `;
}
