import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { foldAll, opened } from "../../static/js/journal.js";
import { standing } from "../../static/js/news.js";
import { emptyDraft } from "../../static/js/report.js";
import { assumed } from "../../static/js/views/assumed.js";
import { entryWords } from "../../static/js/views/entries.js";
import { issueSheet, reaching, sendLabel } from "../../static/js/views/issue.js";
import { known } from "../../static/js/views/known.js";
import { near } from "../../static/js/views/near.js";
import { bar, next } from "../../static/js/views/next.js";
import { dutyRow } from "../../static/js/views/on_duty.js";
import { plot, pointsOf, span } from "../../static/js/views/plot.js";
import { ticked } from "../../static/js/views/proposals.js";
import { duty, link } from "../../static/js/views/topbar.js";
import { half, speaker } from "../../static/js/words.js";

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

/** @param {Partial<import("../../static/js/types.js").Notification>} change @returns {import("../../static/js/types.js").Notification} */
function notification(change) {
  const clauses = [
    {
      agreement: "tongbo-2020",
      clause: "2",
      cited: "《铜钵河协议》第2条",
      reason: "梁平区被到达",
      text_held: false,
      source: "policy",
    },
  ];
  return {
    id: 1,
    who: "511700",
    tells: "500155",
    tells_name: "梁平区",
    kind: "incident",
    act: null,
    circle: "now",
    state: "proposed",
    deadline_at: "2025-11-20T18:56:00Z",
    clauses,
    code: "K7M4",
    version: null,
    deliveries: [],
    acknowledged: null,
    ...change,
  };
}
const reach = {
  code: "500155",
  name: "梁平区",
  river: "TBH",
  river_name: "铜钵河",
  entry: 1,
  enter_km: 13,
  leave_km: 43,
  bank: "both",
  desk: "500155",
  earliest_at: "2025-11-20T23:30:00Z",
  likely_at: "2025-11-21T01:10:00Z",
  latest_at: "2025-11-21T04:00:00Z",
  trailing_latest_at: null,
  trailing_reason: "源头未确认停止",
};
const start = {
  ...reach,
  code: "511724",
  name: "大竹县",
  enter_km: 0,
  leave_km: 13,
  desk: "511700",
  earliest_at: "2025-11-20T18:30:00Z",
  likely_at: "2025-11-20T18:40:00Z",
  latest_at: "2025-11-20T19:00:00Z",
};
const intake = {
  id: 5001,
  name: "观音镇（合成）取水口",
  kind: "intake",
  river: "TBH",
  km: 2.4,
  earliest_at: "2025-11-20T19:00:00Z",
  likely_at: "2025-11-20T19:30:00Z",
  latest_at: "2025-11-20T20:00:00Z",
  near: true,
  synthetic: true,
};
const spot = {
  reach_id: 1,
  river: "TBH",
  name: "铜钵河",
  offset_m: 0,
  distance_m: 320,
  lon: 107.38,
  lat: 30.6,
  schematic: true,
};
const assessment = /** @type {import("../../static/js/types.js").Assessment} */ ({
  id: 1,
  snapped: spot,
  reached: [start, reach],
  sites: [intake],
  obligations: [],
  notifications: [],
  gaps: [{ jurisdiction: "511600", name: "广安市", reason: "没有协议", duty: "statute" }],
  predicted_grade: "III",
  versions: {},
  inputs: {},
});
const report = {
  location: { lon: 107.38, lat: 30.6 },
  substance: null,
  source_state: "continuing",
  verification: "unverified",
  bank: "left",
  flow_state: "unknown",
  occurred_at: null,
  known_at: "2025-11-20T18:41:00Z",
  description: "<b>罐车</b>",
  mass_kg: null,
};

