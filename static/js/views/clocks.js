/** What is owed by when: this desk's clocks with the time left, the missed ones first; those of others and those met folded. Pure. */

import { html, NOTHING } from "../html.js";
import { folded, heading, hour, runningDown } from "./parts.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../types.js").Clock} Clock */
/** @typedef {Clock & {ids: string[]}} ClockGroup */

const RUNNERS = new Set(["duty_officer", "leader"]);
/** Notices and promises are kept by issuing; the others by a report that somebody makes and records. */
const BY_ISSUING = new Set(["neighbours", "next_word", "promise"]);
/** The desk itself: an alert that has risen beyond it says so. */
const AT_THE_DESK = "duty_officer";

/**
 * @param {State} state
 * @param {Here} here
 */
export function clocksSection(state, here) {
  const all = state.clocks ?? [];
  if (!all.length) return NOTHING;
  const { say, me } = here;
  const open = grouped(all.filter(({ tier }) => tier));
  const mine = open.filter((one) => one.jurisdiction === me.desk);
  const others = open.filter((one) => one.jurisdiction !== me.desk);
  const done = grouped(all.filter(({ state: how }) => how === "met"));
  const missed = mine.filter((one) => one.state === "missed").length;
  return html`
    <section class="clocks" aria-labelledby="clocks-title" data-key="clocks">
      ${heading("clocks-title", say("clocks.title"), mine.length || "")}
      ${missed ? html`<p class="clocks-missed" role="status"><strong>${say("clocks.missed", { n: missed })}</strong></p>` : NOTHING}
      ${mine.length ? html`<ul class="plain" data-list>${mine.map((one) => row(one, state, here))}</ul>` : html`<p class="empty">${say("clocks.none")}</p>`}
      ${folded("clocks-others", say("clocks.others", { n: others.length }), others.length, list(others, state, here))}
      ${folded("clocks-done", say("clocks.done", { n: done.length }), done.length, list(done, state, here))}
    </section>
  `;
}

/**
 * One line for what is due to several at the same hour.
 * @param {Clock[]} clocks
 * @returns {ClockGroup[]}
 */
export function grouped(clocks) {
  const groups = /** @type {Map<string, ClockGroup>} */ (new Map());
  for (const one of clocks) {
    const key = [one.jurisdiction, one.due, one.until_at, one.state, one.met_at, one.tier].join(" ");
    const group = groups.get(key);
    if (group) groups.set(key, { ...group, ids: [...group.ids, one.id], to: [...group.to, ...one.to] });
    else groups.set(key, { ...one, ids: [one.id] });
  }
  return [...groups.values()];
}

/**
 * @param {ClockGroup[]} clocks
 * @param {State} state
 * @param {Here} here
 */
function list(clocks, state, here) {
  return html`<ul class="plain">${clocks.map((one) => row(one, state, here))}</ul>`;
}

/**
 * @param {ClockGroup} one
 * @param {State} state
 * @param {Here} here
 */
function row(one, state, here) {
  const { say, me } = here;
  const mine = one.jurisdiction === me.desk;
  const mayRecord = mine && one.tier && RUNNERS.has(me.role) && !BY_ISSUING.has(one.due);
  return html`
    <li class="clock-row is-${one.state}" data-key="clock-${one.ids[0]}" data-item tabindex="0">
      <p class="head">
        <strong>${one.what}</strong>
        <span class="meta">${mine ? NOTHING : html`${one.jurisdiction_name} `}→ ${one.to.join(say("comma"))}</span>
      </p>
      <p class="when">
        ${one.tier ? html`${say("clocks.by")} <strong>${hour(one.until_at, here)}</strong> ${runningDown(one.until_at, one.since_at, here)}` : met(one, here)}
        ${
          mayRecord
            ? html`
                <button data-do="record_report" data-ids="${one.ids.join(" ")}" ${state.busy && "disabled"}>
                  ${say("clocks.record")}
                </button>
              `
            : NOTHING
        }
      </p>
      ${
        one.tier && one.tier !== AT_THE_DESK
          ? html`<p class="held">${say("clocks.held", { tier: one.tier_name ?? "" })}</p>`
          : NOTHING
      }
      <p class="meta">${one.cited} ${one.due === "promise" ? NOTHING : html`<span class="tag">${say(`source.${one.source}`)}</span>`}</p>
    </li>
  `;
}

/**
 * @param {Clock} one
 * @param {Here} here
 */
function met(one, here) {
  const { say } = here;
  return html`
    ${say(one.late ? "clocks.met_late" : "clocks.met")} ${hour(one.met_at, here)}
    <span class="meta">${say("clocks.due_was")} ${hour(one.until_at, here)}${one.met_by ? ` · ${one.met_by}` : ""}</span>
  `;
}
