/**
 * What the service answers, as far as the page reads it, and what the page keeps. Names follow the public API.
 */

/** @typedef {import("./words.js").Say} Say */

/**
 * @typedef {object} Me
 * @property {string} name
 * @property {string} role
 * @property {string | null} desk
 * @property {string | null} desk_name
 * @property {"zh" | "en"} language
 * @property {string} time_zone
 * @property {string} now
 * @property {string} [sms_provider]
 * @property {string | null} [source_line]
 */

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

/**
 * @typedef {object} AssessedSite
 * @property {number} id
 * @property {string} name
 * @property {string} kind
 * @property {string} river
 * @property {number} km
 * @property {string | null} earliest_at
 * @property {string | null} likely_at
 * @property {string | null} latest_at
 * @property {boolean} near
 * @property {boolean} [synthetic]
 * @property {string | null} [jurisdiction]
 * @property {string | null} [desk]
 * @property {string | null} [desk_name]
 */
/**
 * @typedef {object} Obligation
 * @property {string} agreement
 * @property {string} clause
 * @property {string} [cited]
 * @property {string | null} [clause_text]
 * @property {boolean} [text_held]
 * @property {string} who
 * @property {string} tells
 * @property {string} role
 * @property {string} circle
 * @property {string | null} deadline_at
 * @property {string} source
 * @property {string} reason
 * @property {string} kind
 */
/** @typedef {{jurisdiction: string, name?: string, reason: string, duty: string}} Gap */
/**
 * @typedef {object} Candidate
 * @property {number} reach_id
 * @property {string} river
 * @property {string} name
 * @property {number} offset_m
 * @property {number} distance_m
 * @property {number} lon
 * @property {number} lat
 * @property {boolean} schematic
 */
/** @typedef {Candidate & {candidates?: Candidate[], words?: string}} Snapped */
/**
 * @typedef {object} Delivery
 * @property {number} id
 * @property {string} channel
 * @property {string | null} role
 * @property {string} state
 * @property {number} attempts
 * @property {string | null} accepted_at
 * @property {string | null} delivered_at
 * @property {{slug: string, words: string} | null} [reason]
 */
/**
 * @typedef {object} Citation
 * @property {string} [agreement]
 * @property {string} [clause]
 * @property {string} [cited]
 * @property {string | null} [text]
 * @property {string | null} [clause_text]
 * @property {boolean} [text_held]
 * @property {string} [reason]
 * @property {string} [source]
 */

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
 * @property {string} [asks] the act that discharges it
 * @property {number | null} [follows] the heads-up that it follows as a formal notice
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
 * @property {NearIncident[]} [nearby] open incidents that may be the same event, of a preview
 * @property {{field: string, words: string}[]} [warnings] what may be a slip, of a preview
 * @property {Record<string, any>} versions
 * @property {Record<string, any>} inputs
 */

/**
 * @typedef {object} Report
 * @property {number} n
 * @property {string} [kind] first, further or correction
 * @property {string} received_at
 * @property {Record<string, any>} [by]
 * @property {Record<string, any>} statement
 * @property {string | null} [reason]
 * @property {string} [state]
 * @property {{state: string, reason: string, by: Record<string, any>, at: string}[]} [verdicts]
 * @property {{incident: number, n: number}} [came_to]
 */
/** @typedef {{field: string, held: number, value: any, others: {n: number, value: any}[]}} Difference */
/** @typedef {{sources: Record<string, number>, differences: Difference[], all_refuted: boolean}} Weighed */
/**
 * @typedef {object} NearIncident
 * @property {number} number
 * @property {number} km
 * @property {string} where downstream, upstream, here or beside
 * @property {string | null} river
 * @property {string | null} place
 * @property {string | null} substance
 * @property {string} source_state
 * @property {string} known_at
 * @property {number} apart_min
 * @property {string} lead
 * @property {string} lead_name
 */
