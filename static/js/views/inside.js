/** The inside list: which offices of one's own side are owed a call, and which have had it. Pure. */

import { html, NOTHING } from "../html.js";
import { hour, runningDown } from "./parts.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../types.js").InsideLine} InsideLine */

/**
 * Of the officer's own desk; folded away once everybody has been called.
 * @param {State} state
 * @param {Here} here
 */
export function inside({ inside: lines, incident, cardFaults }, here) {
  if (!lines.length) return NOTHING;
  const { say } = here;
  const done = lines.filter(({ told_at }) => told_at).length;
  const open = incident?.status === "open" && done < lines.length;
  return html`
    <details class="more" data-key="inside" ${open && "open"}>
      <summary>${say("inside.title", { done, all: lines.length })}</summary>
      <p class="hint">${say("inside.why")}</p>
      <ul class="plain inside" data-list>
        ${lines.map((line) => html`<li data-key="inside-${line.role}-${line.occasion}">${office(line, here)}</li>`)}
      </ul>
      ${cardFaults["inside"] ? html`<p class="fault" role="alert">${cardFaults["inside"]}</p>` : NOTHING}
    </details>
  `;
}

/** @param {InsideLine} line @param {Here} here */
function office(line, here) {
  const { say } = here;
  const name = say(`contact.${line.role}`);
  const doing = line.told_at
    ? html`
        <span class="meta">${say("inside.told")} ${hour(line.told_at, here)}</span>
        <button data-do="untold_inside" data-id="${line.role}" aria-label="${say("inside.undo.of", { name })}">
          ${say("inside.undo")}
        </button>
      `
    : html`
        ${runningDown(line.deadline_at, null, here)}
        <button data-do="told_inside" data-id="${line.role}" aria-label="${say("inside.do.of", { name })}">
          ${say("inside.do")}
        </button>
      `;
  return html`
    <strong>${name}</strong>
    ${doing}
  `;
}
