/** What may belong to the same event: near incidents, a merged file, linked files of other desks, an offer of the lead. Pure. */

import { html, NOTHING } from "../html.js";
import { hour } from "./parts.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../types.js").Here} Here */
/** @typedef {import("../types.js").Incident} Incident */
/** @typedef {import("../types.js").NearIncident} NearIncident */

const RUNNERS = new Set(["duty_officer", "leader"]);

/**
 * A near incident in a sentence: which, how far along the river, how long before.
 * @param {NearIncident} one
 * @param {Here} here
 */
export function nearWords(one, { say }) {
  const where = say(`same.where.${one.where}`, { km: one.km.toFixed(1) });
  const what = [one.river, one.place, one.substance || say("substance.unknown")].filter(Boolean).join(" ");
  return say("same.one", { number: one.number, what, where, n: one.apart_min, lead: one.lead_name });
}

/**
 * In a report that is being written: the officer says whether it is the same event; neither is chosen for them.
 * @param {State} state
 * @param {Here} here
 */
export function sameEvent(state, here) {
  const { say } = here;
  const { reportFor, joined, another, preview } = state;
  if (joined)
    return html`
      <section class="same" data-key="same">
        <p><strong>${say("same.joined", { number: reportFor })}</strong></p>
        <p><button type="button" data-do="own_event">${say("same.not")}</button></p>
      </section>
    `;
  const found = reportFor === null ? (preview.assessment?.nearby ?? []) : [];
  if (!found.length) return NOTHING;
  return html`
    <section class="same" aria-labelledby="same-title" data-key="same">
      <h3 id="same-title">${say("same.title")}</h3>
      <ul class="plain" data-list>
        ${found.map(
          (one) => html`
            <li data-key="same-${one.number}">
              <p>${nearWords(one, here)}</p>
              <p class="acts">
                <button type="button" data-item data-do="same_event" data-id="${one.number}">${say("same.yes", { number: one.number })}</button>
                <button type="button" data-do="another_event" data-id="${one.number}" aria-pressed="${String(another.includes(one.number))}">
                  ${say("same.no")}
                </button>
              </p>
            </li>
          `,
        )}
      </ul>
      <p class="hint">${say("same.hint")}</p>
    </section>
  `;
}

/**
 * On the desk, before the calls: an offer of the lead, a merged file, and near incidents of the same night.
 * @param {State} state
 * @param {Here} here
 */
export function sameEventDesk(state, here) {
  const { incident } = state;
  if (!incident) return NOTHING;
  return html`${merged(incident, here)}${leadOffer(state, incident, here)}${nearOnes(state, incident, here)}`;
}

/**
 * @param {Incident} incident
 * @param {Here} here
 */
function merged(incident, here) {
  if (incident.status !== "merged") return NOTHING;
  const { say } = here;
  return html`
    <section class="same" data-key="merged">
      <h2>${say("merged.into", { number: incident.merged_into })}</h2>
      <p>${say("merged.how")}</p>
      <p class="acts">
        <button class="primary" data-do="open" data-id="${incident.merged_into}">${say("news.open", { n: incident.merged_into })}</button>
        ${leads(incident, here) ? html`<button data-do="unmerge">${say("act.unmerge")}</button>` : NOTHING}
      </p>
    </section>
  `;
}

/**
 * @param {State} state
 * @param {Incident} incident
 * @param {Here} here
 */
function nearOnes({ event, dismissed }, incident, here) {
  const { say, me } = here;
  const found = (event?.nearby ?? []).filter(({ number }) => !dismissed.includes(`${incident.number}-${number}`));
  if (!found.length || !leads(incident, here) || incident.status !== "open") return NOTHING;
  const linked = new Set((event?.links ?? []).map(({ number }) => number));
  const left = found.filter(({ number }) => !linked.has(number));
  if (!left.length) return NOTHING;
  return html`
    <section class="same" aria-labelledby="near-events" data-key="near-events">
      <h2 id="near-events">${say("same.desk")}</h2>
      <ul class="plain" data-list>
        ${left.map(
          (one) => html`
            <li data-key="near-event-${one.number}">
              <p>${nearWords(one, here)}</p>
              <p class="acts">
                ${
                  one.lead === me.desk
                    ? html`<button data-item data-do="merge" data-id="${one.number}">${say("act.merge")}</button>`
                    : html`<button data-item data-do="link" data-id="${one.number}">${say("act.link")}</button>`
                }
                <button data-do="not_same" data-id="${incident.number}-${one.number}">${say("same.no")}</button>
              </p>
            </li>
          `,
        )}
      </ul>
    </section>
  `;
}

/**
 * The lead, offered: its sheet line by line to the taker; to the giver that it waits.
 * @param {State} state
 * @param {Incident} incident
 * @param {Here} here
 */
