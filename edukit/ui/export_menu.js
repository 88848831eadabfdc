/* What is shown, to take out. */
function render({ model, el }) {
  const menu = document.createElement("details");
  const summary = document.createElement("summary");
  const list = document.createElement("ul");
  menu.append(summary, list);
  const refusal = document.createElement("div");
  refusal.setAttribute("role", "alert");
  el.append(menu, refusal);

  const close = () => {
    if (menu.contains(document.activeElement)) summary.focus();
    menu.open = false;
  };
  const ask = (format) => {
    close();
    model.set("asked", { format, count: (model.get("asked").count ?? 0) + 1 });
    model.save_changes();
  };
  const offer = () => {
    list.replaceChildren(
      ...Object.entries(model.get("formats")).map(([format, words]) => {
        const button = document.createElement("button");
        Object.assign(button, { type: "button", textContent: words });
        button.addEventListener("click", () => ask(format));
        const item = document.createElement("li");
        item.append(button);
        return item;
      }),
    );
  };
  const name = () => (summary.textContent = model.get("label"));
  const refuse = () => {
    refusal.textContent = model.get("refusal");
    refusal.className = refusal.textContent ? "card error refused" : "";
  };
  const hand = (message, buffers) => {
    if (message.print) return window.print();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([buffers[0]], { type: message.type }));
    link.download = message.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  };
  const outside = (event) => {
    if (menu.open && !menu.contains(event.target)) menu.open = false;
  };
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) close();
  });
  document.addEventListener("click", outside);
  offer();
  name();
  refuse();
  model.on("change:formats", offer);
  model.on("change:label", name);
  model.on("change:refusal", refuse);
  model.on("msg:custom", hand);
  return () => {
    document.removeEventListener("click", outside);
    model.off("msg:custom", hand);
  };
}

export default { render };
