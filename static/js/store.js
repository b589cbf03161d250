/** What the page knows now, in one place. `set` merges a change and draws once per frame, however many changes came. */

/** @typedef {import("./types.js").Me} Me */
/** @typedef {import("./report.js").Draft} Draft */
/** @typedef {import("./journal.js").File} File */
/** @typedef {{draft: Draft, saved_at: string | null}} Kept */

/**
 * @typedef {object} Preview
 * @property {"idle" | "asking" | "shown" | "held" | "refused"} state held: something typed must be mended first
 * @property {import("./types.js").Assessment | null} assessment
 * @property {{detail: string, field: string | null, candidates: import("./types.js").Candidate[]} | null} problem
 */

/**
 * @typedef {object} State
 * @property {Me} me
 * @property {number} skew_ms the server's clock minus this computer's
 * @property {import("./types.js").ListedIncident[] | null} incidents null until first answered
 * @property {number | null} chosen
 * @property {import("./types.js").Incident | null} incident
 * @property {import("./types.js").Assessment | null} assessment
 * @property {GeoJSON.FeatureCollection | null} shapes
 * @property {import("./types.js").Clock[]} [clocks] of the chosen incident
 * @property {import("./types.js").Grading | null} [grading] of the chosen incident
 * @property {import("./types.js").CallCard[]} calls
 * @property {import("./types.js").IntakeCard[]} intakes that this desk rings before anything is decided
 * @property {import("./types.js").InsideLine[]} inside whom this desk owes a call on its own side
 * @property {Record<string, File>} files by stream
 * @property {import("./types.js").Notification[]} mine open messages for this desk
 * @property {import("./types.js").Notification[]} [tests] contact tests that wait for an answer of this desk: no alerts
 * @property {Record<string, string>} [names] of desks that no open incident names, by code
 * @property {import("./types.js").Duty | null} duty
 * @property {"connecting" | "live" | "lost"} link
 * @property {number | null} lost_at
 * @property {"desk" | "report"} mode
 * @property {number | null} reportFor the incident that a further report or a correction belongs to
 * @property {boolean} joined a new report that was said to be of that incident
 * @property {number[]} another near incidents that the report was said not to be of
 * @property {import("./types.js").SameEvent | null} event what may belong to the same event as the chosen incident
 * @property {string[]} dismissed pairs of incidents that were said to be two events, on this page
 * @property {string | null} leadFault what stands against taking the lead over
 * @property {Record<string, unknown> | null} correcting what the incident holds now, while it is being corrected
 * @property {Draft | null} draft
 * @property {import("./report.js").Slip[]} slips
 * @property {Preview} preview
 * @property {import("./types.js").FoundPlace[]} places
 * @property {string | null} searched the name that the places are for
 * @property {string | null} typing the field being typed in, which is not judged before a pause
 * @property {Kept | null} kept the draft of a new report that waits to be taken up again
 * @property {Record<number, boolean>} picks which proposals are ticked
 * @property {Record<string, string>} revealed numbers shown to this officer, by card
 * @property {Record<string, string>} cardFaults what to correct on a card
 * @property {string | null} notice one sentence about the page itself, such as an expired session
 * @property {boolean} expired the session has ended: nothing more can be asked or sent before signing in again
 * @property {"next" | "map" | "known"} tab on a narrow screen
 * @property {"map" | "plot"} centre
 * @property {number | null} lookAt_ms the instant that the map shows; null: now
 * @property {import("./news.js").News[]} news what rose to this desk: overdue promises, undecided proposals, empty rosters
 * @property {import("./views/reach.js").ReachCard | null} reach the reach that was pressed on the map
 * @property {boolean} playing
 * @property {boolean} alarm
 * @property {import("./types.js").Audit | null} [audit] what is wrong with delivery, by the newest look
 * @property {boolean} busy
 */

/** @type {State | null} */
let current = null;
/** @type {((state: State, before: State | null) => void)[]} */
const watchers = [];
let drawn = /** @type {State | null} */ (null);
let waiting = false;

/** @param {State} initial */
export function start(initial) {
  current = initial;
  schedule();
}

/** @returns {State} */
export function state() {
  if (!current) throw new Error("the page has not started");
  return current;
}

/** @param {Partial<State>} change */
export function set(change) {
  current = { ...state(), ...change };
  schedule();
}

/** @param {(state: State, before: State | null) => void} watcher */
export function watch(watcher) {
  watchers.push(watcher);
}

/** The instant by the server's clock: an office computer's own may be minutes off. */
export function now() {
  return new Date(Date.now() + (current?.skew_ms ?? 0));
}

function schedule() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    const before = drawn;
    drawn = state();
    for (const watcher of watchers) watcher(drawn, before);
  });
}
