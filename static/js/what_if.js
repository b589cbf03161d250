/** The page of what-if: a place by name, by coordinates, by a click or as a risk source; the answer beside the map. */

import { get, Problem, Unreachable } from "./api.js";
import { language, say } from "./here.js";
import { html, NOTHING } from "./html.js";
import * as chart from "./map/map.js";
import { morph } from "./morph.js";
import { answer, overAll } from "./views/what_if.js";

const FIELDS = ["lon", "lat", "site", "at", "medium", "grade", "kind", "source_state", "flow_state"];
const PAUSE_MS = 250;
const form = /** @type {HTMLFormElement} */ (document.getElementById("what-if"));
const out = /** @type {HTMLElement} */ (document.getElementById("answer"));
const list = /** @type {HTMLElement} */ (document.getElementById("what-if-places"));
const name = /** @type {HTMLInputElement} */ (form.elements.namedItem("name"));
const zone = form.dataset.zone ?? "Asia/Shanghai";
let asking = new AbortController();
let seeking = new AbortController();
let waiting = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
let drawn = false;

const here = () => ({ say, language, zone, now: new Date() });
/** @param {string} field */
const value = (field) => String(new FormData(form).get(field) ?? "").trim();

/** @param {{lon: number, lat: number}} place @param {string} [called] */
function put(place, called = "") {
  write("lon", place.lon.toFixed(5));
  write("lat", place.lat.toFixed(5));
  write("site", "");
  name.value = called;
  if (drawn) {
    chart.mark(place, (moved) => put(moved), say("whatif.here"));
    chart.look(place);
  }
  places([]);
}

/** @param {string} field @param {string} words */
function write(field, words) {
  const found = form.elements.namedItem(field);
  if (found instanceof HTMLInputElement || found instanceof HTMLSelectElement) found.value = words;
}

/** @param {{name: string, detail: string, lon: number, lat: number}[]} found @param {string} [none] */
function places(found, none = "") {
  name.setAttribute("aria-expanded", String(found.length > 0));
  morph(
    list,
    found.length
      ? html`${found.map((one) => html`<li><button type="button" data-lon="${one.lon}" data-lat="${one.lat}" data-name="${one.name}"><strong>${one.name}</strong> <span class="meta">${one.detail}</span></button></li>`)}`
      : html`${none ? html`<li class="hint">${none}</li>` : NOTHING}`,
  );
}

async function seek() {
  seeking.abort();
  seeking = new AbortController();
  const q = name.value.trim();
  if (!q) return places([]);
  try {
    const found = await get("places", { q: q.slice(0, 40) }, seeking.signal);
    places(found.places, say("form.place.nowhere"));
  } catch (trouble) {
    if (!(trouble instanceof DOMException)) failed(trouble);
  }
}

/** What the other set of agreements is, as the form says it. @returns {Record<string, string>} */
function other() {
  const against = value("against");
  const [how, id = "", n = ""] = value("other").split("|");
  if (how === "without") return { without: id };
  if (how === "version") return { agreement: id, version: n, ...(against ? { against } : {}) };
  if (how === "day" && value("other_at")) return { other_at: value("other_at") };
  return {};
}

/** @param {"place" | "all"} what */
async function ask(what) {
  asking.abort();
  asking = new AbortController();
  const here_ = Object.fromEntries(FIELDS.map((field) => [field, value(field)]).filter(([, words]) => words));
  if (here_.site) {
    delete here_.lon;
    delete here_.lat;
  }
  const { at, ...rest } = here_;
  const query = what === "all" ? { ...(at ? { at } : {}), ...other() } : { ...here_, ...other() };
  if (what === "place" && !rest.site && !(rest.lon && rest.lat)) return fault(say("form.place.missing"), name);
  if (what === "all" && !Object.keys(other()).length) return fault(say("whatif.choose"), form.elements.namedItem("other"));
  out.setAttribute("aria-busy", "true");
  morph(out, html`<p class="empty" role="status">${say("whatif.asking")}</p>`);
  try {
    const found = await get(what === "all" ? "what-if/agreements" : "what-if", query, asking.signal);
    morph(out, what === "all" ? overAll(found, here()) : answer(found, here()));
    if (drawn && found.geometry) {
      chart.show(found.geometry, new Date(), /** @type {any} */ (here()));
      chart.frame(found.geometry, new Date(found.release_at));
    } else if (drawn) chart.show(null, new Date(), /** @type {any} */ (here()));
    if (drawn) chart.showEvents(changed(found.changes ?? []));
    if (!matchMedia("(min-width: 1000px)").matches) out.scrollIntoView({ block: "start" });
    out.focus({ preventScroll: true });
  } catch (trouble) {
    failed(trouble);
  }
  out.removeAttribute("aria-busy");
}

