/** A chart beside a page: rivers and divisions as on the desk's map, with the page's own points and coloured divisions. */

import * as maplibregl from "maplibre-gl";
import { addTo } from "./icons.js";
import { colours } from "./map.js";
import { EMPTY, style } from "./style.js";

/** @typedef {import("./style.js").Colours} Colours */
/** @typedef {{say: import("../words.js").Say, language: "zh" | "en"}} Speech */
/**
 * @typedef {object} Chart
 * @property {(points: GeoJSON.FeatureCollection) => void} show
 * @property {(id: string | null) => void} choose
 * @property {(bounds: [number, number, number, number]) => void} frame
 * @property {(place: {lon: number, lat: number}) => void} look
 */

const FONT = ["Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "sans-serif"];
/** As far as a look goes in. */
const CLOSE = 9;
/** The reference basin, where a map without points begins. */
const BASIN = /** @type {[number, number, number, number]} */ ([101.6, 27.9, 110.2, 33.2]);

/**
 * @param {HTMLElement} place
 * @param {Speech} speech
 * @param {{chosen?: (id: string) => void, shapes?: GeoJSON.FeatureCollection, ready?: () => void}} [ears]
 * @returns {Chart}
 */
export function open(place, speech, ears = {}) {
  let points = EMPTY;
  let chosen = /** @type {string | null} */ (null);
  const map = new maplibregl.Map({
    container: place,
    style: dressed(colours(), speech, ears.shapes),
    bounds: ears.shapes?.features.length ? around(ears.shapes) : BASIN,
    fitBoundsOptions: { padding: 24 },
    attributionControl: false,
    localIdeographFontFamily: "'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif",
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 150,
    locale: {
      "NavigationControl.ZoomIn": speech.say("map.zoom_in"),
      "NavigationControl.ZoomOut": speech.say("map.zoom_out"),
      "Map.Title": speech.say("map.title"),
    },
    canvasContextAttributes: { preserveDrawingBuffer: true }, // so that a printed page has its map
    minZoom: 3,
    maxZoom: 15,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibregl.ScaleControl({ unit: "metric" }), "bottom-left");
  map.on("error", ({ error }) => console.warn(error?.message));
  map.on("style.load", async () => {
    const { ink, paper } = colours();
    await addTo(map, { ink, paper });
    fill(map, points);
    mark(map, chosen);
    ears.ready?.();
  });
  map.on("click", ({ point }) => {
    const around = /** @type {[[number, number], [number, number]]} */ ([
      [point.x - 10, point.y - 10],
      [point.x + 10, point.y + 10],
    ]);
    const [found] = map.getLayer("lines") ? map.queryRenderedFeatures(around, { layers: ["lines"] }) : [];
    if (found) ears.chosen?.(String(found.properties.id));
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
    map.setStyle(dressed(colours(), speech, ears.shapes)),
  );
  return {
    show(collection) {
      points = collection;
      fill(map, points);
    },
    choose(id) {
      chosen = id;
      mark(map, chosen);
    },
    frame(bounds) {
      map.fitBounds(bounds, { padding: 40, maxZoom: 11, animate: false });
    },
    look({ lon, lat }) {
      map.jumpTo({ center: [lon, lat], zoom: Math.max(map.getZoom(), CLOSE) });
    },
  };
}

/** @param {maplibregl.Map} map @param {GeoJSON.FeatureCollection} points */
function fill(map, points) {
  const source = map.getSource("lines");
  if (source instanceof maplibregl.GeoJSONSource) source.setData(points);
}

/**
 * West, south, east, north of all that is drawn.
 * @param {GeoJSON.FeatureCollection} shapes
 * @returns {[number, number, number, number]}
 */
export function around(shapes) {
  const places = shapes.features.flatMap(({ geometry }) => flat("coordinates" in geometry ? geometry.coordinates : []));
  const lons = places.map(([lon]) => lon);
  const lats = places.map(([, lat]) => lat);
  const least = (/** @type {number[]} */ all) => all.reduce((a, b) => Math.min(a, b), Infinity);
  const most = (/** @type {number[]} */ all) => all.reduce((a, b) => Math.max(a, b), -Infinity);
  return [least(lons), least(lats), most(lons), most(lats)];
}

/** @param {any} coordinates @returns {[number, number][]} */
function flat(coordinates) {
  return typeof coordinates[0] === "number" ? [coordinates] : coordinates.flatMap(flat);
}

/** @param {maplibregl.Map} map @param {string | null} id */
function mark(map, id) {
  if (map.getLayer("chosen")) map.setFilter("chosen", ["==", ["get", "id"], id ?? ""]);
}

/**
 * The desk's map with two things more: the outlines that the page speaks of, and its points. What covers a point is told
 * by how it is filled, not by colour alone: whole, half, hollow.
 * @param {Colours} c
 * @param {Speech} speech
 * @param {GeoJSON.FeatureCollection} [shapes]
 * @returns {maplibregl.StyleSpecification}
 */
function dressed(c, { language }, shapes = EMPTY) {
  const base = style(c, language, location.origin);
  const state = /** @type {maplibregl.ExpressionSpecification} */ (["get", "state"]);
  const line = /** @type {maplibregl.ExpressionSpecification} */ ([
    "match",
    state,
    "covered",
    c.accent,
    "statute",
    c.maybe,
    "inside",
    c.passed,
    c.here,
  ]);
  const parties = /** @type {maplibregl.LayerSpecification} */ ({
    id: "party",
    type: "fill",
    source: "parties",
    paint: { "fill-color": c.accent, "fill-opacity": 0.24, "fill-outline-color": c.accent },
  });
  const at = base.layers.findIndex(({ id }) => id === "division-line");
  return {
    ...base,
    sources: { ...base.sources, lines: { type: "geojson", data: EMPTY }, parties: { type: "geojson", data: shapes } },
    layers: [
      ...base.layers.slice(0, at),
      parties,
      ...base.layers.slice(at).filter(({ id }) => !id.startsWith("site-") && !(shapes.features.length && id === "division-name")),
      {
        id: "party-name",
        type: "symbol",
        source: "parties",
        layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 13, "text-allow-overlap": true },
        paint: { "text-color": c.ink, "text-halo-color": c.ground, "text-halo-width": 2 },
      },
      {
        id: "chosen",
        type: "circle",
        source: "lines",
        filter: ["==", ["get", "id"], ""],
        paint: { "circle-radius": 15, "circle-color": c.ink, "circle-opacity": 0.18, "circle-stroke-color": c.ink, "circle-stroke-width": 2 },
      },
      {
        id: "lines",
        type: "circle",
        source: "lines",
        layout: { "circle-sort-key": ["get", "rank"] },
        paint: {
          "circle-radius": ["match", ["get", "place"], "border", 5, 7],
          "circle-color": ["match", state, "covered", c.accent, "inside", c.passed, c.paper],
          "circle-stroke-color": line,
          "circle-stroke-width": ["match", state, "none", 4, 3],
        },
      },
      {
        id: "line-core",
        type: "circle",
        source: "lines",
        filter: ["==", state, "statute"],
        paint: { "circle-radius": 2.5, "circle-color": c.maybe },
      },
      {
        id: "line-name",
        type: "symbol",
        source: "lines",
        minzoom: 7.5,
        layout: {
          "text-field": ["get", "title"],
          "text-font": FONT,
          "text-size": 12,
          "text-anchor": "top",
          "text-offset": [0, 0.8],
          "text-optional": true,
        },
        paint: { "text-color": c.ink, "text-halo-color": c.ground, "text-halo-width": 2 },
      },
    ],
  };
}
