/** Draws the state on the page: each panel by its view, the map by its shapes, and the drill stripe over everything. */

import { mayReport } from "./acts/reach.js";
import * as alarm from "./alarm.js";
import { when } from "./clock.js";
import { here, say } from "./here.js";
import { html, NOTHING } from "./html.js";
import { address } from "./map/icons.js";
import { controls } from "./map/legend.js";
import * as chart from "./map/map.js";
import { morph } from "./morph.js";
import { ON_ROSTER, standing } from "./news.js";
import { now, state } from "./store.js";
import { known } from "./views/known.js";
import { plot } from "./views/plot.js";
import { reachCard } from "./views/reach.js";
import { slider } from "./views/slider.js";
import { bar, next } from "./views/next.js";
import { assumed } from "./views/assumed.js";
import { signInAgain } from "./views/parts.js";
import { duty, incidentName, link, switcher } from "./views/topbar.js";

/** @typedef {import("./store.js").State} State */

const REDRAW_MS = 30_000;
/** What the buttons above the plot and the source line under it take, as in map.css; on a phone the line breaks. */
const PLOT_HEAD = 76;
const NARROW = 500;
const PLOT_HEAD_NARROW = 96;
let firstCall = /** @type {string | null} */ (null);
let framed = /** @type {number | null} */ (null);
/** What the map was last drawn from. */
let charted = {
  shapes: /** @type {State["shapes"]} */ (null),
  incidents: /** @type {State["incidents"]} */ (null),
  chosen: /** @type {number | null} */ (null),
  at_ms: 0,
};

/** @param {State} current @param {State | null} before */
export function draw(current, before) {
  const at = here();
  put("switcher", switcher(current, at));
  put("link", link(current, at));
  put("duty", duty(current, at));
  put("banner", banner(current));
  put("next-body", next(current, at));
  openFirstCall();
  put("next-bar", bar(current, at));
  put("known-body", known(current, at));
  select(current);
  drill(current);
  document.body.dataset.tab = current.tab;
  for (const tab of document.querySelectorAll("[data-do=tab]"))
    tab.setAttribute("aria-selected", String(/** @type {HTMLElement} */ (tab).dataset.id === current.tab));
  if (before && before.tab !== current.tab) chart.resized();
  put("reach", current.reach ? reachCard(current.reach, at, mayReport()) : NOTHING);
  if (!current.reach && before?.reach) {
    chart.markReach(null);
    chart.recover();
  }
  drawCentre(current);
  drawMap(current); // after the slider stands: the map is framed at the size that it keeps
}

/** The map has loaded its style: give it what is known, and the legend its marks. */
export function dress() {
  const current = state();
  const { ink, paper } = chart.colours();
  put("map-controls", controls(say));
  for (const image of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("img[data-mark]"))) {
    const [kind = "", synthetic] = (image.dataset.mark ?? "").split("-");
    image.setAttribute("src", address(kind, { ink, paper }, synthetic === "synthetic"));
  }
  charted = { ...charted, incidents: null, chosen: null, at_ms: 0 };
  drawMap(current);
}

/** @param {State} current */
function drawMap(current) {
  if (current.chosen === null) framed = null;
  if (current.mode !== "report") chart.mark(null);
  const shapes = current.mode === "report" && !current.reportFor ? null : current.shapes;
  const at = lookAt(current);
  if (shapes !== charted.shapes || Math.abs(at.getTime() - charted.at_ms) >= REDRAW_MS) {
    charted = { ...charted, shapes, at_ms: at.getTime() };
    chart.show(shapes, at, here());
  }
  if (current.incidents !== charted.incidents || current.chosen !== charted.chosen) {
    charted = { ...charted, incidents: current.incidents, chosen: current.chosen };
    chart.showEvents(others(current));
  }
  if (shapes && framed !== current.chosen) frame(current);
}

/** @param {State} current */
function others({ incidents, chosen }) {
  return (incidents ?? []).flatMap((one) => {
    const { number, lon, lat, status } = one;
    return number === chosen || lon === null || lat === null || status === "closed"
      ? []
      : [{ number, lon, lat, title: incidentName(one, here()) }];
  });
}

/** The plot in place of the map, and the slider under both. @param {State} current */
function drawCentre(current) {
  put("centre-tabs", centreTabs(current));
  put("centre-foot", slider(current, here()));
  const place = document.getElementById("plot");
  if (!place) return;
  place.hidden = current.centre !== "plot";
  document.getElementById("map-controls")?.toggleAttribute("hidden", current.centre === "plot");
  const { clientWidth: width, clientHeight: height } = place;
  if (current.centre === "plot")
    morph(
      place,
      plot(
        current.assessment,
        { width, height: height - (width < NARROW ? PLOT_HEAD_NARROW : PLOT_HEAD), knownAt: current.incident?.known_at, at: lookAt(current) },
        here(),
      ),
    );
}

