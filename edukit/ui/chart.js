// A chart of the page: plotly draws what the kernel's state says, and what is done with it goes back as state.
const CONFIG = { displayModeBar: false, displaylogo: false, showTips: false };
const PATIENCE_MS = 60_000;
const PRINT = matchMedia("print");
const PAPER_WIDTH = 700; // of A4 and letter within usual margins
const CLEAR = /^(transparent|rgba\(.*[,/]\s*0(\.0*)?%?\s*\))$/;
const NO_PLOTLY = "This chart cannot be drawn: the program that draws it did not arrive. Reload the page to try again.";
const NOT_DRAWN = "This chart cannot be drawn, by a fault of edukit. Reload the page; if it comes back, tell your administrator.";
const NOT_SAVED = "There is no picture, by a fault of edukit. Reload the page; if it comes back, tell your administrator.";

/** Plotly, which is fetched once a page, by whichever chart comes first; when that fails, the next one tries again. */
function plotly(model) {
  const ask = () => fetched(model).catch((error) => { delete globalThis.__edukit_plotly; throw error; });
  return (globalThis.__edukit_plotly ??= ask());
}

async function fetched(model) {
  const address = document.body.dataset.plotly;
  if (address) return (await import(new URL(address, document.baseURI).href)).default;
  const url = URL.createObjectURL(new Blob([await sent(model)], { type: "text/javascript" }));
  try { return (await import(url)).default; } finally { URL.revokeObjectURL(url); }
}

/** The program as the kernel sends it: where nobody serves it, as in JupyterLab. */
function sent(model) {
  return new Promise((resolve, reject) => {
    const arrived = (message, buffers) => { if (message.plotly) done(() => resolve(buffers[0])); };
    const timer = setTimeout(() => done(() => reject(new Error("the kernel sent no plotly"))), PATIENCE_MS);
    const done = (end) => { clearTimeout(timer); model.off("msg:custom", arrived); end(); };
    model.on("msg:custom", arrived);
    model.send({ ask: "plotly" });
  });
}

/** A copy in which bytes are what plotly takes for an array; it writes into what it is given. */
function taken(value) {
  if (Array.isArray(value)) return value.some((one) => one && typeof one === "object") ? value.map(taken) : value;
  if (value === null || typeof value !== "object") return value;
  if (ArrayBuffer.isView(value)) return value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, taken(one)]));
}

/** The figure that the state holds in pieces, one for each property of a trace or of the layout. */
function figure(model) {
  const { traces, layout } = model.get("figure");
  const gathered = (place, names) => Object.fromEntries(names.map((name) => [name, taken(model.get(`${place}.${name}`))]));
  return { data: traces.map((names, index) => gathered(`data.${index}`, names)), layout: gathered("layout", layout) };
}

/** Text of the colour that text has here, where the figure has no ground of its own. */
function inked(layout, el) {
  const base = layout.template?.layout ?? {};
  if (!CLEAR.test(layout.paper_bgcolor ?? base.paper_bgcolor ?? "")) return layout;
  const font = { ...base.font, color: getComputedStyle(el).color };
  return { ...layout, template: { ...layout.template, layout: { ...base, font } } };
}

/** The colour behind an element. */
function ground(el) {
  for (let one = el; one; one = one.parentElement) {
    const colour = getComputedStyle(one).backgroundColor;
    if (!CLEAR.test(colour)) return colour;
  }
  return "#ffffff";
}

/** Calls `act` when the theme may have become another. */
function onTheme(act, signal) {
  const watch = new MutationObserver(act);
  watch.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  watch.observe(document.body, { attributeFilter: ["data-theme", "data-jp-theme-light"] });
  signal.addEventListener("abort", () => watch.disconnect());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", act, { signal });
}

/** Calls `act` with whether the page is about to be printed; where a browser says more, again in the colours of paper. */
function onPrint(act, signal) {
  window.addEventListener("beforeprint", () => act(true), { signal });
  PRINT.addEventListener("change", ({ matches }) => act(matches), { signal });
  window.addEventListener("afterprint", () => act(false), { signal });
}

/** What the kernel is told of a point. */
function told({ curveNumber, pointNumber, x, y, z, customdata }) {
  const known = { trace: curveNumber, index: pointNumber, x, y, z, customdata: ArrayBuffer.isView(customdata) ? [...customdata] : customdata };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
}

/** The ranges that the axes show. */
function ranges(layout) {
  const axes = Object.entries(layout).filter(([name, axis]) => /^[xy]axis\d*$/.test(name) && axis.range);
  return Object.fromEntries(axes.map(([name, axis]) => [name, [...axis.range]]));
}

