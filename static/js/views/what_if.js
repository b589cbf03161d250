/** What a what-if answers: who would be told, by when, under what, the gaps, and what another set would change. Pure. */

import { localOf } from "../clock.js";
import { html, NOTHING } from "../html.js";
import { mark } from "./coverage.js";

/** @typedef {import("../words.js").Say} Say */
/** @typedef {{say: Say, language: "zh" | "en", zone: string, now: Date}} Here */
/** @typedef {{agreement: string, clause: string, cited: string, text_held: boolean, reason: string, source: string}} Cited */
/** @typedef {{who: string, tells: string, tells_name: string, role_name: string, kind_name: string, copy_to: string[], act: string, circle: string, deadline_at: string | null, clauses: Cited[]}} Draft */

const CHANGES = ["newly_told", "no_longer_told", "newly_covered", "no_longer_covered", "sooner", "later"];

/**
 * @param {any} found
 * @param {Here} here
 */
export function answer(found, here) {
  const { say } = here;
  const drafts = /** @type {Draft[]} */ (found.notifications);
  const told = new Set(drafts.map(({ tells }) => tells)).size;
  return html`
    <p class="what-if-mark" role="status">${say("whatif.mark")}</p>
    <h2>${say("whatif.told", { n: told, lead: found.lead.name })}</h2>
    <p class="meta">${found.snapped.words}</p>
    <p class="meta">${say("whatif.hour", { at: day(found.inputs.known_at, here) })}</p>
    ${found.caveats.map((/** @type {string} */ words) => html`<p class="note">${words}</p>`)}
    <details><summary>${say("whatif.assumed", { n: found.assumptions.length })}</summary><ul class="plain">${found.assumptions.map((/** @type {string} */ words) => html`<li class="meta">${words}</li>`)}</ul></details>
    ${drafts.length ? drafts.map((each) => owed(each, found, here)) : html`<p class="empty">${say("whatif.nobody")}</p>`}
    <h3>${say("gaps.title")}</h3>
    ${found.gaps.length ? html`<ul class="plain what-if-gaps">${found.gaps.map((/** @type {any} */ gap) => html`<li>${mark(gap.duty === "none" ? "none" : "statute", say)} <strong>${gap.name}</strong> ${gap.reason}</li>`)}</ul>` : html`<p class="empty">${say("whatif.no_gaps")}</p>`}
    ${found.difference ? difference(found.difference, here) : NOTHING}
  `;
}

/** @param {Draft} each @param {any} found @param {Here} here */
function owed(each, found, here) {
  const { say } = here;
  return html`
    <article class="what-if-owed is-${each.circle}">
      <p><span class="tag">${say(`circle.${each.circle}`)}</span> <strong>${found.names[each.who] ?? each.who} → ${each.tells_name}</strong>
        · ${each.role_name} · ${each.kind_name}
        · ${each.deadline_at ? html`${say("whatif.by")} <time datetime="${each.deadline_at}">${day(each.deadline_at, here)}</time>` : say("cover.no_limit")}</p>
      ${each.copy_to.length ? html`<p class="meta">${say("whatif.copies", { names: each.copy_to.join(here.language === "zh" ? "、" : ", ") })}</p>` : NOTHING}
      <details><summary>${say("cover.clauses", { n: each.clauses.length })}</summary>
        <ul class="plain">${each.clauses.map(
          (clause) => html`<li><a href="/agreements/${clause.agreement}#clause-${clause.clause}">${clause.cited}</a>${clause.text_held ? NOTHING : html` <span class="tag doubt">${say("clause.not_held")}</span>`}<span class="meta">${clause.reason}</span></li>`,
        )}</ul>
      </details>
    </article>
  `;
}

