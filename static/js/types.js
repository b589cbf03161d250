/**
 * What the service answers, as far as the page reads it, and what the page keeps. Names follow the public API.
 */

/** @typedef {import("./words.js").Say} Say */

/** @typedef {{name: string, role: string, desk: string | null, desk_name: string | null, language: "zh" | "en", time_zone: string, now: string, sms_provider?: string, source_line?: string | null}} Me */

/**
 * @typedef {object} ListedIncident
 * @property {number} number
 * @property {string} status
 * @property {string} lead
 * @property {string} lead_name
 * @property {boolean} drill
 * @property {string | null} substance
 * @property {string | null} river
 * @property {string | null} place
 * @property {number | null} lon
 * @property {number | null} lat
 * @property {string} known_at
 * @property {string} opened_at
 * @property {number} journal_last
 * @property {number} open_notifications
 */

/**
 * @typedef {object} Reached
 * @property {string} code
 * @property {string} name
 * @property {string} river its code
 * @property {string} river_name
 * @property {number} entry
 * @property {number} enter_km
 * @property {number} leave_km
 * @property {string} bank
 * @property {string} desk
 * @property {string | null} [desk_name]
 * @property {string | null} earliest_at
 * @property {string | null} likely_at
 * @property {string | null} latest_at
 * @property {string | null} trailing_latest_at
 * @property {string | null} [trailing_reason]
 * @property {string[]} [flags]
 */

/** @typedef {{id: number, name: string, kind: string, river: string, km: number, earliest_at: string | null, likely_at: string | null, latest_at: string | null, near: boolean, synthetic?: boolean, jurisdiction?: string | null, desk?: string | null, desk_name?: string | null}} AssessedSite */
/** @typedef {{agreement: string, clause: string, cited?: string, clause_text?: string | null, text_held?: boolean, who: string, tells: string, role: string, circle: string, deadline_at: string | null, source: string, reason: string, kind: string}} Obligation */
/** @typedef {{jurisdiction: string, name?: string, reason: string, duty: string}} Gap */
/** @typedef {{reach_id: number, river: string, name: string, offset_m: number, distance_m: number, lon: number, lat: number, schematic: boolean}} Candidate */
/** @typedef {Candidate & {candidates?: Candidate[], words?: string}} Snapped */
/** @typedef {{id: number, channel: string, role: string, state: string, attempts: number, accepted_at: string | null, delivered_at: string | null, reason?: {slug: string, words: string} | null}} Delivery */
/** @typedef {{agreement?: string, clause?: string, cited?: string, text?: string | null, clause_text?: string | null, text_held?: boolean, reason?: string, source?: string}} Citation */

/**
 * @typedef {object} Notification
 * @property {number} id
 * @property {string} who
 * @property {string} [who_name]
 * @property {string} tells
 * @property {string} [tells_name]
 * @property {string} [role]
 * @property {string} kind
 * @property {string | null} act
 * @property {string} circle
 * @property {"proposed" | "issued" | "withheld" | "acknowledged"} state
 * @property {string | null} deadline_at
 * @property {Citation[]} clauses
 * @property {string} code
 * @property {number | null} version
 * @property {Delivery[]} deliveries
 * @property {{by: string, at: string, via: string} | null} acknowledged
 * @property {string | null} [issued_at]
 * @property {string | null} [withheld_reason]
 * @property {number} [incident]
 * @property {boolean} [automatic]
 * @property {{by: string, how: string, at: string} | null} [consent]
 * @property {Record<string, any> | null} [content]
 */

/**
 * @typedef {object} Assessment
 * @property {number} [id]
 * @property {number} [n]
 * @property {string} [made_at]
 * @property {Snapped | null} snapped
 * @property {Reached[]} reached
 * @property {AssessedSite[]} sites
 * @property {Obligation[]} obligations
 * @property {Notification[]} notifications
 * @property {Gap[]} gaps
 * @property {string | null} predicted_grade
 * @property {string} [predicted_because]
 * @property {string[]} [assumptions]
 * @property {Record<string, any>} versions
 * @property {Record<string, any>} inputs
 */

/**
 * @typedef {object} Incident
 * @property {number} number
 * @property {string} status
 * @property {string} lead
 * @property {string} [lead_name]
 * @property {boolean} drill
 * @property {Record<string, any>} report
 * @property {Record<string, any>[]} [reports]
 * @property {string | null} predicted_grade
 * @property {string | null} declared_grade
 * @property {number | null} assessment_id
 * @property {Notification[]} notifications
 * @property {number} journal_last
 * @property {string | null} [next_update_at]
 * @property {string} [known_at]
 * @property {string} [opened_at]
 */

/** @typedef {{outcome: string, person: string, at: string, typed_at: string, late: boolean}} CallOutcome */

/**
 * @typedef {object} CallCard
 * @property {number} notification
 * @property {string} desk
 * @property {string} name of the desk
 * @property {number} version
 * @property {boolean} drill
 * @property {string} circle
 * @property {string | null} deadline_at
 * @property {number | null} contact null where the roster names nobody
 * @property {string | null} role
 * @property {string | null} contact_name
 * @property {string | null} number masked
 * @property {string} script_zh
 * @property {string} script_en
 * @property {string} code
 * @property {CallOutcome[]} outcomes
 * @property {boolean} hopeless
 * @property {number} silence_minutes
 */

/** @typedef {{stream: string, n: number, at: string, kind: string, by: Record<string, any>, facts: Record<string, any>, hash: string, previous: string, withheld?: undefined}} OpenEntry */
/** @typedef {{stream: string, n: number, hash: string, withheld: true}} WithheldEntry */
/** @typedef {OpenEntry | WithheldEntry} Entry */

/** @typedef {{notification: number, tells: string, recipients: {role: string, name: string, channels: string[]}[], gaps: {role: string, zh: string, en: string}[], text: string | null, units: number, segments: number}} Message */
/** @typedef {{name: string, kind: string, lon: number, lat: number, detail: string}} FoundPlace */
/** @typedef {{desk: string, duty: {role: string, contact: {id: number, name: string} | null, gap: string | null}[]}} Duty */

/** What every view is given besides its own data. @typedef {{say: Say, language: "zh" | "en", zone: string, now: Date, me: Me}} Here */

export {};
