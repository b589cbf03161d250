/**
 * What rose to the desk, and whether it still stands: a decision taken, a word sent or a file closed ends it without a press.
 * Pure.
 */

/** @typedef {import("./store.js").State} State */
/**
 * @typedef {object} News
 * @property {number} n its number in the desk's journal
 * @property {string} kind
 * @property {string} at
 * @property {string} words
 * @property {number | null} incident
 * @property {number | null} notification
 * @property {string[]} [clocks] those that an alert is about
 * @property {number | null} [test] the contact test that it announces
 */

/** What ends the news of a contact test to come: it was called off, or it is there. */
const TEST_ENDS = new Set(["contact_test.cancelled", "contact_test.started"]);
/** What ends other news that stands for the desk as a whole. @type {Record<string, string>} */
const ENDS = { "channel.resumed": "channel.stopped", "desk.hand_over_answered": "desk.handed_over" };
/** News that is seen to on the page of the roster. */
export const ON_ROSTER = new Set(["roster.gap", "desk.handed_over"]);

/**
 * What is left of the news after one more entry of the desk.
 * @param {News[]} news
 * @param {import("./types.js").OpenEntry} entry
 */
export function after(news, { kind, facts }) {
  if (kind in ENDS) return news.filter((one) => one.kind !== ENDS[kind]);
  return TEST_ENDS.has(kind) ? news.filter(({ test }) => test !== facts.test) : news;
}

/**
 * @param {State} state
 * @returns {News[]}
 */
export function standing(state) {
  return state.news.filter((one) => !settled(one, state));
}

/**
 * @param {News} one
 * @param {State} state
 */
function settled(one, { incidents, incident, clocks, news }) {
  const listed = incidents?.find(({ number }) => number === one.incident);
  const looked = incident?.number === one.incident ? incident : null;
  const status = looked?.status ?? listed?.status;
  if (status === "closed" || (status !== undefined && status !== "open" && !one.clocks?.length)) return true;
  if (one.clocks?.length) return overtaken(one, news) || (looked !== null && met(one.clocks, clocks ?? []));
  if (one.kind === "link.news") return false; // it stands until it is dismissed, whatever became of the file
  if (one.kind === "promise.overdue") return keptSince(one.at, looked);
  const about = looked?.notifications.find(({ id }) => id === one.notification);
  if (one.kind === "proposal.escalated")
    return about ? about.state !== "proposed" : listed?.open_notifications === 0;
  return about?.state === "acknowledged";
}

/**
 * A later alert of the same clocks says more.
 * @param {News} one
 * @param {News[]} news
 */
export function overtaken({ n, incident, clocks = [] }, news) {
  const later = news.filter((one) => one.incident === incident && one.n > n).flatMap((one) => one.clocks ?? []);
  return clocks.length > 0 && clocks.every((clock) => later.includes(clock));
}

/**
 * @param {string[]} ids
 * @param {import("./types.js").Clock[]} clocks
 */
function met(ids, clocks) {
  const open = clocks.filter(({ id, tier }) => tier && ids.includes(id));
  return clocks.length > 0 && !open.length;
}

/**
 * A word that went out after it was said to be overdue.
 * @param {string} at
 * @param {import("./types.js").Incident | null} incident
 */
function keptSince(at, incident) {
  const since = new Date(at).getTime();
  return (incident?.notifications ?? []).some(
    ({ issued_at }) => issued_at && new Date(issued_at).getTime() > since,
  );
}
