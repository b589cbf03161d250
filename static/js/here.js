/** The speech and the clock of this page, for views and acts alike. */

import { now, state } from "./store.js";
import { speaker } from "./words.js";

const data = document.getElementById("words");

export const say = speaker(JSON.parse(data?.textContent ?? "{}"));
export const language = document.documentElement.lang.startsWith("en")
  ? /** @type {const} */ ("en")
  : /** @type {const} */ ("zh");

/** @returns {import("./types.js").Here} */
export function here() {
  const { me } = state();
  return { say, language, zone: me.time_zone, now: now(), me };
}
