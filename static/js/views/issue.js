/** The one confirmation before anything goes out: exactly who will be told what, as a heads-up or a formal notice. Pure. */

import { when } from "../clock.js";
import { html, NOTHING } from "../html.js";
import { circleTag, signInAgain } from "./parts.js";

/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../types.js").Message} Message */
/** @typedef {import("../types.js").Notification} Notification */

/**
 * @typedef {object} Sheet
 * @property {"heads_up" | "formal_notice"} act
 * @property {Record<string, string>} names of the desks that are told
 * @property {string | null} behalf the desk that owes it, where another sends it
 * @property {string | null} after the act that these messages follow from, by their kind
 * @property {Message[] | null} messages null while they are being written
 * @property {Notification[]} left proposals not ticked: they stay open unless a reason is typed
 * @property {{field: string | null, words: string} | null} fault
 * @property {boolean} busy
 * @property {string} at the hour offered for the consent
 * @property {boolean} drill
 */

/** Longer than the first call may take: then the telephone is faster. */
const SLOW_S = 180;
const HOWS = ["oral", "telephone", "signed"];

/**
 * @param {Sheet} sheet
 * @param {Here} here
 */
export function issueSheet(sheet, here) {
  const { say } = here;
  return html`
    <form class="sheet" data-submit="send" novalidate>
      <h2 id="sheet-title">
        ${sheet.drill ? say("drill.mark") : ""}${sheet.behalf ? say("behalf.title", { desk: sheet.behalf }) : say("issue.title")}
      </h2>
      ${sheet.behalf ? behalf(sheet, here) : NOTHING}
      ${sheet.after ? html`<p class="after" role="status">${say(`after.${sheet.after}`)}</p>` : NOTHING}
      <fieldset class="choices acts-choice">
        <legend>${say("issue.act")}</legend>
        ${["heads_up", "formal_notice"].map(
          (act) => html`
            <label>
              <input type="radio" name="act" value="${act}" data-change="act" ${act === sheet.act && "checked"} />
              <span>${say(`act.${act}`)}</span>
            </label>
          `,
        )}
        <p class="hint">${say(`act.${sheet.act}.hint`)}</p>
      </fieldset>
      ${sheet.act === "formal_notice" ? consent(sheet, here) : NOTHING}
      ${
        sheet.messages
          ? html`
              <ul class="plain outgoing">
                ${sheet.messages.map((one) => message(one, nameOf(one, sheet), here))}
              </ul>
            `
          : sheet.fault
            ? NOTHING
            : html`<p class="hint" role="status">${say("issue.writing")}</p>`
      }
      ${promise(sheet, here)} ${pace(sheet, here)} ${sheet.left.length ? left(sheet.left, here) : NOTHING}
      ${
        sheet.fault && sheet.fault.field !== "on_behalf" && !sheet.fault.field?.startsWith("consent")
          ? html`<p class="fault" role="alert">${sheet.fault.words}</p>`
          : NOTHING
      }
      <p class="sheet-bar">
        ${sheet.fault && !sheet.messages ? wayOut(sheet.fault, here) : sending(sheet, here)}
        <button type="button" data-do="cancel_sheet">${say("cancel")}</button>
      </p>
    </form>
  `;
}

/**
 * The next word that each of these promises: a clock of the sender begins with it.
 * @param {Sheet} sheet
 * @param {Here} here
 */
function promise({ messages }, here) {
  const first = (messages ?? []).flatMap(({ next_update_at: at }) => (at ? [at] : [])).sort()[0];
  return first ? html`<p class="promised">${here.say("issue.promise", { at: when(first, here) })}</p>` : NOTHING;
}

/**
 * How long it takes until every text has left, at the sender's rate and behind what waits already.
 * @param {Message[]} messages
 * @returns {{texts: number, seconds: number, per_second: number} | null}
 */
export function reaching(messages) {
  const paces = messages.flatMap(({ pace: one }) => (one ? [one] : []));
  const [first] = paces;
  if (!first) return null;
  const texts = paces.reduce((sum, one) => sum + one.texts, 0);
  const waiting = Math.max(...paces.map((one) => one.waiting));
  return { texts, seconds: Math.ceil((waiting + texts) / first.per_second), per_second: first.per_second };
}

/**
 * @param {Sheet} sheet
 * @param {Here} here
 */
function pace({ messages }, { say }) {
  const found = reaching(messages ?? []);
  if (!found?.texts) return NOTHING;
  const { texts, seconds, per_second } = found;
  const time =
    seconds < 120 ? say("issue.seconds", { n: seconds }) : say("issue.minutes", { n: Math.ceil(seconds / 60) });
  return html`<p class="hint pace ${seconds > SLOW_S ? "is-slow" : ""}">${say("issue.pace", { texts, time, rate: per_second })}</p>`;
}

/** @param {Sheet} sheet @param {Here} here */
function sending(sheet, here) {
  return html`
    <button class="primary" type="submit" ${(sheet.busy || !sheet.messages || sheet.fault?.field === "session") && "disabled"}>
      ${
        sheet.messages
          ? sendLabel(
              sheet.messages,
              sheet.messages.map((one) => nameOf(one, sheet)),
              here,
            )
          : here.say("issue.writing")
      }
    </button>
    ${sheet.fault?.field === "session" ? signInAgain(here) : NOTHING}
  `;
}

/**
 * No text could be written: sign in again, or try again.
 * @param {{field: string | null}} fault
 * @param {Here} here
 */
function wayOut({ field }, here) {
  return field === "session"
    ? signInAgain(here)
    : html`<button class="primary" type="button" data-do="issue_again">${here.say("issue.again")}</button>`;
}

