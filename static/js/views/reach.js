/**
 * A reach of the river as a card on the map: what it is, what holds there today and on whose word, what was stated before,
 * and the form that states it. Pure.
 */

import { localOf, when } from "../clock.js";
import { html, NOTHING } from "../html.js";

/** @typedef {import("../types.js").Here} Here */
/** @typedef {"share" | "velocity" | "discharge" | "operation" | "flow_state"} Kind */
/**
 * @typedef {object} Statement
 * @property {number} id
 * @property {Kind} kind
 * @property {number | null} reach_id
 * @property {{number?: number, state?: string, site?: number, act?: string, share?: number | null, discharge_m3s?: number | null}} value
 * @property {string} since
 * @property {string | null} until
 * @property {{name: string, desk_name: string | null}} by
 * @property {string} reason
 * @property {string} recorded_at
 * @property {{at: string, by: {name: string, desk_name: string | null}, reason: string} | null} ended
 * @property {"to_come" | "holds" | "replaced" | "expired" | "ended"} standing
 */
/**
 * @typedef {object} Reach
 * @property {number} reach_id
 * @property {string} code
 * @property {string} name
 * @property {string} kind
 * @property {number} length_km
 * @property {string} length_grade
 * @property {number | null} velocity_ms
 * @property {string} velocity_grade
 * @property {number | null} discharge_m3s
 * @property {string} source
 * @property {boolean} schematic
 * @property {{reach_id: number, name: string, share: number, assumed: boolean}[]} branches
 * @property {{site_id: number, name: string, subtype: string | null, synthetic: boolean}[]} gates
 * @property {{code: string, name: string}[]} territory
 * @property {boolean} may_state
 */
/**
 * @typedef {object} ReachCard
 * @property {number} id
 * @property {{lon: number, lat: number} | null} at where it was pressed
 * @property {Reach | null} reach null until it has come
 * @property {Statement[]} history newest first, the whole network's flow states among them
 * @property {Kind | null} form what is being stated
 * @property {number | null} ending the statement that is being ended
 * @property {{field: string | null, words: string} | null} fault
 * @property {boolean} busy
 */

const STATES = ["low", "mean", "high", "flood", "unknown"];
const ACTS = ["opened", "closed", "releasing"];
const DAY_MS = 86_400_000;

/**
 * @param {ReachCard} card
 * @param {Here} here
 * @param {boolean} mayReport whether a report may be begun here now
 */
export function reachCard(card, here, mayReport) {
  const { reach } = card;
  const { say } = here;
  return html`
    <section class="reach-card" aria-labelledby="reach-title" data-key="reach-${card.id}">
      <header>
        <h2 id="reach-title" tabindex="-1">${reach ? reach.name : say("loading")}</h2>
        <button data-do="reach_close" aria-label="${say("reach.close")}">✕</button>
      </header>
      ${reach ? body(card, reach, here, mayReport) : NOTHING}
      ${card.fault && !card.form && card.ending === null ? html`<p class="fault" role="alert">${card.fault.words}</p>` : NOTHING}
    </section>
  `;
}

/**
 * @param {ReachCard} card
 * @param {Reach} reach
 * @param {Here} here
 * @param {boolean} mayReport
 */
function body(card, reach, here, mayReport) {
  const { say } = here;
  const holding = card.history.filter(({ standing }) => standing === "holds");
  const coming = card.history.filter(({ standing }) => standing === "to_come");
  const past = card.history.filter(({ standing }) => standing !== "holds" && standing !== "to_come");
  return html`
    <p class="meta">
      ${say(`reach.kind.${reach.kind}`)} · ${say("reach.code", { code: reach.code })}
      ${reach.schematic ? html`<span class="tag doubt">${say("legend.schematic")}</span>` : NOTHING}
      <br />${reach.territory.map(({ name }) => name).join(say("comma")) || say("reach.nowhere")}
    </p>
    ${reference(reach, here)}
    <h3>${say("reach.today")}</h3>
    ${
      holding.length
        ? html`<ul class="plain stated">${holding.map((one) => stated(one, card, reach, here))}</ul>`
        : html`<p class="empty">${say("reach.nothing")}</p>`
    }
    ${
      coming.length
        ? html`
            <h3>${say("reach.coming")}</h3>
            <ul class="plain stated">${coming.map((one) => stated(one, card, reach, here))}</ul>
          `
        : NOTHING
    }
    ${card.form ? form(card, reach, here) : card.ending === null ? buttons(reach, here, mayReport) : NOTHING}
    ${
      past.length
        ? html`
            <details class="more" data-key="past">
              <summary>${say("reach.history", { n: past.length })}</summary>
              <ul class="plain stated">${past.map((one) => stated(one, card, reach, here))}</ul>
            </details>
          `
        : NOTHING
    }
  `;
}

