/** What covers each line, as a table that reads on a phone as cards: who tells whom, under what, and who is left out. Pure. */

import { html, NOTHING } from "../html.js";

/** @typedef {import("../words.js").Say} Say */
/** @typedef {{code: string, name: string, divisions: {code: string, name: string}[]}} Side */
/** @typedef {{agreement: string, version: number, clause: string, cited: string, text_held: boolean, source: string, within_minutes: number | null, grade_at_least: string | null, within_hours: number | null}} Cover */
/** @typedef {{way: string, who: string, who_name: string, tells: string, tells_name: string, state: State, within_minutes: number | null, covers: Cover[], reason: string | null}} Direction */
/** @typedef {"covered" | "statute" | "none" | "inside"} State */
/**
 * @typedef {object} Row
 * @property {string} id
 * @property {"crossing" | "border" | "source"} place
 * @property {string} name
 * @property {{code: string, name: string} | null} river
 * @property {number | null} lon
 * @property {number | null} lat
 * @property {Side | null} giving
 * @property {Side[]} taking
 * @property {boolean} provincial
 * @property {number | null} length_km
 * @property {State} state
 * @property {Direction[]} directions
 * @property {{agreement: string, title: string, party_name: string, onward: boolean}[]} left_out
 * @property {string[]} flags
 */
/** @typedef {"name" | "giving" | "taking" | "state" | "left_out"} Key */
/** @typedef {{key: Key, down: boolean}} Order */

/** What covers a line, least first: gaps sort to the top. */
const RANK = /** @type {Record<State, number>} */ ({ none: 0, statute: 1, covered: 2, inside: 3 });
const COLUMNS = /** @type {Key[]} */ (["name", "giving", "taking", "state", "left_out"]);

/**
 * The rows in the order that is asked for; equal ones by river and place.
 * @param {readonly Row[]} rows
 * @param {Order} order
 * @param {string} language
 */
export function sorted(rows, { key, down }, language) {
  const names = new Intl.Collator(language === "zh" ? "zh-CN" : "en");
  const by = /** @type {Record<Key, (a: Row, b: Row) => number>} */ ({
    name: (a, b) => names.compare(a.name, b.name),
    giving: (a, b) => names.compare(a.giving?.name ?? "", b.giving?.name ?? ""),
    taking: (a, b) => names.compare(a.taking[0]?.name ?? "", b.taking[0]?.name ?? ""),
    state: (a, b) => RANK[a.state] - RANK[b.state],
    left_out: (a, b) => b.left_out.length - a.left_out.length,
  });
  return [...rows].sort((a, b) => (down ? -1 : 1) * by[key](a, b) || by.name(a, b) || (a.id < b.id ? -1 : 1));
}

/**
 * The rows as points.
 * @param {readonly Row[]} rows
 * @returns {GeoJSON.FeatureCollection}
 */
export function points(rows) {
  return {
    type: "FeatureCollection",
    features: rows.flatMap((row) =>
      row.lon === null || row.lat === null
        ? []
        : [
            {
              type: /** @type {const} */ ("Feature"),
              geometry: { type: /** @type {const} */ ("Point"), coordinates: [row.lon, row.lat] },
              properties: { id: row.id, state: row.state, place: row.place, title: row.name, rank: -RANK[row.state] },
            },
          ],
    ),
  };
}

/**
 * What it comes to, in one sentence.
 * @param {{counts: {rows: Record<State, number>, left_out: number}, rows: readonly Row[], total: number}} found
 * @param {{agreement: string, leftOut: boolean}} asked
 * @param {Say} say
 */
export function summary({ counts, rows, total }, asked, say) {
  const shown = rows.length === total ? say("cover.sum.all", { n: total }) : say("cover.sum.some", { n: rows.length, total });
  const parts = /** @type {State[]} */ (["covered", "statute", "none", "inside"])
    .filter((state) => counts.rows[state] || state !== "inside")
    .map((state) => html`<span class="cover-count">${mark(state, say)} <strong>${counts.rows[state]}</strong></span>`);
  return html`<p class="cover-sum"><strong>${shown}</strong> ${parts}${asked.agreement && asked.leftOut ? NOTHING : html` <span class="cover-count">${say("cover.sum.left_out", { n: counts.left_out })}</span>`}</p>`;
}

/**
 * @param {readonly Row[]} rows
 * @param {Order} order
 * @param {string | null} chosen
 * @param {Say} say
 */
export function table(rows, order, chosen, say) {
  return html`
    <table class="cover-table">
      <thead><tr>${COLUMNS.map((key) => heading(key, order, say))}</tr></thead>
      <tbody>${rows.map((row) => line(row, row.id === chosen, say))}</tbody>
    </table>
  `;
}

