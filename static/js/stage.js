/**
 * Where the polluted water stands to a stretch or a desk at an instant, and how far a desk has been told. Pure; the map, the
 * lists and the plot all ask here, so that they never disagree.
 */

/** @typedef {import("./types.js").Notification} Notification */
/** @typedef {import("./types.js").Reached} Reached */
/** @typedef {"ahead" | "maybe" | "here" | "passed"} Stage */
/** @typedef {"nothing" | "proposed" | "withheld" | "told" | "delivered" | "read_back"} Telling */

/**
 * ahead: not before its earliest hour; maybe: between earliest and likely; here: likely there; passed: after the last
 * hour of the trailing edge, which is known only once the source has stopped.
 * @param {{earliest_at: string | null, likely_at: string | null, trailing_latest_at?: string | null}} stretch
 * @param {Date} at
 * @returns {Stage}
 */
export function stage(stretch, at) {
  const t = at.getTime();
  if (stretch.trailing_latest_at && t > ms(stretch.trailing_latest_at)) return "passed";
  if (stretch.likely_at && t >= ms(stretch.likely_at)) return "here";
  if (!stretch.earliest_at || t >= ms(stretch.earliest_at)) return "maybe";
  return "ahead";
}

const RANK = /** @type {Telling[]} */ (["nothing", "withheld", "proposed", "told", "delivered", "read_back"]);

/**
 * How far one message has come.
 * @param {Notification} notification
 * @returns {Telling}
 */
export function telling(notification) {
  if (notification.state === "acknowledged" || notification.acknowledged) return "read_back";
  if (notification.state === "proposed" || notification.state === "withheld") return notification.state;
  return notification.deliveries.some((delivery) => delivery.delivered_at) ? "delivered" : "told";
}

/**
 * How far a desk has been told: by its newest issued message, else by whatever stands for it.
 * @param {Notification[]} notifications
 * @param {string} desk
 * @returns {Telling}
 */
export function toldDesk(notifications, desk) {
  const theirs = notifications.filter((notification) => notification.tells === desk);
  const issued = theirs.filter(({ state }) => state === "issued" || state === "acknowledged");
  const newest = issued.reduce((a, b) => ((b.version ?? 0) >= (a?.version ?? 0) ? b : a), issued[0]);
  if (newest) return telling(newest);
  return theirs
    .map(telling)
    .reduce((a, b) => (RANK.indexOf(b) > RANK.indexOf(a) ? b : a), /** @type {Telling} */ ("nothing"));
}

/** @param {string} at */
function ms(at) {
  return new Date(at).getTime();
}
