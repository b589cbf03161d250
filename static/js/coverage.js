/** The page of the coverage: asks for the rows of a day, filters, sorts, and shows the chosen one on the map. */

import { get, Problem, Unreachable } from "./api.js";
import { language, say } from "./here.js";
import { html } from "./html.js";
import { around, open } from "./map/plain.js";
import { morph } from "./morph.js";
import { points, sorted, summary, table } from "./views/coverage.js";

/** @typedef {import("./views/coverage.js").Row} Row */
/** @typedef {import("./map/plain.js").Chart} Chart */

const FIELDS = ["at", "river", "division", "state", "place", "agreement", "left_out", "provincial"];
const form = /** @type {HTMLFormElement} */ (document.getElementById("cover-filter"));
const rowsPlace = /** @type {HTMLElement} */ (document.getElementById("cover-rows"));
const sumPlace = /** @type {HTMLElement} */ (document.getElementById("cover-sum"));
let found = /** @type {any} */ (null);
let order = /** @type {import("./views/coverage.js").Order} */ ({ key: "state", down: false });
let chosen = /** @type {string | null} */ (null);
let chart = /** @type {Chart | null} */ (null);
let framed = "";
/** Only the newest question is answered on the page. */
let asking = new AbortController();

/** @returns {Record<string, string>} */
function asked() {
  const data = new FormData(form);
  return Object.fromEntries(
    FIELDS.map((name) => [name, String(data.get(name) ?? "")]).filter(([, value]) => value !== ""),
  );
}

async function load() {
  asking.abort();
  asking = new AbortController();
  const query = asked();
  history.replaceState(null, "", Object.keys(query).length ? `?${new URLSearchParams(query)}` : location.pathname);
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("a[data-format]")))
    link.href = `/api/v1/coverage?${new URLSearchParams({ ...query, format: link.dataset.format ?? "" })}`;
  rowsPlace.setAttribute("aria-busy", "true");
  morph(sumPlace, html`<p class="empty">${say("cover.loading")}</p>`);
  try {
    found = await get("coverage", query, asking.signal);
    options();
    draw();
  } catch (trouble) {
    if (trouble instanceof DOMException && trouble.name === "AbortError") return;
    if (!(trouble instanceof Problem || trouble instanceof Unreachable)) throw trouble;
    const words = trouble instanceof Problem ? trouble.message : say("trouble.unreachable");
    morph(sumPlace, html`<p class="fault" role="alert">${words}</p>`);
    morph(rowsPlace, html``);
  }
  rowsPlace.removeAttribute("aria-busy");
}

/** The choices of the day; what is chosen stays chosen. */
function options() {
  const { rivers, divisions, agreements } = found.choices;
  fill("river", rivers.map((/** @type {any} */ one) => [one.code, one.name]));
  fill("division", divisions.map((/** @type {any} */ one) => [one.code, one.name]));
  fill("agreement", agreements.map((/** @type {any} */ one) => [one.id, one.title]));
}

/** @param {string} name @param {[string, string][]} pairs */
function fill(name, pairs) {
  const list = /** @type {HTMLSelectElement} */ (form.elements.namedItem(name));
  const kept = list.value || wanted.get(name) || "";
  const [all] = list.options;
  list.replaceChildren(...(all ? [all] : []), ...pairs.map(([value, words]) => new Option(words, value)));
  list.value = pairs.some(([value]) => value === kept) ? kept : "";
}

function draw() {
  const rows = sorted(/** @type {Row[]} */ (found.rows), order, language);
  const query = asked();
  morph(sumPlace, summary(found, { agreement: query.agreement ?? "", leftOut: query.left_out === "1" }, say));
  morph(rowsPlace, rows.length ? table(rows, order, chosen, say) : html`<p class="empty">${empty()}</p>`);
  const shown = points(rows);
  chart?.show(shown);
  chart?.choose(chosen);
  const key = rows.map(({ id }) => id).sort().join();
  if (chart && key !== framed && shown.features.length) {
    framed = key;
    chart.frame(around(shown));
  }
}

/** What would be here, and how it gets here. */
function empty() {
  if (found.total) return say("cover.empty.filter");
  return say("cover.empty.none");
}

/** @param {string} id @param {{look: boolean}} how */
function choose(id, { look }) {
  chosen = chosen === id && look ? null : id;
  const row = /** @type {Row | undefined} */ (found?.rows.find((/** @type {Row} */ one) => one.id === id));
  draw();
  if (look && chosen && row && row.lon !== null && row.lat !== null) chart?.look({ lon: row.lon, lat: row.lat });
  if (!look) document.getElementById(id)?.scrollIntoView({ block: "center" });
}

/** What the address asks for, until the choices of the day are there to hold it. */
const wanted = new URLSearchParams(location.search);
for (const name of FIELDS) {
  const field = form.elements.namedItem(name);
  if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = wanted.get(name) === "1";
  else if (field instanceof HTMLInputElement) field.value = wanted.get(name) ?? "";
  else if (field instanceof HTMLSelectElement) {
    const value = wanted.get(name) ?? "";
    if (value && ![...field.options].some((one) => one.value === value)) field.append(new Option(value, value));
    field.value = value;
  }
}
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", load);
form.addEventListener("reset", () => {
  for (const name of [...wanted.keys()]) wanted.delete(name);
  setTimeout(load);
});
rowsPlace.addEventListener("click", ({ target }) => {
  if (!(target instanceof Element)) return;
  const sort = target.closest("[data-sort]")?.getAttribute("data-sort");
  const look = target.closest("[data-look]")?.getAttribute("data-look");
  if (sort) {
    order = { key: /** @type {any} */ (sort), down: order.key === sort ? !order.down : false };
    draw();
  }
  if (look) choose(look, { look: true });
});
document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
const place = document.getElementById("chart");
try {
  if (place) chart = open(place, { say, language }, { chosen: (id) => choose(id, { look: false }), ready: () => found && draw() });
} catch (trouble) {
  console.warn(trouble); // a computer that cannot draw a map still has the table
  place?.replaceChildren(say("map.cannot"));
}
load();
