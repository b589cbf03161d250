/**
 * The bell of a message for this desk: two tones until someone answers or silences it, a banner, and where the officer allowed
 * it a notice of the system. Sound is never the only sign. A browser sounds nothing before the page was first touched.
 */

const EVERY_MS = 2500;
const TONES_HZ = [660, 880];
const TONE_S = 0.22;
/** @type {AudioContext | null} */
let audio = null;
let ringing = 0;

/** At the first touch or key: from now on the page may sound. */
export function arm() {
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
}

export function ring() {
  if (ringing) return;
  beep();
  ringing = window.setInterval(beep, EVERY_MS);
}

export function silence() {
  clearInterval(ringing);
  ringing = 0;
}

/**
 * How the system's own notices stand: on, refused by the officer, to be asked for, or not to be had on this computer.
 * @returns {"on" | "off" | "ask" | "none"}
 */
export function noticesAre() {
  if (!("Notification" in window) || !isSecureContext) return "none";
  return { granted: /** @type {const} */ ("on"), denied: /** @type {const} */ ("off") }[
    /** @type {string} */ (Notification.permission)
  ] ?? "ask";
}

export async function ask() {
  await Notification.requestPermission();
}

/** @param {string} title @param {string} body */
export function notice(title, body) {
  if (!("Notification" in window) || Notification.permission !== "granted" || document.visibilityState === "visible")
    return;
  new Notification(title, { body, tag: "lianfang", requireInteraction: true });
}

function beep() {
  if (audio?.state !== "running") return;
  for (const [i, hz] of TONES_HZ.entries()) tone(audio, hz, audio.currentTime + i * (TONE_S + 0.04));
}

/** @param {AudioContext} context @param {number} hz @param {number} from_s */
function tone(context, hz, from_s) {
  const [source, level] = [context.createOscillator(), context.createGain()];
  source.frequency.value = hz;
  level.gain.setValueAtTime(0, from_s);
  level.gain.linearRampToValueAtTime(0.2, from_s + 0.02);
  level.gain.linearRampToValueAtTime(0, from_s + TONE_S);
  source.connect(level).connect(context.destination);
  source.start(from_s);
  source.stop(from_s + TONE_S);
}
