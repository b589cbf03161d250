/** The desk: puts the parts of the page together, loads what is known, and keeps it true. */

import * as calls from "./acts/calls.js";
import * as centre from "./acts/centre.js";
import * as incidents from "./acts/incidents.js";
import * as inside from "./acts/inside.js";
import * as issue from "./acts/issue.js";
import * as offers from "./acts/offers.js";
import * as reach from "./acts/reach.js";
import * as reasons from "./acts/reasons.js";
import * as report from "./acts/report.js";
import * as sign from "./acts/sign.js";
import * as sameEvent from "./acts/same_event.js";
import { quietly } from "./acts/trouble.js";
import * as alarm from "./alarm.js";
import { get } from "./api.js";
import { listen } from "./events.js";
import { language, say } from "./here.js";
import * as live from "./live.js";
import * as chart from "./map/map.js";
import { dress, draw } from "./page.js";
import * as sheets from "./sheets.js";
import { set, start, state, watch } from "./store.js";
import * as ticking from "./ticking.js";
import { mayReport } from "./views/next.js";

const POLL_MS = 10_000;
const DAY_STATE_MS = 300_000;
const MAY_SEE_CONTACTS = new Set(["duty_officer", "leader", "administrator"]);

async function begin() {
  const asked_ms = Date.now();
  const me = await get("me");
  const skew_ms = new Date(me.now).getTime() - (asked_ms + Date.now()) / 2;
  start(initial(me, skew_ms));
  watch(draw);
  watch((current, before) => {
    if (before?.mode === "report" && current.mode === "desk") report.remember();
  });
  wire();
  sourceLine(me.source_line);
  ticking.start(() => {
    set({});
    quietly(loadAudit());
    quietly(loadDuty(me.desk));
  });
  const map = document.getElementById("map");
  if (map) openMap(map, me.time_zone);
  reach.keepMarked(DAY_STATE_MS);
  connect(me.desk);
  await Promise.all([incidents.loadList(), calls.loadMine(), loadDuty(me.desk), loadAudit()].map(quietly));
  offers.ringIfOpen();
  report.remember();
  await quietly(incidents.open("replace"));
}

/** The desk works without its map, on a computer that cannot draw one. @param {HTMLElement} place @param {string} zone */
async function openMap(place, zone) {
  try {
    await chart.open(
      place,
      { say, language, zone },
      {
        place: report.setPlace,
        point: mayPlace,
        writing: () => state().mode === "report",
        reach: (pressed) => quietly(reach.open(pressed)),
        ready: dress,
        event: (number) => quietly(incidents.choose(number)),
      },
    );
  } catch (trouble) {
    console.warn(trouble);
    place.textContent = say("map.cannot");
    place.classList.add("cannot");
    set({ centre: "plot" });
  }
}

/** @param {string | null} desk */
function connect(desk) {
  live.join("me", () => 0);
  if (desk) live.join(`desk:${desk}`, () => offers.lastOf(desk));
  live.connect({
    entry: (entry) => (entry.stream.startsWith("desk:") ? offers.heardDesk(entry) : incidents.heard(entry)),
    link: linked,
    left: incidents.closed,
  });
  setInterval(() => {
    const { link, chosen } = state();
    if (link !== "live" && chosen !== null) quietly(incidents.catchUp(`incident:${chosen}`));
  }, POLL_MS);
}

/** @param {"connecting" | "live" | "lost"} link @param {string} [why] */
function linked(link, why) {
  const { link: before, lost_at } = state();
  set({ link, lost_at: link === "live" ? null : (lost_at ?? Date.now()) });
  if (why === "sign-in") set({ notice: say("trouble.session"), expired: true });
  if (link === "live" && before === "lost") [incidents.loadList(), calls.loadMine()].forEach(quietly);
}

