import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { standing } from "../../static/js/news.js";
import { entryWords } from "../../static/js/views/entries.js";
import { clocksSection, grouped } from "../../static/js/views/clocks.js";
import { gradeCard } from "../../static/js/views/grade.js";
import { choices, signSheet } from "../../static/js/views/sign.js";
import { half, speaker } from "../../static/js/words.js";

/** @typedef {import("../../static/js/types.js").Clock} Clock */
/** @typedef {import("../../static/js/types.js").Grading} Grading */
/** @typedef {import("../../static/js/views/sign.js").SignSheet} SignSheet */

const whole = JSON.parse(readFileSync(new URL("../../static/words.json", import.meta.url), "utf8"));
const NOW = new Date("2025-11-20T18:52:07Z");
const me = /** @type {import("../../static/js/types.js").Me} */ ({
  name: "达州值班员",
  role: "duty_officer",
  desk: "511700",
  desk_name: "达州市",
  language: "zh",
  time_zone: "Asia/Shanghai",
  now: NOW.toISOString(),
});

/** @param {"zh" | "en"} language @param {Partial<import("../../static/js/types.js").Me>} [who] @returns {import("../../static/js/types.js").Here} */
function here(language, who = {}) {
  return { say: speaker(half(whole, language)), language, zone: "Asia/Shanghai", now: NOW, me: { ...me, ...who } };
}

/** @param {Partial<Clock>} [change] @returns {Clock} */
function clock(change = {}) {
  return {
    id: "511700/initial/government",
    jurisdiction: "511700",
    jurisdiction_name: "达州市",
    due: "initial",
    what: "初报",
    to: ["达州市人民政府"],
    since_at: "2025-11-20T18:41:00Z",
    until_at: "2025-11-20T20:41:00Z",
    source: "statute",
    cited: "第四条",
    state: "running",
    late: false,
    met_at: null,
    met_by: null,
    tier: "duty_officer",
    tier_name: "值班员",
    ...change,
  };
}

const grading = /** @type {Grading} */ ({
  predicted: [
    {
      rule_set: "P2014",
      title: "国家预案附件1",
      grade: "II",
      certain: false,
      criteria: [{ criterion: "crossing", grade: "II", foreseen: true, because: "可能跨省级影响（梁平区）" }],
      unknown: [{ measure: "deaths", name: "死亡人数" }],
    },
    { rule_set: "R2011", title: "报告办法附录", grade: "II", certain: true, criteria: [], unknown: [] },
  ],
  article_4: [
    { item: "across_provinces", label: "（四）跨省", because: "可能跨省级影响（梁平区）", held: false },
    { item: "mass_incident", label: "（五）群体性", because: null, held: false },
  ],
  files: [{ jurisdiction: "511700", name: "达州市", declared: null, response: null }],
  history: [],
  mine: true,
  hears: ["梁平区"],
});
const declared = {
  id: 1,
  jurisdiction_name: "达州市",
  what: "grade",
  act: "declare",
  value: "III",
  before: null,
  at: "2025-11-20T18:50:00Z",
  signer: "带班领导",
  reason: "现场核实",
};

/** @param {Partial<import("../../static/js/store.js").State>} [change] @returns {import("../../static/js/store.js").State} */
function state(change = {}) {
  const incident = { number: 3, status: "open", drill: false, notifications: [] };
  return /** @type {any} */ ({ me, busy: false, clocks: [], grading, incident, news: [], incidents: [], assessment: null, ...change });
}

test("what is due to several at one hour is one line, and can be recorded in one step", () => {
  const both = [clock(), clock({ id: "511700/initial/ministry", to: ["生态环境部"] })];
  const [one, ...others] = grouped(both);
  assert.equal(others.length, 0);
  assert.deepEqual(one?.ids, ["511700/initial/government", "511700/initial/ministry"]);
  const shown = clocksSection(state({ clocks: both }), here("zh")).text;
  assert.match(shown, /data-ids="511700\/initial\/government 511700\/initial\/ministry"/);
  for (const part of ["达州市人民政府、生态环境部", "04:41", "剩 1 小时 48 分", "第四条", "法定时限"])
    assert.ok(shown.includes(part), part);
});

test("a missed clock is said with its number and with the tier that holds it", () => {
  const late = clock({ state: "missed", until_at: "2025-11-20T18:45:00Z", tier: "leader", tier_name: "带班领导" });
  const shown = clocksSection(state({ clocks: [late, clock({ id: "x", due: "final" })] }), here("zh")).text;
  assert.match(shown, /1 项已逾期/);
  assert.match(shown, /现由带班领导督办/);
  assert.match(shown, /is-missed/);
  assert.match(clocksSection(state({ clocks: [late] }), here("en")).text, /1 missed[^]*over by[^]*Now held by/);
});

