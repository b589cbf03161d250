import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { eventSheet } from "../../static/js/views/event_sheet.js";
import { linkedFiles, sameEvent, sameEventDesk } from "../../static/js/views/same_event.js";
import { statements, worded } from "../../static/js/views/statements.js";
import { half, speaker } from "../../static/js/words.js";

const whole = JSON.parse(readFileSync(new URL("../../static/words.json", import.meta.url), "utf8"));
const me = { name: "达州值班员", role: "duty_officer", desk: "511700", desk_name: "达州市", language: "zh", time_zone: "Asia/Shanghai" };

/** @param {"zh" | "en"} language @param {Record<string, unknown>} [who] @returns {any} */
function here(language, who = {}) {
  return {
    say: speaker(half(whole, language)),
    language,
    zone: "Asia/Shanghai",
    now: new Date("2025-11-20T19:00:00Z"),
    me: { ...me, ...who },
  };
}

/** @param {Record<string, unknown>} [change] @returns {any} */
function incident(change = {}) {
  return {
    number: 12,
    status: "open",
    lead: "511700",
    notifications: [],
    reports: [
      { n: 1, kind: "first", received_at: "2025-11-20T18:41:00Z", by: { desk: "511700" }, state: "unverified", verdicts: [],
        statement: { location: { lon: 107.38, lat: 30.6 }, substance: "柴油", reporter: "<b>司机</b>" }, came_to: { incident: 12, n: 1 } },
      { n: 2, kind: "further", received_at: "2025-11-20T18:47:00Z", by: { desk: "511700" }, state: "verified",
        verdicts: [{ state: "verified", reason: "到场读到铭牌", by: { desk: "511700" }, at: "2025-11-20T18:50:00Z" }],
        statement: { substance: "硫酸", source: "on_scene" }, came_to: { incident: 13, n: 1 } },
    ],
    weighed: { sources: { substance: 2, location: 1 }, all_refuted: false,
      differences: [{ field: "substance", held: 2, value: "硫酸", others: [{ n: 1, value: "柴油" }] }] },
    ...change,
  };
}
const state = /** @type {any} */ ({ me, incidents: [], incident: null, assessment: null, event: null, dismissed: [], another: [], joined: false, reportFor: null, preview: { assessment: null } });
const near = { number: 3, km: 4.2, where: "downstream", river: "铜钵河", place: "大竹县", substance: null, source_state: "unknown", known_at: "2025-11-20T18:21:00Z", apart_min: 20, lead: "511700", lead_name: "达州市" };

test("each report stands with what is held of it, by whom and why, and what is taken from it", () => {
  const shown = String(statements(state, incident(), here("zh")));
  for (const words of ["第 2 条", "已核实", "到场读到铭牌", "采用：物质", "原属 #13", "现场人员", "报告说法不一", "采用第 2 条：硫酸", "第 1 条：柴油"])
    assert.ok(shown.includes(words), words);
  assert.ok(!shown.includes("<b>司机</b>"));
  assert.equal(shown.match(/data-do="judge"/g)?.length, 2);
});

test("who does not lead judges nothing, and of refuted reports the next step is to withdraw", () => {
  assert.doesNotMatch(String(statements(state, incident(), here("en", { desk: "500155" }))), /data-do="judge"/);
  const all = incident({ weighed: { sources: {}, differences: [], all_refuted: true } });
  assert.match(String(statements(state, all, here("en"))), /Every report is refuted[\s\S]*data-id="withdraw"/);
  assert.equal(String(statements(state, incident({ reports: [] }), here("en"))), "");
});

test("values are said in words", () => {
  assert.equal(worded("source_state", "stopped", here("en")), whole["source_state.stopped"].en);
  assert.equal(worded("mass_kg", 18000, here("zh")), "18000 kg");
  assert.match(worded("occurred_at", "2025-11-20T18:30:00Z", here("zh")), /02:30/);
});

test("a report that is written is asked whether it is the same event, and neither answer is chosen", () => {
  const shown = String(sameEvent({ ...state, preview: { assessment: { nearby: [near] } } }, here("en")));
  assert.match(shown, /#3 铜钵河 大竹县 substance unknown, 4\.2 km down the river, known 20 min apart/);
  assert.match(shown, /data-do="same_event"/);
  assert.match(shown, /aria-pressed="false"/);
  assert.equal(String(sameEvent(state, here("en"))), "");
  assert.match(String(sameEvent({ ...state, joined: true, reportFor: 3 }, here("zh"))), /作为 #3 的补充报告保存/);
});

test("near files of one lead can be merged, those of two are linked, and what was dismissed is gone", () => {
  const event = { nearby: [near, { ...near, number: 4, lead: "500155" }], links: [], lead_offer: null, desks: [] };
  const shown = String(sameEventDesk({ ...state, incident: incident(), event }, here("zh")));
  assert.match(shown, /data-do="merge" data-id="3"/);
  assert.match(shown, /data-do="link" data-id="4"/);
  assert.doesNotMatch(String(sameEventDesk({ ...state, incident: incident(), event, dismissed: ["12-3", "12-4"] }, here("zh"))), /near-events/);
});

test("a merged file points to where it goes on, and can be taken back by its lead", () => {
  const merged = incident({ status: "merged", merged_into: 3 });
  assert.match(String(sameEventDesk({ ...state, incident: merged }, here("en"))), /goes on as #3[\s\S]*data-do="unmerge"/);
});

test("the lead is taken over line by line by the desk that it was offered to, and by no other", () => {
  const lead_offer = { from: "511700", from_name: "达州市", to: "500155", to_name: "梁平区", reason: "主战场", asked_at: "2025-11-20T18:59:00Z", lines: [{ key: "source", words: "源头还在流" }] };
  const event = { nearby: [], links: [], lead_offer, desks: [] };
  const current = { ...state, incident: incident(), event };
  assert.match(String(sameEventDesk(current, here("zh", { desk: "500155" }))), /源头还在流[\s\S]*接任牵头/);
  assert.match(String(sameEventDesk(current, here("zh"))), /等待梁平区确认[\s\S]*take_back_lead/);
});

test("a linked file that is not for this desk says only that it is there", () => {
  const link = { number: 9, because: "told", first: false, lead: "500155", lead_name: "梁平区", status: "open", may_see: false };
  const shown = String(linkedFiles({ ...state, event: { nearby: [], links: [link], lead_offer: null, desks: [] } }, incident(), here("en")));
  assert.match(shown, /#9[\s\S]*not for this desk/);
  assert.doesNotMatch(shown, /data-do="open"/);
});

test("the dialog of an act says who hears of it and what to correct beside its field", () => {
  const sheet = /** @type {any} */ ({ act: "split", title: "拆分报告 #12", path: "", body: {}, field: "reports", how: "many", choices: [{ value: "2", words: "第 2 条" }], told: ["梁平区"], fault: { field: "reports", words: "请选要分出的报告。" }, busy: false });
  const shown = String(eventSheet(sheet, here("zh")));
  assert.match(shown, /梁平区[\s\S]*第 2 条[\s\S]*请选要分出的报告。[\s\S]*id="sheet-reason"/);
});
