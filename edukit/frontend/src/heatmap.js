// What plotly's heatmap takes long for, in another way. It makes elements of each cell's words anew at every change, and a
// picture of every pixel where there are gaps between cells: either takes longer than all the rest of a chart. Here words
// that are plain are painted into the picture; where there are none, the picture has one pixel a cell, and lines over it
// are the gaps. What is printed or saved is as plotly draws it, which stays sharp at any size.
import Lib from "plotly.js/src/lib";
import Color from "plotly.js/src/components/color";
import { LINE_SPACING } from "plotly.js/src/constants/alignment";

const TEMPLATE = /^%\{(?:text|z:([^}<&]+))\}$/;
const MARKED = /[<&]/;
const UNUSUAL = ["textcase", "lineposition", "shadow"];

const isOnScreen = (gd) => !gd._context._exportedPlot && !gd.hasAttribute("data-printing");

/**
 * How to paint the words of a trace; null: it has none, or plotly is to draw them.
 * `scale` is how many pixels the picture needs for one of the page's; `paint` takes it with its left and top.
 */
export function words(gd, cell, { xaxis, yaxis, colours }) {
  const { trace, z } = cell;
  const told = isPainted(gd, trace) && wordsOf(cell, TEMPLATE.exec(trace.texttemplate));
  if (!told) return null;
  const { _fullLayout: layout } = gd;
  const { textfont: font } = trace;
  const colour = (value) => font.color !== "auto" && font.color ||
    Color.contrast(value === undefined ? layout.plot_bgcolor : `rgba(${colours(value).map(Math.round).join()})`);
  const paint = (context, left, top) => {
    const [columns, rows] = [middles(cell.xCenter, cell.x, xaxis), middles(cell.yCenter, cell.y, yaxis)];
    const size = font.size !== "auto" && font.size || fitting(columns, rows, told, trace, layout);
    if (!(size > 0)) return;
    context.font = `${font.style} ${font.variant} ${font.weight} ${size}px ${font.family}`;
    context.textAlign = "center";
    for (const [row, y] of rows.entries()) {
      for (const [column, x] of columns.entries()) {
        const word = told(row, column);
        if (!word) continue;
        context.fillStyle = colour(z[row][column]);
        context.fillText(word, x - left, y - top + size * (1 - LINE_SPACING / 2));
      }
    }
  };
  return { scale: Math.ceil(devicePixelRatio), paint };
}

/** Whether one pixel a cell will do for a trace without words: no other heatmap must show where its gaps are. */
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