function listen(model, plot, el) {
  const tell = (name, value) => { model.set(name, value); model.save_changes(); };
  const click = (point) => tell("clicked", { ...point, count: (model.get("clicked").count ?? 0) + 1 });
  plot.on("plotly_click", ({ points: [point] }) => {
    // A page whose kernel has ended begins anew, and clicks again.
    el.dispatchEvent(new CustomEvent("edukit-clicked", { bubbles: true, detail: told(point) }));
    click(told(point));
  });
  el.addEventListener("edukit-click", ({ detail }) => click(detail));
  plot.on("plotly_selected", (event) => event && tell("selected", { points: event.points.map(told), range: event.range ?? null }));
  plot.on("plotly_deselect", () => tell("selected", {}));
  plot.on("plotly_relayout", (changes) => Object.keys(changes).some((name) => /axis\d*\.(range|autorange)/.test(name)) && tell("ranges", ranges(plot.layout)));
}

/** One place of the page in which a chart stands. */
class Place {
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.plot = document.createElement("div");
    this.note = document.createElement("p");
    this.note.hidden = true;
    el.append(this.plot, this.note);
    this.stale = true;
    this.width = 0;
  }

  /** Names the chart for those who do not see it; what is said in its place is read as it stands. */
  name() {
    const summary = this.note.hidden ? this.model.get("summary") : "";
    for (const [attribute, value] of Object.entries({ role: "img", "aria-label": summary, tabindex: "0" })) {
      if (summary) this.el.setAttribute(attribute, value);
      else this.el.removeAttribute(attribute);
    }
  }

  say(words, error) {
    if (error) console.error(error);
    this.note.textContent = words;
    this.note.hidden = !words;
    this.name();
  }

  change() {
    this.stale = true;
    this.draw();
  }

  /** Draws the last figure, once it has a width: plotly measures texts, which it cannot where nothing is shown. */
  async draw() {
    if (this.busy || !this.stale || !this.model.get("figure") || !this.el.clientWidth) return;
    this.busy = true;
    this.plot.style.minHeight = `${this.model.get("layout.height") ?? 0}px`;
    try {
      this.plotly = await plotly(this.model);
      await new Promise((next) => setTimeout(next)); // of figures that have come meanwhile only the last is drawn
    } catch (error) {
      return this.say(NO_PLOTLY, error);
    } finally {
      this.busy = false;
    }
    if (!this.gone) await this.react().then(() => this.say(""), (error) => this.say(NOT_DRAWN, error));
  }

  async react() {
    this.stale = false;
    const { number } = this.model.get("figure");
    const { data, layout } = figure(this.model);
    this.plot.dataset.ground = ground(this.el);
    // What the reader has zoomed into stays where only the theme becomes another.
    await this.plotly.react(this.plot, data, { uirevision: number, ...inked(layout, this.el) }, CONFIG);
    if (!this.el.dataset.drawn) listen(this.model, this.plot, this.el);
    this.el.dataset.drawn = number;
  }

  /** Draws at once for paper, no wider than it is and without what would be coarse there; or for the screen again. */
  print(isPrinting) {
    if (!this.el.dataset.drawn) return;
    this.plot.toggleAttribute("data-printing", isPrinting);
    this.plot.style.zoom = "";
    this.react().catch((error) => this.say(NOT_DRAWN, error));
    const room = PRINT.matches ? this.el.clientWidth : PAPER_WIDTH;
    if (isPrinting) this.plot.style.zoom = Math.min(1, room / this.el.scrollWidth);
  }

  fit() {
    const { clientWidth } = this.el;
    if (this.stale) this.draw();
    else if (clientWidth && clientWidth !== this.width) this.plotly.Plots.resize(this.plot).catch(() => {}); // hidden again
    this.width = clientWidth;
  }

  async save(message) {
    if (!message.save || message.taken || !this.el.dataset.drawn) return;
    message.taken = true; // by this place: the chart may stand in others, too
    const { data, layout } = figure(this.model);
    const size = { width: this.plot.offsetWidth || 960, height: this.plot.offsetHeight || 540 };
    const picture = { data, layout: { ...inked(layout, this.el), paper_bgcolor: ground(this.el) } };
    const made = this.plotly.downloadImage(picture, { format: "png", scale: 2, filename: message.save, ...size });
    await made.then(() => this.say(""), (error) => this.say(NOT_SAVED, error));
  }

  leave() {
    this.gone = true;
    if (this.el.dataset.drawn) this.plotly.purge(this.plot);
  }
}

function render({ model, el }) {
  const place = new Place(model, el);
  const end = new AbortController();
  const sizes = new ResizeObserver(() => place.fit());
  place.name();
  sizes.observe(el);
  onTheme(() => place.change(), end.signal);
  onPrint((isPrinting) => place.print(isPrinting), end.signal);
  model.on("change:figure", () => place.change());
  model.on("change:summary", () => place.name());
  model.on("msg:custom", (message) => place.save(message));
  return () => {
    end.abort();
    sizes.disconnect();
    place.leave();
  };
}

export default { render };
