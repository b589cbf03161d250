import assert from "node:assert/strict";
import { test } from "node:test";
import { countdown, duration, instantOf, localOf, offsetWords, seconds, when } from "../../static/js/clock.js";

const ZONE = "Asia/Shanghai";
const NOW = new Date("2025-11-20T18:52:07Z"); // 21 Nov 02:52:07 at the desk
const zh = /** @type {const} */ ({ now: NOW, zone: ZONE, language: "zh" });
const en = /** @type {const} */ ({ now: NOW, zone: ZONE, language: "en" });

test("the running clock is the deployment's wall clock with its offset", () => {
  assert.equal(seconds(NOW, ZONE), "02:52:07");
  assert.equal(offsetWords(NOW, ZONE), "+08");
  assert.equal(offsetWords(NOW, "Asia/Kolkata"), "+05:30");
  assert.equal(offsetWords(NOW, "America/St_Johns"), "-03:30");
});

test("midnight is 00:00 and never 24:00", () => {
  assert.equal(seconds(new Date("2025-11-20T16:00:00Z"), ZONE), "00:00:00");
});

test("an hour of today stands alone; another day brings its date, another year its year", () => {
  assert.equal(when("2025-11-20T23:30:00Z", zh), "07:30");
  assert.equal(when("2025-11-21T23:30:00Z", zh), "11月22日 07:30");
  assert.equal(when("2025-11-21T23:30:00Z", en), "22 Nov 07:30");
  assert.equal(when("2025-12-01T23:30:00Z", zh), "12月2日 07:30");
  assert.equal(when("2026-01-01T23:30:00Z", zh), "2026年1月2日 07:30");
  assert.equal(when("2026-01-01T23:30:00Z", en), "2 Jan 2026 07:30");
});

test("today is the desk's day, not the day in Greenwich", () => {
  assert.equal(when("2025-11-20T15:59:00Z", zh), "11月20日 23:59");
  assert.equal(when("2025-11-20T16:00:00Z", zh), "00:00");
});

test("durations are said in their two leading units", () => {
  const cases = /** @type {[number, string, string][]} */ ([
    [9.9, "9 秒", "9 s"],
    [725, "12 分 05 秒", "12 min 05 s"],
    [3900, "1 小时 05 分", "1 h 05 min"],
    [266_400, "3 天 2 小时", "3 d 2 h"],
    [-725, "12 分 05 秒", "12 min 05 s"],
  ]);
  for (const [s, inChinese, inEnglish] of cases) {
    assert.equal(duration(s, "zh"), inChinese);
    assert.equal(duration(s, "en"), inEnglish);
  }
});

test("a duty's clock turns amber with a quarter of its time left and is over when past", () => {
  const since = "2025-11-20T18:41:00Z";
  const due = "2025-11-20T18:56:00Z"; // 15 minutes: amber from 18:52:15
  assert.equal(countdown(due, since, new Date("2025-11-20T18:52:00Z")).urgency, "calm");
  assert.equal(countdown(due, since, new Date("2025-11-20T18:52:15Z")).urgency, "soon");
  assert.equal(countdown(due, since, new Date("2025-11-20T18:56:00Z")).urgency, "soon");
  assert.deepEqual(countdown(due, since, new Date("2025-11-20T18:57:00Z")), { left_s: -60, urgency: "over" });
});

test("a clock whose beginning is not known is amber in its last five minutes", () => {
  assert.equal(countdown("2025-11-20T19:00:00Z", null, new Date("2025-11-20T18:54:59Z")).urgency, "calm");
  assert.equal(countdown("2025-11-20T19:00:00Z", null, new Date("2025-11-20T18:55:00Z")).urgency, "soon");
});

test("a wall-clock time becomes its instant and back, across summer time too", () => {
  assert.equal(instantOf("2025-11-21T02:41", ZONE), "2025-11-20T18:41:00.000Z");
  assert.equal(localOf("2025-11-20T18:41:00Z", ZONE), "2025-11-21T02:41");
  for (const local of ["2025-03-30T01:59", "2025-03-30T03:00", "2025-10-26T04:00", "2025-07-01T12:00"]) {
    assert.equal(localOf(String(instantOf(local, "Europe/Berlin")), "Europe/Berlin"), local);
  }
});

test("what is not a wall-clock time has no instant", () => {
  assert.equal(instantOf("", ZONE), null);
  assert.equal(instantOf("02:41", ZONE), null);
});