/** @param {any} found @param {Here} here */
function difference(found, here) {
  const { say } = here;
  const changed = CHANGES.flatMap((name) => (found.changes[name] ?? []).map((/** @type {any} */ each) => ({ name, ...each })));
  return html`
    <h3>${say("whatif.difference")}</h3>
    ${changed.length ? html`<ul class="plain what-if-changes">${changed.map((each) => html`<li class="is-${each.name}"><span class="tag">${say(`whatif.change.${each.name}`)}</span> <strong>${each.tells_name}</strong> ${times(each.was?.deadline_at, each.now?.deadline_at, here)}</li>`)}</ul>` : html`<p class="empty">${say("whatif.same")}</p>`}
  `;
}

/** @param {string | null | undefined} was @param {string | null | undefined} now @param {Here} here */
function times(was, now, here) {
  const said = (/** @type {string | null | undefined} */ at) => (at ? day(at, here) : "—");
  return was || now ? html`<span class="meta">${said(was)} → ${said(now)}</span>` : NOTHING;
}

/**
 * What another set of agreements would change at every line.
 * @param {any} found
 * @param {Here} here
 */
export function overAll(found, here) {
  const { say } = here;
  return html`
    <p class="what-if-mark" role="status">${say("whatif.mark")}</p>
    <h2>${say("whatif.all", { n: found.changes.length, places: found.places })}</h2>
    <p class="cover-sum">${CHANGES.filter((name) => found.counts[name]).map((name) => html`<span class="cover-count">${say(`whatif.change.${name}`)} <strong>${found.counts[name]}</strong></span>`)}</p>
    ${
      found.changes.length
        ? html`<table class="cover-table"><thead><tr><th scope="col">${say("whatif.change")}</th><th scope="col">${say("cover.by.name")}</th><th scope="col">${say("whatif.who")}</th><th scope="col">${say("whatif.was")}</th><th scope="col">${say("whatif.now")}</th></tr></thead>
          <tbody>${found.changes.map((/** @type {any} */ each) => change(each, say))}</tbody></table>`
        : html`<p class="empty">${say("whatif.same")}</p>`
    }
    ${ownDuties(found.own, say)}
  `;
}

/**
 * What would change of that which no river decides: reports upward, and calls on one's own side.
 * @param {any} own
 * @param {Say} say
 */
function ownDuties(own, say) {
  return html`
    <h3>${say("whatif.own", { n: own.changes.length, desks: own.desks })}</h3>
    ${
      own.changes.length
        ? html`<ul class="plain what-if-changes">${own.changes.map((/** @type {any} */ each) => html`<li class="is-${each.change}"><span class="tag">${say(`whatif.change.${each.change}`)}</span> <strong>${each.who_name} → ${each.tells_name}</strong> ${each.role_name} · ${each.kind_name}</li>`)}</ul>`
        : html`<p class="empty">${say("whatif.same")}</p>`
    }
  `;
}

/** @param {any} each @param {Say} say */
function change(each, say) {
  return html`
    <tr>
      <th scope="row"><span class="tag">${say(`whatif.change.${each.change}`)}</span></th>
      <td data-label="${say("cover.by.name")}">${each.name}<span class="meta">${say(`cover.way.${each.way}`)}</span></td>
      <td data-label="${say("whatif.who")}">${each.who_name} → ${each.tells_name}</td>
      <td data-label="${say("whatif.was")}">${side(each.was, say)}</td>
      <td data-label="${say("whatif.now")}">${side(each.now, say)}</td>
    </tr>
  `;
}

/** One side of a change: what covers it and the shortest limit. @param {any} judged @param {Say} say */
function side(judged, say) {
  if (!judged) return say("whatif.absent");
  const limit = judged.within_minutes === null ? NOTHING : html`<span class="meta">${say("cover.within", { n: judged.within_minutes })}</span>`;
  return html`${mark(judged.state, say)}${limit}`;
}

/** Day and hour in full: what is asked about is seldom today. @param {string} at @param {Here} here */
function day(at, { zone }) {
  return localOf(new Date(at), zone).replace("T", " ");
}