/** @param {Partial<import("../../static/js/store.js").State>} [change] @returns {import("../../static/js/store.js").State} */
function state(change = {}) {
  const incident = /** @type {import("../../static/js/types.js").Incident} */ ({
    number: 12,
    status: "open",
    lead: "511700",
    lead_name: "达州市",
    drill: false,
    report,
    reports: [
      {
        n: 1,
        received_at: "2025-11-20T18:44:00Z",
        statement: { reporter: "119 指挥中心", description: "<b>罐车</b>" },
        reason: null,
      },
      {
        n: 2,
        received_at: "2025-11-20T18:47:00Z",
        statement: { reporter: "船民", description: "白沫、死鱼" },
        reason: null,
      },
      { n: 3, received_at: "2025-11-20T18:48:00Z", statement: { flow_state: "high" }, reason: null },
    ],
    predicted_grade: "III",
    declared_grade: null,
    assessment_id: 1,
    notifications: [notification({})],
    journal_last: 2,
    known_at: "2025-11-20T18:41:00Z",
    first_hour: [
      { name: "first_call", unit: "min", value: null, within: 3, done: 0, of: 1, met: null },
      { name: "nearest_intake", unit: "min", value: null, within: 10, done: 0, of: 1, met: null },
      { name: "downstream", unit: "min", value: null, within: 15, done: 0, of: 0, met: null },
      { name: "all_now", unit: "min", value: null, within: 30, done: 1, of: 3, met: null },
      { name: "wrong_person", unit: "times", value: 0, within: 0, done: 0, of: 0, met: true },
    ],
  });
  const listed = {
    number: 12,
    status: "open",
    lead: "511700",
    lead_name: "达州市",
    drill: false,
    substance: null,
    river: "铜钵河",
    place: "大竹县",
    lon: 107.38,
    lat: 30.6,
    known_at: "2025-11-20T18:41:00Z",
    opened_at: "2025-11-20T18:44:00Z",
    journal_last: 2,
    open_notifications: 1,
  };
  const file = foldAll(opened("incident:12"), [
    {
      stream: "incident:12",
      n: 1,
      at: "2025-11-20T18:44:00Z",
      kind: "incident.reported",
      by: { role: "duty_officer", desk: "511700" },
      facts: { report: 1 },
      hash: "h1",
      previous: "h0",
    },
    { stream: "incident:12", n: 2, hash: "h2", withheld: true },
  ]);
  const nothing = { state: /** @type {const} */ ("idle"), assessment: null, problem: null };
  return {
    me,
    skew_ms: 0,
    incidents: [listed],
    chosen: 12,
    incident,
    assessment,
    shapes: null,
    calls: [],
    intakes: [],
    inside: [],
    files: { "incident:12": file },
    mine: [],
    duty: null,
    link: "live",
    lost_at: null,
    mode: "desk",
    reportFor: null,
    correcting: null,
    draft: null,
    slips: [],
    preview: nothing,
    places: [],
    searched: null,
    typing: null,
    kept: null,
    picks: {},
    revealed: {},
    cardFaults: {},
    notice: null,
    expired: false,
    tab: "next",
    centre: "map",
    lookAt_ms: null,
    news: [],
    playing: false,
    alarm: false,
    busy: false,
    ...change,
  };
}
const primary = {
  contact: 7,
  role: "primary",
  name: "梁平区值班室",
  number: "+1 202 555 ••43",
  wrong: false,
  hopeless: false,
  outcomes: [],
};
const deputy = { ...primary, contact: 8, role: "deputy", name: "梁平区副班", number: "+1 303 555 ••43" };
const card = {
  notification: 1,
  desk: "500155",
  name: "梁平区",
  kind: "incident",
  act: "heads_up",
  version: 1,
  drill: false,
  circle: "now",
  deadline_at: "2025-11-20T18:56:00Z",
  contact: 7,
  people: [primary, deputy],
  script_zh: "达州首报：请复述",
  script_en: "Dazhou: code?",
  code: "K7M4",
  earlier: [],
  hopeless: false,
  silence_minutes: 3,
};
const nearCard = {
  site: 5001,
  name: "观音镇（合成）取水口",
  km: 2.4,
  synthetic: true,
  says: "near",
  drill: false,
  deadline_at: "2025-11-20T18:51:00Z",
  contact: 9,
  contact_name: "观音镇水厂值班",
  number: "+1 505 555 ••01",
  wrong: false,
  nobody: null,
  script_zh: "达州值班室：上游有水污染，请关闭取水口或先取样，请复述",
  script_en: "Dazhou: spill above. Close or sample now",
  outcomes: [],
  done: false,
};

test("the inside list says who is owed a call, by when, and what was done can be undone", () => {
  const line = { who: "511700", role: "fire", name: "消防救援机构", occasion: "initial", deadline_at: "2025-11-20T19:13:00Z", told_at: null };
  const owed = next(state({ inside: [line, { ...line, role: "health", name: "卫生健康部门", told_at: "2025-11-20T18:50:00Z" }] }), here("zh")).text;
  assert.match(owed, /本方内部名单（1\/2 已告知）/);
  assert.match(owed, /data-do="told_inside" data-id="fire" aria-label="记消防救援为已告知"/);
  assert.match(owed, /data-do="untold_inside" data-id="health"/);
  assert.doesNotMatch(next(state(), here("zh")).text, /本方内部名单/);
  assert.doesNotMatch(next(state({ inside: [line] }), here("zh", { role: "liaison" })).text, /told_inside/);
});

test("a near intake stands first, and without any hour", () => {
  const shown = near([intake, { ...intake, id: 2, near: false, name: "远处取水口" }], here("zh")).text;
  assert.match(shown, /观音镇（合成）取水口/);
  assert.match(shown, /立即关闭或采样/);
  assert.doesNotMatch(shown, /<time|\d\d:\d\d|远处/);
  const column = next(state(), here("zh")).text;
  assert.ok(column.indexOf("near-title") < column.indexOf("proposals-title"));
});

test("a near intake of the desk is the first row of its call board, and of another desk's page only information", () => {
  const own = next(state({ intakes: [nearCard], calls: [card] }), here("zh")).text;
  assert.ok(own.indexOf("观音镇（合成）取水口") < own.indexOf("梁平区值班室"));
  for (const part of ["请关闭取水口或先取样", "观音镇水厂值班", "显示号码", "已告知", 'data-place="intake"'])
    assert.ok(own.includes(part), part);
  assert.doesNotMatch(own, /near-title/, "not shown twice");
  const other = next(state(), here("zh", { desk: "500155" })).text;
  assert.match(other, /近处取水口 1 处/);
  assert.doesNotMatch(other, /立即关闭或采样|请关闭取水口/);
  const ended = { .../** @type {import("../../static/js/types.js").Incident} */ (state().incident), status: "withdrawn" };
  assert.doesNotMatch(next(state({ incident: ended }), here("zh")).text, /near-title/);
});

test("the journal names the intake that was called", () => {
  const facts = { site: 5001, name: { zh: "观音镇取水口", en: "Guanyin intake" }, outcome: "no_answer" };
  const entry = /** @type {any} */ ({ n: 3, at: "", kind: "intake.called", by: {}, facts });
  assert.equal(entryWords(entry, state(), here("zh")), "致电观音镇取水口：无人接");
  assert.equal(entryWords(entry, state(), here("en")), "Called Guanyin intake: No answer");
});

