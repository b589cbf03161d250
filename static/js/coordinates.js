/**
 * Reads a place as people type it: decimal degrees, degrees-minutes-seconds, 度分秒, with or without E/N, in either order
 * where that is certain, and with the name of the datum. Pure. Longitude first where nothing says otherwise.
 */

/** @typedef {{lon: number, lat: number, datum: "wgs84" | "gcj02", swapped: boolean}} Place */
/** @typedef {{fault: "range" | "bd09" | "incomplete"}} Fault */
/** @typedef {{value: number, axis: "lon" | "lat" | null}} Angle */

const GCJ02 = /gcj-?\s*0?2|火星坐标?|高德(坐标)?|腾讯(坐标)?/i;
const BD09 = /bd-?\s*0?9|百度(坐标)?/i;
const WGS84 = /wgs-?\s*84|cgcs-?\s*2000|国家2000|大地2000/i;
const NUMBER = String.raw`\d+(?:\.\d+)?`;
const ANGLE = new RegExp(
  String.raw`(东经|西经|北纬|南纬|经度|纬度|[EWNS])?\s*:?\s*([-+]?${NUMBER})\s*(?:[°度d]\s*(?:(${NUMBER})\s*['′’分m]\s*)?(?:(${NUMBER})\s*(?:["″”秒s]|''|′′))?)?\s*([EWNS])?`,
  "giu",
);
const AXES = /** @type {Record<string, ["lon" | "lat", 1 | -1]>} */ ({
  E: ["lon", 1],
  W: ["lon", -1],
  N: ["lat", 1],
  S: ["lat", -1],
  东经: ["lon", 1],
  西经: ["lon", -1],
  北纬: ["lat", 1],
  南纬: ["lat", -1],
  经度: ["lon", 1],
  纬度: ["lat", 1],
});

/**
 * The place that a text names by coordinates; null when it is no coordinates at all but, say, a name.
 * @param {string} typed
 * @returns {Place | Fault | null}
 */
export function parse(typed) {
  const text = normal(typed);
  const datum = GCJ02.test(text) ? "gcj02" : "wgs84";
  const bare = text
    .replace(GCJ02, " ")
    .replace(WGS84, " ")
    .replace(BD09, " ")
    .replace(/[()\[\]]/g, " ")
    .trim();
  if (!looksNumeric(bare)) return null;
  if (BD09.test(text)) return { fault: "bd09" };
  const angles = [...bare.matchAll(ANGLE)].map(angleOf);
  if (angles.length !== 2) return { fault: "incomplete" };
  return paired(/** @type {[Angle, Angle]} */ (angles), datum);
}

/**
 * @param {Place | Fault | null} found
 * @returns {found is Place}
 */
export function isPlace(found) {
  return found !== null && "lon" in found;
}

/**
 * As the form shows a place: five decimals, about a metre.
 * @param {{lon: number, lat: number}} place
 */
export function written({ lon, lat }) {
  return `${trimmed(lon)}, ${trimmed(lat)}`;
}

/** @param {string} typed */
function normal(typed) {
  return typed
    .normalize("NFKC")
    .replace(/[,;、，；/|]/g, " ")
    .trim();
}

/** @param {string} bare */
function looksNumeric(bare) {
  const letters = bare.replace(/东经|西经|北纬|南纬|经度|纬度|[度分秒EWNSdms°'′’"″”:\d.+\-\s]/giu, "");
  return /\d/.test(bare) && letters === "";
}

/**
 * @param {RegExpMatchArray} found
 * @returns {Angle}
 */
function angleOf(found) {
  const [, before, degrees, minutes, seconds, after] = found;
  const named = AXES[(before ?? after ?? "").toUpperCase()];
  const size = Math.abs(Number(degrees)) + Number(minutes ?? 0) / 60 + Number(seconds ?? 0) / 3600;
  const sign = (degrees ?? "").startsWith("-") ? -1 : 1;
  return { value: sign * size * (named ? named[1] : 1), axis: named ? named[0] : null };
}

/**
 * @param {[Angle, Angle]} angles
 * @param {"wgs84" | "gcj02"} datum
 * @returns {Place | Fault}
 */
function paired([first, second], datum) {
  const latFirst = first.axis === "lat" || second.axis === "lon";
  const certain = first.axis !== null || second.axis !== null;
  const swapped = !certain && Math.abs(first.value) <= 90 && Math.abs(second.value) > 90;
  const [lon, lat] = latFirst || swapped ? [second.value, first.value] : [first.value, second.value];
  if (Math.abs(lon) > 180 || Math.abs(lat) > 90) return { fault: "range" };
  return { lon: rounded(lon), lat: rounded(lat), datum, swapped };
}

/** @param {number} degrees */
function rounded(degrees) {
  return Math.round(degrees * 1e7) / 1e7;
}

/** @param {number} degrees */
function trimmed(degrees) {
  return String(Math.round(degrees * 1e5) / 1e5);
}
