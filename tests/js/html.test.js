import assert from "node:assert/strict";
import { test } from "node:test";
import { html } from "../../static/js/html.js";

const typed = `"><script>alert('x')</script>&`;

test("what people typed stays text, in content and in attributes", () => {
  assert.equal(html`<p title="${typed}">${typed}</p>`.text.includes("<script>"), false);
  assert.equal(html`<b>${"a & b"}</b>`.text, "<b>a &amp; b</b>");
  assert.equal(html`<b title="${`it's "so"`}"></b>`.text, '<b title="it&#39;s &quot;so&quot;"></b>');
});

test("markup within markup is kept, and lists are joined", () => {
  const items = [1, 2].map((n) => html`<li>${n}</li>`);
  assert.equal(html`<ul>${items}</ul>`.text, "<ul><li>1</li><li>2</li></ul>");
});

test("what is not there shows nothing; zero is there", () => {
  assert.equal(html`[${null}${undefined}${false}${0}]`.text, "[0]");
});

test("line breaks of the code are no spaces on the page, and those in what was typed are kept", () => {
  const made = html`
    <p>
      <b>a</b>
      ${"b\n c"}
    </p>
  `;
  assert.equal(made.text, "<p> <b>a</b> b\n c </p>");
});
