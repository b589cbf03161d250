import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { after } from "../../static/js/news.js";
import { entryWords, folded, journal, nameless, newsWords } from "../../static/js/views/entries.js";
import { half, speaker } from "../../static/js/words.js";

const whole = JSON.parse(readFileSync(new URL("../../static/words.json", import.meta.url), "utf8"));
const me = { name: "达州值班员", role: "duty_officer", desk: "511700", desk_name: "达州市" };
const state = /** @type {any} */ ({ me, incident: null, incidents: [], assessment: null });

/** @param {"zh" | "en"} language @returns {any} */
function here(language) {
  return {
    say: speaker(half(whole, language)),
    language,
    zone: "Asia/Shanghai",
    now: new Date("2025-11-20T22:41:00Z"),
    me,
  };
}

/** @param {number} n @param {string} kind @param {object} [facts] @returns {any} */
function entry(n, kind, facts = {}) {
  return { stream: "incident:1", n, kind, at: "2025-11-20T18:42:00Z", by: { process: "assess" }, facts, hash: "", previous: "" };
}

test("what the machine entered at once is one line that can be opened", () => {
  const entries = Array.from({ length: 17 }, (_, i) => entry(i + 1, "notification.changed"));
  const shown = journal([...entries, entry(18, "incident.assessed", { n: 2 })], state, here("zh"));
  assert.match(shown.text, /<summary>[\s\S]*1–17[\s\S]*提议有变 17 条[\s\S]*<\/summary>/);
  assert.match(journal(entries, state, here("en")).text, /17 proposals changed/);
});

test("two alike, other reasons and what may not be read stand for themselves", () => {
  const withheld = ["达标", "达标", "不实"].map((reason, i) => entry(i, "notification.withheld", { reason }));
  const hidden = [4, 5, 6].map((n) => ({ stream: "incident:1", n, hash: "", withheld: true }));
  assert.deepEqual(
    folded(/** @type {any} */ ([...withheld, ...hidden])).map((run) => run.length),
    [1, 1, 1, 1, 1, 1],
  );
});

test("a contact test to come is said with its hour, and is no news any more once it is called off or there", () => {
  const to_come = entry(7, "contact_test.announced", { test: 3, announced: true, starts_at: "2025-11-24T01:30:00Z" });
  assert.equal(entryWords(to_come, state, here("zh")), "将于 11月24日 09:30 做联络测试");
  assert.equal(entryWords(to_come, state, here("en")), "A contact test is to come: 24 Nov 09:30");
  const news = [3, 4].map((test) => /** @type {any} */ ({ n: test, kind: "contact_test.announced", test }));
  const left = (/** @type {string} */ kind) => after(news, entry(8, kind, { test: 3 })).map(({ test }) => test);
  assert.deepEqual(["contact_test.cancelled", "contact_test.started"].map(left), [[4], [4]]);
  assert.deepEqual(left("contact_test.announced"), [3, 4]);
});

test("a stopped channel is no news any more once it works again", () => {
  const news = ["channel.stopped", "roster.gap"].map((kind, n) => /** @type {any} */ ({ n, kind }));
  const left = after(news, entry(9, "channel.resumed", { channel: "sms" }));
  assert.deepEqual(left.map(({ kind }) => kind), ["roster.gap"]);
});

test("news of a desk that has another file open names the incident and the desk, whose name is asked for", () => {
  const facts = { notification: 4, who: "511700", tells: "500155", incident: 12, told: true };
  const exhausted = { ...entry(9, "escalation.exhausted", facts), stream: "desk:511700" };
  assert.deepEqual(nameless(exhausted, state), ["500155"]);
  const learnt = { ...state, names: { 500155: "梁平区" } };
  assert.deepEqual(nameless(exhausted, learnt), []);
  assert.equal(newsWords(exhausted, learnt, here("zh")), "事件 #12：梁平区已无人可找");
  assert.equal(newsWords(exhausted, learnt, here("en")), "Incident #12: Nobody left to tell at 梁平区");
  const test = entry(10, "contact_test.announced", { incident: -4, starts_at: "2025-11-24T01:30:00Z" });
  assert.equal(newsWords(test, state, here("zh")), "将于 11月24日 09:30 做联络测试");
});

test("a hand-over that waits is news until it is taken or taken back", () => {
  const given = entry(4, "desk.handed_over", { hand_over: 1, lines: 3 });
  assert.equal(entryWords(given, state, here("zh")), "有交班单等人接班：3 条");
  assert.equal(entryWords(given, state, here("en")), "A hand-over waits for a taker: 3 lines");
  const news = [/** @type {any} */ ({ n: 4, kind: "desk.handed_over" })];
  assert.deepEqual(after(news, entry(5, "desk.hand_over_answered", { hand_over: 1, answer: "taken" })), []);
});

test("a call that was typed in late says when it was made", () => {
  const call = entry(3, "delivery.called", {
    desk: "511700",
    role: "primary",
    outcome: "read_back",
    stated_at: "2025-11-20T21:00:00Z",
    late: true,
  });
  assert.equal(entryWords(call, state, here("zh")), "致电达州市值班室：已回报（05:00，事后补记）");
  assert.match(entryWords(call, state, here("en")), / \(05:00, recorded later\)$/);
});
