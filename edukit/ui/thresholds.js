/* At which scores the levels begin, to change. */
let made = 0;

function render({ model, el }) {
  const menu = document.createElement("details");
  const summary = Object.assign(document.createElement("summary"), { textContent: "Change where the levels begin" });
  const form = document.createElement("form");
  const fields = model.get("levels").map((level) => {
    const box = document.createElement("div");
    const label = Object.assign(document.createElement("label"), { textContent: `${level} from`, htmlFor: `edukit-level-${(made += 1)}` });
    const field = Object.assign(document.createElement("input"), { type: "number", step: "any", id: label.htmlFor });
    box.append(label, field);
    form.append(box);
    return field;
  });
  const apply = Object.assign(document.createElement("button"), { type: "submit", textContent: "Apply" });
  const reset = Object.assign(document.createElement("button"), { type: "button", textContent: "As the school has them" });
  const said = document.createElement("p");
  said.setAttribute("role", "alert");
  form.noValidate = true;
  form.append(apply, reset);
  menu.append(summary, Object.assign(document.createElement("p"), { className: "lead", textContent: model.get("words") }), form, said);
  el.append(menu);

  const show = () => {
    model.get("scores").forEach((score, place) => { if (document.activeElement !== fields[place]) fields[place].value = score; });
  };
  const refuse = () => {
    said.textContent = model.get("refusal");
    said.className = said.textContent ? "card error refused" : "";
  };
  const ask = (scores) => {
    model.set("asked", { scores, count: (model.get("asked").count ?? 0) + 1 });
    model.save_changes();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(fields.map((field) => field.value === "" ? null : Number(field.value)));
  });
  reset.addEventListener("click", () => {
    ask([]);
    // Where the school's hold already nothing changes, and what was refused would stand on in the fields.
    show();
  });
  show();
  refuse();
  model.on("change:scores", show);
  model.on("change:refusal", refuse);
}

export default { render };
