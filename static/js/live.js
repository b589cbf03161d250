/**
 * The line on which news comes down. It joins rooms with the last number the page has, joins them again after every lost
 * connection, and hands each entry on; commands never go this way.
 */

import { io } from "socket.io-client";

/** @typedef {import("./types.js").Entry} Entry */
/**
 * @typedef {object} Ears
 * @property {(entry: Entry) => void} entry
 * @property {(link: "connecting" | "live" | "lost", why?: string) => void} link
 * @property {(room: string) => void} left
 */

/** @type {Map<string, () => number>} */
const rooms = new Map();
/** @type {import("socket.io-client").Socket | null} */
let socket = null;

/** @param {Ears} ears */
export function connect(ears) {
  socket = io("/live", { transports: ["websocket"], reconnectionDelayMax: 5000 });
  socket.on("connect", () => {
    ears.link("live");
    for (const room of rooms.keys()) ask(room, ears);
  });
  socket.on("disconnect", () => ears.link("lost"));
  socket.on("connect_error", (error) => ears.link("lost", error.message));
  socket.on("entry", ears.entry);
  socket.on("left", ({ room }) => {
    rooms.delete(room);
    ears.left(room);
  });
}

/**
 * @param {string} room
 * @param {() => number} last the number of the newest entry that the page has
 */
export function join(room, last) {
  const known = rooms.has(room);
  rooms.set(room, last);
  if (!known && socket?.connected) ask(room, null);
}

/** @param {string} room */
export function leave(room) {
  if (rooms.delete(room) && socket?.connected) socket.emit("leave", { room });
}

/**
 * @param {string} room
 * @param {Ears | null} ears
 */
function ask(room, ears) {
  socket?.emit("join", { room, after: rooms.get(room)?.() ?? 0 }, (/** @type {{error?: string}} */ answer) => {
    if (answer.error) {
      rooms.delete(room);
      ears?.left(room);
    }
  });
}
