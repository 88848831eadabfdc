/* HTML in which something can be chosen. */
const id = (text) => (text ? Number(text) : null);

function inReadersZone(el) {
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  for (const time of el.querySelectorAll("time[datetime]")) time.textContent = format.format(new Date(time.dateTime));
}

function arrive(el) {
  const target = el.querySelector("[tabindex='-1']");
  if (!target) return;
  target.scrollIntoView({ block: "start" });
  target.focus({ preventScroll: true });
}

function render({ model, el }) {
  const draw = () => {
    // What the reader has unfolded stays so when it is drawn anew.
    const unfolded = [...el.querySelectorAll("details.behind")].map((details) => details.open);
    el.innerHTML = model.get("html");
    el.querySelectorAll("details.behind").forEach((details, place) => (details.open = unfolded[place] ?? false));
    inReadersZone(el);
  };
  // anywidget's view hears of no layout that comes later, as when it is hidden for the first time.
  const place = () => {
    const layout = model.get("layout");
    const show = () => { el.style.display = layout.get("display") ?? ""; };
    show();
    layout.on("change:display", show);
  };
  model.on("change:layout", place);
  if (model.get("live")) el.setAttribute("role", "status");
  draw();
  model.on("change:html", draw);
  model.on("change:arrivals", () => arrive(el));
  el.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-student], [data-concept], [data-choice]");
    if (!chosen) return;
    const { student, concept, choice } = chosen.dataset;
    const count = (model.get("picked").count ?? 0) + 1;
    model.set("picked", { student: id(student), concept: id(concept), choice: choice ?? null, count });
    model.save_changes();
  });
}

export default { render };