function leadOffer({ event, leadFault, busy }, incident, here) {
  const offer = event?.lead_offer;
  if (!offer) return NOTHING;
  const { say, me } = here;
  if (offer.to !== me.desk || !RUNNERS.has(me.role))
    return html`
      <section class="same" data-key="lead-offer">
        <h2>${say("lead.waits", { desk: offer.to_name })}</h2>
        <p class="meta">${hour(offer.asked_at, here)} ${offer.reason}</p>
        <p class="hint">${say("lead.both")}</p>
        ${leads(incident, here) ? html`<p><button data-do="take_back_lead">${say("act.take-back")}</button></p>` : NOTHING}
      </section>
    `;
  return html`
    <section class="same" aria-labelledby="lead-title" data-key="lead-offer">
      <h2 id="lead-title">${say("lead.offered", { desk: offer.from_name })}</h2>
      <p class="meta">${hour(offer.asked_at, here)} ${offer.reason}</p>
      <form data-submit="accept_lead" novalidate>
        <p>${say(offer.lines.length ? "lead.lines" : "lead.empty")}</p>
        <ul class="plain" data-list>
          ${offer.lines.map(
            ({ key, words }) => html`
              <li data-key="line-${key}">
                <label class="tick"><input type="checkbox" data-item name="lines" value="${key}"> ${words}</label>
              </li>
            `,
          )}
        </ul>
        ${leadFault ? html`<p class="fault" role="alert">${leadFault}</p>` : NOTHING}
        <p class="acts">
          <button class="primary" type="submit" ${busy && "disabled"}>${say("lead.accept")}</button>
          <button type="button" data-do="refuse_lead">${say("act.refuse")}</button>
        </p>
      </form>
    </section>
  `;
}

/**
 * The linked files, as far as this desk may see them.
 * @param {State} state
 * @param {Incident} incident
 * @param {Here} here
 */
export function linkedFiles({ event }, incident, here) {
  const found = event?.links ?? [];
  const { say } = here;
  const toldBy = incident.told_by ? html`<p class="hint">${say("linked.own")}</p>` : NOTHING;
  if (!found.length) return toldBy;
  return html`
    <section class="linked" data-key="linked">
      <h3>${say("linked.title")} <span class="count">${found.length}</span></h3>
      ${toldBy}
      <ul class="plain">
        ${found.map(
          (one) => html`
            <li data-key="linked-${one.number}">
              <span><strong>#${one.number}</strong> ${one.lead_name} <span class="tag">${say(`status.${one.status}`)}</span></span>
              <span class="meta">${say(`linked.${one.because === "told" && one.first ? "teller" : one.because}`)}${one.reason ? `${say("colon")}${one.reason}` : ""}</span>
              ${
                one.may_see
                  ? html`
                      <p class="meta">
                        ${say("incident.known", { at: "" })}${hour(one.known_at, here)}
                        ${one.next_update_at ? html`· ${say("promise.update")} ${hour(one.next_update_at, here)}` : NOTHING}
                      </p>
                      <p class="acts">
                        <button class="quiet" data-do="open" data-id="${one.number}">${say("news.open", { n: one.number })}</button>
                        ${
                          leads(incident, here) && one.because !== "told"
                            ? html`<button class="quiet" data-do="unlink" data-id="${one.number}">${say("act.unlink")}</button>`
                            : NOTHING
                        }
                      </p>
                    `
                  : html`<p class="hint">${say("linked.unseen")}</p>`
              }
            </li>
          `,
        )}
      </ul>
    </section>
  `;
}

/**
 * Further acts of the lead on what belongs to the event; and a told desk's own file.
 * @param {State} state
 * @param {Incident} incident
 * @param {Here} here
 */
export function eventActs({ event }, incident, here) {
  const { say, me } = here;
  if (incident.status !== "open" || !RUNNERS.has(me.role)) return NOTHING;
  if (!leads(incident, here)) {
    const told = incident.notifications.some(({ tells, who, issued_at }) => tells === me.desk && who !== me.desk && issued_at);
    const has = (event?.links ?? []).some(({ because, lead }) => because === "told" && lead === me.desk);
    return told && !has ? html`<p class="acts"><button data-do="own_file">${say("act.own-file")}</button></p>` : NOTHING;
  }
  const several = (incident.reports ?? []).filter(({ kind }) => kind !== "correction").length > 1;
  return html`
    <p class="acts">
      <button data-do="enquire">${say("act.enquire")}</button>
      ${several ? html`<button data-do="split">${say("act.split")}</button>` : NOTHING}
      ${event && !event.lead_offer && event.desks.length ? html`<button data-do="offer_lead">${say("act.lead")}</button>` : NOTHING}
    </p>
  `;
}

/** @param {Incident} incident @param {Here} here */
function leads(incident, { me }) {
  return RUNNERS.has(me.role) && incident.lead === me.desk;
}
