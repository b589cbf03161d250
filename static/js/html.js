/**
 * Markup as values: the tag `html` escapes every value that is not markup itself, so that what people typed stays text.
 * Pure; views are functions from state to Markup and can be tested without a browser.
 */

const ESCAPES = /** @type {Record<string, string>} */ ({
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
});

/** A piece of finished markup. */
export class Markup {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }
}

/** @type {WeakMap<TemplateStringsArray, readonly string[]>} */
const tidy = new WeakMap();

export const NOTHING = new Markup("");

/**
 * @param {TemplateStringsArray} parts
 * @param {...unknown} values null, undefined and false show nothing; arrays are joined
 */
export function html(parts, ...values) {
  return new Markup(tidied(parts).reduce((text, part, i) => text + shown(values[i - 1]) + part));
}

/**
 * Line breaks and indentation serve the reader of the code: between two tags they are one space, at the ends nothing.
 * @param {TemplateStringsArray} parts
 * @returns {readonly string[]}
 */
function tidied(parts) {
  const known = tidy.get(parts);
  if (known) return known;
  const flat = parts.map((part) => part.replace(/\s*\n\s*/g, " "));
  flat[0] = (flat[0] ?? "").trimStart();
  flat.push((flat.pop() ?? "").trimEnd());
  tidy.set(parts, flat);
  return flat;
}

/** @param {string} text */
export function escape(text) {
  return text.replace(/[&<>"']/g, (found) => ESCAPES[found] ?? found);
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function shown(value) {
  if (value === null || value === undefined || value === false) return "";
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(shown).join("");
  return escape(String(value));
}
