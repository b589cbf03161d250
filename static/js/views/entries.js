/** The journal in words, newest first. An entry that this desk may not read keeps its number. Pure. */

import { when } from "../clock.js";
import { html, NOTHING } from "../html.js";
import { heading, hour, reasonWords } from "./parts.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../types.js").Entry} Entry */
/** @typedef {import("../types.js").OpenEntry} OpenEntry */

const FIRST = 12;
const LEAST_FOLDED = 3;
/** The kinds that the machine enters many of at once. */
const FOLDED = new Set(["notification.proposed", "notification.changed", "notification.withheld", "audience.admitted"]);

/**
 * @param {Entry[]} entries
 * @param {State} state
 * @param {Here} here
 */
export function journal(entries, state, here) {
  const { say } = here;
  const newest = folded([...entries].reverse());
  return html`
    <section class="journal" aria-labelledby="journal-title" data-key="journal">
      ${heading("journal-title", say("journal.title"), entries.length || "")}
      ${entries.length ? NOTHING : html`<p class="empty">${say("journal.empty")}</p>`}
      <ol class="plain" data-list>
        ${newest.slice(0, FIRST).map((run) => lines(run, state, here))}
      </ol>
      ${
        newest.length > FIRST
          ? html`
              <details class="more" data-key="older">
                <summary>${say("journal.older", { n: newest.length - FIRST })}</summary>
                <ol class="plain">
                  ${newest.slice(FIRST).map((run) => lines(run, state, here))}
                </ol>
              </details>
            `
          : NOTHING
      }
    </section>
  `;
}

/**
 * What the machine entered at once, as one run: entries in a row that are alike in kind, actor and reason.
 * @param {Entry[]} entries
 * @returns {Entry[][]}
 */
export function folded(entries) {
  const runs = /** @type {Entry[][]} */ ([]);
  for (const one of entries) {
    const last = runs.at(-1);
    if (last?.[0] && alike(last[0]) !== "" && alike(last[0]) === alike(one)) last.push(one);
    else runs.push([one]);
  }
  return runs.flatMap((run) => (run.length < LEAST_FOLDED ? run.map((one) => [one]) : [run]));
}

/** Empty for what is never folded. @param {Entry} entry */
function alike(entry) {
  if (entry.withheld || !FOLDED.has(entry.kind)) return "";
  return JSON.stringify([entry.kind, entry.by, entry.facts.reason]);
}

/**
 * One entry, or a run of them as one line that can be opened.
 * @param {Entry[]} run
 * @param {State} state
 * @param {Here} here
 */
