import assert from "node:assert/strict";
import { test } from "node:test";
import { localOf } from "../../static/js/clock.js";
import { daysAgo, isOld, parseMoment, readMoment, writtenMoment } from "../../static/js/moments.js";

const ZONE = "Asia/Shanghai";
const NOW = new Date("2025-11-20T18:52:07Z"); // 21 Nov 02:52 at the desk

/** @param {string} typed */
function read(typed) {
  const found = parseMoment(typed, NOW, ZONE);
  return found && localOf(found, ZONE);
}

test("an hour is read as it is said and typed", () => {
  for (const typed of [
    "0230",
    "02:30",
    "2:30",
    "2.30",
    "2点半",
    "2时30分",
    "２：３０",
    "今天 2:30",
    "21日 2:30",
    "11-21 02:30",
    "2025-11-21 02:30",
    "2025-11-21T02:30",
    "11月21日2点30分",
    "凌晨两点半",
    "今早 2点三十分",
    "二十一号两点半",
  ]) {
    assert.equal(read(typed), "2025-11-21T02:30", typed);
  }
});

test("an hour that has not been yet is asked about, and yesterday's only where that is said", () => {
  assert.deepEqual(readMoment("23:10", NOW, ZONE), {
    at: null,
    fault: "form.time.ahead",
    yesterday: "2025-11-20T15:10:00.000Z",
  });
  assert.equal(read("2:57"), "2025-11-21T02:57", "five minutes ahead may be a fast clock");
  assert.equal(readMoment("2:58", NOW, ZONE).fault, "form.time.ahead");
  assert.equal(read("昨天 2:58"), "2025-11-20T02:58");
  assert.equal(readMoment("今天 23:10", NOW, ZONE).fault, "form.time.future");
  assert.equal(readMoment("2099-01-01 08:00", NOW, ZONE).fault, "form.time.future");
});

test("nothing typed is unknown; what cannot be read is a fault and not unknown", () => {
  assert.deepEqual(readMoment(" ", NOW, ZONE), { at: null, fault: null, yesterday: null });
  for (const typed of ["25:99", "soon", "凌晨"]) assert.equal(readMoment(typed, NOW, ZONE).fault, "form.time", typed);
});

test("a part of the day is understood, and refused where it leaves the hour open", () => {
  assert.equal(read("昨天下午三点"), "2025-11-20T15:00");
  assert.equal(read("昨晚十一点十分"), "2025-11-20T23:10");
  assert.equal(read("昨天中午十二点"), "2025-11-20T12:00");
  assert.equal(read("昨晚 2点"), null, "the night of yesterday or of today");
});

test("what is older than two days is asked about, and the day of an instant is counted in the zone", () => {
  assert.equal(isOld("2020-01-01T00:00:00Z", NOW), true);
  assert.equal(isOld("2025-11-19T18:52:07Z", NOW), false);
  assert.equal(daysAgo("2025-11-20T16:10:00Z", NOW, ZONE), 0);
  assert.equal(daysAgo("2025-11-20T15:10:00Z", NOW, ZONE), 1);
  assert.equal(daysAgo("2025-11-20T15:10:00Z", NOW, "UTC"), 0);
});

test("a named day is that day", () => {
  assert.equal(read("昨晚 23:10"), "2025-11-20T23:10");
  assert.equal(read("yesterday 2:30"), "2025-11-20T02:30");
  assert.equal(read("前天 8点"), "2025-11-19T08:00");
});

test("a date without month or year is the last such date", () => {
  assert.equal(read("30日 8:00"), "2025-10-30T08:00");
  assert.equal(read("12-31 8:00"), "2024-12-31T08:00");
});

test("what is no hour is refused rather than guessed", () => {
  for (const typed of ["", "soon", "25:00", "2:60", "2", "凌晨", "2460"]) assert.equal(read(typed), null, typed);
});

test("a field offers today's hour alone and another day's with its date", () => {
  assert.equal(writtenMoment("2025-11-20T18:41:00Z", NOW, ZONE), "02:41");
  assert.equal(writtenMoment("2025-11-19T18:41:00Z", NOW, ZONE), "2025-11-20 02:41");
});
