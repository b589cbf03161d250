/** The middle column: map or plot, and the instant that both show. */

import { set, now, state } from "../store.js";
import { span } from "../views/plot.js";
import { STEP_MS } from "../views/slider.js";

const FRAME_MS = 120;
let timer = 0;

export const clicks = {
  centre(/** @type {HTMLElement} */ button) {
    set({ centre: button.dataset.id === "plot" ? "plot" : "map" });
  },
  play() {
    set({ playing: true, lookAt_ms: state().lookAt_ms ?? now().getTime() });
    clearInterval(timer);
    timer = window.setInterval(step, FRAME_MS);
  },
  pause,
  look_now() {
    pause();
    set({ lookAt_ms: null });
    place(now().getTime());
  },
};

export const inputs = {
  slide(/** @type {HTMLInputElement} */ input) {
    if (state().playing) pause();
    set({ lookAt_ms: Number(input.dataset.from) + Number(input.value) * STEP_MS });
  },
};

function pause() {
  clearInterval(timer);
  set({ playing: false });
}

function step() {
  const { assessment, incident, lookAt_ms } = state();
  const { to } = span(assessment, incident?.known_at, now());
  const next = (lookAt_ms ?? now().getTime()) + STEP_MS;
  if (next > to) {
    pause();
    return;
  }
  set({ lookAt_ms: next });
  place(next);
}

/** The knob follows what is shown; a rendering leaves what the officer set alone. @param {number} at */
function place(at) {
  const input = document.getElementById("slider");
  if (input instanceof HTMLInputElement) input.value = String(Math.round((at - Number(input.dataset.from)) / STEP_MS));
}
