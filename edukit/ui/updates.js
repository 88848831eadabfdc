// Listens to what changes of the classes or grievances shown, and offers it; shown at once where the viewer chose "Refresh by itself".
const SETTLE_MS = 600; // Several changes are one offer, and what the page shows already by then is none.
const APART_MS = 5000; // Between one refresh by itself and the next.
const TYPING_MS = 3000;
const THERE_MS = 3600000; // Who has touched nothing for so long is only offered it: a refresh keeps them signed in.
const RETRY_MS = [5000, 300000]; // Where the server refuses: doubled each time, up to the second.
const CHOICE = "edukit:refresh";
const GRIEVANCES = "grievances";
const TEXT = "textarea, [contenteditable=true], input:not([type]), input[type=text], input[type=number], input[type=search]";

// The server's word on what changes; only while somebody looks at the page, as a browser has few connections.
function listen(address, model, heard) {
  let source = null, timer = null, retry = RETRY_MS[0], run = "";
  const close = () => { clearTimeout(timer); source?.close(); source = null; };
  const open = () => {
    close();
    if (document.hidden || !(model.get("classes").length || model.get("grievances"))) return;
    const query = new URLSearchParams(model.get("classes").map((id) => ["class", id]));
    if (model.get("grievances")) query.set(GRIEVANCES, "yes");
    if (run) query.set("last", run);
    source = new EventSource(`${address}?${query}`);
    source.onopen = () => { retry = RETRY_MS[0]; };
    source.onmessage = (event) => { run = event.lastEventId; heard(JSON.parse(event.data)); };
    source.onerror = () => {
      if (source?.readyState !== EventSource.CLOSED) return; // Else the browser tries again by itself.
      timer = setTimeout(open, retry);
      retry = Math.min(2 * retry, RETRY_MS[1]);
    };
  };
  document.addEventListener("visibilitychange", open);
  open();
  return { open, close: () => { document.removeEventListener("visibilitychange", open); close(); } };
}

// When somebody last did something here, and whether a refresh would be in their way.
function watch() {
  let touchedAt = Date.now(), typedAt = 0;
  const touched = () => { touchedAt = Date.now(); };
  const typed = () => { touchedAt = typedAt = Date.now(); };
  const kinds = [["keydown", typed], ["input", typed], ["pointerdown", touched]];
  for (const [kind, note] of kinds) document.addEventListener(kind, note, true);
  const isWriting = () => document.activeElement?.matches(TEXT) && (document.activeElement.value ?? "x") !== "";
  return {
    isThere: () => Date.now() - touchedAt < THERE_MS,
    isBusy: () => Date.now() - typedAt < TYPING_MS || isWriting() ||
      document.querySelector("dialog[open], [aria-modal=true]") !== null,
    end: () => { for (const [kind, note] of kinds) document.removeEventListener(kind, note, true); },
  };
}

function controls(el) {
  el.classList.add("edukit-updates");
  el.innerHTML = `<label><input type="checkbox">Refresh by itself</label><div role="status" tabindex="-1"></div>`;
  const [itself, status] = [el.querySelector("input"), el.querySelector("[role=status]")];
  itself.checked = localStorage.getItem(CHOICE) === "yes";
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "New data is here. Show it";
  return { itself, status, button };
}

function render({ model, el }) {
  const address = document.body.dataset.updates;
  if (!address) { el.hidden = true; return; }
  const { itself, status, button } = controls(el);
  const viewer = watch();
  let heard = new Map(), isLost = false, timer = null, askedAt = 0; // By class: the first and last transaction that changed it.
  const shown = () => [...model.get("classes").map(String), ...(model.get("grievances") ? [GRIEVANCES] : [])];
  const isMissing = ([eldest, latest]) => {
    const [next, ...running] = model.get("since");
    return latest >= next || running.some((one) => eldest <= one && one <= latest);
  };
  const isNew = () => isLost || shown().some((name) => heard.has(name) && isMissing(heard.get(name)));
  const hear = (name, [eldest, latest]) => {
    const before = heard.get(name) ?? [eldest, latest];
    // What is shown already is done with: what ran meanwhile may yet come.
    heard.set(name, isMissing(before) ? [Math.min(before[0], eldest), Math.max(before[1], latest)] : [eldest, latest]);
  };
  const ask = () => {
    // Whatever was heard until now is in what is fetched from now on.
    heard = new Map();
    isLost = false;
    askedAt = Date.now();
    model.set("wanted", model.get("wanted") + 1);
    model.save_changes();
  };
  const look = () => {
    clearTimeout(timer);
    if (!isNew()) { if (button.isConnected) status.replaceChildren(); return; }
    if (!itself.checked || !viewer.isThere()) { if (!button.isConnected) status.replaceChildren(button); return; }
    const wait = Math.max(askedAt + APART_MS - Date.now(), viewer.isBusy() ? 1000 : 0);
    if (wait > 0) { timer = setTimeout(look, wait); return; }
    status.replaceChildren();
    ask();
    window.dispatchEvent(new Event("focus")); // A page whose kernel ended meanwhile begins anew when somebody comes back.
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(look, SETTLE_MS); };
  const stream = listen(address, model, (told) => {
    isLost ||= told.lost;
    for (const [id, span] of Object.entries(told.classes)) hear(id, span);
    for (const span of told.grievances) hear(GRIEVANCES, span);
    if (isNew()) soon();
  });
  const follow = () => { stream.open(); look(); };
  button.addEventListener("click", () => {
    ask();
    status.textContent = "Showing the newest data.";
    status.focus({ preventScroll: true }); // Where the button was, for who goes on by keyboard.
  });
  itself.addEventListener("change", () => {
    localStorage.setItem(CHOICE, itself.checked ? "yes" : "no");
    look();
  });
  model.on("change:classes change:grievances", follow);
  model.on("change:since", look);
  return () => {
    model.off("change:classes change:grievances", follow);
    model.off("change:since", look);
    clearTimeout(timer);
    stream.close();
    viewer.end();
  };
}
export default { render };
