/* Two days, by a few usual spans or one by one. */
const SPANS = [
  ["All time", null],
  ["Last 4 weeks", 28],
  ["Last 12 weeks", 84],
  ["Last 52 weeks", 364],
];
const OWN = "own";
const WAIT_MS = 700;
let made = 0;

const before = (day, days) => new Date(Date.parse(day) - days * 86400000).toISOString().slice(0, 10);

function labelled(name, control) {
  const box = document.createElement("div");
  const label = document.createElement("label");
  control.id = `edukit-days-${(made += 1)}`;
  label.htmlFor = control.id;
  label.textContent = name;
  box.append(label, control);
  return box;
}

function dayField(bounds) {
  const field = document.createElement("input");
  Object.assign(field, { type: "date", ...bounds });
  return field;
}

function spanPicker() {
  const picker = document.createElement("select");
  for (const [name, days] of SPANS) picker.add(new Option(name, days ?? ""));
  picker.add(new Option("Other days", OWN));
  return picker;
}

function render({ model, el }) {
  const bounds = { min: "1900-01-01", max: "2999-12-31" };
  const [span, from, to] = [spanPicker(), dayField(bounds), dayField(bounds)];
  const fields = [labelled("From", from), labelled("To", to)];
  const refusal = document.createElement("p");
  refusal.setAttribute("role", "alert");
  const group = document.createElement("div");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "Range of days");
  group.append(labelled("Days", span), ...fields);
  el.append(group, refusal);
  let timer = null;

  const unfold = (own) => fields.forEach((field) => (field.hidden = !own));
  const refuse = (words) => {
    refusal.textContent = words;
    refusal.className = words ? "card error refused" : "";
  };
  const show = () => {
    const chosen = model.get("chosen");
    const today = model.get("today");
    // What is being typed stays as it is.
    if (document.activeElement !== from) from.value = chosen.from;
    if (document.activeElement !== to) to.value = chosen.to;
    const usual = SPANS.find(([, days]) =>
      days ? chosen.from === before(today, days - 1) && chosen.to === today : !chosen.from && !chosen.to,
    );
    const typing = span.value === OWN && group.contains(document.activeElement);
    span.value = usual && !typing ? usual[1] ?? "" : OWN;
    unfold(span.value === OWN);
  };
  const choose = (first, last) => {
    refuse("");
    model.set("chosen", { from: first, to: last });
    model.save_changes();
  };
  const read = () => {
    if (!from.validity.valid || !to.validity.valid) refuse("That is not a day. Choose another.");
    else if (from.value && to.value && from.value > to.value)
      refuse("The first day is after the last one. Choose another.");
    else choose(from.value, to.value);
  };
  span.addEventListener("change", () => {
    unfold(span.value === OWN);
    if (span.value === OWN) from.focus();
    else if (span.value) choose(before(model.get("today"), Number(span.value) - 1), model.get("today"));
    else choose("", "");
  });
  for (const field of [from, to])
    field.addEventListener("change", () => {
      // A year that is typed is four changes.
      clearTimeout(timer);
      timer = setTimeout(read, WAIT_MS);
    });
  show();
  model.on("change:chosen", show);
  model.on("change:today", show);
}

export default { render };
