/**
 * The sentences of the screen. The catalogue is static/words.json, for scripts and templates alike; the page carries the
 * half of it that its language needs.
 */

/** @typedef {Record<string, string>} Catalogue */
/** @typedef {(key: string, facts?: Record<string, unknown>) => string} Say */

/**
 * A speaker of one language. `{name}` in a sentence is filled from the facts; a key with ".one" is taken when n is 1.
 * @param {Catalogue} catalogue
 * @returns {Say}
 */
export function speaker(catalogue) {
  return (key, facts = {}) => {
    const sentence = (facts.n === 1 ? catalogue[`${key}.one`] : undefined) ?? catalogue[key] ?? key;
    return sentence.replace(/\{(\w+)\}/g, (_, name) => String(facts[name] ?? ""));
  };
}

/**
 * The half of the whole catalogue that one language needs.
 * @param {Record<string, {zh: string, en: string}>} whole
 * @param {"zh" | "en"} language
 * @returns {Catalogue}
 */
export function half(whole, language) {
  return Object.fromEntries(Object.entries(whole).map(([key, words]) => [key, words[language]]));
}