/**
 * @typedef {object} LinkedFile
 * @property {number} number
 * @property {string} because
 * @property {boolean} first
 * @property {string} lead
 * @property {string} lead_name
 * @property {string} status
 * @property {boolean} may_see
 * @property {string} [reason]
 * @property {string} [known_at]
 * @property {string | null} [next_update_at]
 */
/**
 * @typedef {object} LeadOffer
 * @property {string} from
 * @property {string} from_name
 * @property {string} to
 * @property {string} to_name
 * @property {string} reason
 * @property {string} asked_at
 * @property {{key: string, words: string}[]} lines
 */
/** @typedef {{nearby: NearIncident[], links: LinkedFile[], lead_offer: LeadOffer | null, desks: {code: string, name: string}[]}} SameEvent */

/**
 * @typedef {object} Incident
 * @property {number} number
 * @property {string} status
 * @property {string} lead
 * @property {string} [lead_name]
 * @property {boolean} drill
 * @property {Record<string, any>} report
 * @property {Report[]} [reports]
 * @property {Weighed} [weighed]
 * @property {number | null} [merged_into]
 * @property {string | null} [told_by] in a receiving desk's own file the desk that told it
 * @property {string | null} predicted_grade
 * @property {string | null} declared_grade
 * @property {number | null} assessment_id
 * @property {Notification[]} notifications
 * @property {number} journal_last
 * @property {string | null} [next_update_at]
 * @property {string} [known_at]
 * @property {string} [opened_at]
 * @property {Record<string, number | null>} [measures] minutes from knowing to each; null for what is not done yet
 * @property {{name: string, unit: "min" | "times", value: number | null, within: number, done: number, of: number, met: boolean | null}[]} [first_hour]
 */

/**
 * @typedef {object} Clock
 * @property {string} id
 * @property {string} jurisdiction who owes it
 * @property {string} jurisdiction_name
 * @property {string} due
 * @property {string} what
 * @property {string[]} to
 * @property {string} since_at
 * @property {string} until_at
 * @property {string} source
 * @property {string} cited
 * @property {"running" | "due_soon" | "missed" | "met" | "void"} state
 * @property {boolean} late
 * @property {string | null} met_at
 * @property {string | null} met_by
 * @property {string | null} tier who holds it; null once nothing is owed
 * @property {string | null} tier_name
 * @property {string | null} [alerted_at]
 */
/**
 * @typedef {object} Foreseen
 * @property {string} rule_set
 * @property {string} title
 * @property {string} grade
 * @property {boolean} certain
 * @property {{criterion: string, grade: string, foreseen: boolean, because: string}[]} criteria
 * @property {{measure: string, name: string}[]} unknown
 */
/**
 * @typedef {object} SignedAct
 * @property {number} id
 * @property {string} jurisdiction_name
 * @property {string} what
 * @property {string} act
 * @property {string | null} value
 * @property {string | null} before
 * @property {string} at
 * @property {string | null} signer
 * @property {string | null} reason
 */
/** @typedef {{jurisdiction: string, name: string, declared: SignedAct | null, response: SignedAct | null}} GradeFile */
/**
 * @typedef {object} Grading
 * @property {Foreseen[]} predicted by each rule set, the one that counts first
 * @property {{item: string, label: string, because: string | null, held: boolean}[]} article_4
 * @property {GradeFile[]} files the lead's first
 * @property {SignedAct[]} history newest first
 * @property {boolean} mine whether this desk has a file of its own
 * @property {string[]} hears whom a signed act of this desk would be owed to
 */

/** @typedef {{outcome: string, person: string, at: string, typed_at: string, late: boolean}} CallOutcome */

/**
 * @typedef {object} Person
 * @property {number} contact
 * @property {string} role
 * @property {string} name
 * @property {string | null} number masked; null where none may be rung
 * @property {boolean} wrong whether a number of theirs is held to be wrong
 * @property {boolean} hopeless
 * @property {{at: string, how: string} | null} [last_proven] when somebody last answered there
 * @property {CallOutcome[]} outcomes
 */