/**
 * "通知梁平区 · 短信 + 网页，1 人": the button says who will hear it, by what, and how many people.
 * @param {Message[]} messages
 * @param {string[]} names
 * @param {Here} here
 */
export function sendLabel(messages, names, { say }) {
  const who =
    names.length > 2
      ? say("names.more", { names: names.slice(0, 2).join(say("comma")), n: names.length })
      : names.join(say("comma"));
  const hearing = messages.flatMap(({ recipients }) => recipients.filter(({ now }) => now));
  const channels = [...new Set(hearing.flatMap((recipient) => recipient.channels))];
  const people = hearing.length;
  return say("issue.send", { who, channels: channels.map((one) => say(`channel.${one}`)).join(" + "), n: people });
}

/**
 * Another desk owes it: why this one sends it stands in the record, and that desk hears of it.
 * @param {Sheet} sheet
 * @param {Here} here
 */
function behalf({ behalf: desk, fault }, { say }) {
  const wrong = fault?.field === "on_behalf" ? fault.words : null;
  return html`
    <div class="field ${wrong ? "has-fault" : ""}" data-key="behalf">
      <label for="on-behalf">${say("behalf.reason", { desk })}</label>
      <input id="on-behalf" name="on_behalf" autocomplete="off" maxlength="300" ${wrong ? html`aria-invalid="true"` : NOTHING} />
      ${wrong ? html`<p class="fault" role="alert">${wrong}</p>` : NOTHING}
      <p class="hint">${say("behalf.hint", { desk })}</p>
    </div>
  `;
}

/**
 * @param {Sheet} sheet
 * @param {Here} here
 */
function consent(sheet, { say }) {
  const wrong = sheet.fault?.field?.startsWith("consent") ? sheet.fault.words : null;
  return html`
    <fieldset class="consent" data-key="consent">
      <legend>${say("consent.title")}</legend>
      <div class="field ${wrong ? "has-fault" : ""}">
        <label for="consent-by">${say("consent.by")}</label>
        <input id="consent-by" name="by" autocomplete="off" maxlength="60" />
        ${wrong ? html`<p class="fault" role="alert">${wrong}</p>` : NOTHING}
      </div>
      <div class="field">
        <label for="consent-how">${say("consent.how")}</label>
        <select id="consent-how" name="how">
          ${HOWS.map(
            (how) => html`
              <option value="${how}" ${how === "telephone" && "selected"}>${say(`consent.${how}`)}</option>
            `,
          )}
        </select>
      </div>
      <div class="field">
        <label for="consent-at">${say("consent.at")}</label>
        <input id="consent-at" name="at" autocomplete="off" maxlength="30" value="${sheet.at}" />
      </div>
    </fieldset>
  `;
}

/**
 * @param {Message} one
 * @param {Sheet} sheet
 */
function nameOf(one, sheet) {
  return sheet.names[one.tells] ?? one.tells;
}

/**
 * @param {Message} one
 * @param {string} name
 * @param {Here} here
 */
function message(one, name, { say }) {
  return html`
    <li data-key="out-${one.notification}" class="card out">
      <p class="to"><strong>${name}</strong></p>
      ${recipients(one, say)}
      ${one.recipients.some(({ now }) => now) ? NOTHING : html`<p class="fault">${say("issue.nobody")}</p>`}
      ${one.gaps.map(
        (gap) => html`<p class="fault">${say(`contact.${gap.role}`)}${say("colon")}${gap.words}</p>`,
      )}
      ${
        one.text
          ? html`
              <p class="text">${one.text}</p>
              <p class="meta">${say("issue.length", { units: one.units, n: one.segments })}</p>
            `
          : NOTHING
      }
    </li>
  `;
}

/**
 * Everyone who is texted at once, those told before included, and who comes after them while nobody reads back.
 * @param {Message} one
 * @param {import("../words.js").Say} say
 */
function recipients({ recipients: all, text }, say) {
  const hearing = all.filter(({ now }) => now);
  const later = all.filter(({ now }) => !now);
  return html`
    ${
      hearing.length
        ? html`
            <p class="hint">${say("issue.now", { n: hearing.length })}</p>
            <ul class="plain recipients">
              ${hearing.map(
                (each) => html`
                  <li>
                    <strong>${each.name}</strong>
                    · ${each.channels.map((channel) => say(`channel.${channel}`)).join(" + ")}
                    ${each.text && each.text !== text ? html`<p class="text">${each.text}</p>` : NOTHING}
                  </li>
                `,
              )}
            </ul>
          `
        : NOTHING
    }
    ${
      later.length
        ? html`<p class="hint">${say("issue.then", { who: later.map(({ name }) => name).join(say("arrow")) })}</p>`
        : NOTHING
    }
  `;
}

/**
 * @param {Notification[]} notifications
 * @param {Here} here
 */
function left(notifications, here) {
  const { say } = here;
  return html`
    <details class="more left" data-key="left">
      <summary>${say("issue.left", { n: notifications.length })}</summary>
      <p class="hint">${say("issue.left.hint")}</p>
      ${notifications.map(
        (one) => html`
          <div class="field" data-key="left-${one.id}">
            <label for="withhold-${one.id}">${one.tells_name ?? one.tells} ${circleTag(one.circle, here)}</label>
            <input
              id="withhold-${one.id}"
              name="withhold-${one.id}"
              maxlength="300"
              autocomplete="off"
              placeholder="${say("withhold.reason")}"
            />
          </div>
        `,
      )}
    </details>
  `;
}
