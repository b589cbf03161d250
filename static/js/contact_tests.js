/** The page of the contact tests: asks for a test, announces or takes back one, and records an answer by telephone. */

import { post, Problem, Unreachable } from "./api.js";
import { instantOf } from "./clock.js";
import { speaker } from "./words.js";

const say = speaker(JSON.parse(document.getElementById("words")?.textContent ?? "{}"));
const order = /** @type {HTMLElement | null} */ (document.getElementById("order"));

/** @param {string} words @param {boolean} [fault] */
function tell(words, fault = false) {
  const place = document.querySelector("[data-said]");
  if (!place) return;
  place.textContent = words;
  place.classList.toggle("is-fault", fault);
}

/**
 * Does it and reads the page again; what is refused is said.
 * @param {() => Promise<unknown>} act
 */
async function done(act) {
  try {
    await act();
    tell(say("contact_test.ordered"));
    setTimeout(() => location.reload(), RELOAD_MS);
  } catch (trouble) {
    if (!(trouble instanceof Problem || trouble instanceof Unreachable)) throw trouble;
    tell(trouble instanceof Problem ? trouble.message : say("trouble.unreachable"), true);
  }
}

/** The worker begins a test within a second or two. */
const RELOAD_MS = 2500;

if (order) {
  const { desk = "", name = "", zone = "" } = order.dataset;
  const path = `desks/${desk}/contact-tests`;
  order.querySelector("[data-start]")?.addEventListener("click", () => {
    if (confirm(say("contact_test.confirm", { desk: name }))) done(() => post(path, { announced: false }));
  });
  order.querySelector("[data-announce]")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const at = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("at") ?? "");
    done(() => post(path, { announced: true, starts_at: instantOf(at, zone) }));
  });
}
for (const button of document.querySelectorAll("[data-cancel]"))
  button.addEventListener("click", () =>
    done(() => post(`contact-tests/${/** @type {HTMLElement} */ (button).dataset.cancel}/cancel`, {})),
  );
for (const form of document.querySelectorAll("[data-answered]"))
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { answered = "" } = /** @type {HTMLElement} */ (form).dataset;
    const by = String(new FormData(/** @type {HTMLFormElement} */ (form)).get("by") ?? "").trim();
    if (!by) tell(say("call.person.missing"), true);
    else done(() => post(`contact-tests/${answered}/answered`, { by }));
  });
