/** The chart in the middle: rivers, boundaries and sites as tiles of this service, and on them what is reached when. */

import * as maplibregl from "maplibre-gl";
import { when } from "../clock.js";
import { stage } from "../stage.js";
import { addTo } from "./icons.js";
import { EMPTY, style, SWITCHES } from "./style.js";

/** @typedef {import("./style.js").Colours} Colours */
/**
 * @typedef {object} Ears
 * @property {(place: {lon: number, lat: number}) => void} place a report is placed by a click
 * @property {() => boolean} point whether a click places one now
 * @property {() => boolean} writing whether a report is being written, so that every click is its place
 * @property {(pressed: {id: number | null, lon: number, lat: number}) => void} reach a river was pressed
 * @property {() => void} ready
 * @property {(number: number) => void} event another incident was clicked
 */
/** @typedef {{say: import("../words.js").Say, language: "zh" | "en", zone: string}} Speech */

/** The reference basin, where the page of a desk without a division of its own begins. */
const BASIN = /** @type {[number, number, number, number]} */ ([101.6, 27.9, 110.2, 33.2]);
const NEAR_H = 24;
const CLOSE = 10;
/** What lies over the map, in pixels: the switches above, source line and scale below, the zoom buttons at the right. */
const COVERED = { top: 64, bottom: 72, left: 32, right: 64 };
/** A name beside a mark needs room as well. */
const NAMED = { top: 96, bottom: 96, left: 40, right: 110 };
/** How far from a river's line a press still means it, in pixels; a finger is wider than a pointer. */
const HIT = matchMedia("(pointer: coarse)").matches ? 14 : 6;
const RIVERS = ["day", "river", "river-schematic"];
const COLOURS = [
  "ground",
  "ink",
  "ink2",
  "line",
  "water",
  "canal",
  "land",
  "maybe",
  "here",
  "passed",
  "paper",
  "accent",
];

/** @type {maplibregl.Map | null} */
let map = null;
/** @type {maplibregl.Marker | null} */
let marker = null;
let shown = EMPTY;
/** Reaches of which something holds today, and the one whose card is open. */
let day = EMPTY;
let pressed = EMPTY;
/** How far the map made way for the card, in pixels, and the middle that it came to. */
let gaveWay = /** @type {{east: number, south: number, to: string} | null} */ (null);
/** What the source holds, so that labels are not placed anew for nothing. */
let drawn = "";
/** @type {Record<string, boolean>} */
const hidden = {};

/**
 * @param {HTMLElement} place
 * @param {Speech} speech
 * @param {Ears} ears
 */
export async function open(place, speech, ears) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  map = new maplibregl.Map({
    container: place,
    style: style(colours(), speech.language, location.origin),
    bounds: homeOf(place),
    fitBoundsOptions: { padding: COVERED },
    attributionControl: false,
    localIdeographFontFamily: "'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif",
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: still ? 0 : 150,
    locale: locale(speech.say),
    minZoom: 4,
    maxZoom: 15,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibregl.ScaleControl({ unit: "metric" }), "bottom-left");
  map.on("click", ({ lngLat, point }) => {
    const [event] = map?.getLayer("event") ? map.queryRenderedFeatures(point, { layers: ["event"] }) : [];
    if (event) ears.event(Number(event.properties.number));
    else if (ears.writing() || !press(point, lngLat, ears)) {
      if (ears.point()) ears.place({ lon: lngLat.lng, lat: lngLat.lat });
    }
  });
  map.getCanvas().addEventListener("keydown", ({ key }) => {
    const { clientWidth, clientHeight } = /** @type {HTMLElement} */ (place);
    if (key === "Enter" && map && !ears.writing())
      press(new maplibregl.Point(clientWidth / 2, clientHeight / 2), map.getCenter(), ears);
  });
  map.on("error", ({ error }) => console.warn(error?.message)); // a tile that did not come is asked for again as the map moves
  for (const begun of /** @type {const} */ (["dataloading", "movestart", "resize"]))
    map.on(begun, () => place.setAttribute("aria-busy", "true"));
  map.on("idle", () => place.setAttribute("aria-busy", "false"));
  map.on("style.load", () => dress(ears));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
    map?.setStyle(style(colours(), speech.language, location.origin)),
  );
}

/**
 * Opens the card of the river under a press; false where there is none.
 * @param {maplibregl.Point} point
 * @param {maplibregl.LngLat} place
 * @param {Ears} ears
 */
