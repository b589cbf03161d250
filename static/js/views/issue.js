/** The one confirmation before anything goes out: exactly who will be told what, as a heads-up or a formal notice. Pure. */

import { html, NOTHING } from "../html.js";
import { circleTag } from "./parts.js";

/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../types.js").Message} Message */
/** @typedef {import("../types.js").Notification} Notification */

/**
 * @typedef {object} Sheet
 * @property {"heads_up" | "formal_notice"} act
 * @property {Record<string, string>} names of the desks that are told
 * @property {Message[] | null} messages null while they are being written
 * @property {Notification[]} left proposals not ticked: they stay open unless a reason is typed
 * @property {{field: string | null, words: string} | null} fault
 * @property {boolean} busy
 * @property {string} at the hour offered for the consent
 * @property {boolean} drill
 */

const HOWS = ["oral", "telephone", "signed"];

/**
 * @param {Sheet} sheet
 * @param {Here} here
 */
export function issueSheet(sheet, here) {
  const { say } = here;
  return html`
    <form class="sheet" data-submit="send" novalidate>
      <h2 id="sheet-title">${sheet.drill ? say("drill.mark") : ""}${say("issue.title")}</h2>
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
          : html`<p class="hint" role="status">${say("issue.writing")}</p>`
      }
      ${sheet.left.length ? left(sheet.left, here) : NOTHING}
      ${
        sheet.fault && !sheet.fault.field?.startsWith("consent")
          ? html`<p class="fault" role="alert">${sheet.fault.words}</p>`
          : NOTHING
      }
      <p class="sheet-bar">
        <button class="primary" type="submit" ${(sheet.busy || !sheet.messages) && "disabled"}>
          ${
            sheet.messages
              ? sendLabel(
                  sheet.messages,
                  sheet.messages.map((one) => nameOf(one, sheet)),
                  here,
                )
              : say("issue.writing")
          }
        </button>
        <button type="button" data-do="cancel_sheet">${say("cancel")}</button>
      </p>
    </form>
  `;
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
  const first = messages.flatMap(({ recipients }) => recipients.slice(0, 1));
  const channels = [...new Set(first.flatMap((recipient) => recipient.channels))];
  const people = first.length;
  return say("issue.send", { who, channels: channels.map((one) => say(`channel.${one}`)).join(" + "), n: people });
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
function message(one, name, { say, language }) {
  return html`
    <li data-key="out-${one.notification}" class="card out">
      <p class="to"><strong>${name}</strong></p>
      ${recipients(one, say)}
      ${one.recipients.length ? NOTHING : html`<p class="fault">${say("issue.nobody")}</p>`}
      ${one.gaps.map(
        (gap) => html`<p class="fault">${say(`contact.${gap.role}`)}：${gap[language]}</p>`,
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
 * Who hears it at once, and who after them while nobody reads back.
 * @param {Message} one
 * @param {import("../words.js").Say} say
 */
function recipients({ recipients: [first, ...later] }, say) {
  if (!first) return NOTHING;
  const channels = first.channels.map((channel) => say(`channel.${channel}`)).join(" + ");
  return html`
    <p class="recipients">
      <strong>${first.name}</strong>
      · ${channels}
    </p>
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
