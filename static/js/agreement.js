/** The page of one agreement: its parties on the map, and the button that prints it. */

import { language, say } from "./here.js";
import { open } from "./map/plain.js";

document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
const place = document.getElementById("chart");
if (place) {
  try {
    open(place, { say, language }, { codes: JSON.parse(place.dataset.codes ?? "[]") });
  } catch (trouble) {
    console.warn(trouble);
    place.replaceChildren(say("map.cannot"));
  }
}
