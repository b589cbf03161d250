/** What other desks have told this one and still wait to hear read back. Pure. */

import { html, NOTHING } from "../html.js";
import { fault, heading, hour, runningDown } from "./parts.js";
import { citation } from "./proposals.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../types.js").Notification} Notification */

const READERS = new Set(["duty_officer", "leader", "liaison"]);
/** Kinds of message that take back or end what went before. */
const OVER = new Set(["withdrawal", "end"]);

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
  const threads = threadsOf(state.mine);
  return html`
    <section class="mine" aria-labelledby="mine-title" data-key="mine">
      ${heading("mine-title", say("mine.title", { desk: me.desk_name ?? "" }), threads.length)}
      <ul class="plain" data-list>
        ${threads.map(
          ([newest, ...earlier]) => html`
            <li data-key="mine-${newest.id}">${message(newest, earlier, state, here)}</li>
          `,
        )}
      </ul>
    </section>
  `;
}

/**
 * Contact tests that wait for an answer: one line at the foot of the column, since they are no alerts.
 * @param {State} state
 * @param {Here} here
 */
export function testsSection(state, here) {
  const { say, me } = here;
  const tests = state.tests ?? [];
  if (!tests.length || !READERS.has(me.role)) return NOTHING;
  return html`
    <details class="more tests" data-key="tests">
      <summary>${say("contact_test.waits", { n: tests.length })}</summary>
      ${tests.map(
        (one) => html`
          <article class="card" data-key="test-${one.id}">
            <p>${say("contact_test.asks", { who: one.content?.receiver ?? "" })}</p>
            ${readBack(one, 0, state, here)}
          </article>
        `,
      )}
    </details>
  `;
}

/**
 * What one desk told this one about one incident, the newest first: reading that back stands for all before it.
 * @param {Notification[]} mine
 * @returns {[Notification, ...Notification[]][]}
 */
export function threadsOf(mine) {
  const threads = /** @type {Map<string, [Notification, ...Notification[]]>} */ (new Map());
  const order = (/** @type {Notification} */ one) => `${one.issued_at ?? ""} ${String(one.id).padStart(12, "0")}`;
  for (const one of [...mine].sort((a, b) => (order(a) < order(b) ? 1 : -1))) {
    const key = `${one.incident} ${one.who}`;
    const thread = threads.get(key);
    if (thread) thread.push(one);
    else threads.set(key, [one]);
  }
  return [...threads.values()];
}

/**
 * @param {Notification} one
 * @param {Notification[]} earlier
 * @param {State} state
 * @param {Here} here
 */
function message(one, earlier, state, here) {
  const { say } = here;
  return html`
    <article class="card message">
      <header data-item tabindex="0">
        <strong>${say("mine.from", { desk: one.who_name ?? one.who })}</strong>
        <span class="meta">${say(`act.${one.act ?? "heads_up"}`)} · ${hour(one.issued_at, here)}</span>
        ${runningDown(one.deadline_at, one.issued_at, here)}
      </header>
      ${contents(one, here)} ${READERS.has(here.me.role) ? readBack(one, earlier.length, state, here) : NOTHING}
      ${earlier.length ? superseded(earlier, here) : NOTHING}
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
 * What the newest message has replaced: still there to be read, struck through.
 * @param {Notification[]} earlier
 * @param {Here} here
 */
function superseded(earlier, here) {
  return html`
    <section class="superseded" data-key="superseded">
      <p class="hint">${here.say("mine.superseded")}</p>
      ${earlier.map((one) => html`<s data-key="earlier-${one.id}">${hour(one.issued_at, here)} ${contents(one, here)}</s>`)}
    </section>
  `;
}

/**
 * What was wrong, field by field, and why it is corrected, withdrawn or ended.
 * @param {Record<string, any>} said
 * @param {Here} here
 */
function changed(said, here) {
  const { say } = here;
  const words = (/** @type {string} */ field, /** @type {any} */ value) => {
    if (field === "source_open") return say(`source_state.${sourceOf(value)}`);
    if (field === "reached") return say(value ? "reached.yes" : "reached.no");
    if (field === "file") return `#${value}`;
    if (value === null || value === undefined || value === "") return say("unknown");
    return field === "occurred_at" ? hour(value, here) : String(value);
  };
  return html`
    ${(said.corrected ?? []).map(
      (/** @type {{field: string, was: any, now: any}} */ { field, was, now }) => html`
        <p class="corrected">
          <strong>${say(`corrected.${field}`)}</strong>
          ${words(field, now)} <span class="was">${say("was")} <s>${words(field, was)}</s></span>
        </p>
      `,
    )}
    ${said.reason ? html`<p class="why"><strong>${say("reason")}</strong> ${said.reason}</p>` : NOTHING}
  `;
}

/** @param {boolean | null | undefined} open */
function sourceOf(open) {
  return { true: "continuing", false: "stopped" }[String(open)] ?? "unknown";
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
  if (OVER.has(said.kind)) return over(said, here);
  return html`
    <div class="text">
      <p>
        ${said.drill ? html`<strong>${say("drill.stripe")}</strong>` : NOTHING}
        <strong>${say(`kind.${said.kind}`)}${say("mine.version", { n: said.version })}</strong>
        ${what(said, here)}
      </p>
      ${changed(said, here)}
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
 * A message that takes back or ends: what had been forecast is no longer said beside it.
 * @param {Record<string, any>} said
 * @param {Here} here
 */
function over(said, here) {
  const { say } = here;
  return html`
    <div class="text">
      <p>
        ${said.drill ? html`<strong>${say("drill.stripe")}</strong>` : NOTHING}
        <strong>${say(`kind.${said.kind}`)}${say("mine.version", { n: said.version })}</strong>
        ${said.river} ${said.place}
      </p>
      <p class="arrival">${say(`mine.over.${said.kind}`)}</p>
      ${changed(said, here)}
    </div>
  `;
}

/**
 * @param {Record<string, any>} said
 * @param {Here} here
 */
function what(said, here) {
  const { say } = here;
  const facts = [
    `${said.river} ${said.place}`,
    said.substance ?? say("substance.unknown"),
    `${say("known.source")} ${say(`source_state.${sourceOf(said.source_open)}`)}`,
  ];
  return html`
    ${facts.join(" · ")}
    ${said.verified ? NOTHING : html`<span class="tag doubt">${say("verification.unverified")}</span>`}
  `;
}

/**
 * @param {Notification} one
 * @param {number} n how many before it are read back with it
 * @param {State} state
 * @param {Here} here
 */
function readBack(one, n, state, { say, me }) {
  const id = `by-${one.id}`;
  return html`
    <form class="outcome" data-submit="acknowledge" data-id="${one.id}">
      <p class="read-back">
        <span class="code">${one.code}</span>
        <span class="hint">${say("mine.code.hint")}${n ? say("mine.code.all", { n }) : ""}</span>
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
