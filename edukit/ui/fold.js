/* A heading that is pressed to unfold what stands below it. */
function render({ model, el }) {
  const heading = document.createElement("h2");
  const button = document.createElement("button");
  const about = document.createElement("p");
  about.className = "lead";
  button.type = "button";
  heading.append(button);
  el.append(heading, about);
  const show = () => {
    button.textContent = model.get("title");
    about.textContent = model.get("about");
    button.setAttribute("aria-expanded", model.get("unfolded"));
  };
  button.addEventListener("click", () => {
    model.set("unfolded", !model.get("unfolded"));
    model.save_changes();
  });
  show();
  for (const name of ["title", "about", "unfolded"]) model.on(`change:${name}`, show);
}

export default { render };
