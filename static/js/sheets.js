/** The one dialog of the page. What it shows is drawn again by `draw`; Escape closes it like its own button. */

import { morph } from "./morph.js";

/** @returns {HTMLDialogElement} */
function dialog() {
  return /** @type {HTMLDialogElement} */ (document.getElementById("sheet"));
}

/** @param {import("./html.js").Markup} markup */
export function draw(markup) {
  morph(dialog(), markup);
  if (!dialog().open) dialog().showModal();
}

export function close() {
  dialog().close();
}

/** After closing, so that the next one begins empty. */
export function clear() {
  dialog().replaceChildren();
}
