import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { entryWords } from "../../static/js/views/entries.js";
import { issueSheet } from "../../static/js/views/issue.js";
import { proposals, ticked } from "../../static/js/views/proposals.js";
import { half, speaker } from "../../static/js/words.js";

const whole = JSON.parse(readFileSync(new URL("../../static/words.json", import.meta.url), "utf8"));
const me = /** @type {import("../../static/js/types.js").Me} */ ({
  name: "达州领导",
  role: "leader",
  desk: "511700",
  desk_name: "达州市",
});
const owed = /** @type {import("../../static/js/types.js").Notification} */ ({
  id: 7,
  who: "500155",
  who_name: "梁平区",
  tells: "500230",
  tells_name: "丰都县",
  kind: "incident",
  circle: "now",
  state: "proposed",
  deadline_at: null,
  clauses: [],
  code: "K7M4",
});
const state = /** @type {import("../../static/js/store.js").State} */ (
  /** @type {unknown} */ ({
    me,
    incidents: [],
    incident: { number: 12, notifications: [owed, { ...owed, id: 8, who: "511700", who_name: "达州市" }] },
    assessment: null,
    picks: {},
  })
);

/** @param {"zh" | "en"} language @returns {import("../../static/js/types.js").Here} */
function here(language) {
  const now = new Date("2025-11-20T18:52:00Z");
  return { say: speaker(half(whole, language)), language, zone: "Asia/Shanghai", now, me };
}

/** @param {Partial<import("../../static/js/views/issue.js").Sheet>} change @returns {any} */
function sheet(change) {
  const message = {
    notification: 7,
    tells: "500230",
    recipients: [{ role: "primary", name: "值班室", channels: ["sms"] }],
    gaps: [],
    text: "首报",
    units: 2,
    segments: 1,
  };
  return {
    act: "heads_up",
    names: { 500230: "丰都县" },
    behalf: "梁平区",
    messages: [message],
    left: [],
    fault: null,
    busy: false,
    at: "02:52",
    drill: false,
    ...change,
  };
}

test("what another desk owes can be sent on its behalf, one by one and never by a tick", () => {
  const shown = proposals(state, here("zh")).text;
  assert.equal([...shown.matchAll(/data-do="issue_behalf"/g)].length, 1);
  assert.match(shown, /data-do="issue_behalf" data-id="7">代发…</);
  assert.match(proposals(state, here("en")).text, /Issue on its behalf…/);
  assert.deepEqual(
    ticked(state).map(({ id }) => id),
    [8],
  );
});

test("the one confirmation says for whom, asks why, and shows the text", () => {
  const shown = issueSheet(sheet({}), here("zh")).text;
  assert.match(shown, /代梁平区发出/);
  assert.match(shown, /name="on_behalf"/);
  assert.match(shown, /<p class="text">首报<\/p>/);
  assert.match(shown, /通知丰都县/);
  assert.match(issueSheet(sheet({}), here("en")).text, /On behalf of 梁平区/);
  assert.doesNotMatch(issueSheet(sheet({ behalf: null }), here("zh")).text, /on_behalf|代.*发出/);
});

test("without a reason the sentence stands beside its field, once", () => {
  const fault = { field: "on_behalf", words: "请写明为何代发。" };
  const shown = issueSheet(sheet({ fault }), here("zh")).text;
  assert.equal([...shown.matchAll(/请写明为何代发。/g)].length, 1);
  assert.match(shown, /name="on_behalf"[^>]*aria-invalid="true"/);
});

test("the journal says who sent it for whom and why, and so does the news to the desk that owes it", () => {
  const issued = /** @type {import("../../static/js/types.js").OpenEntry} */ ({
    kind: "notification.issued",
    by: { role: "leader", desk: "511700" },
    facts: { who: "500155", tells: "500230", act: "heads_up", code: "K7M4", on_behalf: "该席位停电" },
  });
  assert.equal(
    entryWords(issued, state, here("zh")),
    "发出：口头提醒 致丰都县，码 K7M4（代梁平区：该席位停电）",
  );
  assert.match(entryWords(issued, state, here("en")), / \(on behalf of 梁平区: 该席位停电\)$/);
  const news = { ...issued, kind: "notification.on_behalf" };
  assert.equal(entryWords(news, state, here("zh")), "达州市已代本席位通知丰都县：该席位停电");
  const own = { ...issued, facts: { ...issued.facts, on_behalf: undefined } };
  assert.equal(entryWords(own, state, here("zh")), "发出：口头提醒 致丰都县，码 K7M4");
});