/**
 * @param {Reach} reach
 * @param {Here} here
 */
function reference(reach, { say }) {
  const own = reach.branches.find(({ reach_id }) => reach_id === reach.reach_id);
  const unknown = html`<span class="unknown">${say("unknown")}</span>`;
  return html`
    <dl class="reference">
      <dt>${say("reach.length")}</dt>
      <dd>${reach.length_km.toFixed(1)} km <span class="meta">${say(`confidence.${reach.length_grade}`)}</span></dd>
      <dt>${say("reach.velocity")}</dt>
      <dd>${reach.velocity_ms === null ? unknown : html`${reach.velocity_ms.toFixed(2)} m/s <span class="meta">${say(`confidence.${reach.velocity_grade}`)}</span>`}</dd>
      <dt>${say("reach.discharge")}</dt>
      <dd>${reach.discharge_m3s === null ? unknown : `${written(reach.discharge_m3s)} m³/s`}</dd>
      ${
        own
          ? html`
              <dt>${say("reach.share")}</dt>
              <dd>${percent(own.share)} ${own.assumed ? html`<span class="tag doubt">${say("reach.assumed")}</span>` : NOTHING}</dd>
            `
          : NOTHING
      }
      <dt>${say("reach.source")}</dt>
      <dd class="meta">${origin(reach.source, say)}</dd>
    </dl>
  `;
}

/**
 * Where the line comes from: the reference basin's own short names in words, any other as its file has it.
 * @param {string} source
 * @param {import("../words.js").Say} say
 */
function origin(source, say) {
  const key = `reach.source.${source}`;
  const known = say(key);
  return known === key ? source || say("unknown") : known;
}

/**
 * @param {Reach} reach
 * @param {Here} here
 * @param {boolean} mayReport
 */
function buttons(reach, { say }, mayReport) {
  const owners = reach.territory.map(({ name }) => name).join(say("comma"));
  return html`
    <p class="reach-bar">
      ${reach.may_state ? html`<button class="primary" data-do="reach_change">${say("reach.change")}</button>` : NOTHING}
      ${mayReport ? html`<button data-do="reach_report">${say("reach.report")}</button>` : NOTHING}
    </p>
    ${reach.may_state || !owners ? NOTHING : html`<p class="hint">${say("reach.not_yours", { who: owners })}</p>`}
  `;
}

/**
 * @param {Statement} one
 * @param {ReachCard} card
 * @param {Reach} reach
 * @param {Here} here
 */
function stated(one, card, reach, here) {
  const { say } = here;
  const open = one.standing === "holds" || one.standing === "to_come";
  return html`
    <li data-key="stated-${one.id}" class="is-${one.standing}">
      <p>
        <strong>${say(`day.${one.kind}`)} ${worded(one, reach, here)}</strong>
        ${open ? NOTHING : html`<span class="tag">${say(`standing.${one.standing}`)}</span>`}
      </p>
      <p class="meta">${say("reach.between", { since: when(one.since, here), until: one.until ? when(one.until, here) : say("reach.open") })}</p>
      <p class="meta">${say("reach.by", { who: author(one.by), at: when(one.recorded_at, here) })}${say("colon")}${one.reason}</p>
      ${
        one.ended
          ? html`<p class="meta">${say("reach.ended", { who: author(one.ended.by), at: when(one.ended.at, here) })}${say("colon")}${one.ended.reason}</p>`
          : NOTHING
      }
      ${open && reach.may_state ? ending(one, card, here) : NOTHING}
    </li>
  `;
}

