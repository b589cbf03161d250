/**
 * Brings what is on the page to what a view says, touching only what differs: focus, typed text, opened details and
 * scrolling stay where the officer left them. Children with `data-key` keep their element when the order changes.
 */

/** @typedef {import("./html.js").Markup} Markup */

/** What the officer changes by hand; a new rendering leaves it alone. */
const THEIRS = new Set(["value", "checked", "selected", "open"]);

/**
 * @param {Element} place
 * @param {Markup} markup
 */
export function morph(place, markup) {
  const focused = document.activeElement;
  const template = document.createElement("template");
  template.innerHTML = markup.text;
  children(place, template.content);
  if (focused instanceof HTMLElement && focused !== document.activeElement && place.contains(focused)) {
    focused.focus({ preventScroll: true });
  }
}

/**
 * @param {Node} from
 * @param {Node} to
 */
function children(from, to) {
  const keyed = new Map([...from.childNodes].map((node) => [keyOf(node), node]));
  let at = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const match = matching(at, wanted, keyed);
    if (!match) {
      from.insertBefore(wanted, at);
      continue;
    }
    if (match === at) at = at.nextSibling;
    else from.insertBefore(match, at);
    one(match, wanted);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

/**
 * @param {ChildNode | null} at
 * @param {ChildNode} wanted
 * @param {Map<string | null, ChildNode>} keyed
 * @returns {ChildNode | null}
 */
function matching(at, wanted, keyed) {
  const key = keyOf(wanted);
  if (key !== null) {
    const found = keyed.get(key);
    return found && found.nodeName === wanted.nodeName ? found : null;
  }
  return at && keyOf(at) === null && at.nodeName === wanted.nodeName ? at : null;
}

/** @param {Node} node */
function keyOf(node) {
  return node instanceof Element ? node.getAttribute("data-key") : null;
}

/**
 * @param {ChildNode} have
 * @param {ChildNode} want
 */
function one(have, want) {
  if (have instanceof Element && want instanceof Element) {
    attributes(have, want);
    if (!have.hasAttribute("data-own")) children(have, want);
  } else if (have.nodeValue !== want.nodeValue) {
    have.nodeValue = want.nodeValue;
  }
}

/**
 * @param {Element} have
 * @param {Element} want
 */
function attributes(have, want) {
  for (const { name, value } of [...want.attributes]) {
    if (!THEIRS.has(name) && have.getAttribute(name) !== value) have.setAttribute(name, value);
  }
  for (const { name } of [...have.attributes]) {
    if (!THEIRS.has(name) && !want.hasAttribute(name)) have.removeAttribute(name);
  }
}