test("an intake without a number says so, and is ticked once it was told", () => {
  const nobody = { ...nearCard, contact: null, contact_name: null, number: null, nobody: "没有登记电话：先查通讯录" };
  const open = next(state({ intakes: [nobody] }), here("zh")).text;
  assert.match(open, /没有登记电话：先查通讯录/);
  assert.doesNotMatch(open, /data-do="reveal"/);
  const call = { outcome: "read_back", person: "水厂值班", at: "2025-11-20T18:46:00Z", typed_at: "", late: false };
  const done = next(state({ intakes: [{ ...nobody, done: true, outcomes: [call] }] }), here("zh")).text;
  assert.match(done, /class="plain done".*观音镇（合成）取水口.*水厂值班/s);
  assert.doesNotMatch(done, /data-place="intake"/);
});

test("one card for each desk names the act, its people in order, and whose turn it is", () => {
  const shown = next(state({ calls: [{ ...card, act: "formal_notice", earlier: [3] }] }), here("zh")).text;
  assert.match(shown, /正式通报/);
  assert.match(shown, /连同此前 1 条/);
  assert.ok(shown.indexOf("梁平区值班室") < shown.indexOf("梁平区副班"));
  assert.equal(shown.match(/现在打/g)?.length, 1);
  const wrong = { ...primary, number: null, wrong: true, hopeless: true };
  const next_ = next(state({ calls: [{ ...card, contact: 8, people: [wrong, deputy] }] }), here("zh")).text;
  assert.match(next_, /错号/);
  assert.ok(next_.indexOf("现在打") > next_.indexOf("梁平区值班室"));
});

test("the board and the list of those reached count desks alike", () => {
  const read = { by: "李", at: "2025-11-20T18:55:00Z", via: "call" };
  const owed = [
    notification({ id: 1, state: "acknowledged", acknowledged: read, issued_at: "2025-11-20T18:50:00Z", version: 1 }),
    notification({ id: 2, state: "acknowledged", acknowledged: read, issued_at: "2025-11-20T18:52:00Z", version: 1 }),
    notification({ id: 3, tells: "511703", state: "issued", issued_at: "2025-11-20T18:52:00Z", version: 1 }),
  ];
  const incident = { .../** @type {import("../../static/js/types.js").Incident} */ (state().incident), notifications: owed };
  assert.match(next(state({ incident }), here("zh")).text, /1\/2 已回报/);
});

test("a withdrawal that awaits its word stands before any call", () => {
  const owed = [notification({ id: 5, kind: "withdrawal" })];
  const incident = { .../** @type {import("../../static/js/types.js").Incident} */ (state().incident), notifications: owed };
  const shown = next(state({ incident, calls: [card] }), here("zh")).text;
  assert.ok(shown.indexOf("proposals-title") < shown.indexOf("board-title"));
});

test("the call card holds script, code, masked number, outcomes and the read-back", () => {
  const shown = next(state({ calls: [card] }), here("zh")).text;
  for (const part of [
    "达州首报：请复述",
    "K7M4",
    "+1 202 555 ••43",
    "显示号码",
    "无人接",
    "占线",
    "错号",
    "拒绝",
    "稍后再打",
    "已回报",
  ])
    assert.ok(shown.includes(part), part);
  assert.ok(next(state({ calls: [card] }), here("en")).text.includes("Dazhou: code?"));
  assert.ok(
    next(state({ calls: [card], revealed: { "1-7": "+1 202 555 0143" } }), here("zh")).text.includes(
      "tel:+1 202 555 0143",
    ),
  );
});

test("with calls to make the board comes before the decisions; without, after", () => {
  const withCalls = next(state({ calls: [card] }), here("zh")).text;
  assert.ok(withCalls.indexOf("board-title") < withCalls.indexOf("proposals-title"));
  const without = next(state(), here("zh")).text;
  assert.ok(without.indexOf("board-title") > without.indexOf("proposals-title"));
});

test("only the desk's own proposals of the circle now are ticked by themselves", () => {
  const owed = [
    notification({ id: 1 }),
    notification({ id: 2, circle: "prepare" }),
    notification({ id: 3, who: "500155" }),
    notification({ id: 4, state: "issued" }),
  ];
  const incident = {
    .../** @type {import("../../static/js/types.js").Incident} */ (state().incident),
    notifications: owed,
  };
  assert.deepEqual(
    ticked(state({ incident })).map(({ id }) => id),
    [1],
  );
  assert.deepEqual(
    ticked(state({ incident, picks: { 1: false, 2: true, 3: true } })).map(({ id }) => id),
    [2],
  );
});

test("the one primary action is named by what it does", () => {
  assert.match(bar(state(), here("zh")).toString(), /核对并通知 梁平区…/);
  assert.match(bar(state({ chosen: null, incident: null }), here("zh")).toString(), /报告事件/);
  const draft = { ...emptyDraft(NOW, "Asia/Shanghai"), drill: true };
  assert.match(bar(state({ mode: "report", draft }), here("zh")).toString(), /立案并研判（演练）/);
});

