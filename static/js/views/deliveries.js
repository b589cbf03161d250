/** What became of a message by each channel, each leading to its whole story. Pure. */

import { html, NOTHING } from "../html.js";
import { hour, reasonWords } from "./parts.js";

/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../types.js").Delivery} Delivery */

/**
 * Each delivery as far as it came.
 * @param {Delivery[]} all
 * @param {Here} here
 */
export function deliveries(all, here) {
  if (!all.length) return NOTHING;
  return html`<ul class="plain deliveries">${all.map((each) => delivery(each, here))}</ul>`;
}

/**
 * @param {Delivery} one
 * @param {Here} here
 */
function delivery(one, here) {
  const { say } = here;
  const at = one.delivered_at ?? one.accepted_at;
  return html`
    <li>
      <a class="tag delivery-${one.state}" href="/deliveries/${one.id}">${say(`channel.${one.channel}`)} ${say(`delivery.${one.state}`)}</a>
      ${one.role ? say(`contact.${one.role}`) : NOTHING} ${at ? hour(at, here) : NOTHING}
      <span class="meta">${reasonWords(one.reason, here.language)}</span>
    </li>
  `;
}