function wire() {
  const own = {
    open: (/** @type {HTMLElement} */ button) => quietly(incidents.choose(Number(button.dataset.id))),
    tab: (/** @type {HTMLElement} */ button) => set({ tab: /** @type {any} */ (button.dataset.id) }),
    dismiss: () => set({ notice: null, news: [] }),
    cancel_sheet: () => sheets.close(),
  };
  listen({
    clicks: {
      ...own,
      ...report.clicks,
      ...calls.clicks,
      ...inside.clicks,
      ...issue.clicks,
      ...reasons.clicks,
      ...sign.clicks,
      ...sameEvent.clicks,
      ...offers.clicks,
      ...centre.clicks,
      ...reach.clicks,
    },
    changes: {
      ...report.changes,
      ...issue.changes,
      ...reach.changes,
      choose: (/** @type {HTMLSelectElement} */ list) =>
        quietly(incidents.choose(list.value ? Number(list.value) : null)),
      layer: (/** @type {HTMLInputElement} */ box) => chart.switchLayer(box.dataset.id ?? "", box.checked),
    },
    inputs: { ...report.inputs, ...centre.inputs },
    submits: {
      ...report.submits,
      ...calls.submits,
      ...issue.submits,
      ...reasons.submits,
      ...sign.submits,
      ...sameEvent.submits,
      ...reach.submits,
    },
  });
  window.addEventListener("resize", () => set({}));
  window.addEventListener("popstate", () => quietly(incidents.open("keep")));
  document.addEventListener("pointerdown", (event) => {
    alarm.arm();
    closeBoxes(/** @type {Element | null} */ (event.target));
  });
  document.addEventListener("keydown", keys);
  document.getElementById("sheet")?.addEventListener("close", () => {
    if (document.querySelector("dialog#sheet[open]")) return; // opened again before the browser said that it was closed
    issue.forget();
    reasons.forget();
    sign.forget();
    sameEvent.forget();
    sheets.clear();
  });
}

/** A menu or box of the page closes when something else is pressed. @param {Element | null} pressed */
function closeBoxes(pressed) {
  for (const box of document.querySelectorAll("details.menu[open], details.map-box[open]"))
    if (!box.contains(pressed)) box.removeAttribute("open");
}

/** @param {KeyboardEvent} event */
function keys(event) {
  alarm.arm();
  const box = document.querySelector("details.menu[open], details.map-box[open]");
  const from = /** @type {HTMLElement} */ (event.target);
  if (event.key === "Escape") {
    closeBoxes(null);
    if (state().reach && !from.closest("#report-form, dialog")) closeReach();
  }
  if (event.key === "Enter" && from.id === "place" && report.firstPlace()) event.preventDefault();
  const dialog = document.querySelector("dialog[open]");
  if (event.altKey && event.code === "KeyR" && !dialog && mayReport(state().me)) {
    event.preventDefault();
    if (state().mode !== "report") report.begin();
  }
  if (event.key === "Escape" && state().mode === "report" && !dialog && !box) {
    if (state().places.length) set({ places: [] });
    else report.leave();
  }
}

/** The focus goes back to the map, from which the card was opened. */
function closeReach() {
  reach.close();
  /** @type {HTMLElement | null} */ (document.querySelector("#map canvas"))?.focus();
}

/**
 * A click on the map places a report: always while one is written, and else only where nothing is looked at; a click on a
 * river opens its card, unless a report is being written.
 */
function mayPlace() {
  const { mode, chosen, me } = state();
  return mode === "report" || (chosen === null && me.role !== "observer");
}

/** Where the boundaries come from, as their loader says. @param {string | null | undefined} boundaries */
function sourceLine(boundaries) {
  const line = document.getElementById("source-line");
  const [zh, en] = boundaries?.split(/\s*\/\s+/) ?? [];
  if (line && boundaries) line.textContent = `${say("map.source")} ${(language === "zh" ? zh : en) ?? boundaries}`;
}

/** @param {string | null} desk */
async function loadDuty(desk) {
  if (desk && MAY_SEE_CONTACTS.has(state().me.role)) set({ duty: await get(`desks/${desk}/duty`) });
}

/** Whether delivery does what it should: asked for now and then, since a dead worker says nothing. */
async function loadAudit() {
  if (MAY_SEE_CONTACTS.has(state().me.role)) set({ audit: await get("audit") });
}

/**
 * @param {import("./types.js").Me} me
 * @param {number} skew_ms
 * @returns {import("./store.js").State}
 */
function initial(me, skew_ms) {
  return {
    me,
    skew_ms,
    incidents: null,
    chosen: null,
    incident: null,
    assessment: null,
    shapes: null,
    calls: [],
    intakes: [],
    inside: [],
    files: {},
    mine: [],
    tests: [],
    duty: null,
    link: "connecting",
    lost_at: null,
    mode: "desk",
    reportFor: null,
    joined: false,
    another: [],
    event: null,
    dismissed: [],
    leadFault: null,
    correcting: null,
    draft: null,
    slips: [],
    preview: { state: "idle", assessment: null, problem: null },
    places: [],
    searched: null,
    typing: null,
    kept: null,
    picks: {},
    revealed: {},
    cardFaults: {},
    notice: null,
    expired: false,
    tab: "next",
    centre: "map",
    lookAt_ms: null,
    news: [],
    reach: null,
    playing: false,
    alarm: false,
    audit: null,
    busy: false,
  };
}

begin();
