import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { half, speaker } from "../../static/js/words.js";

const ROOT = new URL("../../", import.meta.url);
const whole = JSON.parse(readFileSync(new URL("static/words.json", ROOT), "utf8"));
const scripts = files("static/js/").map((name) => readFileSync(new URL(name, ROOT), "utf8"));
const templates = [...files("emergency/web/templates/"), ...files("contacts/web/templates/")].map((name) => readFileSync(new URL(name, ROOT), "utf8"));

/** @param {string} folder @returns {string[]} */
function files(folder) {
  return readdirSync(new URL(folder, ROOT), { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [`${entry.parentPath}/${entry.name}`] : [],
  );
}

/** @param {string} sentence */
function places(sentence) {
  return [...sentence.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
}

test("every sentence stands in both languages, and says the same facts in both", () => {
  for (const [key, words] of Object.entries(whole)) {
    assert.deepEqual(Object.keys(words), ["zh", "en"], key);
    assert.ok(words.zh.trim() && words.en.trim(), key);
    assert.deepEqual(places(words.zh), places(words.en), key);
  }
});

test("no Chinese sentence is left in the English half", () => {
  for (const [key, { en }] of Object.entries(whole)) assert.doesNotMatch(en, /\p{Script=Han}/u, key);
});

test("every sentence that a script or a template names exists", () => {
  const named = [...scripts, ...templates]
    .flatMap((text) => [...text.matchAll(/\bsay\(\s*["'`]([\w.-]+)["'`]/g)].map(([, key]) => key ?? ""))
    .filter((key) => !key.endsWith("."));
  assert.ok(named.length > 150);
  for (const key of named) assert.ok(key in whole, key);
});

test("every group that a script chooses from by a state exists", () => {
  const groups = [...scripts, ...templates].flatMap((text) =>
    [...text.matchAll(/\bsay\(\s*`([\w.]+)\.\$\{/g)].map(([, key]) => key),
  );
  assert.ok(groups.length > 20);
  for (const group of groups)
    assert.ok(
      Object.keys(whole).some((key) => key.startsWith(`${group}.`)),
      group,
    );
});

test("every sentence is used", () => {
  const text = [
    ...scripts,
    ...templates,
    readFileSync(new URL("emergency/web/pages.py", ROOT), "utf8"),
    readFileSync(new URL("emergency/web/printed.py", ROOT), "utf8"),
  ].join("\n");
  const idle = Object.keys(whole).filter((key) => {
    const plain = key.replace(/\.one$/, "");
    const group = plain.slice(0, plain.lastIndexOf("."));
    return (
      !text.includes(plain) &&
      !new RegExp(`["'\`]${group.replaceAll(".", "\\.")}(["'\`]|\\.["'\`\\$])`).test(text) &&
      !text.includes(`${group.split(".")[0]}.\${`)
    );
  });
  assert.deepEqual(idle, []);
});

test("a sentence is filled with its facts, and with none where a fact is missing", () => {
  const say = speaker({ greet: "{name} at {at}", people: "{n} people", "people.one": "1 person" });
  assert.equal(say("greet", { name: "x" }), "x at ");
  assert.equal(say("people", { n: 2 }), "2 people");
  assert.equal(say("people", { n: 1 }), "1 person");
  assert.equal(say("nothing.such"), "nothing.such");
});

test("the two halves have the same keys", () => {
  assert.deepEqual(Object.keys(half(whole, "zh")), Object.keys(half(whole, "en")));
});
