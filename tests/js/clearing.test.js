import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { bodyOf, changesOf, clearedBy, draftOf, emptyDraft, reporterOf } from "../../static/js/report.js";
import { entryWords } from "../../static/js/views/entries.js";
import { reportBar, reportForm } from "../../static/js/views/report_form.js";
import { half, speaker } from "../../static/js/words.js";

const whole = JSON.parse(readFileSync(new URL("../../static/words.json", import.meta.url), "utf8"));
const ZONE = "Asia/Shanghai";
const NOW = new Date("2025-11-20T18:52:00Z");
const empty = emptyDraft(NOW, ZONE);
const held = draftOf(
  {
    location: { lon: 107.38, lat: 30.6 },
    occurred_at: { earliest: "2025-11-20T18:30:00Z", latest: "2025-11-20T18:30:00Z" },
    known_at: "2025-11-20T18:41:00Z",
    substance: "柴油",
    source_state: "stopped",
    bank: "left",
    mass_kg: 500,
    duration_min: null,
    flow_state: "unknown",
    description: "罐车翻入河中",
    reporter: "过路司机",
    verification: "unverified",
    drill: true,
  },
  empty,
  ZONE,
);
const before = /** @type {Record<string, unknown>} */ (bodyOf(held, ZONE, NOW));

/** @param {Partial<import("../../static/js/report.js").Draft>} change */
function changes(change) {
  return changesOf(/** @type {Record<string, unknown>} */ (bodyOf({ ...held, ...change }, ZONE, NOW)), before);
}

/** @param {"zh" | "en"} language @returns {import("../../static/js/types.js").Here} */
function here(language) {
  const me = /** @type {import("../../static/js/types.js").Me} */ ({ name: "达州值班员", role: "duty_officer" });
  return { say: speaker(half(whole, language)), language, zone: ZONE, now: NOW, me };
}

/** @param {Partial<import("../../static/js/report.js").Draft>} change @param {"zh" | "en"} language */
function form(change, language) {
  const preview = { state: "idle", assessment: null, problem: null };
  const state = { draft: { ...held, ...change }, correcting: before, reportFor: 12, slips: [], places: [], preview };
  return [reportForm, reportBar].map((view) => view(/** @type {any} */ (state), here(language)).text).join("");
}

test("an emptied field of a correction becomes unknown, and what was left alone is not sent", () => {
  assert.deepEqual(changes({}), {});
  assert.deepEqual(changes({ mass_kg: "", occurred: " ", substance: "" }), {
    occurred_at: null,
    substance: null,
    mass_kg: null,
  });
  assert.deepEqual(changes({ source_state: "unknown", bank: "right" }), { source_state: "unknown", bank: "right" });
  assert.deepEqual(changes({ description: "", reporter: "" }), { description: null, reporter: null });
});

test("a mark that was taken away is false and not unknown", () => {
  assert.deepEqual(changes({ drill: false }), { drill: false });
});

test("beside the button stands what a correction would make unknown", () => {
  assert.deepEqual(clearedBy({ mass_kg: null, bank: "unknown", substance: "硫酸", drill: false }), ["mass_kg", "bank"]);
  assert.match(form({ mass_kg: "", source_state: "unknown" }, "zh"), /将改为不明：源头状态、数量/);
  assert.match(form({ mass_kg: "" }, "en"), /Will be unknown: amount/);
  assert.doesNotMatch(form({ mass_kg: "800" }, "zh"), /将改为不明/);
});

test("what cannot be read yet is not taken for emptied", () => {
  assert.doesNotMatch(form({ occurred: "25:99" }, "zh"), /将改为不明/);
});

test("who said so is the last one named, unless that was taken back", () => {
  const said = (/** @type {Record<string, unknown>} */ statement) => ({ statement });
  assert.equal(reporterOf([said({ reporter: "甲" }), said({}), said({ reporter: "乙" })]), "乙");
  assert.equal(reporterOf([said({ reporter: "甲" }), said({ cleared: ["reporter"] }), said({})]), "");
  assert.equal(reporterOf([]), "");
});

test("whether it is an exercise is not asked again", () => {
  assert.doesNotMatch(form({}, "zh"), /name="drill"/);
});

test("the journal says what a correction made unknown", () => {
  const entry = /** @type {import("../../static/js/types.js").OpenEntry} */ ({
    kind: "incident.corrected",
    by: { role: "duty_officer", desk: "511700" },
    facts: { reason: "司机记错", said: {}, cleared: ["mass_kg", "impact.deaths"] },
  });
  const state = /** @type {any} */ ({ me: {}, incidents: [], incident: null, assessment: null });
  assert.equal(entryWords(entry, state, here("zh")), "更正：司机记错（改为不明：数量、死亡人数）");
  assert.equal(entryWords(entry, state, here("en")), "Corrected: 司机记错 (made unknown: amount, deaths)");
  const plain = { ...entry, facts: { reason: "司机记错", cleared: [] } };
  assert.equal(entryWords(plain, state, here("zh")), "更正：司机记错");
});