/** @param {Key} key @param {Order} order @param {Say} say */
function heading(key, order, say) {
  const sort = order.key !== key ? "none" : order.down ? "descending" : "ascending";
  const arrow = sort === "none" ? "" : order.down ? " ↓" : " ↑";
  return html`<th scope="col" aria-sort="${sort}"><button type="button" class="plain-button" data-sort="${key}">${say(`cover.by.${key}`)}${arrow}</button></th>`;
}

/** @param {Row} row @param {boolean} chosen @param {Say} say */
function line(row, chosen, say) {
  return html`
    <tr id="${row.id}" data-key="${row.id}" class="${chosen ? "is-chosen" : ""}">
      <th scope="row">
        ${row.lon === null ? html`<span class="cover-name">${row.name}</span>` : html`<button type="button" class="plain-button cover-name" data-look="${row.id}" title="${say("cover.look")}" aria-pressed="${String(chosen)}">${row.name}</button>`}
        <span class="meta">${say(`cover.place.${row.place}`)}${row.length_km === null ? "" : ` ${row.length_km.toFixed(1)} km`}${row.provincial ? html` · <span class="tag">${say("cover.provincial")}</span>` : NOTHING}</span>
        ${row.flags.map((words) => html`<span class="meta doubt-line">${words}</span>`)}
        <span class="print-only meta">${row.lon}, ${row.lat}</span>
      </th>
      <td data-label="${say("cover.by.giving")}">${row.giving ? side(row.giving) : NOTHING}</td>
      <td data-label="${say("cover.by.taking")}">${row.taking.map(side)}</td>
      <td data-label="${say("cover.by.state")}">${row.directions.length ? row.directions.map((each) => direction(each, row.place !== "crossing", say)) : html`<p>${mark(row.state, say)}</p>`}</td>
      <td data-label="${say("cover.by.left_out")}">${row.left_out.map(
        (left) => html`<p><a href="/agreements/${left.agreement}">${left.title}</a><span class="meta">${say(left.onward ? "cover.left.onward" : "cover.left.party", { name: left.party_name })}</span></p>`,
      )}</td>
    </tr>
  `;
}

/** @param {Side} one */
function side(one) {
  const [only, ...more] = one.divisions;
  const other = more.length || only?.code !== one.code;
  return html`<p>${one.name}${other ? html`<span class="meta">${one.divisions.map(({ name }) => name).join(", ")}</span>` : NOTHING}</p>`;
}

/** @param {Direction} each @param {boolean} named who tells whom, where the two sides do not say it @param {Say} say */
function direction(each, named, say) {
  const limit = each.within_minutes === null ? NOTHING : html` <span class="cover-limit">${say("cover.within", { n: each.within_minutes })}</span>`;
  return html`
    <div class="cover-way">
      <p>${mark(each.state, say)} ${say(`cover.way.${each.way}`)}${named ? html` <span class="cover-pair">${each.who_name} → ${each.tells_name}</span>` : NOTHING}${limit}</p>
      ${each.covers.length ? html`<details><summary>${say("cover.clauses", { n: each.covers.length })}</summary><ul class="plain">${each.covers.map((cover) => clause(cover, say))}</ul></details>` : NOTHING}
      ${each.state === "none" && each.reason ? html`<p class="meta">${each.reason}</p>` : NOTHING}
    </div>
  `;
}

/**
 * A cited clause that leads to its agreement.
 * @param {Cover} cover
 * @param {Say} say
 */
function clause(cover, say) {
  const only = [
    cover.grade_at_least ? say("cover.grade", { grade: cover.grade_at_least }) : "",
    cover.within_hours === null ? "" : say("cover.hours", { n: cover.within_hours }),
  ].filter(Boolean);
  return html`
    <li>
      <a href="/agreements/${cover.agreement}?version=${cover.version}#clause-${cover.clause}">${cover.cited}</a>
      ${cover.text_held ? NOTHING : html`<span class="tag doubt">${say("clause.not_held")}</span>`}
      <span class="meta">${cover.within_minutes === null ? say("cover.no_limit") : `${say("cover.within", { n: cover.within_minutes })} (${say(`source.${cover.source}`)})`}${only.length ? ` · ${only.join(" · ")}` : ""}</span>
    </li>
  `;
}

/**
 * How much holds there: a filled, a half, a hollow mark, and the word.
 * @param {State} state
 * @param {Say} say
 */
export function mark(state, say) {
  return html`<span class="cover-mark is-${state}">${say(`cover.state.${state}`)}</span>`;
}
