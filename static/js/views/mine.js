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
    return me.role === "liaison"
      ? html`
          <section class="empty" data-key="mine">
            <h2>${say("mine.none")}</h2>
            <p>${say("mine.none.how")}</p>
          </section>
        `
      : NOTHING;
  }
  return html`
    <section class="mine" aria-labelledby="mine-title" data-key="mine">
      ${heading("mine-title", say("mine.title", { desk: me.desk_name ?? "" }), state.mine.length)}
      <ul class="plain" data-list>
        ${state.mine.map(
          (one) => html`<li data-key="mine-${one.id}">${message(one, state, here)}</li>`,
        )}
      </ul>
    </section>
  `;
}

/**
 * @param {Notification} one
 * @param {State} state
 * @param {Here} here
 */
function message(one, state, here) {
  const { say } = here;
  return html`
    <article class="card message">
      <header data-item tabindex="0">
        <strong>${say("mine.from", { desk: one.who_name ?? one.who })}</strong>
        <span class="meta">${say(`act.${one.act ?? "heads_up"}`)} · ${hour(one.issued_at, here)}</span>
        ${runningDown(one.deadline_at, one.issued_at, here)}
      </header>
      ${contents(one, here)} ${READERS.has(here.me.role) ? readBack(one, state, here) : NOTHING}
      ${
        one.clauses?.length
          ? html`
              <details class="more">
                <summary>${say("mine.why")}</summary>
                ${one.clauses.map((clause) => citation(clause, here))}
              </details>
            `
          : NOTHING
      }
      ${
        one.incident && one.incident !== state.chosen
          ? html`<p><button data-do="open" data-id="${one.incident}">${say("mine.open")}</button></p>`
          : NOTHING
      }
    </article>
  `;
}

/**
 * What the message says: what happened, and the one figure that the receiver needs: not before when, at my section.
 * @param {Notification} one
 * @param {Here} here
 */
function contents(one, here) {
  const { say } = here;
  const said = one.content;
  if (!said) return NOTHING;
  return html`
    <div class="text">
      <p>
        ${said.drill ? html`<strong>${say("drill.stripe")}</strong>` : NOTHING}
        <strong>${say(`kind.${said.kind}`)}${say("mine.version", { n: said.version })}</strong>
        ${what(said, here)}
      </p>
      ${
        said.earliest_at
          ? html`
              <p class="arrival">
                <span class="not-before">${say("not_before")} ${hour(said.earliest_at, here)}</span>
                ${say("mine.at", { section: said.section })}
                ${
                  said.was_earliest_at && said.was_earliest_at !== said.earliest_at
                    ? html`<span class="was">${say("was")} ${hour(said.was_earliest_at, here)}</span>`
                    : NOTHING
                }
              </p>
            `
          : NOTHING
      }
      ${
        said.next_update_at
          ? html`<p class="meta">${say("promise.update")} ${hour(said.next_update_at, here)}</p>`
          : NOTHING
      }
    </div>
  `;
}

/**
 * @param {Record<string, any>} said
 * @param {Here} here
 */
function what(said, here) {
  const { say } = here;
  const source = { true: "continuing", false: "stopped" }[String(said.source_open)] ?? "unknown";
  const facts = [
    `${said.river} ${said.place}`,
    said.substance ?? say("substance.unknown"),
    `${say("known.source")} ${say(`source_state.${source}`)}`,
  ];
  return html`
    ${facts.join(" · ")}
    ${said.verified ? NOTHING : html`<span class="tag doubt">${say("verification.unverified")}</span>`}
  `;
}

/**
 * @param {Notification} one
 * @param {State} state
 * @param {Here} here
 */
function readBack(one, state, { say, me }) {
  const id = `by-${one.id}`;
  return html`
    <form class="outcome" data-submit="acknowledge" data-id="${one.id}">
      <p class="read-back">
        <span class="code">${one.code}</span>
        <span class="hint">${say("mine.code.hint")}</span>
      </p>
      <label for="${id}">${say("mine.by")}</label>
      <span class="pair">
        <input id="${id}" name="by" autocomplete="name" maxlength="60" value="${me.name}" />
        <button class="primary" type="submit">${say("mine.acknowledge", { code: one.code })}</button>
      </span>
      ${fault(state.cardFaults[`mine-${one.id}`], id)}
    </form>
  `;
}
