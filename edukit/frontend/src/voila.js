// Draws a page by Voilà's own front end, on the kernel that the page has: for widgets and outputs that are not known
// here. Voilà's asks the kernel for the state of every widget, so nothing is lost.

const OUTPUT = "application/vnd.voila.cell-output+json";
const VIEW = "application/vnd.jupyter.widget-view+json";

function output(model) {
  const script = document.createElement("script");
  script.type = OUTPUT;
  script.textContent = JSON.stringify({ output_type: "display_data", metadata: {}, data: { [VIEW]: { model_id: model, version_major: 2, version_minor: 0 } } });
  return script;
}

function load(src) {
  const script = document.createElement("script");
  script.src = src;
  document.head.append(script);
  return new Promise((done, fail) => Object.assign(script, { onload: done, onerror: fail }));
}

// Voilà's begins when the page has loaded, which it may have long before.
function loadIsNow() {
  const add = window.addEventListener.bind(window);
  window.addEventListener = (kind, listener, ...more) =>
    kind === "load" && document.readyState === "complete" ? setTimeout(listener) : add(kind, listener, ...more);
}

export async function drawByVoila(main, kernelId, baseUrl) {
  if (document.readyState === "loading") await new Promise((done) => addEventListener("DOMContentLoaded", done));
  for (const place of main.querySelectorAll(".edukit-view")) place.replaceChildren(output(place.dataset.model));
  const config = { ...(await (await fetch(`${baseUrl}voila/config`)).json()), baseUrl, kernelId };
  const told = Object.assign(document.createElement("script"), { id: "jupyter-config-data", type: "application/json" });
  told.textContent = JSON.stringify(config);
  document.body.append(told);
  document.body.classList.add("edukit-voilas");
  loadIsNow();
  await load(`${config.fullStaticUrl}/voila.js`);
  const drawn = new MutationObserver(() => {
    if (main.querySelector(`script[type="${OUTPUT}"]`)) return;
    drawn.disconnect();
    document.body.dataset.ready = "true";
  });
  drawn.observe(main, { childList: true, subtree: true });
}