/**
 * @typedef {object} CallCard
 * @property {number} notification the newest to this desk
 * @property {string} desk
 * @property {string} name of the desk
 * @property {string} kind
 * @property {string} act heads-up or formal notice
 * @property {number} version
 * @property {boolean} drill
 * @property {string} circle
 * @property {string | null} deadline_at
 * @property {number | null} contact whose turn it is; null where the roster names nobody
 * @property {Person[]} people in the order in which they are rung
 * @property {string} script_zh
 * @property {string} script_en
 * @property {string} code
 * @property {number[]} earlier messages that the read-back stands for as well
 * @property {boolean} hopeless
 * @property {number} silence_minutes
 * @property {string | null} [nearest_at] when the water is there at the earliest
 * @property {{done: number, wanted: number}} [read_back] how many persons have read it back, and how many must
 * @property {Paper[]} [papers] faxes and official papers that went out beside it
 */

/**
 * @typedef {object} Paper
 * @property {number} delivery
 * @property {"fax" | "exchange"} channel
 * @property {string} to
 * @property {string} reference
 * @property {string} at
 * @property {string | null} received_at
 * @property {string} received_by
 * @property {boolean} late
 */

/** @typedef {{well: boolean, findings: {check: string, alarm: boolean, words: string, desk: string | null, desk_name: string | null}[]}} Audit */

/**
 * @typedef {object} IntakeCard
 * @property {number} site
 * @property {string} name
 * @property {number} km
 * @property {boolean} synthetic
 * @property {string} says near, withdrawal or end
 * @property {boolean} drill
 * @property {string | null} deadline_at
 * @property {number | null} contact
 * @property {string | null} contact_name
 * @property {string | null} number masked
 * @property {boolean} wrong
 * @property {string | null} nobody why there is nobody to ring
 * @property {string} script_zh
 * @property {string} script_en
 * @property {CallOutcome[]} outcomes
 * @property {boolean} done
 */

/**
 * @typedef {object} OpenEntry
 * @property {string} stream
 * @property {number} n
 * @property {string} at
 * @property {string} kind
 * @property {Record<string, any>} by
 * @property {Record<string, any>} facts
 * @property {string} hash
 * @property {string} previous
 * @property {undefined} [withheld]
 */
/** @typedef {{stream: string, n: number, hash: string, withheld: true}} WithheldEntry */
/** @typedef {OpenEntry | WithheldEntry} Entry */

/** @typedef {{role: string, name: string, channels: string[], now: boolean, text: string | null}} Recipient */
/**
 * @typedef {object} Message
 * @property {number} notification
 * @property {string} tells
 * @property {Recipient[]} recipients those who are texted at once, then those who are next in order
 * @property {{role: string, slug: string, words: string}[]} gaps nobody in a role, or somebody passed over, and why
 * @property {string | null} text
 * @property {number} units
 * @property {number} segments
 * @property {string | null} [next_update_at] the next word that it promises
 * @property {{texts: number, waiting: number, per_second: number}} [pace] how many texts these are, how many wait before them, how many a second are sent
 */
/** @typedef {{name: string, kind: string, lon: number, lat: number, detail: string}} FoundPlace */
/**
 * @typedef {object} Duty
 * @property {string} desk
 * @property {{role: string, contact: {id: number, name: string} | null, gap: {slug: string, words: string} | null}[]} duty
 * @property {{given_by: string, given_at: string} | null} [hand_over] one that waits for a taker
 */

/** What every view is given besides its own data. @typedef {{say: Say, language: "zh" | "en", zone: string, now: Date, me: Me}} Here */

export {};

/**
 * @typedef {object} InsideLine an office of one's own side that is owed a call
 * @property {string} who
 * @property {string} role
 * @property {string} name
 * @property {string} occasion
 * @property {string | null} deadline_at
 * @property {string | null} told_at
 */
