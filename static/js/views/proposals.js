/** What the machine proposes and an officer decides: who is told, under which clause, by when. Pure. */

import { html, NOTHING } from "../html.js";
import { circleTag, heading, runningDown } from "./parts.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../types.js").Notification} Notification */

const CIRCLES = ["now", "prepare", "watch"];
/** Kinds that follow from an act on the whole incident. */
export const FOLLOWING = new Set(["withdrawal", "end", "correction"]);

/**
 * Proposals of the officer's own desk, most urgent first.
 * @param {State} state
 */
export function proposed(state) {
  const open = (state.incident?.notifications ?? []).filter(({ state: where }) => where === "proposed");
  return open.sort(
    (a, b) => CIRCLES.indexOf(a.circle) - CIRCLES.indexOf(b.circle) || hours(a) - hours(b) || a.id - b.id,
  );
}

/** @param {State} state */
export function ticked(state) {
  return proposed(state).filter((one) => one.who === state.me.desk && (state.picks[one.id] ?? one.circle === "now"));
}

/** The desks that were told of a file and so hear of what becomes of it. @param {import("../types.js").Incident | null} incident */
export function toldNames(incident) {
  const issued = (incident?.notifications ?? []).filter((one) => one.issued_at);
  return [...new Set(issued.map((one) => one.tells_name ?? one.tells))];
}

/** Whether this desk has still to take back, end or set right what it said: that comes before any call. @param {State} state */
export function takesBack(state) {
  return proposed(state).some((one) => one.who === state.me.desk && FOLLOWING.has(one.kind) && !one.follows);
}

/**
 * @param {State} state
 * @param {Here} here
 */
export function proposals(state, here) {
  const { say } = here;
  const all = proposed(state);
  const own = all.filter(({ who }) => who === state.me.desk);
  const others = all.filter(({ who }) => who !== state.me.desk);
  const open = own.filter(({ circle }) => circle !== "watch");
  const watched = own.filter(({ circle }) => circle === "watch");
  const ever = (state.incident?.notifications ?? []).map(({ who }) => who);
  const nothing = !state.incident
    ? "loading"
    : ever.includes(state.me.desk ?? "")
      ? "proposals.decided"
      : ever.length
        ? "proposals.none"
        : "proposals.empty";
  return html`
    <section class="proposals" aria-labelledby="proposals-title" data-key="proposals">
      ${heading("proposals-title", say("proposals.title"), open.length || "")}
      ${open.length ? NOTHING : html`<p class="empty">${say(nothing)}</p>`}
      <ul class="plain" data-list>
        ${open.map(
          (one) => html`<li data-key="proposal-${one.id}">${proposal(one, state, here)}</li>`,
        )}
      </ul>
      ${folded("watched", say("proposals.watched", { n: watched.length }), say("proposals.watched.why"), watched, state, here)}
      ${folded("others", say("proposals.others", { n: others.length }), "", others, state, here)}
    </section>
  `;
}

/**
 * Proposals that ask nothing of this desk now, one line until they are looked at.
 * @param {string} key
 * @param {string} title
 * @param {string} why
 * @param {Notification[]} all
 * @param {State} state
 * @param {Here} here
 */
function folded(key, title, why, all, state, here) {
  if (!all.length) return NOTHING;
  return html`
    <details class="more" data-key="${key}">
      <summary>${title}</summary>
      ${why ? html`<p class="hint">${why}</p>` : NOTHING}
      <ul class="plain" data-list>
        ${all.map(
          (one) => html`<li data-key="proposal-${one.id}">${proposal(one, state, here)}</li>`,
        )}
      </ul>
    </details>
  `;
}

/**
 * @param {State} state
 * @param {Here} here
 */
export function proposalsBar(state, here) {
  const chosen = ticked(state);
  if (!chosen.length) return null;
  const names = chosen.map((one) => one.tells_name ?? one.tells);
  const who =
    names.length > 2
      ? here.say("names.more", { names: names.slice(0, 2).join(here.say("comma")), n: names.length })
      : names.join(here.say("comma"));
  return html`<button class="primary" data-do="issue">${here.say("issue.open", { who })}</button>`;
}

/**
 * @param {Notification} one
 * @param {State} state
 * @param {Here} here
 */
function proposal(one, state, here) {
  const { say } = here;
  const own = one.who === state.me.desk;
  const tick = state.picks[one.id] ?? one.circle === "now";
  const tells = html`
    <strong>${one.tells_name ?? one.tells}</strong>
    ${one.kind === "incident" ? NOTHING : html`<span class="tag">${say(`kind.${one.kind}`)}</span>`}
    ${one.follows ? html`<span class="tag">${say("act.formal_notice")}</span>` : NOTHING}
  `;
  return html`
    <div class="card proposal">
      <div class="head">
        ${
          own
            ? html`
                <label class="tick">
                  <input type="checkbox" data-change="pick" data-id="${one.id}" data-item ${tick && "checked"} />
                  ${tells}
                </label>
              `
            : html`<span class="tick" data-item tabindex="0">${tells}</span>`
        }
        ${circleTag(one.circle, here)} ${runningDown(one.deadline_at, state.incident?.known_at ?? null, here)}
      </div>
      ${one.follows ? html`<p class="hint">${say("proposal.follows")}</p>` : NOTHING}
      ${own ? NOTHING : html`<p class="hint">${say("proposal.other", { desk: one.who_name ?? one.who })}</p>`}
      ${reasons(one, here)}
      ${own ? NOTHING : html`<button data-do="issue_behalf" data-id="${one.id}">${say("behalf.open")}</button>`}
    </div>
  `;
}

/**
 * @param {Notification} one
 * @param {Here} here
 */
function reasons(one, here) {
  const [first, ...more] = one.clauses;
  if (!first) return NOTHING;
  const rest = more.length
    ? html`
        <details class="more">
          <summary>${here.say("clauses.more", { n: more.length })}</summary>
          ${more.map((clause) => citation(clause, here))}
        </details>
      `
    : NOTHING;
  return html`${citation(first, here)}${rest}`;
}

/**
 * A clause as it is cited, with its reason; a text that is not held says so.
 * @param {import("../types.js").Citation} clause
 * @param {Here} here
 */
export function citation(clause, { say }) {
  const cited = clause.cited ?? [clause.agreement, clause.clause].filter(Boolean).join(" · ");
  const text = clause.clause_text ?? clause.text;
  return html`
    <div class="citation">
      <p class="reason">${clause.reason ?? cited}</p>
      ${
        clause.reason && !clause.reason.includes(cited)
          ? html`<p class="cited">${cited}${clause.source ? ` · ${say(`source.${clause.source}`)}` : ""}</p>`
          : NOTHING
      }
      ${clause.agreement ? html`<p class="cited"><a href="/agreements/${clause.agreement}#clause-${clause.clause ?? ""}" target="_blank" rel="noopener">${say("clause.open")}</a></p>` : NOTHING}
      ${text ? html`<blockquote>${text}</blockquote>` : NOTHING}
    </div>
  `;
}

/** @param {Notification} one */
function hours(one) {
  return one.deadline_at ? new Date(one.deadline_at).getTime() : Infinity;
}
