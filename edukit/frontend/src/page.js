// A dashboard's page: connects as soon as its kernel is known, and shows each widget when its place and its model are
// there. What it does not know is drawn by Voilà's front end; a page whose kernel has ended begins anew.

import "@jupyter-widgets/controls/css/labvariables.css";
import "@jupyter-widgets/controls/css/widgets-base.css";
import "@lumino/widgets/style/index.css";
import "./page.css";
import { Kernel } from "./kernel.js";
import { Manager } from "./manager.js";
import { restored, start } from "./anew.js";
import { drawByVoila } from "./voila.js";

const PLACE = ".edukit-view";
const OTHER = ".edukit-other";
const main = document.getElementById("rendered_cells");
const watch = start();
let hasKernel = false;

function isReady() {
  document.body.dataset.ready = "true";
}

function whenAllIsHere(act) {
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", act);
  else act();
}

function begin({ kernel: id, session }) {
  hasKernel = true;
  const base = document.body.dataset.baseUrl;
  const url = new URL(`${base}api/kernels/${id}/channels?session_id=${session}`, location.href.replace(/^http/, "ws"));
  let manager;
  let isVoilas = false;
  const giveUp = () => {
    if (isVoilas) return;
    isVoilas = true;
    changes.disconnect();
    kernel.leave();
    drawByVoila(main, id, base);
  };
  const kernel = new Kernel(url.href, session, {
    onOpen: (...opened) => manager.open(...opened),
    onAgain: () => manager.renew(),
    ...watch,
  });
  manager = new Manager(kernel, giveUp);

  const showing = new Map();
  const look = () => {
    if (isVoilas) return;
    if (main.querySelector(OTHER)) return whenAllIsHere(giveUp);
    for (const place of main.querySelectorAll(PLACE))
      if (!showing.has(place)) showing.set(place, manager.show(place.dataset.model, place));
  };
  const changes = new MutationObserver(look);
  changes.observe(main, { childList: true, subtree: true });
  look();
  whenAllIsHere(async () => {
    look();
    await Promise.allSettled(showing.values());
    if (isVoilas) return;
    changes.disconnect();
    isReady();
    restored();
  });
}

// The page tells of its kernel before or after this script is there, or has none and says why.
if (window.edukit.told) begin(window.edukit.told);
else {
  window.edukit = begin;
  whenAllIsHere(() => hasKernel || isReady());
}
