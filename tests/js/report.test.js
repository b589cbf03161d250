import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bodyOf,
  changesOf,
  draftOf,
  emptyDraft,
  isWorthKeeping,
  placed,
  restored,
  settled,
  slips,
  slipsSoFar,
  sureOf,
} from "../../static/js/report.js";

const ZONE = "Asia/Shanghai";
const NOW = new Date("2025-11-20T18:41:00Z"); // 21 Nov 02:41 at the desk
const empty = emptyDraft(NOW, ZONE);

test("a place alone is a report; what is unknown is left out and never guessed", () => {
  assert.deepEqual(bodyOf({ ...empty, place: "107.38, 30.60" }, ZONE, NOW), {
    location: { lon: 107.38, lat: 30.6 },
    known_at: "2025-11-20T18:41:00.000Z",
    source_state: "unknown",
    bank: "unknown",
    flow_state: "unknown",
    verification: "unverified",
  });
});

test("what was said is sent as it was meant", () => {
  const draft = {
    ...empty,
    place: "高德 107.38, 30.60",
    occurred: "0230",
    substance: " 硫酸 ",
    mass_kg: "18,000",
    source_state: "continuing",
    drill: true,
  };
  const body = bodyOf(draft, ZONE, NOW);
  assert.deepEqual(body?.location, { lon: 107.38, lat: 30.6, datum: "gcj02" });
  assert.equal(body?.occurred_at, "2025-11-20T18:30:00.000Z");
  assert.equal(body?.substance, "硫酸");
  assert.equal(body?.mass_kg, 18_000);
  assert.equal(body?.drill, true);
});

test("without a place there is nothing to ask, and the form says what to give", () => {
  assert.equal(bodyOf(empty, ZONE, NOW), null);
  assert.deepEqual(slips(empty, ZONE, NOW), [{ field: "location", key: "form.place.missing" }]);
  assert.deepEqual(slips({ ...empty, place: "观音" }, ZONE, NOW), [{ field: "location", key: "form.place.choose" }]);
  assert.deepEqual(slips({ ...empty, place: "107.38" }, ZONE, NOW), [
    { field: "location", key: "form.place.incomplete" },
  ]);
});

test("each wrong field is named with what to correct, in the order of the form", () => {
  const draft = { ...empty, place: "107.38, 30.60", occurred: "soon", mass_kg: "-3", duration_min: "ten" };
  assert.deepEqual(slips(draft, ZONE, NOW), [
    { field: "occurred_at", key: "form.time" },
    { field: "mass_kg", key: "form.number" },
    { field: "duration_min", key: "form.number" },
  ]);
});

test("what was typed is judged at once; what is still missing only on saving", () => {
  const draft = { ...empty, occurred: "25:99", mass_kg: "-3" };
  assert.deepEqual(
    slipsSoFar(draft, ZONE, NOW).map(({ key }) => key),
    ["form.time", "form.number"],
  );
  assert.deepEqual(slipsSoFar({ ...empty, place: "观音" }, ZONE, NOW), []);
  assert.deepEqual(slipsSoFar({ ...empty, place: "999, 999" }, ZONE, NOW), [
    { field: "location", key: "form.place.range" },
  ]);
});

test("an hour that has not been yet, a day to come and a time long ago are asked about, each with its own sentence", () => {
  const key = (/** @type {string} */ occurred) => slipsSoFar({ ...empty, occurred }, ZONE, NOW)[0]?.key;
  assert.equal(key("23:10"), "form.time.ahead");
  assert.equal(key("昨晚 23:10"), undefined);
  assert.equal(key("2099-01-01 08:00"), "form.time.future");
  assert.equal(key("2020-01-01 08:00"), "form.time.old");
  const sure = sureOf({ ...empty, occurred: "2020-01-01 08:00" }, "2020-01-01T00:00:00.000Z");
  assert.deepEqual(slipsSoFar(sure, ZONE, NOW), []);
  assert.equal(slipsSoFar({ ...sure, occurred: "2019-01-01 08:00" }, ZONE, NOW)[0]?.key, "form.time.old");
});

test("an untouched form is not kept as a draft", () => {
  assert.equal(isWorthKeeping(empty, empty), false);
  assert.equal(isWorthKeeping({ ...empty, known: "02:40" }, empty), false);
  assert.equal(isWorthKeeping({ ...empty, substance: "白沫" }, empty), true);
});

test("a place set on the map is written as coordinates", () => {
  const draft = placed({ ...empty, unlocated: true }, { lon: 107.380001, lat: 30.600001 }, "观音镇");
  assert.deepEqual([draft.place, draft.placeName, draft.unlocated], ["107.38, 30.6", "观音镇", false]);
});

test("a stored draft comes back; one of another shape is not trusted", () => {
  const kept = { ...empty, place: "107.38, 30.60", substance: "硫酸" };
  assert.deepEqual(restored(JSON.stringify(kept), empty), kept);
  assert.equal(restored("not json", empty), null);
  assert.equal(restored(null, empty), null);
  assert.deepEqual(restored(JSON.stringify({ place: 7, drill: "yes", evil: 1 }), empty), empty);
});

test("a draft taken up the next day still means the night on which it was typed", () => {
  assert.equal(settled({ ...empty, occurred: "2:30" }, NOW, ZONE).occurred, "2025-11-21 02:30");
  assert.equal(settled(empty, NOW, ZONE).occurred, "");
});

test("a correction sends only what differs from what was held", () => {
  const held = {
    location: { lon: 107.38, lat: 30.6 },
    occurred_at: { earliest: "2025-11-20T18:30:00Z", latest: "2025-11-20T18:30:00Z" },
    known_at: "2025-11-20T18:41:00Z",
    substance: null,
    source_state: "continuing",
    bank: "left",
    mass_kg: null,
    duration_min: null,
    flow_state: "unknown",
    description: "",
    verification: "unverified",
    drill: false,
  };
  const draft = draftOf(held, empty, ZONE);
  const before = bodyOf(draft, ZONE, NOW);
  assert.ok(before);
  const after = bodyOf({ ...draft, substance: "硫酸", source_state: "stopped" }, ZONE, NOW);
  assert.ok(after);
  assert.deepEqual(changesOf(after, before), { substance: "硫酸", source_state: "stopped" });
  assert.deepEqual(changesOf(before, before), {});
});