test("the last button says who will hear it, by what, and how many people", () => {
  const message = {
    notification: 1,
    tells: "500155",
    recipients: [
      { role: "primary", name: "梁平区值班室", channels: ["sms", "websocket"], now: true, text: "…" },
      { role: "deputy", name: "副班", channels: ["sms"], now: false, text: null },
    ],
    gaps: [],
    text: "…",
    units: 65,
    segments: 1,
  };
  assert.equal(sendLabel([message], ["梁平区"], here("zh")), "通知梁平区 · 短信 + 网页，1 人");
  assert.equal(
    sendLabel([message, message], ["Liangping", "Dachuan"], here("en")),
    "Tell Liangping, Dachuan · SMS + web, 2 people",
  );
});

test("the confirmation lists everyone who is texted at once, and counts them", () => {
  const message = {
    notification: 1,
    tells: "500155",
    recipients: [
      { role: "primary", name: "梁平区值班室", channels: ["sms", "websocket"], now: true, text: "…" },
      { role: "deputy", name: "梁平区副班", channels: ["sms", "websocket"], now: true, text: "English" },
      { role: "leader", name: "梁平区带班领导", channels: ["sms"], now: false, text: null },
    ],
    gaps: [{ role: "leader", slug: "wrong-number", words: "此号码接听者说是错号" }],
    text: "…",
    units: 65,
    segments: 1,
  };
  assert.equal(sendLabel([message], ["梁平区"], here("zh")), "通知梁平区 · 短信 + 网页，2 人");
  const sheet = {
    act: /** @type {const} */ ("heads_up"),
    names: { 500155: "梁平区" },
    behalf: null,
    after: "withdrawal",
    messages: [message],
    left: [],
    fault: null,
    busy: false,
    at: "",
    drill: false,
  };
  const shown = issueSheet(sheet, here("zh")).text;
  for (const part of ["立即收到短信（2 人）", "梁平区副班", "English", "未回报则依次：梁平区带班领导", "说是错号", "事件已撤回"])
    assert.ok(shown.includes(part), part);
  assert.doesNotMatch(shown, /undefined/);
});

test("a newer message asks for the read-back, and what it replaces stands struck under it with the reason of a correction", () => {
  const base = { drill: false, river: "铜钵河", place: "大竹县段", section: "牛角滩", verified: false, substance: null };
  const first = { ...base, kind: "incident", version: 1, source_open: true };
  const later = {
    ...base,
    kind: "correction",
    version: 2,
    source_open: false,
    corrected: [{ field: "source_open", was: true, now: false }],
    reason: "现场已堵住",
  };
  const mine = [
    notification({ id: 1, incident: 12, state: "issued", issued_at: "2025-11-20T18:50:00Z", content: first }),
    notification({ id: 2, incident: 12, state: "issued", issued_at: "2025-11-20T18:58:00Z", content: later }),
  ];
  const shown = next(state({ mine }), here("zh", { role: "liaison", desk: "500155" })).text;
  assert.equal(shown.match(/data-submit="acknowledge"/g)?.length, 1);
  assert.match(shown, /data-submit="acknowledge" data-id="2"/);
  assert.ok(shown.indexOf("更正源头") < shown.indexOf("已被上面的通报取代"));
  for (const part of ["现场已堵住", "连同此前 1 条", "<s data-key"]) assert.ok(shown.includes(part), part);
});

test("a liaison sees no call board and no proposals, and an observer cannot report", () => {
  const liaison = next(state(), here("zh", { role: "liaison", desk: "500155" })).text;
  assert.doesNotMatch(liaison, /board-title|proposals-title/);
  assert.equal(bar(state(), here("zh", { role: "observer" })).toString(), "");
});

test("a message to this desk shows the hour at its own section and is read back by its code", () => {
  const content = {
    kind: "incident",
    version: 2,
    drill: false,
    river: "铜钵河",
    place: "大竹县段",
    section: "牛角滩",
    substance: null,
    earliest_at: "2025-11-20T22:00:00Z",
    was_earliest_at: "2025-11-20T23:30:00Z",
    verified: false,
    source_open: true,
    next_update_at: "2025-11-20T21:00:00Z",
  };
  const mine = [
    notification({ state: "issued", who_name: "达州市", act: "heads_up", issued_at: "2025-11-20T18:52:00Z", content }),
  ];
  const shown = next(state({ mine }), here("zh", { role: "liaison", desk: "500155", desk_name: "梁平区" })).text;
  for (const part of ["来自 达州市", "不早于", "06:00", "牛角滩", "待核实", "回报 K7M4", "还在流"])
    assert.ok(shown.includes(part), part);
  assert.match(shown, /class="was">原 <time datetime="2025-11-20T23:30:00Z">07:30/);
});

test("a withdrawal and an end say that it is over, and no longer what was forecast", () => {
  const forecast = {
    version: 2,
    river: "铜钵河",
    place: "大竹县段",
    section: "牛角滩",
    substance: null,
    earliest_at: "2025-11-20T22:00:00Z",
    verified: false,
    source_open: true,
    reason: "经查为泥沙",
  };
  for (const [kind, words] of [
    ["withdrawal", "前报作废"],
    ["end", "通报结束"],
  ]) {
    const mine = [notification({ state: "issued", issued_at: "2025-11-20T18:52:00Z", content: { ...forecast, kind } })];
    const shown = next(state({ mine }), here("zh", { role: "liaison", desk: "500155" })).text;
    for (const part of [words, "铜钵河 大竹县段", "经查为泥沙", "回报 K7M4"]) assert.ok(shown.includes(part), part);
    for (const part of ["不早于", "还在流", "待核实", "物质不明"]) assert.ok(!shown.includes(part), part);
  }
});

