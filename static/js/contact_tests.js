/** The page of the contact tests: asks for a test, announces or takes back one, and records an answer by telephone. */

import { post, Problem, Unreachable } from "./api.js";
import { instantOf, when } from "./clock.js";
import { sure } from "./sure.js";
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
 * Does it, says what was done, and reads the page again, where that is still said; what is refused is said.
 * @param {() => Promise<any>} act
 * @param {(answer: any) => string} words what was done
 * @param {number} [wait_ms] until the page can show it
 */
async function done(act, words, wait_ms = 0) {
  try {
    const said = words(await act());
    tell(said);
    sessionStorage.setItem(DONE, said);
    setTimeout(() => location.reload(), wait_ms);
  } catch (trouble) {
    if (!(trouble instanceof Problem || trouble instanceof Unreachable)) throw trouble;
    tell(trouble instanceof Problem ? trouble.message : say("trouble.unreachable"), true);
  }
}

/** The worker begins a test within a second or two. */
const RELOAD_MS = 2500;
const DONE = "lianfang.tested";

if (order) {
  const { desk = "", name = "", zone = "" } = order.dataset;
  const path = `desks/${desk}/contact-tests`;
  const language = document.documentElement.lang.startsWith("en") ? "en" : "zh";
  order.querySelector("[data-start]")?.addEventListener("click", async () => {
    if (await sure(say("contact_test.confirm", { desk: name }), say("contact_test.start"), say("cancel")))
      done(() => post(path, { announced: false }), () => say("contact_test.ordered"), RELOAD_MS);
  });
  order.querySelector("[data-announce]")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const at = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("at") ?? "");
    done(
      () => post(path, { announced: true, starts_at: instantOf(at, zone) }),
      ({ starts_at }) => say("contact_test.set", { at: when(starts_at, { now: new Date(), zone, language }) }),
    );
  });
}
for (const button of document.querySelectorAll("[data-cancel]"))
  button.addEventListener("click", async () => {
    const { cancel = "", at = "" } = /** @type {HTMLElement} */ (button).dataset;
    if (await sure(say("contact_test.cancel.sure", { at }), say("contact_test.cancel"), say("contact_test.cancel.not")))
      done(() => post(`contact-tests/${cancel}/cancel`, {}), () => say("contact_test.cancel.done", { at }));
  });
for (const form of document.querySelectorAll("[data-answered]"))
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { answered = "" } = /** @type {HTMLElement} */ (form).dataset;
    const by = String(new FormData(/** @type {HTMLFormElement} */ (form)).get("by") ?? "").trim();
    if (!by) tell(say("call.person.missing"), true);
    else done(() => post(`contact-tests/${answered}/answered`, { by }), () => say("contact_test.by_call.done", { who: by }));
  });

if (document.querySelector("[data-due]")) setTimeout(() => location.reload(), RELOAD_MS); // it begins at any moment
const before = sessionStorage.getItem(DONE);
if (before) {
  sessionStorage.removeItem(DONE);
  tell(before);
}
