/** What a refused or lost request means for the page: an expired session, no connection, or a sentence to show. */

import { Problem, Unreachable } from "../api.js";
import { say } from "../here.js";
import { set } from "../store.js";

/**
 * The sentence of a trouble that the service or the network gave; anything else is a fault of this page and is thrown on.
 * @param {unknown} trouble
 * @returns {{field: string | null, words: string}}
 */
export function understood(trouble) {
  if (trouble instanceof Unreachable) return { field: null, words: say("trouble.unreachable") };
  if (!(trouble instanceof Problem)) throw trouble;
  if (trouble.status === 401) {
    set({ notice: say("trouble.session"), expired: true });
    return { field: "session", words: say("trouble.session") };
  }
  return { field: trouble.field, words: trouble.message };
}

/**
 * Does something in the background; trouble becomes the page's notice.
 * @param {Promise<unknown>} work
 */
export async function quietly(work) {
  try {
    await work;
  } catch (trouble) {
    if (trouble instanceof DOMException && trouble.name === "AbortError") return;
    set({ notice: understood(trouble).words });
  }
}
