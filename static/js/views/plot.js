/**
 * The distance–time plot: kilometres from the spill up, time across; the band from earliest to latest, the likely line in it,
 * boundaries as horizontal lines with their own span, now as a vertical one with what has passed behind it. Every boundary
 * that may be crossed within a day is drawn, on the band's course or not. The title says the conclusion; the list beside it
 * is its table. Pure.
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
/** @typedef {Point & {name: string, urgent: boolean, soon: boolean}} Boundary urgent: the title speaks of it */
/** @typedef {{from: number, to: number}} Span instants in milliseconds */

const HOUR_MS = 3_600_000;
/** Beyond this the band says little that a desk acts on at night; the list has the rest. */
const LONGEST_MS = 96 * HOUR_MS;
const EDGE = { left: 46, right: 14, top: 62, bottom: 44 };
/** Boundaries nearer than this in time are always drawn. */
const SOON_MS = 24 * HOUR_MS;
/** One line of names. */
const LINE = 15;
const TICKS_H = [1, 2, 3, 6, 12, 24];
const MOST_TICKS = 8;
/** On a phone the title begins at the edge. */
const NARROW = 500;
/** What a date under a tick takes. */
const TICK_WIDTH = 72;

/**
 * The time that plot and slider show.
 * @param {Assessment | null} assessment
 * @param {string | null | undefined} knownAt
 * @param {Date} now
 * @returns {Span}
 */
export function span(assessment, knownAt, now) {
  const first = assessment?.reached[0]?.earliest_at; // when it may have entered the water, which may be before anyone knew
  const from = Math.min(now.getTime(), ...[knownAt, first].flatMap((at) => (at ? [ms(at)] : [])));
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
  const lines = boundaries(assessment, time, here);
  const top = Math.max(1, ...shown.map(({ km }) => km), ...lines.map(({ km }) => km));
  const x = (/** @type {number} */ ms) =>
    EDGE.left + ((ms - time.from) / (time.to - time.from)) * (frame.width - EDGE.left - EDGE.right);
  const y = (/** @type {number} */ km) =>
    frame.height - EDGE.bottom - (km / top) * (frame.height - EDGE.top - EDGE.bottom);
  return html`
    <figure class="plot">
      <svg
        viewBox="0 0 ${frame.width} ${frame.height}"
        width="${frame.width}"
        height="${frame.height}"
        role="img"
        aria-labelledby="plot-title"
      >
        <text id="plot-title" class="plot-title" x="${frame.width < NARROW ? 8 : EDGE.left}" y="20">${title(assessment, here)}</text>
        <text class="plot-axis" x="6" y="${EDGE.top - 24}">${say("plot.km")}</text>
        ${passed(time, frame, x, here)} ${hours(time, frame, x, here)}
        ${lines.map(
          (one) => html`
            <line
              class="plot-boundary ${one.urgent ? "is-urgent" : ""}"
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
          ${lines.filter(({ soon }) => soon).map((one) => crossing(one, x, y))}
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
  const sites = (assessment?.sites ?? []).flatMap((one) => pointOf(one, one.km, null));
  const all = [...entriesOf(assessment), ...sites];
  all.sort((a, b) => a.km - b.km || a.earliest - b.earliest);
  return longestCourse(all);
}

/** @param {Assessment | null} assessment */
function entriesOf(assessment) {
  return (assessment?.reached ?? []).flatMap((one) => pointOf(one, one.enter_km, one.name));
}

/**
 * @template {string | null} N
 * @param {{earliest_at: string | null, likely_at: string | null, latest_at: string | null}} one
 * @param {number} km
 * @param {N} name
 */
function pointOf({ earliest_at, likely_at, latest_at }, km, name) {
  return earliest_at && likely_at && latest_at
    ? [{ km, earliest: ms(earliest_at), likely: ms(likely_at), latest: ms(latest_at), name }]
    : [];
}

/**
 * The boundaries that may be crossed in the time shown, on the band's course or not.
 * @param {Assessment | null} assessment
 * @param {Span} time
 * @param {Here} here
 * @returns {Boundary[]}
 */
