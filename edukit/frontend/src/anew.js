// A page whose kernel has ended begins anew, as it was: its address says what it shows, and what else the reader did is
// kept for the page that comes. One that was left alone for long waits for the reader to come back.

const KEY = `edukit:${location.pathname}`;
const CLICKED = "button, [data-student], [data-concept], [data-choice]";
const SHOWN = "[data-student]:not([data-choice]), [data-concept]:not([data-choice])"; // changes nothing, done twice neither
const FIELDS = "input, textarea, select";
const LOOK_MS = 1000;
const MOST_DOUBLINGS = 5;
const PRESSED_MS = 50;
const PASSES_MS = [0, 300, 700, 1500]; // what was typed may stand where something must be chosen before
const FIND_MS = 100; // what was clicked may be drawn later than the page is there,
const MOST_FINDS = 100; // and is looked for so often
const AWAY = "[data-retry]";
const WORDS = {
  away: "The server does not answer. This page goes on by itself as soon as it does.",
  gone: "The connection of this page was lost. It begins anew, as you left it.",
  back: "The connection was lost for a moment. Everything stands as you left it.",
};
const main = document.getElementById("rendered_cells");
const touched = new Set(); // fields that the reader changed
let isGone = false;
let isBeginning = false;
let isPressed = false; // a click is on its way, which the page must live to see
let pending = null; // what was clicked and nobody has answered, and of a chart which point
let redone = "null"; // what was clicked in the page before: what ended its kernel, and this one's, is let be
let tries = JSON.parse(sessionStorage.getItem(KEY) ?? "null")?.tries ?? 0; // how often a store was away, one after the other
let notice;

function tell(words) {
  notice ??= Object.assign(document.createElement("p"), { className: "edukit-told" });
  notice.setAttribute("role", "status");
  notice.hidden = !words;
  if (!notice.isConnected) document.body.append(notice);
  notice.textContent = words;
}

// Where an element stands, and what it is called: enough to find it in a page that shows the same.
function placeOf(element) {
  const path = [];
  for (let at = element; at !== main; at = at.parentElement) {
    if (!at) return null;
    path.unshift([...at.parentElement.children].indexOf(at));
  }
  return { path, name: nameOf(element) };
}

function nameOf(element) {
  const label = element.labels?.[0]?.textContent ?? element.getAttribute("aria-label") ?? "";
  return `${element.tagName} ${label || (element.matches(FIELDS) ? "" : element.textContent)}`.trim();
}

function found({ path, name }) {
  const element = path.reduce((at, index) => at?.children[index], main);
  return element && nameOf(element) === name ? element : null;
}

function keep() {
  const fields = [...touched]
    .filter((field) => field.isConnected)
    .map((field) => ({ ...placeOf(field), value: field.type === "checkbox" ? field.checked : field.value }));
  const open = [...main.querySelectorAll("details[open]")].map(placeOf);
  const focus = main.contains(document.activeElement) ? placeOf(document.activeElement) : null;
  const once = JSON.stringify(pending) === redone ? null : pending;
  const kept = { visitor: document.body.dataset.visitor, url: location.href, fields, open, focus, pending: once, tries, scroll: scrollY };
  sessionStorage.setItem(KEY, JSON.stringify(kept));
}

function put(field, value) {
  const name = field.type === "checkbox" ? "checked" : "value";
  if (field[name] === value) return;
  field[name] = value;
  for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
}

// What a page that ended has left for this one, once all of this one is there.
export async function restored() {
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  sessionStorage.removeItem(KEY);
  if (!main.querySelector(AWAY)) tries = 0;
  if (kept?.visitor !== document.body.dataset.visitor || kept?.url !== location.href) return;
  tell(WORDS.back);
  setTimeout(() => tell(""), 6000);
  const left = [...kept.fields];
  for (const wait of PASSES_MS) {
    if (wait) await after(wait);
    kept.open.map(found).forEach((details) => details && (details.open = true));
    for (const one of left.splice(0)) {
      const field = found(one);
      if (field) put(field, one.value);
      else left.push(one);
    }
    if (!left.length) break;
  }
  scrollTo({ top: kept.scroll, behavior: "instant" });
  if (kept.focus) found(kept.focus)?.focus({ preventScroll: true });
  redone = JSON.stringify(kept.pending);
  if (kept.pending) click(kept.pending);
}

async function click({ point, ...place }) {
  for (let looks = 0; looks < MOST_FINDS; looks++, await after(FIND_MS)) {
    const element = found(place);
    if (element && !point) return element.click();
    if (element?.dataset.drawn) return element.dispatchEvent(new CustomEvent("edukit-click", { detail: point }));
  }
}

function after(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds));
}

async function answers() {
  const answer = await fetch(`${document.body.dataset.baseUrl}health`, { cache: "no-store" }).catch(() => null);
  return answer && (await answer.json().catch(() => null));
}

async function whenAnswered(isEnough) {
  for (let told = await answers(); !told || !isEnough(told); told = await answers()) {
    if (!told) tell(WORDS.away);
    await after(LOOK_MS);
  }
}

async function begin() {
  if (isBeginning) return;
  isBeginning = true;
  await whenAnswered(() => true);
  if (document.hidden) await new Promise((done) => addEventListener("visibilitychange", done, { once: true }));
  while (isPressed) await after(PRESSED_MS);
  addEventListener("pagehide", keep);
  location.reload();
}

// A card that says that a store is away goes by itself once it is back.
async function retry() {
  if (isBeginning || !main.querySelector(AWAY)) return;
  isBeginning = true;
  // Until then the page's address has heard what was chosen, also where the store is back already.
  await after(LOOK_MS * 2 ** Math.min(tries++, MOST_DOUBLINGS));
  await whenAnswered((told) => told.postgres?.ok);
  isBeginning = false;
  begin();
}

export function start() {
  addEventListener("input", (event) => event.isTrusted && event.target.matches?.(FIELDS) && touched.add(event.target), true);
  addEventListener("change", (event) => event.isTrusted && event.target.matches?.(FIELDS) && touched.add(event.target), true);
  addEventListener("pointerdown", () => (isPressed = true), true);
  for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, () => (isPressed = false), true);
  addEventListener(
    "click",
    (event) => {
      const clicked = event.target.closest?.(isGone ? CLICKED : SHOWN);
      if (clicked && main.contains(clicked)) pending = placeOf(clicked);
    },
    true,
  );
  addEventListener("edukit-clicked", ({ target, detail }) => (pending = { ...placeOf(target), point: detail }), true);
  new MutationObserver(retry).observe(main, { childList: true, subtree: true });
  retry();
  return {
    onAnswered() {
      if (!isGone) pending = null;
    },
    onGone(isIdle) {
      isGone = true;
      if (!isIdle) tell(WORDS.gone);
      if (!isIdle || pending) return begin();
      // A field is not taken away from who is about to fill it: what is chosen or typed in it is a sign, once it is.
      // A link leads away by itself.
      const woken = ({ type, target }) => {
        if (!document.hidden && (type === "change" || !target.closest?.(`${FIELDS}, a[href]`))) begin();
      };
      for (const sign of ["click", "change"]) addEventListener(sign, woken, true);
      addEventListener("focus", woken);
      document.addEventListener("visibilitychange", woken);
    },
    onAway(isAway) {
      if (!isGone) tell(isAway ? WORDS.away : "");
    },
  };
}
