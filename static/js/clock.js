/**
 * How instants and durations are said at the desk: 24 h in the deployment's zone, a date when it is not today, and clocks
 * of duties that run down. Pure: `now` is an argument.
 */

/** @typedef {"zh" | "en"} Language */
/** @typedef {{year: number, month: number, day: number, hour: number, minute: number, second: number}} Wall */
/** @typedef {{left_s: number, urgency: "calm" | "soon" | "over"}} Countdown */

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** UI rule: a duty's clock turns amber with a quarter of its time left. */
const SOON = 0.25;
const formats = /** @type {Map<string, Intl.DateTimeFormat>} */ (new Map());

/**
 * The wall clock of an instant in a zone.
 * @param {Date} at
 * @param {string} zone
 * @returns {Wall}
 */
export function wall(at, zone) {
  const part = Object.fromEntries(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  return {
    year: part.year ?? NaN,
    month: part.month ?? NaN,
    day: part.day ?? NaN,
    hour: part.hour ?? NaN,
    minute: part.minute ?? NaN,
    second: part.second ?? NaN,
  };
}

/**
 * Minutes east of UTC.
 * @param {Date} at
 * @param {string} zone
 */
export function offsetMinutes(at, zone) {
  const w = wall(at, zone);
  const asUtc = Date.UTC(w.year, w.month - 1, w.day, w.hour, w.minute, w.second);
  return Math.round((asUtc - Math.floor(at.getTime() / 1000) * 1000) / 60_000);
}

/**
 * "+08", "-03:30".
 * @param {Date} at
 * @param {string} zone
 */
export function offsetWords(at, zone) {
  const minutes = offsetMinutes(at, zone);
  const [h, m] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? "-" : "+"}${two(h)}${m ? `:${two(m)}` : ""}`;
}

/**
 * "02:52:07".
 * @param {Date} at
 * @param {string} zone
 */
export function seconds(at, zone) {
  const w = wall(at, zone);
  return `${two(w.hour)}:${two(w.minute)}:${two(w.second)}`;
}

/**
 * "07:30" today, "11月22日 07:30" / "22 Nov 07:30" on another day, with the year when it is another year.
 * @param {Date | string} at
 * @param {{now: Date, zone: string, language: Language}} here
 */
export function when(at, here) {
  const w = wall(new Date(at), here.zone);
  const hours = `${two(w.hour)}:${two(w.minute)}`;
  const date = dateUnlessToday(w, wall(here.now, here.zone), here.language);
  return date ? `${date} ${hours}` : hours;
}

/**
 * A duration in its two leading units: "1 小时 05 分", "12 分 05 秒", "9 秒".
 * @param {number} seconds_
 * @param {Language} language
 */
export function duration(seconds_, language) {
  const s = Math.floor(Math.abs(seconds_));
  const [days, hours, minutes] = [Math.floor(s / 86_400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60];
  const unit = language === "zh" ? ["天", "小时", "分", "秒"] : ["d", "h", "min", "s"];
  if (days) return `${days} ${unit[0]} ${hours} ${unit[1]}`;
  if (hours) return `${hours} ${unit[1]} ${two(minutes)} ${unit[2]}`;
  if (minutes) return `${minutes} ${unit[2]} ${two(s % 60)} ${unit[3]}`;
  return `${s} ${unit[3]}`;
}

/**
 * Where a duty's clock stands: amber with a quarter left, over when past.
 * @param {Date | string} deadline
 * @param {Date | string | null} since when the clock began; unknown: the last five minutes are "soon"
 * @param {Date} now
 * @returns {Countdown}
 */
export function countdown(deadline, since, now) {
  const end = new Date(deadline).getTime();
  const left_s = (end - now.getTime()) / 1000;
  const whole_s = since === null ? 1200 : Math.max(1, (end - new Date(since).getTime()) / 1000);
  const urgency = left_s < 0 ? "over" : left_s <= whole_s * SOON ? "soon" : "calm";
  return { left_s, urgency };
}

/**
 * The instant of a wall-clock time "2025-11-21T02:41" in a zone, as RFC 3339; null when it is not a time.
 * @param {string} local
 * @param {string} zone
 */
export function instantOf(local, zone) {
  const found = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})/.exec(local);
  if (!found) return null;
  const [year, month, day, hour, minute] = found.slice(1).map(Number);
  const asUtc = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute);
  if (Number.isNaN(asUtc)) return null;
  const near = asUtc - offsetMinutes(new Date(asUtc), zone) * 60_000;
  return new Date(asUtc - offsetMinutes(new Date(near), zone) * 60_000).toISOString();
}

/**
 * The wall-clock time of an instant as an input of type datetime-local wants it.
 * @param {Date | string} at
 * @param {string} zone
 */
export function localOf(at, zone) {
  const w = wall(new Date(at), zone);
  return `${w.year}-${two(w.month)}-${two(w.day)}T${two(w.hour)}:${two(w.minute)}`;
}

/**
 * @param {Wall} w
 * @param {Wall} today
 * @param {Language} language
 */
function dateUnlessToday(w, today, language) {
  if (w.year === today.year && w.month === today.month && w.day === today.day) return "";
  const month = MONTHS[w.month - 1];
  if (w.year !== today.year)
    return language === "zh" ? `${w.year}年${w.month}月${w.day}日` : `${w.day} ${month} ${w.year}`;
  return language === "zh" ? `${w.month}月${w.day}日` : `${w.day} ${month}`;
}

/** @param {string} zone */
function formatOf(zone) {
  const known = formats.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en-GB-u-ca-gregory-nu-latn", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  formats.set(zone, made);
  return made;
}

/** @param {number} n */
function two(n) {
  return String(n).padStart(2, "0");
}