function boundaries(assessment, time, here) {
  const next = nextForeign(assessment, here);
  return entriesOf(assessment)
    .filter(({ earliest }) => earliest <= time.to)
    .map((one) => {
      const urgent = next !== undefined && next.name === one.name && next.enter_km === one.km;
      return { ...one, urgent, soon: urgent || one.earliest <= here.now.getTime() + SOON_MS };
    })
    .sort((a, b) => a.km - b.km);
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
  const foreign = nextForeign(assessment, here);
  if (!foreign?.earliest_at) return here.say("plot.title");
  return here.say("plot.title.next", {
    name: foreign.name,
    km: kilometres(foreign.enter_km),
    at: when(foreign.earliest_at, here),
  });
}

/**
 * The next desk, other than one's own, that the water has not reached.
 * @param {Assessment | null} assessment
 * @param {Here} here
 */
function nextForeign(assessment, here) {
  return (assessment?.reached ?? []).find(
    (one) => one.desk !== here.me.desk && one.earliest_at && ms(one.earliest_at) > here.now.getTime(),
  );
}

/**
 * The time that has passed since it may have begun.
 * @param {Span} time
 * @param {{height: number}} frame
 * @param {(ms: number) => number} x
 * @param {Here} here
 */
function passed(time, frame, x, here) {
  const width = x(here.now.getTime()) - EDGE.left;
  if (width < 1) return NOTHING;
  const words = here.say("plot.passed");
  return html`
    <rect class="plot-passed" x="${EDGE.left}" y="${EDGE.top}" width="${width}" height="${frame.height - EDGE.bottom - EDGE.top}" />
    ${width > 60 ? html`<text class="plot-axis" x="${EDGE.left + 4}" y="${EDGE.top + 14}">${words}</text>` : NOTHING}
  `;
}

/**
 * From earliest to latest at one boundary, with the likely instant: true also where the band follows another course.
 * @param {Boundary} one
 * @param {(ms: number) => number} x
 * @param {(km: number) => number} y
 */
function crossing({ km, earliest, likely, latest, urgent }, x, y) {
  return html`
    <line class="plot-crossing ${urgent ? "is-urgent" : ""}" x1="${x(earliest)}" x2="${x(latest)}" y1="${y(km)}" y2="${y(km)}" />
    <circle class="plot-crossing ${urgent ? "is-urgent" : ""}" cx="${x(likely)}" cy="${y(km)}" r="${urgent ? 5 : 3.5}" />
  `;
}

/**
 * @param {Span} time
 * @param {{width: number, height: number}} frame
 * @param {(ms: number) => number} x
 * @param {Here} here
 */
function hours(time, frame, x, here) {
  const most = Math.max(2, Math.min(MOST_TICKS, Math.floor(frame.width / TICK_WIDTH)));
  const every = (TICKS_H.find((h) => (time.to - time.from) / (h * HOUR_MS) <= most) ?? 24) * HOUR_MS;
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
 * Names with their kilometres stand at an end of their line. Where two would touch, that of a boundary soon crossed moves up,
 * and any other gives way.
 * @param {Boundary[]} lines
 * @param {{width: number}} frame
 * @param {(ms: number) => number} x
 * @param {(km: number) => number} y
 */
function names(lines, frame, x, y) {
  let last = Infinity;
  let number = Infinity;
  return lines.map((one) => {
    const beside = y(one.km) + 4;
    const numbered = number - beside >= LINE;
    if (numbered) number = beside;
    const at = Math.min(y(one.km) - 5, one.soon ? last - LINE : Infinity);
    const axis = numbered
      ? html`<text class="plot-axis" text-anchor="end" x="${EDGE.left - 5}" y="${beside}">${one.km.toFixed(0)}</text>`
      : NOTHING;
    if (last - at < LINE) return axis;
    last = at;
    const right = x(one.latest) < frame.width * 0.7;
    return html`
      <text
        class="plot-name ${one.urgent ? "is-urgent" : ""}"
        text-anchor="${right ? "end" : "start"}"
        x="${right ? frame.width - EDGE.right - 4 : EDGE.left + 5}"
        y="${at}"
      >
        ${one.name} ${kilometres(one.km)}
      </text>
      ${axis}
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
