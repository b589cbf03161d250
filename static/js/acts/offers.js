/** News for this desk itself: a message offered to its open pages is received at once, rung, and shown until it is read back. */

import * as alarm from "../alarm.js";
import { post } from "../api.js";
import { say } from "../here.js";
import { now, set, state } from "../store.js";
import { loadMine } from "./calls.js";
import { listSoon } from "./incidents.js";
import { quietly } from "./trouble.js";

/** @typedef {import("../types.js").Entry} Entry */

/** Older offers have run out on the other side; the open messages show them all the same. */
const FRESH_MS = 60_000;
const KEPT = "lianfang.desk.";

/** The newest entry of the desk's stream that this browser has seen. @param {string} desk */
export function lastOf(desk) {
  return Number(localStorage.getItem(KEPT + desk) ?? 0);
}

/** @param {Entry} entry of the desk's stream */
export function heardDesk(entry) {
  localStorage.setItem(KEPT + entry.stream.replace("desk:", ""), String(entry.n));
  if (entry.withheld || entry.kind !== "delivery.offered") return;
  listSoon();
  if (now().getTime() - new Date(entry.at).getTime() > FRESH_MS) return;
  quietly(receive(entry.facts));
}

/** @param {Record<string, any>} facts */
async function receive({ delivery }) {
  await post(`deliveries/${delivery}/receipt`, {});
  await loadMine();
  set({ alarm: true });
  alarm.ring();
  const newest = state().mine[0];
  alarm.notice(say("alarm.title"), newest ? say("mine.from", { desk: newest.who_name ?? newest.who }) : say("alarm.body"));
}

export const clicks = {
  silence() {
    alarm.silence();
    set({ alarm: false });
  },
  show_mine() {
    alarm.silence();
    set({ alarm: false, tab: "next", mode: "desk" });
  },
  allow_notices() {
    quietly(alarm.ask().then(() => set({})));
  },
};