function press({ x, y }, { lng: lon, lat }, ears) {
  const layers = RIVERS.filter((layer) => map?.getLayer(layer));
  const [found] =
    map?.queryRenderedFeatures(
      [
        [x - HIT, y - HIT],
        [x + HIT, y + HIT],
      ],
      { layers },
    ) ?? [];
  if (!found) return false;
  ears.reach({ id: Number(found.properties.reach_id) || null, lon, lat });
  return true;
}

/** @param {Ears} ears */
async function dress(ears) {
  if (!map) return;
  drawn = "";
  const found = colours();
  await addTo(map, { ink: found.ink, paper: found.paper });
  for (const [name, off] of Object.entries(hidden)) switchLayer(name, !off);
  draw(shown);
  markDay(day);
  fill("pressed", pressed);
  ears.ready();
}

/**
 * What an assessment reaches, as it stands at an instant.
 * @param {GeoJSON.FeatureCollection | null} shapes
 * @param {Date} at
 * @param {Speech & {now: Date}} here
 */
export function show(shapes, at, here) {
  const all = shapes?.features ?? [];
  const origin = all.find(({ properties }) => properties?.layer === "arrival"); // where it happened: the spot itself marks it
  const features = all
    .filter((feature) => feature !== origin)
    .map((feature, order) => ({
      ...feature,
      properties: { ...feature.properties, ...dressed(feature, order, at, here) },
    }));
  draw({ type: "FeatureCollection", features });
}

/**
 * @param {GeoJSON.Feature} feature
 * @param {number} order
 * @param {Date} at
 * @param {Speech & {now: Date}} here
 */
function dressed({ properties }, order, at, here) {
  const found = /** @type {Record<string, any>} */ (properties ?? {});
  if (found.layer === "stretch") return { stage: stage(/** @type {any} */ (found), at) };
  if (found.layer !== "arrival") return {};
  const words = found.earliest_at ? `${here.say("not_before")} ${when(found.earliest_at, here)}` : here.say("unknown");
  return { order, title: found.name ?? "", words };
}

/** @param {GeoJSON.FeatureCollection} collection */
function draw(collection) {
  shown = collection;
  const source = map?.getSource("incident");
  const text = JSON.stringify(collection);
  if (!(source instanceof maplibregl.GeoJSONSource) || text === drawn) return;
  drawn = text;
  source.setData(collection);
}

/**
 * The other incidents that this desk may see.
 * @param {{number: number, lon: number, lat: number, title: string}[]} events
 */
export function showEvents(events) {
  const features = events.map(({ lon, lat, ...properties }) => ({
    type: /** @type {const} */ ("Feature"),
    geometry: { type: /** @type {const} */ ("Point"), coordinates: [lon, lat] },
    properties,
  }));
  const source = map?.getSource("events");
  if (source instanceof maplibregl.GeoJSONSource) source.setData({ type: "FeatureCollection", features });
}

/** The reaches of which something holds today. @param {GeoJSON.FeatureCollection} marked */
export function markDay(marked) {
  day = marked;
  fill("day", day);
}

/** The reach whose card is open. @param {GeoJSON.Geometry | null} line */
export function markReach(line) {
  pressed = line
    ? { type: "FeatureCollection", features: [{ type: "Feature", geometry: line, properties: {} }] }
    : EMPTY;
  fill("pressed", pressed);
}

/**
 * Moves the map so far that a place is not hidden by what lies over it, nor will be when that grows.
 * @param {{lon: number, lat: number}} place
 * @param {DOMRect} over
 */
export function uncover(place, over) {
  if (!map) return;
  const frame = map.getContainer().getBoundingClientRect();
  const { x, y } = map.project([place.lon, place.lat]);
  const [left, top] = [over.left - frame.left, over.top - frame.top];
  const beside = left > frame.width / 3; // else it has come up from below
  const covered = beside ? x > left - HIT && x < left + over.width + HIT : y > top - HIT;
  if (!covered) return;
  const wanted = beside ? { x: left / 2, y } : { x, y: top / 2 + HIT };
  const [east, south] = [x - wanted.x, y - wanted.y];
  map.panBy([east, south], { animate: false });
  gaveWay = { east, south, to: String(map.getCenter()) };
}

/** Back to where the map was before it made way, unless somebody has moved it since. */
export function recover() {
  if (map && gaveWay && String(map.getCenter()) === gaveWay.to)
    map.panBy([-gaveWay.east, -gaveWay.south], { animate: false });
  gaveWay = null;
}

/** @param {string} name @param {GeoJSON.FeatureCollection} collection */
function fill(name, collection) {
  const source = map?.getSource(name);
  if (source instanceof maplibregl.GeoJSONSource) source.setData(collection);
}

/**
 * Brings the stretches of the next hours into view.
 * @param {GeoJSON.FeatureCollection} shapes
 * @param {Date} now
 */
