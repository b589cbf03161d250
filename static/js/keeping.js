/**
 * Directory and roster: forms that post to the API and keep what was typed when it is refused; reveals; tables taken in.
 * What a form sends is said by its markup: data-post names the address, data-as how a field is read.
 */

import { post, Problem, send, Unreachable } from "./api.js";
import { say } from "./here.js";
import { html } from "./html.js";
import { asked, fields, report } from "./views/keeping.js";
import { morph } from "./morph.js";
import { sure } from "./sure.js";

const told = document.getElementById("told");

/** @param {HTMLFormElement} form */
async function submit(form) {
  clear(form);
  const question = asked(form);
  if (question && !(await sure(question, form.querySelector("button.primary, button:not([type=button])")?.textContent ?? ""))) return;
  await guarded(form, async () => {
    const answer = await posted(form);
    if (answer === null) return;
    if (form.dataset.show) {
      const place = document.getElementById("shown-once");
      if (place) place.textContent = `${say("feed.once")} ${answer[form.dataset.show]}`;
      return;
    }
    sessionStorage.setItem("lianfang.done", say("keep.done"));
    location.reload();
  });
}

/** What the service doubts it says, and takes when told to: null where it is left alone. @param {HTMLFormElement} form */
async function posted(form) {
  const path = form.dataset.post ?? "";
  try {
    return await post(path, fields(form));
  } catch (trouble) {
    if (!(trouble instanceof Problem) || trouble.facts.despite !== true) throw trouble;
    return (await sure(trouble.message, say("roster.despite"))) ? post(path, { ...fields(form), despite: true }) : null;
  }
}

/** @param {HTMLFormElement} form @param {boolean} dry */
async function take(form, dry) {
  clear(form);
  const input = /** @type {HTMLInputElement} */ (form.elements.namedItem("file"));
  const file = input.files?.[0];
  const place = document.getElementById("report");
  const button = /** @type {HTMLElement | null} */ (form.querySelector("[data-take]"));
  if (!file || !place || !button) return;
  place.setAttribute("aria-busy", "true");
  await guarded(form, async () => {
    const answer = await send(`${form.dataset.import}?dry_run=${dry ? 1 : 0}`, await file.arrayBuffer());
    morph(place, report(answer, say));
    button.hidden = !dry || !(answer.counts.added + answer.counts.changed);
    button.textContent = say("keep.take", { n: answer.counts.added + answer.counts.changed });
  });
  place.removeAttribute("aria-busy");
}

/** @param {HTMLElement} button */
async function reveal(button) {
  const place = document.getElementById(button.dataset.into ?? "");
  try {
    const { number } = await post(button.dataset.reveal ?? "", {});
    if (place) place.textContent = number;
    button.remove();
  } catch (trouble) {
    tell(words(trouble));
  }
}

/** @param {HTMLFormElement} form @param {() => Promise<void>} act */
async function guarded(form, act) {
  const buttons = /** @type {NodeListOf<HTMLButtonElement>} */ (form.querySelectorAll("button"));
  for (const button of buttons) button.disabled = true;
  try {
    await act();
  } catch (trouble) {
    fault(form, trouble);
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

/** Beside the field that is at fault, else at the end of the form. @param {HTMLFormElement} form @param {unknown} trouble */
function fault(form, trouble) {
  const sentence = words(trouble);
  const named = trouble instanceof Problem && trouble.field ? trouble.field : "";
  const field = [...form.querySelectorAll(`[name="${CSS.escape(named)}"], [data-turns="${CSS.escape(named)}"], [data-people="${CSS.escape(named)}"]`)].find(
    (each) => !(each instanceof HTMLInputElement && each.type === "hidden"),
  );
  const note = Object.assign(document.createElement("p"), { className: "fault", textContent: sentence });
  note.setAttribute("role", "alert");
  const beside = field?.closest("label, fieldset") ?? form;
  beside.append(note);
  if (field instanceof HTMLElement) field.focus();
}

/** @param {unknown} trouble */
function words(trouble) {
  if (trouble instanceof Problem) return trouble.message;
  if (trouble instanceof Unreachable) return say("trouble.unreachable");
  throw trouble;
}

/** @param {HTMLFormElement} form */
function clear(form) {
  for (const note of form.querySelectorAll("p.fault")) note.remove();
}

/** @param {string} sentence */
function tell(sentence) {
  if (told) told.textContent = sentence;
}

/** The form for a cover, with the turn that was pressed. @param {HTMLElement} button */
function coverThis(button) {
  const place = /** @type {HTMLDetailsElement} */ (document.getElementById("cover-form"));
  const form = place.querySelector("form");
  if (!form) return;
  for (const [name, value] of [["role", button.dataset.cover], ["since", button.dataset.since], ["until", button.dataset.until]])
    /** @type {HTMLInputElement} */ (form.elements.namedItem(name ?? "")).value = value ?? "";
  place.open = true;
  place.scrollIntoView({ block: "center" });
  form.querySelector("select:not([name])")?.dispatchEvent(new Event("focus"));
  /** @type {HTMLElement | null} */ (form.querySelector("fieldset select"))?.focus();
}

/** @param {Element} button */
function moreTurns(button) {
  const list = button.closest("fieldset")?.querySelector("ol");
  const last = list?.lastElementChild;
  if (!list || !last) return;
  const added = /** @type {HTMLElement} */ (last.cloneNode(true));
  for (const select of added.querySelectorAll("select")) select.value = "";
  list.append(added);
  added.querySelector("select")?.focus();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement)) return;
  if (form.dataset.post !== undefined) {
    event.preventDefault();
    void submit(form);
  } else if (form.dataset.import !== undefined) {
    event.preventDefault();
    const by = event.submitter;
    void take(form, !(by instanceof HTMLButtonElement && by.value === "0"));
  }
});
document.addEventListener("click", ({ target }) => {
  if (!(target instanceof Element)) return;
  const button = /** @type {HTMLElement | null} */ (target.closest("button"));
  if (button?.dataset.reveal) void reveal(button);
  if (button?.dataset.cover) coverThis(button);
  if (button?.hasAttribute("data-more")) moreTurns(button);
  if (button?.hasAttribute("data-print")) window.print();
});
document.addEventListener("change", ({ target }) => {
  if (target instanceof HTMLSelectElement && target.form?.hasAttribute("data-choose")) target.form.submit();
  if (target instanceof HTMLInputElement && target.dataset.read) void readInto(target, target.dataset.read);
  if (target instanceof HTMLInputElement && target.type === "file" && target.form?.dataset.import) {
    target.form.querySelector("[data-take]")?.setAttribute("hidden", "");
    const place = document.getElementById("report");
    if (place) morph(place, html``);
  }
});

/** @param {HTMLInputElement} input @param {string} name */
async function readInto(input, name) {
  const area = input.form?.elements.namedItem(name);
  const file = input.files?.[0];
  if (!file || !(area instanceof HTMLTextAreaElement)) return;
  const bytes = await file.arrayBuffer();
  try {
    area.value = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    area.value = new TextDecoder("gb18030").decode(bytes); // as a spreadsheet in China saves it
  }
}

const done = sessionStorage.getItem("lianfang.done");
if (done) {
  sessionStorage.removeItem("lianfang.done");
  tell(done);
}