test("what we know says what is not known, and keeps an entry that it may not show", () => {
  const shown = known(state(), here("zh")).text;
  for (const part of [
    "物质不明",
    "还在流",
    "待核实",
    "不早于",
    "07:30",
    "示意走向",
    "按法定通报",
    "（本席位无权查看）",
    "接到首份报告",
  ])
    assert.ok(shown.includes(part), part);
  assert.ok(shown.includes("&lt;b&gt;罐车"));
});

test("no view shows an undefined, a NaN or an unnamed sentence in either language", () => {
  const draft = emptyDraft(NOW, "Asia/Shanghai");
  const preview = { state: /** @type {const} */ ("shown"), assessment, problem: null };
  for (const language of /** @type {const} */ (["zh", "en"])) {
    for (const one of [
      state(),
      state({ calls: [card] }),
      state({ chosen: null, incident: null }),
      state({ incidents: [], chosen: null, incident: null }),
      state({ incidents: null, chosen: null, incident: null }),
      state({ mode: "report", draft, preview }),
      state({ incident: null, assessment: null }),
    ]) {
      const shown = [next(one, here(language)), bar(one, here(language)), known(one, here(language))].join("");
      assert.doesNotMatch(shown, /undefined|NaN|\[object/);
      for (const [, words] of shown.matchAll(/>([^<>]+)</g))
        assert.equal(words !== undefined && words.includes(".") && words.trim() in whole, false, words);
    }
  }
});

test("no view writes a style attribute or a script, which the page's policy would refuse", () => {
  const shown = [
    next(state({ calls: [card] }), here("zh")),
    known(state(), here("zh")),
    plot(assessment, { width: 600, height: 400, knownAt: null, at: NOW }, here("zh")),
  ].join("");
  assert.doesNotMatch(shown, / style=| on\w+=|<script/);
});

test("the plot holds entries and sites once, in the order of the water", () => {
  assert.deepEqual(
    pointsOf(assessment).map(({ km }) => km),
    [0, 2.4, 13],
  );
  assert.deepEqual(pointsOf(null), []);
});

test("where the river branches the plot follows one course, on which no hour runs backwards", () => {
  const at = (/** @type {number} */ h) => new Date(NOW.getTime() + h * 3_600_000).toISOString();
  const entry = (/** @type {number} */ km, /** @type {number} */ h) => ({
    ...reach,
    enter_km: km,
    earliest_at: at(h),
    likely_at: at(h + 1),
    latest_at: at(h + 2),
  });
  const fan = {
    ...assessment,
    sites: [],
    reached: [entry(0, 0), entry(10, 2), entry(12, 9), entry(20, 4), entry(22, 18), entry(30, 6)],
  };
  assert.deepEqual(
    pointsOf(fan).map(({ km }) => km),
    [0, 10, 20, 30],
  );
});

test("the plot's title is the conclusion: the next desk, and not before when", () => {
  const shown = plot(
    assessment,
    { width: 600, height: 400, knownAt: "2025-11-20T18:41:00Z", at: NOW },
    here("zh"),
  ).text;
  assert.match(shown, /不早于 07:30 进入梁平区（13.0 km）/);
  assert.doesNotMatch(shown, /NaN|undefined/);
});

test("the time shown reaches from when it may have begun to the last likely arrival, four days at most", () => {
  const { from, to } = span(assessment, "2025-11-20T18:41:00Z", NOW);
  assert.equal(new Date(from).toISOString(), "2025-11-20T18:30:00.000Z");
  assert.equal(new Date(to).toISOString(), "2025-11-21T02:10:00.000Z");
  const far = { ...assessment, reached: [{ ...reach, likely_at: "2026-01-20T00:00:00Z" }] };
  const longest = span(far, "2025-11-20T18:41:00Z", NOW);
  assert.equal(longest.to - longest.from, 96 * 3_600_000);
});

test("the plot draws every boundary of the next day, the urgent one in emphasis, and the time that has passed", () => {
  const at = (/** @type {number} */ h) => new Date(NOW.getTime() + h * 3_600_000).toISOString();
  const entry = (
    /** @type {string} */ name,
    /** @type {number} */ km,
    /** @type {number} */ h,
    /** @type {string} */ desk,
  ) => ({ ...reach, name, desk, enter_km: km, earliest_at: at(h), likely_at: at(h * 1.5 + 1), latest_at: at(h * 2 + 2) });
  const sites = [20, 25, 30, 35].map((km) => ({ ...intake, id: km, km, ...entry("", km, 3, "") }));
  const branching = {
    ...assessment,
    sites,
    reached: [
      { ...entry("大竹县", 0, -3, "511700"), likely_at: at(-1), latest_at: at(0) },
      { ...entry("梁平区", 13, 1, "500155"), likely_at: at(30), latest_at: at(40) }, // slower than what lies beyond
      entry("达川区", 62, 20, "511700"),
      entry("渠县", 298, 60, "511700"),
    ],
  };
  const shown = plot(branching, { width: 600, height: 400, knownAt: at(0), at: NOW }, here("zh")).text;
  for (const name of ["大竹县 0.0 km", "梁平区 13.0 km", "达川区 62.0 km"]) assert.ok(shown.includes(name), name);
  assert.equal([...shown.matchAll(/plot-boundary is-urgent/g)].length, 1);
  assert.match(shown, /plot-name is-urgent"[^>]*> 梁平区/);
  assert.match(shown, /class="plot-passed"/);
  assert.ok(Number(/class="plot-passed"[^>]*width="([\d.]+)"/.exec(shown)?.[1]) > 10);
});

test("an incident that lies on no river shows what is known and how to place it", () => {
  const incident = {
    .../** @type {import("../../static/js/types.js").Incident} */ (state().incident),
    assessment_id: null,
    predicted_grade: null,
    notifications: [],
    report: { ...report, location: { lon: 122.5, lat: 30 }, unlocated: true },
  };
  const one = state({ incident, assessment: null });
  for (const language of /** @type {const} */ (["zh", "en"])) {
    const shown = known(one, here(language)).text;
    assert.match(shown, /122\.5, 30/);
    assert.match(shown, /data-do="correct" data-field="place"/);
    assert.doesNotMatch(shown, /undefined|NaN|data-do="flow"/);
  }
  assert.doesNotMatch(known(one, here("zh", { role: "liaison" })).text, /data-field="place"/);
});

test("every statement keeps its own words and reporter, newest first", () => {
  const shown = known(state(), here("zh")).text;
  const [boatman, driver] = [shown.indexOf("白沫、死鱼"), shown.indexOf("&lt;b&gt;罐车")];
  assert.ok(boatman > 0 && driver > boatman);
  assert.ok(shown.includes("119 指挥中心") && shown.includes("船民"));
});

test("what widens the hours is said in one line, and each part opens the field that ends it", () => {
  const open = { ...assessment, inputs: { ...report, occurred_at: null, flow_state: "unknown" } };
  const shown = assumed(state({ assessment: open }), here("zh")).text;
  assert.match(shown, /假定：/);
  assert.match(shown, /data-do="correct" data-field="occurred">何时发现不明，按知悉前 3 小时/);
  assert.match(shown, /data-do="further" data-field="flow_state">水情不明，流量按常年的 0.2 至 6 倍/);
  const period = { earliest: "2025-11-20T18:30:00Z", latest: "2025-11-20T18:40:00Z" };
  const between = { ...open, inputs: { ...report, occurred_at: period, flow_state: "high" } };
  assert.match(assumed(state({ assessment: between }), here("zh")).text, /发现于 02:30 至 02:40 之间/);
  const certain = { ...period, latest: period.earliest };
  const settled = { ...open, inputs: { ...report, occurred_at: certain, flow_state: "high" } };
  assert.equal(assumed(state({ assessment: settled }), here("zh")).text, "");
  assert.doesNotMatch(assumed(state({ assessment: open }), here("zh", { role: "liaison" })).text, /<button/);
});

test("the assumptions are those of the service", () => {
  const [findings, ensemble] = ["incidents/findings.py", "river/ensemble.py"].map((name) =>
    readFileSync(new URL(`../../emergency/${name}`, import.meta.url), "utf8"),
  );
  assert.match(findings ?? "", /UNKNOWN_RELEASE[^\n]*timedelta\(hours=3\)/);
  assert.match(ensemble ?? "", /UNKNOWN_FLOW[^\n]*\(0\.2, 1\.0, 6\.0\)/);
});

test("a desk that read back another hour than now holds is not shown as calm", () => {
  const read = notification({
    state: "acknowledged",
    version: 1,
    acknowledged: { by: "值班员", at: "2025-11-20T18:50:00Z", via: "call" },
    content: { earliest_at: "2025-11-21T00:04:00Z" },
  });
  const held = /** @type {import("../../static/js/types.js").Incident} */ (state().incident);
  const view = (/** @type {import("../../static/js/types.js").Notification[]} */ notifications) =>
    known(state({ incident: { ...held, notifications } }), here("zh")).text;
  const stale = view([read, notification({ id: 2, kind: "update" })]);
  assert.match(stale, /told-outdated/);
  assert.match(stale, /回报的是 08:04 续报待决定/);
  assert.doesNotMatch(stale, /<summary[^>]*>(?:(?!<\/summary>).)*told-read_back/);
  const same = view([{ ...read, content: { earliest_at: reach.earliest_at } }]);
  assert.doesNotMatch(same, /told-outdated/);
  assert.match(same, /told-read_back/);
});

test("reporting is always at hand, beside what awaits a decision, and says its key", () => {
  const shown = bar(state(), here("zh")).toString();
  assert.match(shown, /data-do="issue"/);
  assert.match(shown, /data-do="report"[^>]*aria-keyshortcuts="Alt\+R"/);
  assert.match(shown, /报告另一事件[^<]*<kbd>Alt\+R<\/kbd>/);
});

test("what has not been done in time is late while one looks, and no longer once the incident has ended", () => {
  const looked = { ...here("zh"), now: new Date("2025-11-20T18:50:07Z") }; // nine minutes from knowing
  assert.match(known(state(), looked).text, /is-late"> <span class="meta">首个电话<\/span> <strong>已 9 分，还没有/);
  const held = /** @type {import("../../static/js/types.js").Incident} */ (state().incident);
  assert.doesNotMatch(known(state({ incident: { ...held, status: "closed" } }), looked).text, /is-late/);
});

test("a measure counts of how many, and what went wrong stands only where it did", () => {
  const shown = known(state(), here("en")).text;
  assert.match(shown, /All of “now” read back \(1 of 3\)/);
  assert.doesNotMatch(shown, /Wrong person|First desk downstream/);
  const held = /** @type {import("../../static/js/types.js").Incident} */ (state().incident);
  const wrong = { ...held, first_hour: [{ name: "wrong_person", unit: /** @type {const} */ ("times"), value: 2, within: 0, done: 0, of: 0, met: false }] };
  assert.match(known(state({ incident: wrong }), here("en")).text, /is-late"> <span class="meta">Wrong person called<\/span> <strong>2<\/strong>/);
});

test("a fax stands on the card with its receipt, or with the place to record who says that it arrived", () => {
  const sent = { delivery: 9, channel: /** @type {const} */ ("fax"), to: "值班室", reference: "7号", at: "2025-11-20T18:46:00Z", received_at: null, received_by: "", late: false };
  const waiting = next(state({ calls: [{ ...card, papers: [sent], read_back: { done: 1, wanted: 2 } }] }), here("zh")).text;
  assert.match(waiting, /data-submit="paper_received" data-id="9"/);
  assert.match(waiting, /已回报 1 人，须 2 人/);
  const arrived = { ...sent, received_at: "2025-11-20T18:50:00Z", received_by: "赵" };
  const shown = next(state({ calls: [{ ...card, papers: [arrived] }] }), here("zh")).text;
  assert.match(shown, /赵 确认收到/);
  assert.doesNotMatch(shown, /paper_received/);
});

test("a contact test says that it is one, asks about nothing else, and stands after everything that matters", () => {
  const said = { kind: "contact_test", version: 1, drill: true, receiver: "王某", river: "", place: "", substance: null, source_open: null, verified: true };
  const mine = [notification({ id: 4, incident: -4, who: "511700", state: "issued", content: said, issued_at: "2025-11-20T18:50:00Z" })];
  const shown = next(state({ tests: /** @type {any} */ (mine), calls: [card] }), here("zh")).text;
  assert.match(shown, /请王某确认能收到/);
  assert.ok(shown.indexOf("请王某") > shown.indexOf("board-title"));
  assert.doesNotMatch(shown, /undefined|data-do="open" data-id="-4"/);
});

test("what rose to the desk goes with the decision, the word sent, or the end of the incident", () => {
  const undecided = {
    n: 5,
    kind: "proposal.escalated",
    at: "2025-11-20T18:50:00Z",
    words: "久未决定",
    incident: 12,
    notification: 1,
  };
  const overdue = { ...undecided, n: 6, kind: "promise.overdue", notification: null };
  const held = /** @type {import("../../static/js/types.js").Incident} */ (state().incident);
  const news = [undecided, overdue];
  const numbers = (/** @type {Partial<import("../../static/js/types.js").Incident>} */ change) =>
    standing(state({ news, incident: { ...held, ...change } })).map(({ n }) => n);
  assert.deepEqual(numbers({}), [5, 6]);
  const sent = notification({ state: "issued", issued_at: "2025-11-20T18:51:00Z" });
  assert.deepEqual(numbers({ notifications: [sent] }), []);
  assert.deepEqual(numbers({ status: "closed" }), []);
  const [listed] = state().incidents ?? [];
  const decided = { .../** @type {NonNullable<typeof listed>} */ (listed), open_notifications: 0 };
  assert.deepEqual(
    standing(state({ news, incident: null, incidents: [decided] })).map(({ n }) => n),
    [6],
  );
});

test("a draft that waits is offered, to be taken up or dropped", () => {
  const draft = { ...emptyDraft(NOW, "Asia/Shanghai"), place: "107.38, 30.6", substance: "白沫" };
  const shown = next(state({ kept: { draft, saved_at: "2025-11-20T18:41:00Z" }, chosen: null }), here("zh")).text;
  for (const part of ["有一份没有提交的报告", "107.38, 30.6 · 白沫", "02:41", "继续填写", "丢弃草稿"])
    assert.ok(shown.includes(part), part);
  assert.doesNotMatch(next(state(), here("zh")).text, /有一份没有提交的报告/);
});

test("an ended session is no live line, and the confirmation says how to go on", () => {
  assert.match(link(state({ expired: true }), here("zh")).text, /link-expired[^]*登录已过期/);
  const sheet = /** @type {import("../../static/js/views/issue.js").Sheet} */ ({
    act: "heads_up",
    names: {},
    messages: null,
    left: [],
    fault: { field: "session", words: "登录已过期" },
    busy: false,
    at: "02:52",
    drill: false,
  });
  const shown = issueSheet(sheet, here("zh")).text;
  assert.match(shown, /登录已过期/);
  assert.match(shown, /href="\/sign-in\?next=/);
  assert.doesNotMatch(shown, /正在拟文|type="submit"/);
  assert.match(issueSheet({ ...sheet, fault: { field: null, words: "连不上" } }, here("zh")).text, /issue_again/);
});

test("the confirmation says how long it takes until every text has left, behind what waits already", () => {
  const pace = { texts: 2, waiting: 30, per_second: 0.5 };
  const one = /** @type {any} */ ({ tells: "500155", recipients: [], gaps: [], text: null, units: 0, segments: 0, pace });
  assert.deepEqual(reaching([one, one]), { texts: 4, seconds: 68, per_second: 0.5 });
  assert.equal(reaching([]), null);
  const sheet = /** @type {import("../../static/js/views/issue.js").Sheet} */ ({
    act: "heads_up", names: {}, messages: [one], left: [], fault: null, busy: false, at: "02:52", drill: false, behalf: null, after: null,
  });
  assert.match(issueSheet(sheet, here("en")).text, /Texts: 2, all sent in about 64 s \(0.5 a second\)/);
  const slow = { ...one, pace: { texts: 400, waiting: 0, per_second: 1 } };
  assert.match(issueSheet({ ...sheet, messages: [slow] }, here("en")).text, /is-slow">Texts: 400, all sent in about 7 min/);
});

test("the confirmation says what it promises in the desk's name", () => {
  const message = {
    notification: 1,
    tells: "500155",
    recipients: [{ role: "primary", name: "值班室", channels: ["sms"] }],
    gaps: [],
    text: "…",
    units: 1,
    segments: 1,
    next_update_at: "2025-11-20T21:00:00Z",
  };
  const sheet = /** @type {import("../../static/js/views/issue.js").Sheet} */ ({
    act: "heads_up",
    names: {},
    messages: [message],
    left: [],
    fault: null,
    busy: false,
    at: "02:52",
    drill: false,
  });
  assert.match(issueSheet(sheet, here("zh")).text, /承诺：05:00 前再报/);
  const last = { ...message, next_update_at: null };
  assert.doesNotMatch(issueSheet({ ...sheet, messages: [last] }, here("zh")).text, /承诺/);
});

test("the form says what it understood, asks about another day, and never takes what it cannot read as unknown", () => {
  const form = (/** @type {string} */ occurred, change = {}) =>
    next(state({ mode: "report", draft: { ...emptyDraft(NOW, "Asia/Shanghai"), occurred }, ...change }), here("zh")).text;
  assert.match(form("0230"), /class="hint" role="status">即今天 2025-11-21 02:30，22 分 07 秒前/);
  assert.match(form("昨晚 23:10"), /class="note" role="status">即昨天 2025-11-20 23:10/);
  assert.match(form("06:20"), /还没到[^]*data-do="time_set" data-id="occurred"[^]*是昨天：2025-11-20 06:20/);
  assert.match(form("25:99"), /id="occurred-fault"[^>]*>时间没读懂/);
  assert.match(form("2020-01-01 8:00"), /两天以前[^]*data-do="time_sure"/);
  assert.doesNotMatch(form("25:99", { typing: "occurred_at" }), /时间没读懂/);
});

test("a river beyond fifty kilometres is no choice, but the news can be kept", () => {
  const candidates = [{ ...spot, name: "任河", distance_m: 1_304_800 }];
  const problem = { detail: "容差内没有河段", field: "location", candidates };
  const preview = { state: /** @type {const} */ ("refused"), assessment: null, problem };
  const draft = { ...emptyDraft(NOW, "Asia/Shanghai"), place: "122.5, 30.0" };
  const shown = next(state({ mode: "report", draft, preview }), here("zh")).text;
  assert.doesNotMatch(shown, /任河/);
  assert.match(shown, /50 公里内没有河流/);
  assert.match(shown, /name="unlocated"/);
});

test("a name that is not found says so once it was searched for", () => {
  const draft = { ...emptyDraft(NOW, "Asia/Shanghai"), place: "abc" };
  assert.match(next(state({ mode: "report", draft, searched: "abc" }), here("zh")).text, /没有找到这个地名/);
  assert.doesNotMatch(next(state({ mode: "report", draft }), here("zh")).text, /没有找到这个地名/);
});

test("the bar says at once that nobody is on duty as primary, links to the roster, and names who is", () => {
  const gap = { slug: "contact-inactive", words: "当班联络人已停用" };
  const primary = { role: "primary", contact: { id: 1, name: "甲班" }, gap: null };
  const deputy = { role: "deputy", contact: { id: 2, name: "乙班" }, gap: null };
  const bar = (/** @type {import("../../static/js/types.js").Duty["duty"]} */ roles, /** @type {"zh" | "en"} */ language) =>
    duty({ ...state(), duty: { desk: "511700", duty: roles } }, here(language)).text;
  assert.match(bar([{ role: "primary", contact: null, gap }, deputy], "zh"), /href="\/roster">⚠ 主班无人[^]*乙班/);
  assert.match(bar([{ role: "primary", contact: null, gap }, deputy], "en"), /No primary on duty[^]*乙班/);
  assert.match(bar([{ role: "primary", contact: null, gap }, { role: "deputy", contact: null, gap }], "zh"), /href="\/roster">⚠ 当班无人/);
  assert.doesNotMatch(bar([primary, { role: "deputy", contact: null, gap }], "zh"), /class="gap"/);
});

test("a hand-over that waits stands in the bar, with the way to it", () => {
  const primary = { role: "primary", contact: { id: 1, name: "甲班" }, gap: null };
  const bar = (/** @type {{given_by: string, given_at: string} | null} */ offered, /** @type {"zh" | "en"} */ language) =>
    duty({ ...state(), duty: { desk: "511700", duty: [primary], hand_over: offered } }, here(language)).text;
  const offered = { given_by: "达州值班员", given_at: new Date(NOW.getTime() - 60_000).toISOString() };
  assert.match(bar(offered, "zh"), /href="\/roster#hand-over" title="达州值班员 \d\d:\d\d">有交班待接<[^]*甲班/);
  assert.match(bar(offered, "en"), /title="达州值班员 \d\d:\d\d">Hand-over waits</);
  assert.doesNotMatch(bar(null, "zh"), /交班/);
});

test("the state of the service says in words why nobody is on duty in a role", () => {
  const { say } = here("zh");
  const gap = { slug: "contact-inactive", words: "当班联络人已停用" };
  const shown = dutyRow({ role: "primary", contact: null, gap }, say).text;
  assert.match(shown, /is-ill">当班联络人已停用</);
  assert.doesNotMatch(shown, /object/);
  assert.match(dutyRow({ role: "primary", contact: { id: 1, name: "甲班" }, gap: null }, say).text, /<td>甲班</);
});
