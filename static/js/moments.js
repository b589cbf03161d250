/**
 * Reads an hour as people say and type it at night: "0230", "2:30", "2点半", "凌晨两点半", "昨晚 23:10", "20日23:10".
 * An hour without a day is today's. One that has not been yet is yesterday's only where that is said: guessing would move
 * an arrival by a day. Pure.
 */

import { instantOf, localOf, wall } from "./clock.js";

/**
 * @typedef {object} Reading
 * @property {string | null} at as RFC 3339; null where nothing was typed or it cannot be taken
 * @property {"form.time" | "form.time.ahead" | "form.time.future" | null} fault the sentence that says what to correct
 * @property {string | null} yesterday the instant a day earlier, where that may have been meant
 */

/** A clock may run fast by this much before an hour has not been yet (as the service tolerates). */
const AHEAD_MS = 5 * 60_000;
const DAY_MS = 86_400_000;
/** What happened longer ago than this is asked about: it is more often a slip than an event. */
const OLD_MS = 2 * DAY_MS;
const HOUR = /^(\d{1,2})(?:[:.时点h](\d{1,2}|半)?分?)?$/u;
const NUMERAL = "零一二三四五六七八九";
const DAYS = /** @type {[RegExp, number][]} */ ([
  [/^(今[天日]?|today\b)\s*/iu, 0],
  [/^(昨[天日]?|yesterday\b)\s*/iu, 1],
  [/^last night\s*/iu, 1],
  [/^(前[天日]?)\s*/u, 2],
]);
/** What part of the day a word names: the hours that it allows, and those that count from noon. */
const PARTS = /** @type {[RegExp, (hour: number) => number | null][]} */ ([
  [/^(凌晨|清晨|早上|早晨|早|晨|上午)\s*/u, (hour) => (hour < 12 ? hour : null)],
  [/^中午\s*/u, (hour) => (hour === 11 || hour === 12 ? hour : hour === 1 ? 13 : null)],
  [/^(下午|傍晚)\s*/u, (hour) => (hour < 12 ? hour + 12 : hour)],
  [/^(晚上|晚|夜里|夜)\s*/u, (hour) => (hour >= 6 && hour < 12 ? hour + 12 : hour >= 18 ? hour : null)],
]);
const DATE =
  /^(?:(\d{4})[-/.年])?(?:(\d{1,2})[-/.月])?(\d{1,2})日?[T\s]+|^(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日\s*/u;

/**
 * What was typed, or what is wrong with it.
 * @param {string} typed
 * @param {Date} now
 * @param {string} zone
 * @returns {Reading}
 */
export function readMoment(typed, now, zone) {
  const text = plain(typed);
  if (!text) return { at: null, fault: null, yesterday: null };
  const day = dayOf(text, now, zone);
  const at = onDay(day.rest, day.local ?? localOf(now, zone), zone);
  if (at === null) return { at, fault: "form.time", yesterday: null };
  if (new Date(at).getTime() <= now.getTime() + AHEAD_MS) return { at, fault: null, yesterday: null };
  if (day.local) return { at: null, fault: "form.time.future", yesterday: null };
  const yesterday = onDay(day.rest, localOf(new Date(now.getTime() - DAY_MS), zone), zone);
  return { at: null, fault: "form.time.ahead", yesterday };
}

/**
 * The instant that was typed, as RFC 3339; null when it is none or cannot be taken.
 * @param {string} typed
 * @param {Date} now
 * @param {string} zone
 * @returns {string | null}
 */
export function parseMoment(typed, now, zone) {
  return readMoment(typed, now, zone).at;
}

/**
 * So long ago that it is asked whether it was meant.
 * @param {string} at
 * @param {Date} now
 */
export function isOld(at, now) {
  return now.getTime() - new Date(at).getTime() > OLD_MS;
}

/**
 * How many midnights of the zone lie between an instant and now: 0 today, 1 yesterday, -1 tomorrow.
 * @param {string} at
 * @param {Date} now
 * @param {string} zone
 */
export function daysAgo(at, now, zone) {
  const day = (/** @type {Date | string} */ when) => Date.parse(`${localOf(when, zone).split("T")[0]}T00:00Z`);
  return Math.round((day(now) - day(at)) / DAY_MS);
}

/**
 * As a field offers an instant: the hour alone on the same day, else with its date.
 * @param {Date | string} at
 * @param {Date} now
 * @param {string} zone
 */
export function writtenMoment(at, now, zone) {
  const local = localOf(at, zone);
  const [date, hour] = local.split("T");
  return date === localOf(now, zone).split("T")[0] ? String(hour) : `${date} ${hour}`;
}

/**
 * @param {string} typed the hour alone
 * @param {string} local any wall-clock time of that day
 * @param {string} zone
 */
function onDay(typed, local, zone) {
  const time = hourOf(typed.trim());
  return time && instantOf(`${local.split("T")[0]}T${time}`, zone);
}

/**
 * Half-width, with Chinese numerals as digits: "凌晨两点一刻" is "凌晨2点15".
 * @param {string} typed
 */
function plain(typed) {
  return typed
    .normalize("NFKC")
    .trim()
    .replace(/点钟/gu, "点")
    .replace(/点([一三])刻/gu, (_, quarters) => (quarters === "一" ? "点15" : "点45"))
    .replace(/号/gu, "日")
    .replace(/[零〇一二两三四五六七八九十]+/gu, digits);
}

/** @param {string} numeral up to ninety-nine with 十, else digit by digit */
function digits(numeral) {
  const one = (/** @type {string} */ sign) => NUMERAL.indexOf(sign.replace("〇", "零").replace("两", "二"));
  const [tens, ones, more] = numeral.split("十");
  if (more !== undefined) return numeral;
  if (ones === undefined) return [...numeral].map(one).join("");
  return String((tens ? one(tens) : 1) * 10 + (ones ? one(ones) : 0));
}

/**
 * The day that a text names, and what follows it; no local time where it names none.
 * @param {string} text
 * @param {Date} now
 * @param {string} zone
 * @returns {{local: string | null, rest: string}}
 */
function dayOf(text, now, zone) {
  for (const [day, back] of DAYS) {
    if (day.test(text))
      return { local: localOf(new Date(now.getTime() - back * DAY_MS), zone), rest: text.replace(day, "") };
  }
  const date = DATE.exec(text);
  return date
    ? { local: dated(date, now, zone), rest: text.slice(date[0].length) }
    : { local: null, rest: text };
}

/** @param {string} typed @returns {string | null} */
function hourOf(typed) {
  const [part, counted] = PARTS.find(([word]) => word.test(typed)) ?? [null, (/** @type {number} */ hour) => hour];
  const bare = part ? typed.replace(part, "") : typed;
  const four = /^(\d{2})(\d{2})$/.exec(bare);
  const found = four ?? HOUR.exec(bare);
  if (!found || (!four && !/[:.时点h]/u.test(bare))) return null;
  const [hour, minute] = [counted(Number(found[1])), found[2] === "半" ? 30 : Number(found[2] ?? 0)];
  return hour !== null && hour < 24 && minute < 60 ? `${two(hour)}:${two(minute)}` : null;
}

/**
 * A date with its year or month left out is the last such date.
 * @param {RegExpExecArray} found
 * @param {Date} now
 * @param {string} zone
 */
function dated(found, now, zone) {
  const today = wall(now, zone);
  const [year, month, day] = [found[1] ?? found[4], found[2] ?? found[5], found[3] ?? found[6]].map((part) =>
    part ? Number(part) : null,
  );
  const monthOfDay = month ?? (Number(day) > today.day ? today.month - 1 : today.month);
  const yearOfDay = year ?? (monthOfDay > today.month || monthOfDay < 1 ? today.year - 1 : today.year);
  return `${yearOfDay}-${two(monthOfDay < 1 ? 12 : monthOfDay)}-${two(Number(day))}T00:00`;
}

/** @param {number} n */
function two(n) {
  return String(n).padStart(2, "0");
}
