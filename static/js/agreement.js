/** The page of one agreement: its parties on the map, and the button that prints it. */

import { language, say } from "./here.js";
import { open } from "./map/plain.js";

document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
const place = document.getElementById("chart");
if (place) {
  try {
    const shapes = JSON.parse(document.getElementById("outlines")?.textContent ?? "null");
    open(place, { say, language }, { shapes });
  } catch (trouble) {
    console.warn(trouble);
    place.replaceChildren(say("map.cannot"));
  }
}
