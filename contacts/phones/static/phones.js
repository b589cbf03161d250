// Keeps the page fresh: fetches it again and moves over what changed. What is being typed is never touched.
export {}; // a module: its names are its own

const EVERY_MS = 2000;

/** Replace what is inside the parts marked data-live, keeping the focus. */
function refreshParts(/** @type {ParentNode} */ now, /** @type {ParentNode} */ fresh) {
  for (const part of fresh.querySelectorAll("[data-live]")) {
    const old = now.querySelector(`[data-live="${part.getAttribute("data-live")}"]`);
    if (old && old.innerHTML !== part.innerHTML) replaceChildrenOf(old, part);
  }
}

function replaceChildrenOf(/** @type {Element} */ old, /** @type {Element} */ part) {
  const focused = old.contains(document.activeElement) ? document.activeElement?.id : "";
  old.replaceChildren(...part.childNodes);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

/** Add and renew bubbles one by one, so that a screen reader hears only the new ones. */
function refreshThread(/** @type {Element} */ old, /** @type {Element} */ fresh) {
  const atEnd = old.scrollHeight - old.scrollTop - old.clientHeight < 40;
  const kept = new Set([...fresh.children].map((bubble) => bubble.id));
  for (const bubble of [...old.children]) if (!kept.has(bubble.id)) bubble.remove();
  for (const bubble of [...fresh.children]) {
    const known = document.getElementById(bubble.id);
    if (!known) {
      bubble.classList.add("new");
      old.append(bubble);
    } else if (known.innerHTML !== bubble.innerHTML) {
      known.className = bubble.className;
      replaceChildrenOf(known, bubble);
    }
  }
  if (atEnd) old.scrollTop = old.scrollHeight;
}

function refreshCards(/** @type {Document} */ fresh) {
  const cards = document.getElementById("cards");
  for (const card of [...fresh.querySelectorAll(".card")].reverse()) {
    const old = document.getElementById(card.id);
    if (!old) {
      cards?.querySelector(".empty")?.remove();
      if (isInUse(cards)) cards?.append(card);
      else cards?.prepend(card);
      toEnd(card);
      continue;
    }
    old.className = card.className;
    refreshParts(old, card);
    const [thread, freshThread] = [old.querySelector(".thread"), card.querySelector(".thread")];
    if (thread && freshThread) refreshThread(thread, freshThread);
  }
}

/** Whoever reads or types further down must not see the page jump; the index shows the newcomer on top all the same. */
function isInUse(/** @type {Element | null} */ cards) {
  return window.scrollY > 100 || (cards?.contains(document.activeElement) ?? false);
}

function toEnd(/** @type {Element} */ card) {
  const thread = card.querySelector(".thread");
  if (thread) thread.scrollTop = thread.scrollHeight;
}

function say(/** @type {"well" | "lost"} */ how) {
  const connection = document.getElementById("connection");
  const words = connection?.dataset[how] ?? "";
  if (connection && connection.textContent !== words) connection.textContent = words;
  connection?.classList.toggle("trouble", how === "lost");
}

async function refresh() {
  try {
    const answer = await fetch(document.body.dataset.source ?? "/");
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    refreshCards(fresh);
    for (const name of ["notes", "index"]) {
      const [old, part] = [document, fresh].map((page) => page.querySelector(`[data-live="${name}"]`));
      if (old && part && old.innerHTML !== part.innerHTML) replaceChildrenOf(old, part);
    }
    say("well");
  } catch {
    say("lost");
  }
  setTimeout(refresh, EVERY_MS);
}

for (const card of document.querySelectorAll(".card")) toEnd(card);
document.querySelector("[autofocus]")?.scrollIntoView({ block: "center" });
say("well");
setTimeout(refresh, EVERY_MS);
