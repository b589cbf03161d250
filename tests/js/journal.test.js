import assert from "node:assert/strict";
import { test } from "node:test";
import { fold, foldAll, opened } from "../../static/js/journal.js";

const STREAM = "incident:12";

/**
 * @param {number} n
 * @param {string} [kind]
 * @param {Record<string, unknown>} [facts]
 * @returns {import("../../static/js/types.js").OpenEntry}
 */
function entry(n, kind = "report.received", facts = {}) {
  return {
    stream: STREAM,
    n,
    at: `2025-11-20T18:4${n % 10}:00Z`,
    kind,
    by: { role: "duty_officer", desk: "511700" },
    facts,
    hash: `h${n}`,
    previous: `h${n - 1}`,
  };
}
const issued = entry(2, "notification.issued", { notification: 5, tells: "500155", act: "heads_up", version: 1 });

test("entries are taken in order and counted", () => {
  const file = foldAll(opened(STREAM), [entry(1), entry(2), entry(3)]);
  assert.equal(file.last, 3);
  assert.deepEqual(
    file.entries.map(({ n }) => n),
    [1, 2, 3],
  );
});

test("an entry that was seen changes nothing", () => {
  const file = foldAll(opened(STREAM), [entry(1), entry(2)]);
  assert.equal(fold(file, entry(2)), file);
  assert.equal(fold(file, entry(1)), file);
});

test("an entry of another stream changes nothing", () => {
  const file = fold(opened(STREAM), entry(1));
  assert.equal(fold(file, { ...entry(2), stream: "incident:13" }), file);
});

test("an entry after a gap is not taken, and says from where to fetch", () => {
  const before = fold(opened(STREAM), entry(1));
  const file = fold(before, entry(3));
  assert.equal(file.last, 1);
  assert.equal(file.missingAfter, 1);
  assert.deepEqual(
    foldAll(file, [entry(2), entry(3)]).entries.map(({ n }) => n),
    [1, 2, 3],
  );
});

test("once the gap is filled it is forgotten", () => {
  const file = foldAll(opened(STREAM), [entry(1), entry(3), entry(2), entry(3)]);
  assert.equal(file.last, 3);
  assert.equal(file.missingAfter, null);
});

test("an entry withheld from this desk keeps its number and says nothing", () => {
  const file = foldAll(opened(STREAM), [entry(1), { stream: STREAM, n: 2, hash: "h2", withheld: true }, entry(3)]);
  assert.equal(file.last, 3);
  assert.equal(file.changed.incident, 3);
});

test("folding never changes the file it was given", () => {
  const file = Object.freeze(foldAll(opened(STREAM), [entry(1)]));
  fold(file, issued);
  assert.equal(file.last, 1);
  assert.deepEqual(file.told, {});
});

test("a message goes from proposed to issued to read back", () => {
  const proposed = entry(1, "notification.proposed", { notification: 5, tells: "500155" });
  const read = entry(3, "notification.acknowledged", {
    notification: 5,
    tells: "500155",
    via: "call",
    acknowledges: [5],
    person: "值班室",
  });
  const files = [proposed, issued, read].map((_, i, all) => foldAll(opened(STREAM), all.slice(0, i + 1)));
  assert.deepEqual(
    files.map((file) => file.told[5]?.state),
    ["proposed", "issued", "acknowledged"],
  );
  assert.deepEqual(files[2]?.told[5]?.acknowledged, { by: "值班室", at: "2025-11-20T18:43:00Z", via: "call" });
});

test("a read-back stands for every earlier message that it names", () => {
  const second = entry(3, "notification.issued", { notification: 6, tells: "500155", version: 2 });
  const read = entry(4, "notification.acknowledged", {
    notification: 6,
    tells: "500155",
    via: "web",
    acknowledges: [5, 6],
  });
  const file = foldAll(opened(STREAM), [entry(1), issued, second, read]);
  assert.deepEqual([file.told[5]?.state, file.told[6]?.state], ["acknowledged", "acknowledged"]);
});

test("each entry makes stale what it touches and nothing else", () => {
  const assessed = foldAll(opened(STREAM), [entry(1, "incident.assessed")]);
  assert.deepEqual(assessed.changed, { assessment: 1, calls: 1, incident: 1 });
  const called = fold(assessed, entry(2, "delivery.called"));
  assert.deepEqual(called.changed, { assessment: 1, calls: 2, incident: 2 });
  const admitted = fold(called, entry(3, "audience.admitted"));
  assert.deepEqual(admitted.changed, { assessment: 1, calls: 2, incident: 2 });
});

test("a kind that this page does not know still makes it look again", () => {
  assert.equal(fold(opened(STREAM), entry(1, "weather.noted")).changed.incident, 1);
});

test("a call to an intake is news of the incident, whose measures it may end", () => {
  assert.deepEqual(fold(opened(STREAM), entry(1, "intake.called")).changed, { assessment: 0, calls: 1, incident: 1 });
});
