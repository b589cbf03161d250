/** The journal in words, newest first. An entry that this desk may not read keeps its number. Pure. */

import { html, NOTHING } from "../html.js";
import { heading, hour, reasonWords } from "./parts.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../types.js").Entry} Entry */
/** @typedef {import("../types.js").OpenEntry} OpenEntry */

const FIRST = 12;

/**
 * @param {Entry[]} entries
 * @param {State} state
 * @param {Here} here
 */
export function journal(entries, state, here) {
  const { say } = here;
  const newest = [...entries].reverse();
  return html`
    <section class="journal" aria-labelledby="journal-title" data-key="journal">
      ${heading("journal-title", say("journal.title"), entries.length || "")}
      ${entries.length ? NOTHING : html`<p class="empty">${say("journal.empty")}</p>`}
      <ol class="plain" data-list>
        ${newest.slice(0, FIRST).map((one) => line(one, state, here))}
      </ol>
      ${
        newest.length > FIRST
          ? html`
              <details class="more" data-key="older">
                <summary>${say("journal.older", { n: newest.length - FIRST })}</summary>
                <ol class="plain">
                  ${newest.slice(FIRST).map((one) => line(one, state, here))}
                </ol>
              </details>
            `
          : NOTHING
      }
    </section>
  `;
}

/**
 * @param {Entry} entry
 * @param {State} state
 * @param {Here} here
 */
function line(entry, state, here) {
  const { say } = here;
  if (entry.withheld)
    return html`
      <li data-key="entry-${entry.n}" class="entry withheld">
        <span class="n">${entry.n}</span>
        ${say("entry.withheld")}
      </li>
    `;
  return html`
    <li data-key="entry-${entry.n}" class="entry">
      <span class="n">${entry.n}</span>
      ${hour(entry.at, here)}
      <span class="what">${entryWords(entry, state, here)}</span>
      <span class="meta">${actor(entry, state, here)}</span>
    </li>
  `;
}

/**
 * @param {OpenEntry} entry
 * @param {State} state
 * @param {Here} here
 */
export function entryWords(entry, state, { say, language }) {
  const key = `entry.${entry.kind}`;
  const words = say(key, plain(entry.facts, state, say, language));
  return words === key ? entry.kind : words;
}

/**
 * The facts of an entry as its sentence wants them: names for codes, words for states.
 * @param {Record<string, any>} facts
 * @param {State} state
 * @param {import("../words.js").Say} say
 * @param {"zh" | "en"} language
 */
function plain(facts, state, say, language) {
  return {
    ...facts,
    tells: deskName(facts.tells ?? facts.desk ?? facts.jurisdiction, state),
    who: deskName(facts.who, state),
    kind: facts.kind ? say(`kind.${facts.kind}`) : "",
    act: facts.act ? say(`act.${facts.act}`) : "",
    channel: facts.channel ? say(`channel.${facts.channel}`) : "",
    via: facts.via ? say(`via.${facts.via}`) : "",
    outcome: facts.outcome ? say(`outcome.${facts.outcome}`) : "",
    circle: facts.circle ? say(`circle.${facts.circle}`) : "",
    role: facts.role || facts.step ? say(`contact.${facts.role ?? facts.step}`) : "",
    reason: reasonWords(facts.reason, language),
    flow: facts.flow_state ? say(`flow_state.${facts.flow_state}`) : "",
  };
}

/**
 * @param {string | undefined} code
 * @param {State} state
 */
export function deskName(code, state) {
  if (!code) return "";
  if (code === state.me.desk && state.me.desk_name) return state.me.desk_name;
  const told = state.incident?.notifications.find(({ tells }) => tells === code)?.tells_name;
  const lead = state.incidents?.find((one) => one.lead === code)?.lead_name;
  return told ?? lead ?? state.assessment?.reached.find((one) => one.desk === code)?.desk_name ?? code;
}

/**
 * @param {OpenEntry} entry
 * @param {State} state
 * @param {Here} here
 */
function actor(entry, state, { say }) {
  const { role, desk, process } = entry.by;
  if (process) return say("by.process", { process });
  return [desk ? deskName(desk, state) : "", role ? say(`role.${role}`) : ""].filter(Boolean).join(" ");
}
