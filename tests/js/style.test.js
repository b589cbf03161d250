import assert from "node:assert/strict";
import { test } from "node:test";
import { drawing, KINDS } from "../../static/js/map/icons.js";
import { style, SWITCHES } from "../../static/js/map/style.js";

const names = ["ground", "ink", "ink2", "line", "water", "canal", "land", "maybe", "here", "passed", "paper", "accent"];
const colours = /** @type {import("../../static/js/map/style.js").Colours} */ (
  Object.fromEntries(names.map((name) => [name, "#123456"]))
);
const made = style(colours, "zh", "http://desk.example");

test("the map asks this service alone, and no glyph or sprite server", () => {
  assert.equal(made.glyphs, undefined);
  assert.equal(made.sprite, undefined);
  const addresses = JSON.stringify(made).match(/https?:\/\/[^"/]+/g) ?? [];
  assert.deepEqual([...new Set(addresses)], ["http://desk.example"]);
});

test("every switch of the page moves layers that exist", () => {
  const layers = new Set(made.layers.map(({ id }) => id));
  for (const [name, ids] of Object.entries(SWITCHES)) for (const id of ids) assert.ok(layers.has(id), `${name}: ${id}`);
});

test("schematic courses are drawn dashed, and no water is ever green", () => {
  const dashed = made.layers.filter((layer) => layer.type === "line" && layer.paint?.["line-dasharray"]);
  assert.deepEqual(
    dashed.map(({ id }) => id),
    ["river-schematic", "stretch-dash"],
  );
});

test("each kind of site has a shape of its own, and a synthetic one is hollow", () => {
  const paper = { ink: "#111111", paper: "#ffffff" };
  assert.equal(new Set(KINDS.map((kind) => drawing(kind, paper))).size, KINDS.length);
  for (const kind of KINDS) assert.notEqual(drawing(kind, paper, true), drawing(kind, paper));
});

test("a division is named from its label point and not from each piece of its polygon", () => {
  const from = Object.fromEntries(
    made.layers.map((layer) => [layer.id, "source-layer" in layer ? layer["source-layer"] : undefined]),
  );
  assert.equal(from["division-name"], "division_labels");
  assert.deepEqual([from["division-fill"], from["division-line"]], ["divisions", "divisions"]);
});