/**
 * @param {Statement} one
 * @param {ReachCard} card
 * @param {Here} here
 */
function ending(one, card, { say }) {
  if (card.ending !== one.id)
    return html`<button data-do="reach_end" data-id="${one.id}">${say("reach.end")}</button>`;
  return html`
    <form data-submit="reach_end" data-id="${one.id}" novalidate>
      <div class="field ${wrong(card, "reason") ? "has-fault" : ""}">
        <label for="end-reason">${say("reach.end.why")}</label>
        <input id="end-reason" name="reason" maxlength="500" autocomplete="off" ${aria(card, "reason")} />
        ${note(card, "reason")}
      </div>
      ${rest(card, ["reason"])}
      <p class="reach-bar">
        <button class="primary" type="submit" ${card.busy && "disabled"}>${say("reach.end.do")}</button>
        <button type="button" data-do="reach_keep">${say("cancel")}</button>
      </p>
    </form>
  `;
}

/**
 * @param {ReachCard} card
 * @param {Reach} reach
 * @param {Here} here
 */
function form(card, reach, here) {
  const { say, zone, now } = here;
  const kind = /** @type {Kind} */ (card.form);
  return html`
    <form class="day-form" data-submit="reach_state" novalidate data-key="form">
      <div class="field">
        <label for="day-kind">${say("reach.what")}</label>
        <select id="day-kind" name="kind" data-change="reach_kind">
          ${kindsOf(reach).map((each) => html`<option value="${each}" ${each === kind && "selected"}>${say(`day.${each}`)}</option>`)}
        </select>
      </div>
      ${values(kind, card, reach, here)}
      <div class="pair">
        ${moment("since", localOf(now, zone), card, say)}
        ${moment("until", localOf(new Date(now.getTime() + DAY_MS), zone), card, say)}
      </div>
      <p class="hint">${say("reach.until.hint", { zone })}</p>
      <div class="field ${wrong(card, "reason") ? "has-fault" : ""}">
        <label for="day-reason">${say("reach.reason")}</label>
        <textarea id="day-reason" name="reason" rows="2" maxlength="500" ${aria(card, "reason")}></textarea>
        ${note(card, "reason")}
      </div>
      ${rest(card, ["value", "share", "discharge_m3s", "site", "act", "since", "until", "reason"])}
      <p class="hint">${say("reach.used")}</p>
      <p class="reach-bar">
        <button class="primary" type="submit" ${card.busy && "disabled"}>${say("reach.record")}</button>
        <button type="button" data-do="reach_keep">${say("cancel")}</button>
      </p>
    </form>
  `;
}

/**
 * What can be stated here: a share where the water parts, an operation where there is a gate.
 * @param {Reach} reach
 * @returns {Kind[]}
 */
export function kindsOf({ branches, gates }) {
  /** @type {Kind[]} */
  const found = ["velocity", "discharge"];
  if (branches.length) found.unshift("share");
  if (gates.length) found.unshift("operation");
  return [...found, "flow_state"];
}

/**
 * @param {Kind} kind
 * @param {ReachCard} card
 * @param {Reach} reach
 * @param {Here} here
 */
function values(kind, card, reach, { say }) {
  if (kind === "flow_state")
    return html`
      ${choice("value", say("form.flow_state"), STATES, (state) => say(`flow_state.${state}`), card)}
      <p class="hint">${say("reach.whole")}</p>
    `;
  if (kind !== "operation")
    return amount("value", say(`day.${kind}.unit`), card);
  return html`
    <div class="field">
      <label for="day-site">${say("reach.gate")}</label>
      <select id="day-site" name="site">
        ${reach.gates.map((gate) => html`<option value="${gate.site_id}">${gate.name}</option>`)}
      </select>
    </div>
    ${choice("act", say("reach.act"), ACTS, (act) => say(`day.act.${act}`), card)}
    <div class="pair">
      ${reach.branches.length ? amount("share", say("day.share.unit"), card) : NOTHING}
      ${amount("discharge_m3s", say("day.discharge.unit"), card)}
    </div>
    <p class="hint">${say("reach.act.hint")}</p>
  `;
}