export function frame(shapes, now) {
  const soon = shapes.features.filter(
    ({ properties }) => !properties?.earliest_at || hoursFrom(now, properties.earliest_at) < NEAR_H,
  );
  const bounds = new maplibregl.LngLatBounds();
  for (const { geometry } of soon) for (const point of points(geometry)) bounds.extend(point);
  if (!bounds.isEmpty())
    map?.fitBounds(bounds, { padding: fitting(NAMED), maxZoom: 12, animate: false });
}

/** Where this desk's map begins: its own division. @param {HTMLElement} place */
function homeOf(place) {
  const sides = (place.dataset.bounds ?? "").split(",").map(Number);
  return sides.length === 4 && sides.every(Number.isFinite)
    ? /** @type {[number, number, number, number]} */ (sides)
    : BASIN;
}

/** Room on all sides, as far as the map is large enough for it. @param {typeof NAMED} wanted */
function fitting(wanted) {
  const { clientWidth = 0, clientHeight = 0 } = map?.getContainer() ?? {};
  const part = Math.min(1, clientWidth / 2 / (wanted.left + wanted.right), clientHeight / 2 / (wanted.top + wanted.bottom));
  const of = (/** @type {number} */ px) => Math.floor(px * part);
  return { top: of(wanted.top), bottom: of(wanted.bottom), left: of(wanted.left), right: of(wanted.right) };
}

/** Whether a place can be seen: in the frame, and under nothing that lies over it. @param {[number, number]} place */
function isInSight(place) {
  if (!map) return false;
  const { x, y } = map.project(place);
  const { clientWidth, clientHeight } = map.getContainer();
  const { top, bottom, left, right } = COVERED;
  return x >= left && x <= clientWidth - right && y >= top && y <= clientHeight - bottom;
}

/**
 * The reported place, to be dragged; null takes it away.
 * @param {{lon: number, lat: number} | null} place
 * @param {(place: {lon: number, lat: number}) => void} [moved]
 * @param {string} [label]
 */
export function mark(place, moved, label = "") {
  if (!map || !place) {
    marker?.remove();
    marker = null;
    return;
  }
  marker ??= newMarker(moved ?? (() => {}), label);
  marker.setLngLat([place.lon, place.lat]).addTo(map);
}

/** Moves only where the place is out of sight, covered, or too small to judge. @param {{lon: number, lat: number}} place */
export function look(place) {
  if (!map) return;
  const near = map.getZoom() >= CLOSE && isInSight([place.lon, place.lat]);
  if (!near) map.jumpTo({ center: [place.lon, place.lat], zoom: Math.max(map.getZoom(), CLOSE) });
}

/**
 * @param {string} name of the page's switch
 * @param {boolean} on
 */
export function switchLayer(name, on) {
  hidden[name] = !on;
  for (const layer of SWITCHES[name] ?? [])
    if (map?.getLayer(layer)) map.setLayoutProperty(layer, "visibility", on ? "visible" : "none");
}

/** The frame has another size now. */
export function resized() {
  map?.resize();
}

/** @param {(place: {lon: number, lat: number}) => void} moved @param {string} label */
function newMarker(moved, label) {
  const element = document.createElement("div");
  element.className = "report-marker";
  element.setAttribute("role", "img");
  element.setAttribute("aria-label", label);
  const made = new maplibregl.Marker({ element, draggable: true, anchor: "bottom" });
  made.on("dragend", () => {
    const { lng, lat } = made.getLngLat();
    moved({ lon: lng, lat });
  });
  return made;
}

/** @returns {Colours} */
export function colours() {
  const sheet = getComputedStyle(document.documentElement);
  return /** @type {Colours} */ (
    Object.fromEntries(COLOURS.map((name) => [name, sheet.getPropertyValue(`--map-${name}`).trim()]))
  );
}

/** @param {Date} now @param {string} at */
function hoursFrom(now, at) {
  return (new Date(at).getTime() - now.getTime()) / 3_600_000;
}

/**
 * @param {GeoJSON.Geometry} geometry
 * @returns {[number, number][]}
 */
function points(geometry) {
  if (geometry.type === "Point") return [/** @type {[number, number]} */ (geometry.coordinates)];
  if (geometry.type === "LineString") return /** @type {[number, number][]} */ (geometry.coordinates);
  return geometry.type === "MultiLineString" ? /** @type {[number, number][]} */ (geometry.coordinates.flat()) : [];
}

/** @param {import("../words.js").Say} say */
function locale(say) {
  return {
    "NavigationControl.ZoomIn": say("map.zoom_in"),
    "NavigationControl.ZoomOut": say("map.zoom_out"),
    "Map.Title": say("map.title"),
  };
}