function lines(run, state, here) {
  const [first] = run;
  const last = run.at(-1);
  if (!first || !last) return NOTHING;
  if (run.length === 1 || first.withheld) return line(first, state, here);
  const reason = reasonWords(first.facts.reason, here.language);
  return html`
    <li data-key="fold-${last.n}" class="entry fold">
      <details data-key="fold-more-${last.n}">
        <summary>
          <span class="n">${last.n}–${first.n}</span>
          ${hour(first.at, here)}
          <span class="what">${here.say(`fold.${first.kind}`, { n: run.length, reason })}</span>
        </summary>
        <ol class="plain">
          ${run.map((one) => line(one, state, here))}
        </ol>
      </details>
    </li>
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
export function entryWords(entry, state, here) {
  const { say, language } = here;
  const key = `entry.${entry.kind}`;
  const { late, stated_at, starts_at } = entry.facts;
  const words = say(key, {
    ...plain(entry.facts, state, say, language),
    by: deskName(entry.by.desk, state),
    late: late ? say("late.at", { at: when(String(stated_at), here) }) : "",
    starts: starts_at ? when(String(starts_at), here) : "",
  });
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
    lead: deskName(facts.lead, state),
    from: deskName(facts.from, state),
    to: deskName(facts.to, state),
    state: facts.state ? say(`verification.${facts.state}`) : "",
    because: facts.because ? say(`linked.${facts.because}`) : "",
    numbers: Array.isArray(facts.reports) ? facts.reports.join(say("comma")) : "",
    away: names(facts.no_longer_reached, state, say),
    newly: names(facts.newly_reached, state, say),
    kind: facts.kind ? say(`kind.${facts.kind}`) : "",
    act: facts.act ? say(`act.${facts.act}`) : "",
    channel: facts.channel ? say(`channel.${facts.channel}`) : "",
    via: facts.via ? say(`via.${facts.via}`) : "",
    outcome: facts.outcome ? say(`outcome.${facts.outcome}`) : "",
    circle: facts.circle ? say(`circle.${facts.circle}`) : "",
    role: facts.role || facts.step ? [say(`contact.${facts.role ?? facts.step}`), reasonWords(facts.tier_name, language)].filter(Boolean).join(" · ") : "",
    reason: reasonWords(facts.reason, language),
    name: reasonWords(facts.name, language),
    what: reasonWords(facts.what, language),
    words: reasonWords(facts.words, language),
    tier: reasonWords(facts.tier_name, language),
    recipients: (Array.isArray(facts.to) ? facts.to : []).map((one) => recipient(one, say, language)).join(say("comma")),
    how: facts.how ? say(`how.${facts.how}`) : "",
    value: facts.value ?? "",
    flow: facts.flow_state ? say(`flow_state.${facts.flow_state}`) : "",
    why: facts.on_behalf ?? "",
    behalf: facts.on_behalf ? say("entry.behalf", { who: deskName(facts.who, state), why: facts.on_behalf }) : "",
    cleared: facts.cleared?.length ? say("entry.cleared", { fields: fieldNames(facts.cleared, say) }) : "",
  };
}

/** @param {string[] | undefined} codes @param {State} state @param {import("../words.js").Say} say */
function names(codes, state, say) {
  return codes?.length ? codes.map((code) => deskName(code, state)).join(say("comma")) : say("nobody");
}

/**
 * Whom a report went to: named in both languages, or by the key of an office or a division.
 * @param {unknown} one
 * @param {import("../words.js").Say} say
 * @param {"zh" | "en"} language
 */
function recipient(one, say, language) {
  if (typeof one !== "string") return reasonWords(one, language);
  return /^(government|ministry|public)$/.test(one) ? say(`office.${one}`) : one;
}

/**
 * What fields of a report are called.
 * @param {string[]} names
 * @param {import("../words.js").Say} say
 */
export function fieldNames(names, say) {
  return names.map((name) => say(`field.${name}`)).join(say("comma"));
}

/**
 * @param {string | undefined} code
 * @param {State} state
 */
export function deskName(code, state) {
  if (!code) return "";
  if (code === state.me.desk && state.me.desk_name) return state.me.desk_name;
  const told =
    state.incident?.notifications.find(({ tells }) => tells === code)?.tells_name ??
    state.incident?.notifications.find(({ who }) => who === code)?.who_name;
  const lead = state.incidents?.find((one) => one.lead === code)?.lead_name;
  return told ?? lead ?? state.assessment?.reached.find((one) => one.desk === code)?.desk_name ?? state.names?.[code] ?? code;
}

/** Facts of an entry that are codes of desks. */
const DESKS = ["tells", "desk", "jurisdiction", "who", "lead", "from", "to"];

/**
 * The desks of an entry that this page has no name for yet.
 * @param {OpenEntry} entry
 * @param {State} state
 * @returns {string[]}
 */
export function nameless({ facts, by }, state) {
  const codes = [...DESKS.map((name) => facts[name]), by.desk].filter((each) => typeof each === "string" && each);
  return [...new Set(codes)].filter((code) => deskName(code, state) === code);
}

/**
 * News for a desk, which may have another file open, or none: which incident it is about, and what happened.
 * @param {OpenEntry} entry
 * @param {State} state
 * @param {Here} here
 */
export function newsWords(entry, state, here) {
  const words = entryWords(entry, state, here);
  const n = fileOf(entry);
  return n ? here.say("news.of", { n, words }) : words;
}

/** The incident that an entry of a desk is about; a contact test counts below nought. @param {OpenEntry} entry */
export function fileOf({ facts }) {
  return typeof facts.incident === "number" && facts.incident > 0 ? facts.incident : null;
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
