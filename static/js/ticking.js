/** What moves by itself: the running clock and the clocks of duties. Only their words are touched. */

import { countdown, offsetWords, seconds } from "./clock.js";
import { here } from "./here.js";
import { now, state } from "./store.js";
import { clockWords } from "./views/parts.js";

const EVERY_MS = 1000;

/** @param {() => void} minute called each half minute, for whatever depends on the hour */
export function start(minute) {
  let ticks = 0;
  tick();
  setInterval(() => {
    tick();
    ticks += 1;
    if (ticks % 30 === 0) minute();
  }, EVERY_MS);
}

function tick() {
  const zone = state().me.time_zone;
  const at = now();
  const clock = document.getElementById("clock");
  if (clock) clock.textContent = `${seconds(at, zone)} (${offsetWords(at, zone)})`;
  for (const element of document.querySelectorAll("[data-until]")) runDown(/** @type {HTMLElement} */ (element), at);
}

/** @param {HTMLElement} element @param {Date} at */
function runDown(element, at) {
  const found = countdown(element.dataset.until ?? "", element.dataset.since || null, at);
  const words = clockWords(found, here());
  if (element.textContent !== words) element.textContent = words;
  if (element.dataset.urgency !== found.urgency) element.dataset.urgency = found.urgency;
}