test("clocks of other desks and those met are folded away, and a promise is kept by sending", () => {
  const clocks = [
    clock({ id: "p", due: "promise", what: "承诺的下次续报" }),
    clock({ id: "o", jurisdiction: "500155", jurisdiction_name: "梁平区" }),
    clock({ id: "m", state: "met", tier: null, tier_name: null, met_at: "2025-11-20T18:50:00Z", met_by: "达州市值班员" }),
  ];
  const shown = clocksSection(state({ clocks }), here("zh")).text;
  assert.match(shown, /其他席位的时限 1 项/);
  assert.match(shown, /已办 1 项/);
  assert.match(shown, /达州市值班员/);
  assert.doesNotMatch(shown, /record_report/);
  assert.doesNotMatch(clocksSection(state({ clocks: [clock()] }), here("zh", { role: "liaison" })).text, /record_report/);
});

test("the grade card keeps apart what is foreseen and what a person declared, and names what is unknown", () => {
  const shown = gradeCard(state(), here("zh")).text;
  for (const part of ["尚未宣布", "预判至少", "可能跨省级影响（梁平区）", "死亡人数", "须由人宣布", "2 小时内报告"])
    assert.ok(shown.includes(part), part);
  const [file] = grading.files;
  const done = { ...grading, files: [{ .../** @type {any} */ (file), declared }], history: [declared, declared] };
  const after = gradeCard(state({ grading: done }), here("zh")).text;
  for (const part of ["决定人 带班领导", "现场核实", 'data-id="raise"', 'data-id="lower"', "签署记录 2 条"])
    assert.ok(after.includes(part), part);
  assert.doesNotMatch(after, /data-id="declare"/);
  assert.doesNotMatch(gradeCard(state(), here("zh", { role: "observer" })).text, /data-do="sign"/);
});

test("raising offers only graver grades and lowering only milder ones", () => {
  assert.deepEqual(choices("raise", "III"), ["I", "II"]);
  assert.deepEqual(choices("lower", "III"), ["IV"]);
  assert.deepEqual(choices("declare", null), ["I", "II", "III", "IV"]);
  assert.deepEqual(choices("change", "II"), ["I", "III", "IV"]);
});

test("the dialog says who will be told, asks for reason and signer, and shows no undefined in either language", () => {
  const sheet = /** @type {SignSheet} */ ({
    act: "declare",
    number: 3,
    drill: false,
    present: null,
    foreseen: "II",
    hears: ["梁平区"],
    items: grading.article_4,
    clocks: [{ id: "511700/initial/government", what: "初报", to: "达州市人民政府" }],
    at: "02:52",
    fault: null,
    busy: false,
  });
  assert.match(signSheet(sheet, here("zh")).text, /会听到的席位：梁平区[^]*系统预判[^]*谁决定的[^]*核对给 1 处的通报/);
  assert.match(signSheet({ ...sheet, hears: [] }, here("zh")).text, /还没有告知任何一方/);
  assert.match(signSheet({ ...sheet, drill: true }, here("zh")).text, /演练/);
  for (const language of /** @type {("zh" | "en")[]} */ (["zh", "en"]))
    for (const act of /** @type {SignSheet["act"][]} */ (["declare", "raise", "lower", "start", "change", "end", "track", "report"])) {
      const shown = signSheet({ ...sheet, act, present: "III" }, here(language)).text;
      assert.doesNotMatch(shown, /undefined|NaN|sign\.|how\./);
    }
});

test("an alert that rose goes when its clock is met, or when a later one says more", () => {
  const first = { n: 1, kind: "clock.due_soon", at: NOW.toISOString(), words: "将到期", incident: 3, notification: null, clocks: [clock().id] };
  const second = { ...first, n: 2, kind: "clock.missed" };
  const open = state({ news: [second, first], clocks: [clock()] });
  assert.deepEqual(standing(open).map(({ n }) => n), [2]);
  const met = state({ news: [second, first], clocks: [clock({ tier: null, state: "met" })] });
  assert.deepEqual(standing(met), []);
});

test("the journal says clocks, grades and reports in words", () => {
  const facts = {
    incident: 3,
    clocks: [clock().id],
    who: "511700",
    what: { zh: "初报", en: "initial report" },
    to: [{ zh: "生态环境部", en: "the ministry" }],
    tier: "leader",
    tier_name: { zh: "带班领导", en: "duty leader" },
  };
  const entry = { stream: "incident:3", n: 1, at: NOW.toISOString(), by: { process: "work" }, hash: "", previous: "" };
  const words = (/** @type {string} */ kind, /** @type {any} */ more, /** @type {"zh" | "en"} */ language = "zh") =>
    entryWords(/** @type {any} */ ({ ...entry, kind, facts: more }), state(), here(language));
  assert.equal(words("clock.missed", facts), "达州市初报已逾期（生态环境部），转带班领导");
  assert.match(words("clock.missed", facts, "en"), /initial report missed \(the ministry\), raised to the duty leader/);
  const report = { who: "511700", to: ["government", "ministry"], how: "telephone" };
  assert.equal(words("report.made", report), "达州市已报本级政府、生态环境部（电话）");
  const grade = { who: "511700", value: "III", reason: "现场核实", signer: "带班领导" };
  assert.equal(words("grade.declared", grade), "达州市宣布为III级：现场核实（决定人 带班领导）");
});