/** The lines that would change, each once, as marks of the map. @param {{row: string, name: string, lon: number | null, lat: number | null}[]} changes */
function changed(changes) {
  const rows = new Map(changes.map((one) => [one.row, one]));
  return [...rows.values()].flatMap(({ name: title, lon, lat }, number) =>
    lon === null || lat === null ? [] : [{ number, lon, lat, title }],
  );
}

/** @param {unknown} trouble */
function failed(trouble) {
  if (trouble instanceof DOMException && trouble.name === "AbortError") return;
  if (!(trouble instanceof Problem || trouble instanceof Unreachable)) throw trouble;
  const field = trouble instanceof Problem ? trouble.field : null;
  fault(trouble instanceof Problem ? trouble.message : say("trouble.unreachable"), field ? form.elements.namedItem(field) : null);
  const candidates = trouble instanceof Problem ? (trouble.facts.candidates ?? []) : [];
  places(candidates.map((/** @type {any} */ one) => ({ name: one.name, detail: say("form.candidate", { river: one.river, km: `${(one.distance_m / 1000).toFixed(1)} km` }), lon: one.lon, lat: one.lat })));
}

/** @param {string} words @param {Element | RadioNodeList | null} [field] */
function fault(words, field) {
  morph(out, html`<p class="fault" role="alert">${words}</p>`);
  out.removeAttribute("aria-busy");
  if (field instanceof HTMLElement) field.focus();
}

/** Only what belongs to the chosen comparison is shown. */
function comparing() {
  const [how, id] = value("other").split("|");
  const versions = /** @type {HTMLSelectElement} */ (form.elements.namedItem("against"));
  for (const option of versions.options) option.hidden = Boolean(option.dataset.of) && option.dataset.of !== id;
  if (versions.selectedOptions[0]?.hidden) versions.value = "";
  document.getElementById("against-field")?.toggleAttribute("hidden", how !== "version");
  document.getElementById("day-field")?.toggleAttribute("hidden", how !== "day");
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const pressed = /** @type {SubmitEvent} */ (event).submitter;
  ask(pressed instanceof HTMLElement && pressed.dataset.ask === "all" ? "all" : "place");
});
form.addEventListener("change", comparing);
name.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(seek, PAUSE_MS);
});
name.addEventListener("keydown", (event) => {
  if (event.key === "Escape") places([]);
  const first = list.querySelector("button");
  if (event.key === "ArrowDown" && first) {
    event.preventDefault();
    first.focus();
  }
  if (event.key === "Enter" && first instanceof HTMLElement) {
    event.preventDefault(); // the name is not yet a place
    first.click();
  }
});
list.addEventListener("keydown", (event) => {
  const item = document.activeElement?.closest("li");
  const next = event.key === "ArrowDown" ? item?.nextElementSibling : event.key === "ArrowUp" ? item?.previousElementSibling : null;
  if (event.key === "Escape") {
    places([]);
    name.focus();
  }
  if (next) {
    event.preventDefault();
    next.querySelector("button")?.focus();
  }
});
list.addEventListener("click", ({ target }) => {
  const button = target instanceof Element ? target.closest("button") : null;
  if (!button) return;
  put({ lon: Number(button.dataset.lon), lat: Number(button.dataset.lat) }, button.dataset.name ?? "");
  form.querySelector("button.primary")?.dispatchEvent(new Event("focus"));
  /** @type {HTMLElement | null} */ (form.querySelector("button.primary"))?.focus();
});
document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
comparing();

const place = document.getElementById("map");
if (place) {
  chart
    .open(
      place,
      { say, language, zone },
      {
        place: (at) => put(at),
        point: () => true,
        writing: () => true,
        reach: () => {},
        event: () => {},
        ready: () => {
          drawn = true;
        },
      },
    )
    .catch((/** @type {unknown} */ trouble) => {
      console.warn(trouble);
      place.replaceChildren(say("map.cannot"));
    });
}
