/** The time that the map shows: a slider from the first word of it to the last likely arrival, with now marked. Pure. */

import { duration, when } from "../clock.js";
import { html, NOTHING } from "../html.js";
import { span } from "./plot.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../types.js").Here} Here */

export const STEP_MS = 10 * 60_000;

/**
 * @param {State} state
 * @param {Here} here
 */
export function slider(state, here) {
  if (!state.assessment?.reached.length || state.mode === "report") return NOTHING;
  const { say, language } = here;
  const { from, to } = span(state.assessment, state.incident?.known_at, here.now);
  const at = new Date(state.lookAt_ms ?? here.now);
  const ahead_s = (at.getTime() - here.now.getTime()) / 1000;
  const off =
    state.lookAt_ms === null
      ? say("slider.now")
      : say(ahead_s < 0 ? "slider.ago" : "slider.ahead", { time: duration(ahead_s, language) });
  return html`
    <div class="slider">
      <button data-do="${state.playing ? "pause" : "play"}">
        ${say(state.playing ? "slider.pause" : "slider.play")}
      </button>
      <label class="away" for="slider">${say("slider.label")}</label>
      <input
        id="slider"
        type="range"
        min="0"
        max="${Math.ceil((to - from) / STEP_MS)}"
        value="${Math.round((at.getTime() - from) / STEP_MS)}"
        data-input="slide"
        data-from="${from}"
        aria-valuetext="${when(at, here)}"
      />
      <output for="slider">
        <strong>${when(at, here)}</strong>
        <span class="meta">${off}</span>
      </output>
      ${state.lookAt_ms === null ? NOTHING : html`<button data-do="look_now">${say("slider.back")}</button>`}
    </div>
  `;
}
