/** What cannot be undone, or reaches people, is asked once more, in the dialog that the page brings (sure.html). */

/**
 * @param {string} question
 * @param {string} yes
 * @param {string} [no] where "cancel" could be taken for the act itself
 * @returns {Promise<boolean>}
 */
export function sure(question, yes, no) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("sure"));
  for (const [id, words] of [["sure-title", question], ["sure-yes", yes], ["sure-no", no]]) {
    const place = document.getElementById(id ?? "");
    if (place && words) place.textContent = words;
  }
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true });
  });
}
