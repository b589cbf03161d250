/** Small pieces that several views show: hours, clocks, circles, marks of telling, grades. Pure. */

import { countdown, duration, when } from "../clock.js";
import { html, NOTHING } from "../html.js";

/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../stage.js").Telling} Telling */

/** Nearer than this, the reported point is the river itself. */
const ON_THE_RIVER_M = 50;
const GRADES = ["I", "II", "III", "IV"];

/**
 * @param {string | null | undefined} at
 * @param {Here} here
 */
export function hour(at, here) {
  return at
    ? html`<time datetime="${at}">${when(at, here)}</time>`
    : html`<span class="unknown">${here.say("unknown")}</span>`;
}

/**
 * A duty's clock; `ticking.js` keeps its words true between renderings.
 * @param {string | null | undefined} deadline
 * @param {string | null | undefined} since
 * @param {Here} here
 */
export function runningDown(deadline, since, here) {
  if (!deadline) return NOTHING;
  const found = countdown(deadline, since ?? null, here.now);
  return html`
    <span class="clock" data-urgency="${found.urgency}" data-until="${deadline}" data-since="${since ?? ""}">
      ${clockWords(found, here)}
    </span>
  `;
}

/**
 * @param {import("../clock.js").Countdown} found
 * @param {Pick<Here, "say" | "language">} here
 */
export function clockWords(found, { say, language }) {
  const time = duration(found.left_s, language);
  return say(found.urgency === "over" ? "clock.over" : "clock.left", { time });
}

/**
 * @param {string | null | undefined} circle
 * @param {Here} here
 */
export function circleTag(circle, { say }) {
  return circle ? html`<span class="tag circle-${circle}">${say(`circle.${circle}`)}</span>` : NOTHING;
}

/**
 * Hollow, half, filled: only a read-back is calm.
 * @param {Telling} telling
 * @param {Here} here
 */
export function toldMark(telling, { say }) {
  return html`
    <span class="told told-${telling}">
      <span class="told-mark" aria-hidden="true"></span>
      ${say(`told.${telling}`)}
    </span>
  `;
}

/**
 * @param {string | null} grade
 * @param {Here} here
 */
export function gradeTag(grade, { say }) {
  return grade && GRADES.includes(grade)
    ? html`<span class="tag grade grade-${grade}">${say(`grade.${grade}`)}</span>`
    : html`<span class="unknown">${say("grade.none")}</span>`;
}

/**
 * @param {boolean | undefined} synthetic
 * @param {Here} here
 */
export function syntheticTag(synthetic, { say }) {
  return synthetic ? html`<span class="tag doubt">${say("synthetic")}</span>` : NOTHING;
}

/**
 * Where the report lies: the river, and how far off the reported point was.
 * @param {import("../types.js").Candidate} spot
 * @param {import("../words.js").Say} say
 */
export function spotWords(spot, say) {
  const river = spot.schematic ? say("snap.schematic", { river: spot.name }) : spot.name;
  return spot.distance_m < ON_THE_RIVER_M ? river : say("snap.at", { river, m: Math.round(spot.distance_m) });
}

/** @param {number | null | undefined} km */
export function kilometres(km) {
  return typeof km === "number" ? `${km.toFixed(1)} km` : "";
}

/**
 * @param {string | undefined} sentence
 * @param {string} id of the field that it stands beside
 */
export function fault(sentence, id) {
  return sentence ? html`<p class="fault" id="${id}-fault" role="alert">${sentence}</p>` : NOTHING;
}

/**
 * The way back in, to where the officer stood.
 * @param {Pick<Here, "say">} here
 */
export function signInAgain({ say }) {
  const onward = globalThis.location ? location.pathname + location.search : "/";
  return html`<a class="button" href="/sign-in?next=${encodeURIComponent(onward)}">${say("trouble.session.do")}</a>`;
}

/**
 * @param {string} id
 * @param {string} title
 * @param {unknown} count
 */
export function heading(id, title, count = "") {
  return html`
    <h2 id="${id}">
      ${title}${count === "" ? NOTHING : html`<span class="count">${count}</span>`}
    </h2>
  `;
}

/**
 * A reason in the journal: a sentence, both of its languages, or a slug with its words.
 * @param {unknown} reason
 * @param {"zh" | "en"} language
 * @returns {string}
 */
export function reasonWords(reason, language) {
  if (typeof reason === "string") return reason;
  if (typeof reason !== "object" || reason === null) return "";
  const { words, zh, en } = /** @type {Record<string, unknown>} */ (reason);
  if (words !== undefined) return reasonWords(words, language);
  return String((language === "zh" ? zh : en) ?? "");
}

/**
 * What asks nothing now: one line until it is looked at.
 * @param {string} key
 * @param {string} title
 * @param {number} n how many are folded away; none: nothing
 * @param {import("../html.js").Markup} body
 */
export function folded(key, title, n, body) {
  return n > 0
    ? html`
        <details class="more" data-key="${key}">
          <summary>${title}</summary>
          ${body}
        </details>
      `
    : NOTHING;
}
