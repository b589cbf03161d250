/** One listener per kind of event for the whole page: what an element does is named in its data, the acts are given once. */

/** @typedef {(element: any, event: Event) => unknown} Act */
/** @typedef {Record<string, Act>} Acts */

/** @param {{clicks: Acts, changes: Acts, inputs: Acts, submits: Acts}} acts */
export function listen({ clicks, changes, inputs, submits }) {
  on("click", "do", clicks);
  on("change", "change", changes);
  on("input", "input", inputs);
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const act = submits[form.dataset.submit ?? ""];
    if (!act) return;
    event.preventDefault();
    act(form, event);
  });
  document.addEventListener("keydown", move);
}

/**
 * @param {string} type
 * @param {string} name of the data attribute
 * @param {Acts} acts
 */
function on(type, name, acts) {
  document.addEventListener(type, (event) => {
    const element = /** @type {HTMLElement | null} */ (
      /** @type {Element} */ (event.target).closest?.(`[data-${name}]`)
    );
    if (element) acts[element.dataset[name] ?? ""]?.(element, event);
  });
}

/**
 * Up and down walk the items of the list that has the focus.
 * @param {KeyboardEvent} event
 */
function move(event) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const from = /** @type {HTMLElement} */ (event.target);
  const typing = from.matches("input:not([type=checkbox]), textarea, select");
  const list =
    from.closest("[data-list]") ?? (typing && from.id === "place" ? document.getElementById("places") : null);
  if (!list || (typing && from.id !== "place")) return;
  const items = /** @type {HTMLElement[]} */ ([...list.querySelectorAll("[data-item]")]);
  const at = items.indexOf(/** @type {HTMLElement} */ (from.closest("[data-item]") ?? from));
  const to = items[at + (event.key === "ArrowDown" ? 1 : -1)];
  if (!to) return;
  event.preventDefault();
  to.focus();
}
