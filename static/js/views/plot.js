/**
 * The distance–time plot: kilometres from the spill up, time across; the band from earliest to latest, the likely line in it,
 * boundaries as horizontal lines, now as a vertical one. The title says the conclusion; the list beside it is its table. Pure.
 */

import { offsetMinutes, wall, when } from "../clock.js";
import { html, NOTHING } from "../html.js";
import { kilometres } from "./parts.js";

/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../types.js").Assessment} Assessment */
/**
 * A boundary where it has a name, else a site.
 * @typedef {object} Point
 * @property {number} km
 * @property {number} earliest
 * @property {number} likely
 * @property {number} latest
 * @property {string | null} name
 */
/** @typedef {{from: number, to: number}} Span instants in milliseconds */

const HOUR_MS = 3_600_000;
/** Beyond this the band says little that a desk acts on at night; the list has the rest. */
const LONGEST_MS = 96 * HOUR_MS;
const EDGE = { left: 46, right: 14, top: 62, bottom: 44 };
const TICKS_H = [1, 2, 3, 6, 12, 24];
const MOST_TICKS = 8;

/**
 * The time that plot and slider show.
 * @param {Assessment | null} assessment
 * @param {string | null | undefined} knownAt
 * @param {Date} now
 * @returns {Span}
 */
export function span(assessment, knownAt, now) {
  const from = Math.min(now.getTime(), knownAt ? new Date(knownAt).getTime() : Infinity);
  const last = Math.max(
    from + 6 * HOUR_MS,
    ...(assessment?.reached ?? []).flatMap(({ likely_at }) => (likely_at ? [new Date(likely_at).getTime()] : [])),
  );
  return { from, to: Math.max(now.getTime() + HOUR_MS, Math.min(last + HOUR_MS, from + LONGEST_MS)) };
}

/**
 * @param {Assessment | null} assessment
 * @param {{width: number, height: number, knownAt: string | null | undefined, at: Date}} frame
 * @param {Here} here
 */
export function plot(assessment, frame, here) {
  const { say } = here;
  const points = pointsOf(assessment);
  if (points.length < 2) return html`<p class="empty plot-empty">${say("plot.empty")}</p>`;
  const time = span(assessment, frame.knownAt, here.now);
  const shown = points.filter(
    ({ earliest }, i) => earliest <= time.to || (points[i - 1]?.earliest ?? Infinity) <= time.to,
  );
  const top = Math.max(1, ...shown.map(({ km }) => km));
  const x = (/** @type {number} */ ms) =>
    EDGE.left + ((ms - time.from) / (time.to - time.from)) * (frame.width - EDGE.left - EDGE.right);
  const y = (/** @type {number} */ km) =>
    frame.height - EDGE.bottom - (km / top) * (frame.height - EDGE.top - EDGE.bottom);
  const lines = shown.filter(({ name }) => name !== null);
  return html`
    <figure class="plot">
      <svg
        viewBox="0 0 ${frame.width} ${frame.height}"
        width="${frame.width}"
        height="${frame.height}"
        role="img"
        aria-labelledby="plot-title"
      >
        <text id="plot-title" class="plot-title" x="${EDGE.left}" y="20">${title(assessment, here)}</text>
        <text class="plot-axis" x="6" y="${EDGE.top - 24}">${say("plot.km")}</text>
        ${hours(time, frame, x, here)}
        ${lines.map(
          (one) => html`
            <line
              class="plot-boundary"
              x1="${EDGE.left}"
              x2="${frame.width - EDGE.right}"
              y1="${y(one.km)}"
              y2="${y(one.km)}"
            />
          `,
        )}
        <svg
          x="${EDGE.left}"
          y="0"
          width="${frame.width - EDGE.left - EDGE.right}"
          height="${frame.height}"
          viewBox="${EDGE.left} 0 ${frame.width - EDGE.left - EDGE.right} ${frame.height}"
        >
          <path class="plot-band" d="${band(shown, x, y)}" />
          <path class="plot-likely" d="${path(shown.map(({ km, likely }) => [x(likely), y(km)]))}" />
        </svg>
        ${names(lines, frame, x, y)} ${upright(here.now.getTime(), "plot-now", say("plot.now"), frame, x)}
        ${Math.abs(frame.at.getTime() - here.now.getTime()) > 60_000 ? upright(frame.at.getTime(), "plot-at", "", frame, x) : NOTHING}
      </svg>
      <figcaption class="source">${say("plot.source")}</figcaption>
    </figure>
  `;
}

/**
 * Where the edge comes when: entries and sites along one course. Where the river branches a plot against kilometres can show
 * one way only: the one with the most places on it, on which no hour runs backwards.
 * @param {Assessment | null} assessment
 * @returns {Point[]}
 */
export function pointsOf(assessment) {
  const entries = (assessment?.reached ?? []).map((one) => ({ ...one, km: one.enter_km, called: one.name }));
  const sites = (assessment?.sites ?? []).map((one) => ({ ...one, called: null }));
  const all = [...entries, ...sites].flatMap(({ km, earliest_at, likely_at, latest_at, called }) =>
    earliest_at && likely_at && latest_at
      ? [{ km, earliest: ms(earliest_at), likely: ms(likely_at), latest: ms(latest_at), name: called }]
      : [],
  );
  all.sort((a, b) => a.km - b.km || a.earliest - b.earliest);
  return longestCourse(all);
}

