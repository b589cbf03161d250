import assert from "node:assert/strict";
import { test } from "node:test";
import { stage, telling, toldDesk } from "../../static/js/stage.js";

const stretch = { earliest_at: "2025-11-20T23:30:00Z", likely_at: "2025-11-21T01:10:00Z", trailing_latest_at: null };

/** @param {Partial<import("../../static/js/types.js").Notification>} change @returns {import("../../static/js/types.js").Notification} */
function notification(change) {
  return {
    id: 1,
    who: "511700",
    tells: "500155",
    kind: "incident",
    act: null,
    circle: "now",
    state: "issued",
    deadline_at: null,
    clauses: [],
    code: "K7M4",
    version: 1,
    deliveries: [],
    acknowledged: null,
    ...change,
  };
}
const delivered = {
  id: 1,
  channel: "sms",
  role: "primary",
  state: "delivered",
  attempts: 1,
  accepted_at: "2025-11-20T18:52:00Z",
  delivered_at: "2025-11-20T18:52:05Z",
};

test("water is ahead, then may be there, then likely is", () => {
  assert.equal(stage(stretch, new Date("2025-11-20T23:29:00Z")), "ahead");
  assert.equal(stage(stretch, new Date("2025-11-20T23:30:00Z")), "maybe");
  assert.equal(stage(stretch, new Date("2025-11-21T01:10:00Z")), "here");
});

test("while the source is open nothing has passed, however long ago it came", () => {
  assert.equal(stage(stretch, new Date("2025-12-21T00:00:00Z")), "here");
  const stopped = { ...stretch, trailing_latest_at: "2025-11-22T00:00:00Z" };
  assert.equal(stage(stopped, new Date("2025-11-22T00:00:00Z")), "here");
  assert.equal(stage(stopped, new Date("2025-11-22T00:01:00Z")), "passed");
});

test("an unknown hour is never taken for safe", () => {
  assert.equal(stage({ earliest_at: null, likely_at: null }, new Date("2025-11-20T18:00:00Z")), "maybe");
});

test("only a person's read-back is a read-back", () => {
  assert.equal(telling(notification({})), "told");
  assert.equal(telling(notification({ deliveries: [{ ...delivered, delivered_at: null }] })), "told");
  assert.equal(telling(notification({ deliveries: [delivered] })), "delivered");
  assert.equal(
    telling(
      notification({ state: "acknowledged", acknowledged: { by: "x", at: "2025-11-20T18:53:00Z", via: "call" } }),
    ),
    "read_back",
  );
});

test("a desk stands where its newest issued message stands", () => {
  const first = notification({
    id: 1,
    version: 1,
    state: "acknowledged",
    acknowledged: { by: "x", at: "2025-11-20T18:53:00Z", via: "call" },
  });
  const update = notification({ id: 2, version: 2, deliveries: [delivered] });
  assert.equal(toldDesk([first, update], "500155"), "delivered");
  assert.equal(toldDesk([first, notification({ id: 3, state: "proposed", version: null })], "500155"), "read_back");
  assert.equal(toldDesk([notification({ state: "proposed" })], "500155"), "proposed");
  assert.equal(toldDesk([], "500155"), "nothing");
});
