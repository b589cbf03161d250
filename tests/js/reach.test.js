import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { kindsOf, reachCard } from "../../static/js/views/reach.js";
import { half, speaker } from "../../static/js/words.js";

const whole = JSON.parse(readFileSync(new URL("../../static/words.json", import.meta.url), "utf8"));
const NOW = new Date("2025-11-20T18:52:07Z");
const by = { name: "达州值班员", desk_name: "达州市" };

/** @param {"zh" | "en"} language @returns {import("../../static/js/types.js").Here} */
function here(language) {
  const me = /** @type {any} */ ({ role: "duty_officer", time_zone: "Asia/Shanghai" });
  return { say: speaker(half(whole, language)), language, zone: "Asia/Shanghai", now: NOW, me };
}

/** @param {Partial<import("../../static/js/views/reach.js").Reach>} change @returns {import("../../static/js/views/reach.js").Reach} */
function reach(change) {
  return {
    reach_id: 6,
    code: "GQ-1",
    name: "谷渠",
    kind: "canal",
    length_km: 12,
    length_grade: "B",
    velocity_ms: 1,
    velocity_grade: "C",
    discharge_m3s: null,
    source: "谷河志",
    schematic: false,
    branches: [
      { reach_id: 3, name: "谷河", share: 0.7, assumed: false },
      { reach_id: 6, name: "谷渠", share: 0.3, assumed: true },
    ],
    gates: [{ site_id: 3, name: "谷渠闸", subtype: "gate", synthetic: false }],
    territory: [{ code: "V10101", name: "上县" }],
    may_state: true,
    ...change,
  };
}

/** @param {Partial<import("../../static/js/views/reach.js").Statement>} change @returns {import("../../static/js/views/reach.js").Statement} */
function stated(change) {
  return {
    id: 9,
    kind: "operation",
    reach_id: 6,
    value: { site: 3, act: "closed", share: 0, discharge_m3s: null },
    since: "2025-11-20T18:00:00Z",
    until: "2025-11-21T18:00:00Z",
    by,
    reason: "闸管所来电",
    recorded_at: "2025-11-20T18:05:00Z",
    ended: null,
    standing: "holds",
    ...change,
  };
}

/** @param {Partial<import("../../static/js/views/reach.js").ReachCard>} change @returns {import("../../static/js/views/reach.js").ReachCard} */
function card(change) {
  return { id: 6, at: null, reach: reach({}), history: [], form: null, ending: null, fault: null, busy: false, ...change };
}

/** @param {import("../../static/js/views/reach.js").ReachCard} shown @param {"zh" | "en"} [language] */
function text(shown, language = "zh") {
  return reachCard(shown, here(language), true).text.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
}

test("the card says what the reach is, on what confidence, and what is not known", () => {
  const shown = text(card({}));
  for (const words of ["谷渠", "渠道", "上县", "12.0 km", "1.00 m/s", "C 级：估计", "参考流量 不明", "30 % 假定", "谷河志"])
    assert.match(shown, new RegExp(words), words);
  assert.match(shown, /没有记录，按参考值/);
});

test("what holds stands with its author, its grounds and its end, in the desk's zone", () => {
  const shown = text(card({ history: [stated({})] }));
  assert.match(shown, /闸坝操作 谷渠闸 · 关闭 · 分流比 0 %/);
  assert.match(shown, /02:00 起，11月22日 02:00 止/);
  assert.match(shown, /达州市 达州值班员 02:05 记：闸管所来电/);
  assert.match(text(card({ history: [stated({ until: null })] }), "en"), /until further notice/);
});

test("what is over stands in the history, with who ended it and why", () => {
  const ended = { at: "2025-11-20T18:30:00Z", by, reason: "读错了" };
  const history = [stated({ id: 10 }), stated({ standing: "ended", ended }), stated({ id: 8, standing: "expired" })];
  const shown = text(card({ history }));
  assert.match(shown, /历史记录 2 条/);
  assert.match(shown, /已结束.*02:30 结束：读错了.*已到期/);
  assert.equal(shown.match(/提前结束/g)?.length, 1);
});

test("who may not state its day is told whose it is and sees no button", () => {
  const shown = text(card({ reach: reach({ may_state: false }), history: [stated({})] }));
  assert.match(shown, /由上县的席位记录/);
  assert.doesNotMatch(shown, /提前结束|\s改\s/);
});

test("a share is stated where the water parts, an operation where there is a gate", () => {
  assert.deepEqual(kindsOf(reach({})), ["operation", "share", "velocity", "discharge", "flow_state"]);
  assert.deepEqual(kindsOf(reach({ branches: [], gates: [] })), ["velocity", "discharge", "flow_state"]);
});

test("the form offers a day from now in the desk's zone and says a fault beside its field", () => {
  const shown = reachCard(card({ form: "velocity", fault: { field: "value", words: "请填一个数。" } }), here("zh"), true);
  assert.match(shown.text, /name="since" value="2025-11-21 02:52"/);
  assert.match(shown.text, /name="until" value="2025-11-22 02:52"/);
  assert.match(shown.text, /aria-describedby="day-value-fault".*id="day-value-fault" role="alert">请填一个数。/s);
});

test("what people typed stays text", () => {
  assert.doesNotMatch(reachCard(card({ history: [stated({ reason: "<b>x" })] }), here("zh"), true).text, /<b>x/);
});
