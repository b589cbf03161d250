import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { foldAll, opened } from "../../static/js/journal.js";
import { emptyDraft } from "../../static/js/report.js";
import { sendLabel } from "../../static/js/views/issue.js";
import { known } from "../../static/js/views/known.js";
import { near } from "../../static/js/views/near.js";
import { bar, next } from "../../static/js/views/next.js";
import { plot, pointsOf, span } from "../../static/js/views/plot.js";
import { ticked } from "../../static/js/views/proposals.js";
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
    predicted_grade: "III",
    declared_grade: null,
    assessment_id: 1,
    notifications: [notification({})],
    journal_last: 2,
    known_at: "2025-11-20T18:41:00Z",
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
    picks: {},
    revealed: {},
    cardFaults: {},
    notice: null,
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
const card = {
  notification: 1,
  desk: "500155",
  name: "梁平区",
  version: 1,
  drill: false,
  circle: "now",
  deadline_at: "2025-11-20T18:56:00Z",
  contact: 7,
  role: "primary",
  contact_name: "梁平区值班室",
  number: "+1 202 555 ••43",
  script_zh: "达州首报：请复述",
  script_en: "Dazhou: code?",
  code: "K7M4",
  outcomes: [],
  hopeless: false,
  silence_minutes: 3,
};

test("a near intake stands first, and without any hour", () => {
  const shown = near([intake, { ...intake, id: 2, near: false, name: "远处取水口" }], here("zh")).text;
  assert.match(shown, /观音镇（合成）取水口/);
  assert.match(shown, /立即关闭或采样/);
  assert.doesNotMatch(shown, /<time|\d\d:\d\d|远处/);
  const column = next(state(), here("zh")).text;
  assert.ok(column.indexOf("near-title") < column.indexOf("proposals-title"));
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
      { role: "primary", name: "梁平区值班室", channels: ["sms", "websocket"] },
      { role: "deputy", name: "副班", channels: ["sms"] },
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

test("the time shown reaches from the first word to the last likely arrival, four days at most", () => {
  const { from, to } = span(assessment, "2025-11-20T18:41:00Z", NOW);
  assert.equal(new Date(from).toISOString(), "2025-11-20T18:41:00.000Z");
  assert.equal(new Date(to).toISOString(), "2025-11-21T02:10:00.000Z");
  const far = { ...assessment, reached: [{ ...reach, likely_at: "2026-01-20T00:00:00Z" }] };
  assert.equal(span(far, "2025-11-20T18:41:00Z", NOW).to - from, 96 * 3_600_000);
});
