/**
 * The map as a style: what is drawn, in which order, in which colours. No glyph address is named, so that every label is
 * drawn with the machine's own fonts. Pure; the colours come from the style sheet, so that map and page share a theme.
 */

/** @typedef {import("maplibre-gl").LayerSpecification} Layer */
/** @typedef {import("maplibre-gl").ExpressionSpecification} Expression */
/** @typedef {Record<"ground" | "ink" | "ink2" | "line" | "water" | "canal" | "land" | "maybe" | "here" | "passed" | "paper" | "accent", string>} Colours */

/** The layers of the page's own layer switch, and the map layers behind each. */
export const SWITCHES = /** @type {Record<string, string[]>} */ ({
  divisions: ["division-fill", "division-line", "division-name"],
  network: ["river", "river-schematic", "river-name", "river-name-level"],
  section: ["site-section"],
  intake: ["site-intake"],
  interception: ["site-interception"],
  station: ["site-station", "site-gauge"],
  arrivals: ["arrival-dot", "arrival-name"],
  events: ["event", "event-name"],
  day: ["day", "day-name"],
});
export const EMPTY = /** @type {GeoJSON.FeatureCollection} */ ({ type: "FeatureCollection", features: [] });
const FONT = ["Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "sans-serif"];
const SITE_KINDS = /** @type {[string, number][]} */ ([
  ["gauge", 9],
  ["station", 8],
  ["interception", 9],
  ["section", 8],
  ["intake", 8.5],
]);

/**
 * @param {Colours} colours
 * @param {"zh" | "en"} language
 * @param {string} origin
 * @returns {import("maplibre-gl").StyleSpecification}
 */
export function style(colours, language, origin) {
  /** @param {string} layer @param {number} maxzoom */
  const tiles = (layer, maxzoom) => ({
    type: /** @type {const} */ ("vector"),
    tiles: [`${origin}/tiles/${layer}/{z}/{x}/{y}.mvt`],
    minzoom: 4,
    maxzoom,
  });
  return {
    version: 8,
    sources: {
      divisions: tiles("divisions", 11),
      network: tiles("network", 12),
      sites: tiles("sites", 12),
      incident: { type: "geojson", data: EMPTY },
      events: { type: "geojson", data: EMPTY },
      day: { type: "geojson", data: EMPTY },
      pressed: { type: "geojson", data: EMPTY },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": colours.ground } },
      ...divisions(colours),
      ...today(colours),
      ...rivers(colours),
      ...names(colours, language),
      ...todayNames(colours, language),
      ...reached(colours),
      ...riverNames(colours, language),
      ...sites(colours, language),
      ...marks(colours),
    ],
  };
}

/**
 * @param {Colours} c
 * @returns {Layer[]}
 */
function divisions(c) {
  const bold = /** @type {Expression} */ (["match", ["get", "level"], "province", 2, "prefecture", 1.2, 0.6]);
  return [
    {
      id: "division-fill",
      type: "fill",
      source: "divisions",
      "source-layer": "divisions",
      paint: { "fill-color": c.land, "fill-opacity": 0.5 },
    },
    {
      id: "division-line",
      type: "line",
      source: "divisions",
      "source-layer": "divisions",
      paint: { "line-color": c.line, "line-width": bold },
    },
  ];
}

/**
 * Water at rest: quiet lines, wider with more discharge, dashed where the course is only schematic.
 * @param {Colours} c
 * @returns {Layer[]}
 */
function rivers(c) {
  const flow = /** @type {Expression} */ (["ln", ["max", 1, ["to-number", ["get", "discharge"], 1]]]);
  const width = /** @type {Expression} */ ([
    "interpolate",
    ["linear"],
    ["zoom"],
    5,
    ["+", 0.3, ["*", 0.14, flow]],
    12,
    ["+", 1, ["*", 0.7, flow]],
  ]);
  const colour = /** @type {Expression} */ (["match", ["get", "kind"], "canal", c.canal, c.water]);
  const schematic = /** @type {Expression} */ (["to-boolean", ["get", "schematic"]]);
  /** @type {Omit<import("maplibre-gl").LineLayerSpecification, "id">} */
  const line = { type: "line", source: "network", "source-layer": "network" };
  return [
    {
      id: "river",
      ...line,
      filter: ["!", schematic],
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": colour, "line-width": width },
    },
    {
      id: "river-schematic",
      ...line,
      filter: schematic,
      paint: { "line-color": colour, "line-width": width, "line-dasharray": [3, 1.6] },
    },
  ];
}

/**
 * A name along each river from where rivers can be told apart, over what is reached and before the names of divisions.
 * Lines are short, as tiles and reaches cut them, and winding: a name may bend and comes often. Where the windings are
 * narrower than the name, it stands level beside the river.
 * @param {Colours} c
 * @param {"zh" | "en"} language
 * @returns {Layer[]}
 */
function riverNames(c, language) {
  /** @type {Omit<import("maplibre-gl").SymbolLayerSpecification, "id">} */
  const name = {
    type: "symbol",
    source: "network",
    "source-layer": "network",
    minzoom: 6.5,
    paint: { "text-color": c.accent, "text-halo-color": c.ground, "text-halo-width": 1.8 },
  };
  /** @type {import("maplibre-gl").SymbolLayerSpecification["layout"]} */
  const words = {
    "text-field": ["get", `name_${language}`],
    "text-font": FONT,
    "text-size": ["interpolate", ["linear"], ["zoom"], 7, 11, 10, 13],
    "symbol-sort-key": ["-", 0, ["to-number", ["get", "discharge"], 0]],
  };
  const level = { "text-anchor": /** @type {const} */ ("left"), "text-offset": /** @type {[number, number]} */ ([0.7, 0]) };
  const along = { "symbol-placement": /** @type {const} */ ("line"), "symbol-spacing": 120, "text-max-angle": 60 };
  return [
    { id: "river-name-level", ...name, maxzoom: 10, layout: { ...words, ...level, "text-padding": 30 } },
    { id: "river-name", ...name, layout: { ...words, ...along, "text-padding": 2 } },
  ];
}

/**
 * A name for each division, from a point of its own: a polygon is cut by tiles, and its name would stand in every piece.
 * @param {Colours} c
 * @param {"zh" | "en"} language
 * @returns {Layer[]}
 */
function names(c, language) {
  return [
    {
      id: "division-name",
      type: "symbol",
      source: "divisions",
      "source-layer": "division_labels",
      minzoom: 5,
      layout: {
        "text-field": ["get", `name_${language}`],
        "text-font": FONT,
        "text-size": 11,
        "text-letter-spacing": 0.1,
        "text-max-width": 7,
      },
      paint: { "text-color": c.ink2, "text-halo-color": c.ground, "text-halo-width": 1.5 },
    },
  ];
}

/**
 * Under the rivers: what has been stated of the day, and the reach whose card is open.
 * @param {Colours} c
 * @returns {Layer[]}
 */
function today(c) {
  const round = /** @type {const} */ ({ "line-cap": "round", "line-join": "round" });
  const wide = /** @type {Expression} */ (["interpolate", ["linear"], ["zoom"], 5, 5, 12, 13]);
  return [
    {
      id: "day",
      type: "line",
      source: "day",
      layout: round,
      paint: { "line-color": c.accent, "line-width": wide, "line-opacity": 0.45 },
    },
    {
      id: "pressed",
      type: "line",
      source: "pressed",
      layout: round,
      paint: { "line-color": c.ink, "line-width": 2, "line-gap-width": wide },
    },
  ];
}

/**
 * @param {Colours} c
 * @param {"zh" | "en"} language
 * @returns {Layer[]}
 */
function todayNames(c, language) {
  return [
    {
      id: "day-name",
      type: "symbol",
      source: "day",
      minzoom: 7,
      layout: {
        "symbol-placement": "line-center",
        "text-field": language === "zh" ? "当日有记录" : "stated today",
        "text-font": FONT,
        "text-size": 11,
        "text-offset": [0, 1.1],
      },
      paint: { "text-color": c.accent, "text-halo-color": c.ground, "text-halo-width": 1.5 },
    },
  ];
}

/**
 * Reached stretches: an amber outline while the water may come, solid where it likely is, quiet where it has passed.
 * @param {Colours} c
 * @returns {Layer[]}
 */
function reached(c) {
  const isStretch = /** @type {Expression} */ (["==", ["get", "layer"], "stretch"]);
  const colour = /** @type {Expression} */ (["match", ["get", "stage"], "here", c.here, "passed", c.passed, c.maybe]);
  const outline = /** @type {Expression} */ (["in", ["get", "stage"], ["literal", ["ahead", "maybe"]]]);
  const round = /** @type {const} */ ({ "line-cap": "round", "line-join": "round" });
  const schematic = /** @type {Expression} */ (["to-boolean", ["get", "schematic"]]);
  const wide = /** @type {Expression} */ (["interpolate", ["linear"], ["zoom"], 6, 4, 12, 11]);
  /** @type {Omit<import("maplibre-gl").LineLayerSpecification, "id">} */
  const line = { type: "line", source: "incident" };
  return [
    {
      id: "stretch-case",
      ...line,
      filter: ["all", isStretch, ["any", outline, ["!", schematic]]],
      layout: round,
      paint: { "line-color": colour, "line-width": wide },
    },
    {
      id: "stretch-core",
      ...line,
      filter: ["all", isStretch, outline],
      layout: round,
      paint: { "line-color": c.ground, "line-width": ["interpolate", ["linear"], ["zoom"], 6, 1.8, 12, 6] },
    },
    {
      id: "stretch-dash",
      ...line,
      filter: ["all", isStretch, schematic],
      paint: { "line-color": colour, "line-width": ["case", outline, 1.5, 7], "line-dasharray": [3, 1.6] },
    },
  ];
}

/**
 * @param {Colours} c
 * @param {"zh" | "en"} language
 * @returns {Layer[]}
 */
function sites(c, language) {
  return SITE_KINDS.map(([kind, minzoom]) => ({
    id: `site-${kind}`,
    type: "symbol",
    source: "sites",
    "source-layer": "sites",
    minzoom,
    filter: ["==", ["get", "kind"], kind],
    layout: {
      "icon-image": ["case", ["to-boolean", ["get", "synthetic"]], `site-${kind}-synthetic`, `site-${kind}`],
      "icon-allow-overlap": true,
      "text-field": ["step", ["zoom"], "", 9.5, ["get", `name_${language}`]],
      "text-font": FONT,
      "text-size": 11,
      "text-anchor": "left",
      "text-offset": [1, 0],
      "text-optional": true,
      "text-max-width": 9,
    },
    paint: { "text-color": c.ink, "text-halo-color": c.ground, "text-halo-width": 1.5 },
  }));
}

/**
 * The arrivals in words, and the reported and the snapped point.
 * @param {Colours} c
 * @returns {Layer[]}
 */
function marks(c) {
  /** @param {string} layer @returns {Expression} */
  const only = (layer) => ["==", ["get", "layer"], layer];
  return [
    {
      id: "event",
      type: "circle",
      source: "events",
      paint: { "circle-radius": 8, "circle-color": c.paper, "circle-stroke-color": c.here, "circle-stroke-width": 3 },
    },
    {
      id: "event-name",
      type: "symbol",
      source: "events",
      layout: {
        "text-field": ["get", "title"],
        "text-font": FONT,
        "text-size": 12,
        "text-anchor": "top",
        "text-offset": [0, 0.9],
        "text-max-width": 10,
      },
      paint: { "text-color": c.ink, "text-halo-color": c.ground, "text-halo-width": 2 },
    },
    {
      id: "spot",
      type: "circle",
      source: "incident",
      filter: only("spot"),
      paint: { "circle-radius": 7, "circle-color": c.here, "circle-stroke-color": c.paper, "circle-stroke-width": 2 },
    },
    {
      id: "report",
      type: "circle",
      source: "incident",
      filter: only("report"),
      paint: { "circle-radius": 9, "circle-opacity": 0, "circle-stroke-color": c.ink, "circle-stroke-width": 2 },
    },
    {
      id: "arrival-dot",
      type: "circle",
      source: "incident",
      filter: only("arrival"),
      paint: { "circle-radius": 5, "circle-color": c.paper, "circle-stroke-color": c.maybe, "circle-stroke-width": 3 },
    },
    {
      id: "arrival-name",
      type: "symbol",
      source: "incident",
      filter: only("arrival"),
      layout: {
        "text-field": ["format", ["get", "title"], {}, "\n", {}, ["get", "words"], { "font-scale": 1.15 }],
        "text-font": FONT,
        "text-size": 13,
        "text-anchor": "left",
        "text-justify": "left",
        "text-offset": [0.9, 0],
        "text-variable-anchor": ["left", "right", "top", "bottom"],
        "text-radial-offset": 0.9,
        "text-max-width": 14,
        "symbol-sort-key": ["get", "order"],
      },
      paint: { "text-color": c.ink, "text-halo-color": c.ground, "text-halo-width": 2.5 },
    },
  ];
}