/** @param {State} current */
function centreTabs(current) {
  return html`
    ${["map", "plot"].map(
      (name) => html`
        <button data-do="centre" data-id="${name}" aria-pressed="${String(current.centre === name)}">
          ${say(`centre.${name}`)}
        </button>
      `,
    )}
  `;
}

/** @param {State} current */
function frame(current) {
  framed = current.chosen;
  chart.resized();
  if (current.shapes) chart.frame(current.shapes, now());
}

/** @param {State} current */
function lookAt(current) {
  return current.lookAt_ms === null ? now() : new Date(current.lookAt_ms);
}

/** @param {State} current */
function banner(current) {
  const drilled = current.incident?.drill || (current.mode === "report" && current.draft?.drill);
  return html`
    ${drilled ? html`<p class="drill-stripe">${say("drill.stripe")}</p>` : NOTHING}
    ${
      current.link === "lost" && current.lost_at
        ? html`
            <p class="notice is-lost" role="status">
              ${say("link.stale", { at: when(new Date(current.lost_at), here()) })}
            </p>
          `
        : NOTHING
    }
    ${
      current.alarm
        ? html`
            <p class="notice is-alarm" role="alert">
              <strong>${say("alarm.title")}</strong>
              ${alarmWords(current)}
              <button data-do="show_mine">${say("alarm.show")}</button>
              <button data-do="silence">${say("alarm.silence")}</button>
            </p>
          `
        : NOTHING
    }
    ${standing(current).map(
      (one) => html`
        <p class="notice" role="alert" data-key="news-${one.n}">
          <strong>${one.words}</strong>
          ${
            one.incident && one.incident !== current.chosen
              ? html`
                  <button data-do="open" data-id="${one.incident}">${say("news.open", { n: one.incident })}</button>
                `
              : NOTHING
          }
          ${ON_ROSTER.has(one.kind) ? html`<a href="/roster">${say("nav.roster")}</a>` : NOTHING}
          <button data-do="dismiss">${say("dismiss")}</button>
        </p>
      `,
    )}
    ${
      current.notice
        ? html`
            <p class="notice" role="alert">
              ${current.notice} ${current.expired ? signInAgain(here()) : NOTHING}
              <button data-do="dismiss">${say("dismiss")}</button>
            </p>
          `
        : NOTHING
    }
    ${assumed(current, here())}${audited(current)}${notices(current)}
  `;
}

/** What is wrong with delivery itself: nothing else on this page can be trusted to go out. @param {State} current */
function audited({ audit }) {
  const alarms = (audit?.findings ?? []).filter((one) => one.alarm);
  if (!alarms.length) return NOTHING;
  return html`
    <p class="notice is-over" role="alert" data-key="audit">
      <strong>${say("audit.alarm")}</strong>
      ${alarms.map(({ desk_name, words }) => (desk_name ? `${desk_name}${say("colon")}${words}` : words)).join(" ")}
      <a href="/audit">${say("audit.more")}</a>
    </p>
  `;
}

/** Whether the system's notices are off, and how they are switched on; a browser that refuses says so. @param {State} current */
function notices(current) {
  const how = alarm.noticesAre();
  const calm = current.me.role === "liaison" || (current.chosen === null && current.mode === "desk"); // else there is no room
  if (current.alarm || how === "on" || !calm) return NOTHING;
  return html`
    <p class="notice is-quiet" data-key="notices">
      ${say(`alarm.${how}`)} ${how === "ask" ? html`<button data-do="allow_notices">${say("alarm.allow")}</button>` : NOTHING}
    </p>
  `;
}

/** @param {State} current */
function alarmWords({ mine: [newest] }) {
  return newest ? say("mine.from", { desk: newest.who_name ?? newest.who }) : "";
}

/** The next call lies open; one that the officer closed stays closed while it is the next. */
function openFirstCall() {
  const card = document.querySelector(".cards > li");
  const key = card?.getAttribute("data-key") ?? null;
  if (key !== firstCall && card) card.querySelector("details")?.setAttribute("open", "");
  firstCall = key;
}

/** The switcher shows what is chosen, also when the choice came from elsewhere. @param {State} current */
function select(current) {
  const list = document.getElementById("incident");
  const value = String(current.chosen ?? "");
  if (list instanceof HTMLSelectElement && list.value !== value) list.value = value;
}

/** @param {State} current */
function drill(current) {
  const drilled = Boolean(current.incident?.drill);
  document.body.classList.toggle("is-drill", drilled);
  const listed = current.incidents?.find(({ number }) => number === current.chosen);
  const waiting = current.mine.length ? `(${current.mine.length}) ` : "";
  document.title = `${waiting}${listed ? incidentName(listed, here()) : say("app.title")} · ${say("app.name")}`;
}

/** @param {string} id @param {import("./html.js").Markup} markup */
function put(id, markup) {
  const place = document.getElementById(id);
  if (place) morph(place, markup);
}
