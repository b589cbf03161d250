import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const sheet = readFileSync(new URL("../../static/css/base.css", import.meta.url), "utf8");
const [light = "", dark = ""] = [...sheet.matchAll(/:root \{([^}]*)\}/g)].map(([, body]) => body);
const themes = { light: colours(light), dark: { ...colours(light), ...colours(dark) } };
const ON_PANEL = [
  "ink",
  "ink2",
  "accent",
  "maybe",
  "here",
  "calm",
  "doubt",
  "fault",
  "grade-I",
  "grade-II",
  "grade-III",
  "grade-IV",
];
const PAIRS = [
  ["accent-ink", "accent"],
  ["over-ink", "over"],
  ["drill-ink", "drill"],
  ["raised", "ink"],
  ["maybe", "maybe-soft"],
  ["ink", "accent-soft"],
  ["map-ink", "map-ground"],
  ["map-ink2", "map-land"],
];

/** @param {string | undefined} css @returns {Record<string, string>} */
function colours(css = "") {
  return Object.fromEntries([...css.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, name, value]) => [name, value]));
}

/** Relative luminance, WCAG 2.2. @param {string} colour */
function luminance(colour) {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** @param {string} a @param {string} b */
function contrast(a, b) {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

for (const [theme, found] of Object.entries(themes)) {
  test(`every colour of text has the contrast of AA on its ground, ${theme}`, () => {
    const pairs = [
      ...ON_PANEL.flatMap((name) => [
        [name, "panel"],
        [name, "raised"],
      ]),
      ...PAIRS,
    ];
    for (const [ink = "", ground = ""] of pairs) {
      const [a, b] = [found[ink], found[ground]];
      assert.ok(a && b, `${ink} on ${ground}`);
      assert.ok(contrast(a, b) >= 4.5, `${ink} on ${ground}: ${contrast(a, b).toFixed(2)}`);
    }
  });

  test(`what is drawn on the map stands off from it by 3 to 1, ${theme}`, () => {
    for (const name of ["maybe", "here", "passed", "water"]) {
      const [a, b] = [found[`map-${name}`], found["map-land"]];
      assert.ok(a && b && contrast(a, b) >= 3, `${name}: ${a && b && contrast(a, b).toFixed(2)}`);
    }
  });
}

test("no style sheet asks for anything from elsewhere", () => {
  for (const name of ["base", "desk", "panels", "map", "record"]) {
    const css = readFileSync(new URL(`../../static/css/${name}.css`, import.meta.url), "utf8");
    assert.doesNotMatch(css, /@import|https?:|url\(/, name);
  }
});
