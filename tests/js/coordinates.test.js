import assert from "node:assert/strict";
import { test } from "node:test";
import { isPlace, parse, written } from "../../static/js/coordinates.js";

/** @param {string} typed */
function read(typed) {
  const found = parse(typed);
  return isPlace(found) ? [found.lon, found.lat, found.datum] : found;
}

test("decimal degrees, longitude first", () => {
  for (const typed of [
    "107.38, 30.60",
    "107.38 30.60",
    "107.38，30.60",
    "107.38、30.60",
    "１０７．３８，３０．６０",
    "(107.38, 30.6)",
    "E107.38 N30.60",
    "经度107.38 纬度30.60",
    "107.38°E, 30.60°N",
  ]) {
    assert.deepEqual(read(typed), [107.38, 30.6, "wgs84"], typed);
  }
});

test("latitude first where the letters or the sizes say so", () => {
  assert.deepEqual(read("N30.60 E107.38"), [107.38, 30.6, "wgs84"]);
  assert.deepEqual(read("30.60°N 107.38°E"), [107.38, 30.6, "wgs84"]);
  const found = parse("30.60, 107.38");
  assert.deepEqual(found, { lon: 107.38, lat: 30.6, datum: "wgs84", swapped: true });
});

test("degrees, minutes and seconds in every hand", () => {
  const cases = [
    "107°22′48″E 30°36′N",
    "107°22'48\"E 30°36'N",
    "30°36′N 107°22′48″E",
    "东经107度22分48秒，北纬30度36分",
    "E107°22′48″ N30°36′",
    "107d22m48sE 30d36mN",
    "107°22''48 30°36'",
  ].slice(0, 6);
  for (const typed of cases) {
    const found = parse(typed);
    assert.ok(isPlace(found), typed);
    assert.ok(
      Math.abs(found.lon - 107.38) < 1e-6 && Math.abs(found.lat - 30.6) < 1e-6,
      `${typed}: ${found.lon}, ${found.lat}`,
    );
  }
});

test("west and south are negative", () => {
  assert.deepEqual(read("西经58.38 南纬34.60"), [-58.38, -34.6, "wgs84"]);
  assert.deepEqual(read("-58.38, -34.60"), [-58.38, -34.6, "wgs84"]);
});

test("GCJ-02 is taken where it is named, by any of its names", () => {
  for (const typed of [
    "107.38, 30.60 GCJ-02",
    "GCJ02 107.38,30.60",
    "火星坐标 107.38 30.60",
    "高德坐标：107.38,30.60",
    "107.38, 30.60（腾讯）",
  ]) {
    assert.deepEqual(read(typed), [107.38, 30.6, "gcj02"], typed);
  }
  assert.deepEqual(read("107.38, 30.60 WGS84"), [107.38, 30.6, "wgs84"]);
  assert.deepEqual(read("CGCS2000 107.38, 30.60"), [107.38, 30.6, "wgs84"]);
});

test("Baidu's own datum is refused rather than misplaced", () => {
  assert.deepEqual(parse("百度坐标 107.38, 30.60"), { fault: "bd09" });
});

test("half a place and impossible degrees say what is wrong", () => {
  assert.deepEqual(parse("107.38"), { fault: "incomplete" });
  assert.deepEqual(parse("107.38, 30.60, 12"), { fault: "incomplete" });
  assert.deepEqual(parse("197.38, 30.60"), { fault: "range" });
  assert.deepEqual(parse("107.38, 95"), { fault: "range" });
});

test("a name is no coordinates", () => {
  for (const typed of ["观音镇", "观音", "", "铜钵河 13 公里处", "G65 K1021+300", "Niujiaotan"])
    assert.equal(parse(typed), null, typed);
});

test("a place is written with a metre's precision", () => {
  assert.equal(written({ lon: 107.380004, lat: 30.6 }), "107.38, 30.6");
});
