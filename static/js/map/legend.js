/** What the marks of the map mean, and which layers are shown. Pure. */

import { html } from "../html.js";

/** @typedef {import("../words.js").Say} Say */

const LAYERS = ["arrivals", "events", "day", "network", "divisions", "section", "intake", "interception", "station"];
const LINES = ["river", "canal", "schematic", "ahead", "here", "passed", "event", "day"];
const MARKS = ["section", "intake", "intake-synthetic", "interception", "station", "gauge"];

/** @param {Say} say */
export function controls(say) {
  return html`
    <details class="map-box" name="map-box">
      <summary>${say("map.layers")}</summary>
      <ul class="plain">
        ${LAYERS.map(
          (name) => html`
            <li>
              <label class="tick">
                <input type="checkbox" data-change="layer" data-id="${name}" checked />
                ${say(`layer.${name}`)}
              </label>
            </li>
          `,
        )}
      </ul>
    </details>
    <details class="map-box" name="map-box">
      <summary>${say("map.legend")}</summary>
      <ul class="plain legend">
        ${LINES.map(
          (name) => html`
            <li>
              <span class="swatch swatch-${name}" aria-hidden="true"></span>
              ${say(`legend.${name}`)}
            </li>
          `,
        )}
        ${MARKS.map(
          (name) => html`
            <li>
              <img class="swatch-mark" data-mark="${name}" alt="" width="18" height="18" />
              ${say(`legend.${name}`)}
            </li>
          `,
        )}
      </ul>
    </details>
  `;
}
