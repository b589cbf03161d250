/** The grade: foreseen by which criteria, declared by whom and why, the items of article 4, the response. Pure. */

import { html, NOTHING } from "../html.js";
import { gradeTag, hour } from "./parts.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../types.js").Grading} Grading */
/** @typedef {import("../types.js").SignedAct} SignedAct */

const RUNNERS = new Set(["duty_officer", "leader"]);

/**
 * @param {State} state
 * @param {Here} here
 */
export function gradeCard(state, here) {
  const { grading, incident } = state;
  if (!grading || !incident) return NOTHING;
  const { say, me } = here;
  const [counts, ...others] = grading.predicted;
  const own = grading.files.find(({ jurisdiction }) => jurisdiction === me.desk);
  const lead = grading.files[0];
  return html`
    <section class="grading" aria-labelledby="grading-title" data-key="grading">
      <h2 id="grading-title">${say("grading.title")}</h2>
      ${grading.files.map((file) => declared(file, here))}
      ${counts ? foreseen(counts, here) : html`<p class="empty">${say("grading.unplaced")}</p>`}
      ${
        others.length
          ? html`
              <details class="more" data-key="grading-others">
                <summary>${say("grading.others")}</summary>
                ${others.map((one) => foreseen(one, here))}
              </details>
            `
          : NOTHING
      }
      ${articleFour(grading, here)}
      ${RUNNERS.has(me.role) && grading.mine ? acts(incident.status, own ?? (me.desk === lead?.jurisdiction ? lead : undefined), here) : NOTHING}
      ${history(grading.history, here)}
    </section>
  `;
}

/**
 * @param {import("../types.js").GradeFile} file
 * @param {Here} here
 */
function declared(file, here) {
  const { say } = here;
  const { declared: act, response } = file;
  const running = response && response.act !== "end" ? response : null;
  return html`
    <div class="declared" data-key="declared-${file.jurisdiction}">
      <p class="head">
        <span class="meta">${file.name} ${say("grading.declared")}</span>
        ${act ? gradeTag(act.value, here) : html`<strong>${say("grading.undeclared")}</strong>`}
        ${running ? html`<span class="tag">${say("grading.response", { level: running.value ?? "" })}</span>` : NOTHING}
      </p>
      ${act ? html`<p class="meta">${hour(act.at, here)} ${say("grading.signed", { who: act.signer ?? "" })}</p><p>${act.reason ?? ""}</p>` : NOTHING}
    </div>
  `;
}

/**
 * @param {import("../types.js").Foreseen} one
 * @param {Here} here
 */
function foreseen(one, here) {
  const { say } = here;
  return html`
    <div class="foreseen" data-key="foreseen-${one.rule_set}">
      <p class="head">
        <span class="meta">${say(one.certain ? "grading.foreseen" : "grading.at_least")}</span>
        ${gradeTag(one.grade, here)}
      </p>
      <ul class="plain criteria">
        ${one.criteria.map(
          (hit) => html`
            <li><span class="roman">${hit.grade}</span> ${hit.because}${hit.foreseen ? NOTHING : html`&ensp;<span class="tag">${say("grading.stated")}</span>`}</li>
          `,
        )}
      </ul>
      ${one.criteria.length ? NOTHING : html`<p class="meta">${say("grading.no_criterion")}</p>`}
      ${one.unknown.length ? html`<p class="unknowns">${say("grading.unknown", { what: one.unknown.map(({ name }) => name).join(say("comma")) })}</p>` : NOTHING}
      <p class="meta">${one.title} · ${say("grading.machine")}</p>
    </div>
  `;
}

/**
 * @param {Grading} grading
 * @param {Here} here
 */
function articleFour(grading, here) {
  const holding = grading.article_4.filter(({ held, because }) => held || because);
  if (!holding.length) return NOTHING;
  const { say } = here;
  return html`
    <div class="article-four" data-key="article-four">
      <p><strong>${say("grading.two_hours")}</strong></p>
      <ul class="plain">
        ${holding.map(({ label, because, held }) => html`<li>${label} <span class="meta">${because ?? (held ? say("grading.held") : "")}</span></li>`)}
      </ul>
    </div>
  `;
}

/**
 * @param {string} status
 * @param {import("../types.js").GradeFile | undefined} own
 * @param {Here} here
 */
function acts(status, own, { say }) {
  const graded = own?.declared;
  const running = own?.response && own.response.act !== "end";
  const names = [
    ...(status === "open" ? changes(graded?.value ?? null) : []),
    ...(status === "open" ? [running ? "change" : "start"] : []),
    ...(running ? ["end"] : []),
    ...(status === "open" ? ["track"] : []),
  ];
  return names.length
    ? html`<p class="acts">${names.map((name) => html`<button data-do="sign" data-id="${name}">${say(`sign.${name}`)}</button>`)}</p>`
    : NOTHING;
}

/**
 * Which steps are left from the grade that is declared.
 * @param {string | null} grade
 */
function changes(grade) {
  if (!grade) return ["declare"];
  return [...(grade === "I" ? [] : ["raise"]), ...(grade === "IV" ? [] : ["lower"])];
}

/**
 * @param {SignedAct[]} acts
 * @param {Here} here
 */
function history(acts, here) {
  const { say } = here;
  const graded = acts.filter(({ what }) => what !== "report");
  if (graded.length < 2) return NOTHING;
  return html`
    <details class="more" data-key="grading-history">
      <summary>${say("grading.history", { n: graded.length })}</summary>
      <ol class="plain">
        ${graded.map(
          (one) => html`
            <li data-key="signed-${one.id}">
              ${hour(one.at, here)} ${one.jurisdiction_name} ${say(`signed.${one.what}.${one.act}`, { value: one.value ?? "" })}
              <span class="meta">${say("grading.signed", { who: one.signer ?? "" })} ${one.reason ?? ""}</span>
            </li>
          `,
        )}
      </ol>
    </details>
  `;
}
