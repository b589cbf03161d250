/**
 * Reads an hour as people say and type it at night: "0230", "2:30", "2点半", "昨晚 23:10", "20日23:10", "2025-11-20 23:10".
 * An hour without a day is the last one that has been. Pure.
 */

import { instantOf, localOf, wall } from "./clock.js";

/** A clock may run fast by this much before an hour is taken for yesterday's (as the service tolerates). */
const AHEAD_MS = 5 * 60_000;
const DAY_MS = 86_400_000;
const HOUR = /^(\d{1,2})(?:[:.时点h](\d{1,2}|半)?分?)?$/u;
const DAYS = /** @type {[RegExp, number][]} */ ([
  [/^(今[天日晚早]?|today)\s*/iu, 0],
  [/^(昨[天日晚早]?|yesterday)\s*/iu, 1],
  [/^(前[天日晚])\s*/u, 2],
]);
const DATE =
  /^(?:(\d{4})[-/.年])?(?:(\d{1,2})[-/.月])?(\d{1,2})日?[T\s]+|^(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日\s*/u;

/**
 * The instant that was typed, as RFC 3339; null when it is none.
 * @param {string} typed
 * @param {Date} now
 * @param {string} zone
 * @returns {string | null}
 */
export function parseMoment(typed, now, zone) {
  const text = typed.normalize("NFKC").trim();
  for (const [day, back] of DAYS) {
    if (day.test(text))
      return onDay(text.replace(day, ""), localOf(new Date(now.getTime() - back * DAY_MS), zone), zone);
  }
  const date = DATE.exec(text);
  if (date) return onDay(text.slice(date[0].length), dated(date, now, zone), zone);
  const today = onDay(text, localOf(now, zone), zone);
  if (today === null || new Date(today).getTime() <= now.getTime() + AHEAD_MS) return today;
  return onDay(text, localOf(new Date(now.getTime() - DAY_MS), zone), zone);
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

/** @param {string} typed @returns {string | null} */
function hourOf(typed) {
  const four = /^(\d{2})(\d{2})$/.exec(typed);
  const found = four ?? HOUR.exec(typed);
  if (!found) return null;
  const [hour, minute] = [Number(found[1]), found[2] === "半" ? 30 : Number(found[2] ?? 0)];
  if (!four && !/[:.时点h]/u.test(typed)) return null;
  return hour < 24 && minute < 60 ? `${two(hour)}:${two(minute)}` : null;
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
