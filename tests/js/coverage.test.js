import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { points, sorted, summary, table } from "../../static/js/views/coverage.js";
import { answer, overAll } from "../../static/js/views/what_if.js";
import { half, speaker } from "../../static/js/words.js";

const whole = JSON.parse(readFileSync(new URL("../../static/words.json", import.meta.url), "utf8"));
const say = speaker(half(whole, "en"));
const here = { say, language: /** @type {const} */ ("en"), zone: "Asia/Shanghai", now: new Date("2025-12-01T00:00:00Z") };

/** @param {string} id @param {string} state @param {Record<string, unknown>} [more] */
function row(id, state, more = {}) {
  const direction = { way: "notice", who: "A", who_name: "Jia", tells: "B", tells_name: "Yi", state, within_minutes: 15, covers: [], reason: "nobody is bound" };
  return /** @type {any} */ ({
    id, place: "crossing", name: id, river: { code: id, name: id }, lon: 107, lat: 30, giving: { code: "A", name: "Jia", divisions: [{ code: "A", name: "Jia" }] },
    taking: [{ code: "B", name: "Yi", divisions: [{ code: "B1", name: "Yi One" }] }], provincial: true, length_km: null, state, directions: [direction],
    left_out: [], flags: [], ...more,
  });
}

test("gaps come first, and a second press turns the order round", () => {
  const rows = [row("a", "covered"), row("b", "none"), row("c", "statute")];
  assert.deepEqual(sorted(rows, { key: "state", down: false }, "en").map(({ id }) => id), ["b", "c", "a"]);
  assert.deepEqual(sorted(rows, { key: "state", down: true }, "en").map(({ id }) => id), ["a", "c", "b"]);
  assert.deepEqual(sorted(rows, { key: "name", down: false }, "en").map(({ id }) => id), ["a", "b", "c"]);
});

test("a row without a place is in the table and not on the map", () => {
  const lost = row("lost", "none", { lon: null, lat: null });
  assert.equal(points([lost, row("a", "covered")]).features.length, 1);
  const text = String(table([lost], { key: "state", down: false }, null, say));
  assert.ok(text.includes("lost"));
  assert.ok(!text.includes("data-look"));
});

test("each state stands in words, and what is typed in a name stays text", () => {
  const text = String(table([row("<b>", "none")], { key: "state", down: false }, null, say));
  assert.ok(text.includes(say("cover.state.none")));
  assert.ok(text.includes("nobody is bound"));
  assert.ok(!text.includes("<b>"));
  assert.ok(text.includes('aria-sort="ascending"'));
});

test("a clause leads to its agreement, and a condition stands beside it", () => {
  const cover = { agreement: "pact", version: 2, clause: "3", cited: "Pact, 3", text_held: false, source: "policy", within_minutes: 15, grade_at_least: "II", within_hours: 24 };
  const direction = { ...row("a", "covered").directions[0], covers: [cover] };
  const text = String(table([row("a", "covered", { directions: [direction] })], { key: "state", down: false }, "a", say));
  assert.ok(text.includes('href="/agreements/pact?version=2#clause-3"'));
  assert.ok(text.includes(say("clause.not_held")));
  assert.ok(text.includes("grade II") && text.includes("24 h"));
});

test("the summary says how many of how many", () => {
  const rows = [row("a", "covered")];
  const counts = { rows: { covered: 1, statute: 0, none: 0, inside: 0 }, left_out: 0 };
  const text = String(summary({ counts, rows, total: 4 }, { agreement: "", leftOut: false }, say));
  assert.ok(text.includes("1 of 4 places"));
});

test("a what-if is marked as one, with hours in full and the gaps below", () => {
  const found = {
    lead: { name: "Jia" }, snapped: { words: "at A" }, inputs: { known_at: "2025-01-01T04:00:00Z" }, caveats: ["only water"], assumptions: ["flow unknown"], names: { A: "Jia" },
    notifications: [{ who: "A", tells: "B", tells_name: "Yi", role_name: "the liaison", kind_name: "first notice", copy_to: ["secretariat"], act: "formal_notice", circle: "now", deadline_at: "2025-01-01T04:15:00Z", clauses: [{ agreement: "pact", clause: "2", cited: "Pact, 2", text_held: true, reason: "reached", source: "text" }] }],
    gaps: [{ name: "Wai", reason: "only the law", duty: "statute" }],
    difference: { changes: { no_longer_told: [{ tells_name: "Yi", was: { deadline_at: "2025-01-01T04:15:00Z" }, now: null }] }, gaps: [] },
  };
  const text = String(answer(found, here));
  assert.ok(text.includes(say("whatif.mark")));
  assert.ok(text.includes("2025-01-01 12:15"));
  assert.ok(text.includes(say("whatif.hour", { at: "2025-01-01 12:00" })));
  assert.ok(text.includes("the liaison") && text.includes(say("whatif.copies", { names: "secretariat" })));
  assert.ok(text.includes("only water") && text.includes("only the law"));
  assert.ok(text.includes(say("whatif.change.no_longer_told")));
});

test("a comparison without a change says so", () => {
  const found = { changes: [], counts: {}, places: 118, own: { desks: 21, counts: {}, changes: [] } };
  assert.ok(String(overAll(found, here)).includes(say("whatif.same")));
});

test("reports upward and inside duties that would change stand below the lines", () => {
  const each = { change: "sooner", who_name: "Jia", tells_name: "Province", role_name: "the duty officer", kind_name: "report upward" };
  const found = { changes: [], counts: {}, places: 118, own: { desks: 21, counts: { sooner: 1 }, changes: [each] } };
  const text = String(overAll(found, here));
  assert.ok(text.includes(say("whatif.own", { n: 1, desks: 21 })));
  assert.ok(text.includes("Jia → Province") && text.includes("report upward"));
});