/** @param {Point[]} all in the order of kilometres @returns {Point[]} */
function longestCourse(all) {
  /** @type {{points: number, before: number}[]} */
  const best = [];
  for (const point of all) {
    const reachable = best.map(({ points }, j) => (follows(all[j], point) ? points : 0));
    const points = Math.max(0, ...reachable);
    best.push({ points: points + 1, before: points ? reachable.lastIndexOf(points) : -1 });
  }
  const most = Math.max(0, ...best.map(({ points }) => points));
  const course = [];
  for (let at = best.map(({ points }) => points).lastIndexOf(most); at >= 0; at = best[at]?.before ?? -1)
    course.unshift(/** @type {Point} */ (all[at]));
  return course;
}

/** @param {Point | undefined} from @param {Point} to */
function follows(from, to) {
  return (
    from !== undefined &&
    to.km > from.km &&
    to.earliest >= from.earliest &&
    to.likely >= from.likely &&
    to.latest >= from.latest
  );
}

/**
 * The conclusion: the next desk that the water reaches, and not before when.
 * @param {Assessment | null} assessment
 * @param {Here} here
 */
function title(assessment, here) {
  const foreign = (assessment?.reached ?? []).find(
    (one) => one.desk !== here.me.desk && one.earliest_at && ms(one.earliest_at) > here.now.getTime(),
  );
  if (!foreign?.earliest_at) return here.say("plot.title");
  return here.say("plot.title.next", {
    name: foreign.name,
    km: kilometres(foreign.enter_km),
    at: when(foreign.earliest_at, here),
  });
}

/**
 * @param {Span} time
 * @param {{width: number, height: number}} frame
 * @param {(ms: number) => number} x
 * @param {Here} here
 */
function hours(time, frame, x, here) {
  const every = (TICKS_H.find((h) => (time.to - time.from) / (h * HOUR_MS) <= MOST_TICKS) ?? 24) * HOUR_MS;
  const shift = offsetMinutes(here.now, here.zone) * 60_000; // ticks fall on whole hours of the zone
  const first = Math.ceil((time.from + shift) / every) * every - shift;
  const ticks = Array.from({ length: Math.floor((time.to - first) / every) + 1 }, (_, i) => first + i * every);
  const foot = frame.height - EDGE.bottom;
  return ticks.map((at, i) => {
    const [date, hour] = dateAndHour(new Date(at), here);
    const before = i ? dateAndHour(new Date(ticks[i - 1] ?? at), here)[0] : "";
    return html`
      <line class="plot-grid" x1="${x(at)}" x2="${x(at)}" y1="${EDGE.top}" y2="${foot}" />
      <text class="plot-axis" text-anchor="middle" x="${x(at)}" y="${foot + 15}">${hour}</text>
      ${
        date === before
          ? NOTHING
          : html`<text class="plot-axis" text-anchor="middle" x="${x(at)}" y="${foot + 31}">${date}</text>`
      }
    `;
  });
}

/** @param {Date} at @param {Here} here @returns {[string, string]} */
function dateAndHour(at, here) {
  const { day, month, hour, minute } = wall(at, here.zone);
  const words = when(at, { ...here, now: new Date(at.getTime() - 40 * 24 * HOUR_MS) })
    .split(" ")
    .slice(0, -1)
    .join(" ");
  return [words || `${month}-${day}`, `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`];
}

/**
 * Names and kilometres stand at an end of their line, and where two would touch the later one gives way.
 * @param {Point[]} lines
 * @param {{width: number}} frame
 * @param {(ms: number) => number} x
 * @param {(km: number) => number} y
 */
function names(lines, frame, x, y) {
  let last = Infinity;
  return lines.map((one) => {
    const at = y(one.km) - 5;
    if (last - at < 15) return NOTHING;
    last = at;
    const right = x(one.latest) < frame.width * 0.7;
    return html`
      <text
        class="plot-name"
        text-anchor="${right ? "end" : "start"}"
        x="${right ? frame.width - EDGE.right - 4 : EDGE.left + 5}"
        y="${at}"
      >
        ${one.name}
      </text>
      <text class="plot-axis" text-anchor="end" x="${EDGE.left - 5}" y="${at + 9}">${one.km.toFixed(0)}</text>
    `;
  });
}

/** @param {number} at @param {string} kind @param {string} label @param {{height: number}} frame @param {(ms: number) => number} x */
function upright(at, kind, label, frame, x) {
  return html`
    <line class="${kind}" x1="${x(at)}" x2="${x(at)}" y1="${EDGE.top - 4}" y2="${frame.height - EDGE.bottom}" />
    <text class="plot-axis plot-label" x="${x(at) + 4}" y="${EDGE.top - 24}">${label}</text>
  `;
}

/** @param {Point[]} points @param {(ms: number) => number} x @param {(km: number) => number} y */
function band(points, x, y) {
  const early = points.map(({ km, earliest }) => /** @type {[number, number]} */ ([x(earliest), y(km)]));
  const late = points.map(({ km, latest }) => /** @type {[number, number]} */ ([x(latest), y(km)])).reverse();
  return `${path([...early, ...late])}Z`;
}

/** @param {number[][]} points */
function path(points) {
  return points.map(([px = 0, py = 0], i) => `${i ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`).join("");
}

/** @param {string} at */
function ms(at) {
  return new Date(at).getTime();
}
