/** News for this desk itself: a message offered to its open pages is received at once, rung, and shown until it is read back. */

import * as alarm from "../alarm.js";
import { get, post } from "../api.js";
import { here, say } from "../here.js";
import { after, overtaken } from "../news.js";
import { now, set, state } from "../store.js";
import { fileOf, nameless, newsWords } from "../views/entries.js";
import { loadMine } from "./calls.js";
import { listSoon } from "./incidents.js";
import { quietly } from "./trouble.js";

/** @typedef {import("../types.js").Entry} Entry */
/** @typedef {import("../types.js").OpenEntry} OpenEntry */

/** Older offers have run out on the other side; the open messages show them all the same. */
const OFFER_MS = 60_000;
/** What rose to the desk longer ago than a shift's first hour stands in the incident's journal. */
const NEWS_MS = 3_600_000;
const RISEN = new Set([
  "notification.on_behalf",
  "proposal.escalated",
  "promise.overdue",
  "clock.due_soon",
  "clock.missed",
  "clock.escalated",
  "contact.gap",
  "roster.gap",
  "escalation.exhausted",
  "channel.stopped",
  "desk.handed_over",
  "audit.alarm",
  "contact_test.announced",
  "link.news",
  "incident.linked",
  "incident.unlinked",
  "lead.offered",
  "lead.handed_over",
  "lead.refused",
  "lead.taken_back",
]);
const MOST_NEWS = 3;
const NAMES_MS = 2000;
const KEPT = "lianfang.desk.";
const SILENCED = "lianfang.silenced";

/** The newest entry of the desk's stream that this browser has seen. @param {string} desk */
export function lastOf(desk) {
  return Number(localStorage.getItem(KEPT + desk) ?? 0);
}

/** @param {Entry} entry of the desk's stream */
export function heardDesk(entry) {
  localStorage.setItem(KEPT + entry.stream.replace("desk:", ""), String(entry.n));
  if (entry.withheld) return;
  listSoon();
  const age_ms = now().getTime() - new Date(entry.at).getTime();
  if (entry.kind === "delivery.offered" && age_ms < OFFER_MS) quietly(receive(entry.facts));
  const left = after(state().news, entry);
  if (left.length < state().news.length) set({ news: left });
  if (RISEN.has(entry.kind) && age_ms < NEWS_MS) void learn(entry).finally(() => rise(entry));
}

/** A page opened while messages wait rings for them, unless this officer has silenced them. */
export function ringIfOpen() {
  const newest = Math.max(0, ...state().mine.map(({ id }) => id));
  if (newest > Number(sessionStorage.getItem(SILENCED) ?? 0)) ring();
}

/** @param {Record<string, any>} facts */
async function receive({ delivery }) {
  await post(`deliveries/${delivery}/receipt`, {}, { key: `receipt-${delivery}` });
  await loadMine();
  ring();
  const [newest] = state().mine;
  alarm.notice(
    say("alarm.title"),
    newest ? say("mine.from", { desk: newest.who_name ?? newest.who }) : say("alarm.body"),
  );
}

/** The names of its desks, before it is said; they are not waited for longer than a glance. @param {OpenEntry} entry */
async function learn(entry) {
  const codes = nameless(entry, state());
  if (!codes.length) return;
  try {
    const { names } = await get("desks/names", { code: codes.join(",") }, AbortSignal.timeout(NAMES_MS));
    set({ names: { ...state().names, ...names } });
  } catch {
    // news with a code in it is better than none
  }
}

/** @param {OpenEntry} entry */
function rise(entry) {
  const words = newsWords(entry, state(), here());
  const id = (/** @type {string} */ name) => (typeof entry.facts[name] === "number" ? entry.facts[name] : null);
  const { n, kind, at } = entry;
  const one = { n, kind, at, words, incident: fileOf(entry), notification: id("notification"), test: id("test"), clocks: clocksOf(entry.facts) };
  const before = state().news.filter((earlier) => !overtaken(earlier, [one]));
  set({ news: [one, ...before].slice(0, MOST_NEWS) });
  alarm.notice(say("app.name"), words);
}

/** @param {Record<string, unknown>} facts @returns {string[]} */
function clocksOf({ clocks }) {
  return Array.isArray(clocks) ? clocks.map(String) : [];
}

function ring() {
  if (!state().mine.length) return;
  set({ alarm: true });
  alarm.ring();
}

function silence() {
  alarm.silence();
  sessionStorage.setItem(SILENCED, String(Math.max(0, ...state().mine.map(({ id }) => id))));
  set({ alarm: false });
}

export const clicks = {
  silence,
  show_mine() {
    silence();
    set({ tab: "next", mode: "desk" });
  },
  allow_notices() {
    quietly(alarm.ask().then(() => set({})));
  },
};
