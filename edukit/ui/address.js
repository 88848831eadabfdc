/* The state of a view in the page's address. */
function render({ model, el }) {
  el.hidden = true;
  const write = () => {
    if (!model.get("live")) return;
    const url = new URL(window.location.href);
    for (const [name, value] of Object.entries(model.get("parameters"))) {
      if (value === "") url.searchParams.delete(name);
      else url.searchParams.set(name, value);
    }
    window.history.replaceState(window.history.state, "", url);
    // The links of the page's head keep what the address says.
    window.dispatchEvent(new Event("edukit:address"));
  };
  write();
  model.on("change:parameters", write);
}

export default { render };
