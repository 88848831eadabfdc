// What plotly's heatmap takes long for, in another way. It makes elements of each cell's words anew at every change, and a
// picture of every pixel where there are gaps between cells: either takes longer than all the rest of a chart. Here words
// that are plain are painted over the picture, on a canvas that needs no coding; the picture has one pixel a cell, and
// lines over it are the gaps. What is printed or saved is as plotly draws it, which stays sharp at any size.
import Lib from "plotly.js/src/lib";
import Color from "plotly.js/src/components/color";
import { LINE_SPACING } from "plotly.js/src/constants/alignment";

const TEMPLATE = /^%\{(?:text|z:([^}<&]+))\}$/;
const MARKED = /[<&]/;
const UNUSUAL = ["textcase", "lineposition", "shadow"];

const MOST_PIXELS = 2 ** 24; // of a canvas, in Safari
const CANVASES = new WeakMap();

const isOnScreen = (gd) => !gd._context._exportedPlot && !gd.hasAttribute("data-printing");

/** Paints the words of a trace, over its group's picture; false: it has none, or plotly is to draw them. */
export function words(group, gd, cell, { xaxis, yaxis, colours }) {
  const { trace, z } = cell;
  const told = isPainted(gd, trace) && wordsOf(cell, TEMPLATE.exec(trace.texttemplate));
  if (!told) return false;
  const { _fullLayout: layout } = gd;
  const { textfont: font } = trace;
  const [columns, rows] = [middles(cell.xCenter, cell.x, xaxis), middles(cell.yCenter, cell.y, yaxis)];
  const size = font.size !== "auto" && font.size || fitting(columns, rows, told, trace, layout);
  if (!(size > 0)) return true;
  const beneath = (value) => value === undefined ? layout.plot_bgcolor : `rgba(${colours(value).map(Math.round).join()})`;
  const contrast = remembered(Color.contrast);
  const context = canvas(group, gd, xaxis, yaxis).getContext("2d");
  context.font = `${font.style} ${font.variant} ${font.weight} ${size}px ${font.family}`;
  context.textAlign = "center";
  for (const [row, y] of rows.entries()) {
    for (const [column, x] of columns.entries()) {
      const word = told(row, column);
      if (!word) continue;
      context.fillStyle = font.color !== "auto" && font.color || contrast(beneath(z[row][column]));
      context.fillText(word, x, y + size * (1 - LINE_SPACING / 2));
    }
  }
  return true;
}

/** Takes away the words that were painted for a group. */
export function unpaint(group) {
  CANVASES.get(group)?.remove();
}

/** An empty canvas over the axes' plot, beneath what is told of a point. */
function canvas(group, gd, { _offset: left, _length: width }, { _offset: top, _length: height }) {
  const own = CANVASES.get(group) ?? made(group, gd);
  const scale = Math.min(devicePixelRatio, Math.sqrt(MOST_PIXELS / (width * height)));
  Object.assign(own, { width: width * scale, height: height * scale });
  Object.assign(own.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px`, visibility: "" });
  own.getContext("2d").scale(own.width / width, own.height / height);
  gd._fullLayout._glcontainer.node().append(own);
  return own;
}

/** What a function of one argument gives, asked once for each. */
function remembered(tell) {
  const known = new Map();
  return (asked) => known.get(asked) ?? known.set(asked, tell(asked)).get(asked);
}

function made(group, gd) {
  const own = Object.assign(document.createElement("canvas"), { className: "words" });
  Object.assign(own.style, { position: "absolute", maxWidth: "none", pointerEvents: "none" }); // JupyterLab limits canvases
  CANVASES.set(group, own);
  gd.on("plotly_afterplot", () => { if (!group.isConnected) own.remove(); });
  gd.on("plotly_relayouting", () => { own.style.visibility = "hidden"; }); // the picture moves away beneath it
  return own;
}

/** Whether one pixel a cell will do: no other heatmap must show where its gaps are. */
export function isCoarse(gd, { type, xgap, ygap }) {
  const others = gd._fullData.filter((one) => one.type === "heatmap");
  return isOnScreen(gd) && type === "heatmap" && others.every((one) => one.xgap === xgap && one.ygap === ygap);
}

/** Lines of what is behind the chart between the cells of a trace; `edges` are in its data, null: it needs none. */
export function gaps(group, gd, edges, { xaxis, yaxis, trace }) {
  const path = (name) => group.querySelector(`.${name}`) ?? append(group, "path", { class: name, "shape-rendering": "crispEdges", "pointer-events": "none" });
  for (const [name, width, line] of [
    ["gaps-x", trace.xgap, (edge) => `M${xaxis.c2p(edge)},0V${yaxis._length}`],
    ["gaps-y", trace.ygap, (edge) => `M0,${yaxis.c2p(edge)}H${xaxis._length}`],
  ]) {
    if (!edges || !(width > 0)) group.querySelector(`.${name}`)?.remove();
    else set(path(name), { d: edges[name.at(-1)].map(line).join(""), stroke: behind(gd), "stroke-width": width });
  }
}

function isPainted(gd, { type, texttemplate, zsmooth, textfont }) {
  const isUsual = UNUSUAL.every((name) => [undefined, "normal", "none"].includes(textfont?.[name]));
  return isOnScreen(gd) && texttemplate && type === "heatmap" && !zsmooth && isUsual;
}

/** What stands in the cell of a row and a column; null: plotly alone knows. */
function wordsOf({ z, text }, template) {
  if (!template) return null;
  const [, format] = template;
  if (format) {
    const formatted = Lib.numberFormat(format);
    return (row, column) => z[row][column] === undefined ? "" : formatted(z[row][column]);
  }
  if (!text || text.some((row) => row.some((word) => MARKED.test(word)))) return null;
  return (row, column) => String(text[row]?.[column] ?? "");
}

/** The middle of each row or column, in pixels from the axis's beginning. */
function middles(centers, edges, axis) {
  const values = centers ?? edges.slice(1).map((edge, index) => (edges[index] + edge) / 2);
  return Array.from(values, (value) => Math.round(axis.c2p(value)));
}

/** The largest size of which every word fits its cell, in plotly's reckoning. */
function fitting(columns, rows, told, { xgap, ygap }, layout) {
  const step = (places) => Math.min(...places.slice(1).map((place, index) => Math.abs(place - places[index]) || Infinity));
  const longest = Math.max(...rows.map((_, row) => Math.max(...columns.map((_, column) => told(row, column).length))));
  const [width, height] = [(step(columns) - xgap) / longest / (LINE_SPACING / 2), (step(rows) - ygap) / LINE_SPACING];
  return isFinite(width) && isFinite(height) ? Math.min(Math.floor(width), Math.floor(height), layout.font.size) : layout.font.size;
}

/** The colour behind the cells: the chart's own, or what chart.js says is behind the chart. */
function behind(gd) {
  const { plot_bgcolor: own, paper_bgcolor: paper } = gd._fullLayout;
  return [own, paper].find((colour) => Color.opacity(colour) > 0) ?? gd.dataset.ground;
}

function append(parent, kind, attributes) {
  return parent.appendChild(set(parent.ownerDocument.createElementNS("http://www.w3.org/2000/svg", kind), attributes));
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