/**
 * @param {string} name
 * @param {string} label
 * @param {string[]} allowed
 * @param {(value: string) => string} word
 * @param {ReachCard} card
 */
function choice(name, label, allowed, word, card) {
  return html`
    <div class="field ${wrong(card, name) ? "has-fault" : ""}" data-key="${card.form}-${name}">
      <label for="day-${name}">${label}</label>
      <select id="day-${name}" name="${name}">
        ${allowed.map((each) => html`<option value="${each}">${word(each)}</option>`)}
      </select>
      ${note(card, name)}
    </div>
  `;
}

/**
 * @param {string} name
 * @param {string} label with its unit
 * @param {ReachCard} card
 */
function amount(name, label, card) {
  return html`
    <div class="field ${wrong(card, name) ? "has-fault" : ""}" data-key="${card.form}-${name}">
      <label for="day-${name}">${label}</label>
      <input id="day-${name}" name="${name}" inputmode="decimal" maxlength="12" autocomplete="off" ${aria(card, name)} />
      ${note(card, name)}
    </div>
  `;
}

/**
 * @param {"since" | "until"} name
 * @param {string} local
 * @param {ReachCard} card
 * @param {import("../words.js").Say} say
 */
function moment(name, local, card, say) {
  return html`
    <div class="field ${wrong(card, name) ? "has-fault" : ""}">
      <label for="day-${name}">${say(`reach.${name}`)}</label>
      <input id="day-${name}" name="${name}" value="${local.replace("T", " ")}" maxlength="16" autocomplete="off" ${aria(card, name)} />
      ${note(card, name)}
    </div>
  `;
}

/** @param {ReachCard} card @param {string} name */
function wrong(card, name) {
  return card.fault?.field === name;
}

/** @param {ReachCard} card @param {string} name */
function aria(card, name) {
  return wrong(card, name) ? html`aria-invalid="true" aria-describedby="day-${name}-fault"` : NOTHING;
}

/** @param {ReachCard} card @param {string} name */
function note(card, name) {
  return wrong(card, name)
    ? html`<p class="fault" id="day-${name}-fault" role="alert">${card.fault?.words}</p>`
    : NOTHING;
}

/**
 * What is wrong with no field that is shown.
 * @param {ReachCard} card
 * @param {string[]} shown
 */
function rest(card, shown) {
  return card.fault && !shown.includes(card.fault.field ?? "")
    ? html`<p class="fault" role="alert">${card.fault.words}</p>`
    : NOTHING;
}

/**
 * @param {Statement} one
 * @param {Reach} reach
 * @param {Here} here
 */
function worded({ kind, value }, reach, { say }) {
  if (kind === "flow_state") return say(`flow_state.${value.state}`);
  if (kind === "share") return percent(value.number ?? 0);
  if (kind !== "operation") return `${written(value.number ?? 0)} ${kind === "velocity" ? "m/s" : "m³/s"}`;
  const gate = reach.gates.find(({ site_id }) => site_id === value.site);
  const effects = [
    typeof value.share === "number" ? `${say("day.share")} ${percent(value.share)}` : "",
    typeof value.discharge_m3s === "number" ? `${written(value.discharge_m3s)} m³/s` : "",
  ].filter(Boolean);
  return [gate?.name ?? "", say(`day.act.${value.act}`), ...effects].filter(Boolean).join(" · ");
}

/** @param {{name: string, desk_name: string | null}} by */
function author({ name, desk_name }) {
  return [desk_name, name].filter(Boolean).join(" ");
}

/** @param {number} share */
function percent(share) {
  return `${written(share * 100)} %`;
}

/** As many digits as tell something. @param {number} value */
function written(value) {
  return String(Number(value.toPrecision(3)));
}
