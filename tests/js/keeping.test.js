import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { asked, read, report } from "../../static/js/views/keeping.js";
import { half, speaker } from "../../static/js/words.js";

const whole = JSON.parse(readFileSync(new URL("../../static/words.json", import.meta.url), "utf8"));
const say = speaker(half(whole, "zh"));

test("a field is read as its markup says", () => {
  assert.equal(read("7", "int"), 7);
  assert.equal(read("true", "bool"), true);
  assert.equal(read("false", "bool"), false);
  assert.deepEqual(read(" 一\n\n二 \n", "lines"), ["一", "二"]);
  assert.equal(read("x", ""), "x");
});

test("what came of a table names each row at fault with its column and remedy, and escapes what was typed", () => {
  const faults = [{ column: "角色", words: "须为主班" }];
  const rows = [
    { row: 2, came: "added", name: "甲", faults: [] },
    { row: 3, came: "refused", name: "<b>乙</b>", faults },
  ];
  const shown = String(report({ dry_run: true, counts: { added: 1, changed: 0, same: 0, refused: 1 }, rows }, say));
  assert.match(shown, /将新增 1/);
  assert.match(shown, /3 · &lt;b&gt;乙/);
  assert.match(shown, /须为主班/);
  assert.doesNotMatch(shown, /甲/);
});

test("a table without faults shows no list of them", () => {
  const shown = String(report({ dry_run: false, counts: { added: 0, changed: 0, same: 3, refused: 0 }, rows: [] }, say));
  assert.doesNotMatch(shown, /<table/);
  assert.match(shown, /不变 3/);
});

test("a form that would leave nobody in turn asks first, and asks nothing where somebody is", () => {
  const form = (/** @type {string} */ chosen, /** @type {Record<string, string>} */ dataset) => {
    const turn = { querySelectorAll: () => [{ value: chosen }] };
    const place = { dataset: { turns: "turns" }, querySelectorAll: () => [turn] };
    const querySelectorAll = (/** @type {string} */ which) => (which === "[data-turns]" ? [place] : []);
    return /** @type {HTMLFormElement} */ (/** @type {unknown} */ ({ dataset, querySelectorAll }));
  };
  assert.equal(asked(form("", { sureEmpty: "清空？" })), "清空？");
  assert.equal(asked(form("7", { sureEmpty: "清空？" })), "");
  assert.equal(asked(form("7", { sure: "结束？" })), "结束？");
});
