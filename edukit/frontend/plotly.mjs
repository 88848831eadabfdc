// plotly tells every attribute in words, a tenth of it, for its manual: its own builds leave them out, and so does ours,
// which has no maps either, nor their style. What takes it longest is done in another way.
import { readFile } from "node:fs/promises";
import { transform } from "esbuild";

const text = String.raw`(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\x60(?:[^\x60\\$]|\\.)*\x60)`;
const described = new RegExp(String.raw`(?<=[{,])description:(?:${text}|\[(?:${text},?)*\]\.join\(${text}\))(?:,|(?=\}))`, "g");

const source = (name) => JSON.stringify(new URL(`src/${name}.js`, import.meta.url).pathname);
const AXES = "xaxis: xa, yaxis: ya";

// What of plotly is replaced: heatmaps by src/heatmap.js, in their words and gaps, and labels of axes by src/ticks.js.
const REPLACED = {
  "traces/heatmap/plot.js": [
    ["var labelClass =", `var ours = require(${source("heatmap")}); var labelClass =`],
    ["selectLabels(plotGroup).remove();", "selectLabels(plotGroup).remove(); ours.unpaint(plotGroup.node());"],
    ["trace._islinear && xGap === 0 && yGap === 0", "trace._islinear && ours.isCoarse(gd, trace)"],
    ["if (drawingMethod === 'fast' && !zsmooth) {", `var coarse = drawingMethod === 'fast' && !zsmooth;
      ours.gaps(this, gd, coarse ? { x, y } : null, { ${AXES}, trace });
      if (!coarse) image3.attr('style', null);
      if (coarse) {`],
    ["if (texttemplate) {", `if (!ours.words(this, gd, cd0, { ${AXES}, colours: sclFunc }) && texttemplate) {`],
  ],
  "plots/cartesian/axes.js": [
    ["var axes = module.exports", `var ours = require(${source("ticks")}); var axes = module.exports`],
    ["var newPromise = gd._promises.length;", `if (ours.isCopied(this, d, labelFns.xFn(d), labelFns.yFn(d))) return;
      var newPromise = gd._promises.length;`],
    ["right = -Infinity;", "right = -Infinity; var boxes = ours.boxes(ax._selections[cls], Drawing);"],
    ["= Drawing.bBox(thisLabel.node().parentNode)", "= boxes.get(thisLabel.node()) || Drawing.bBox(thisLabel.node().parentNode)"],
  ],
  "components/drawing/index.js": [
    ["function nodeHash(node) {", "drawing.nodeHash = nodeHash; function nodeHash(node) {"],
  ],
};

const untouched = new Set(Object.keys(REPLACED));

function replaced(path, contents) {
  const file = Object.keys(REPLACED).find((name) => path.endsWith(name));
  untouched.delete(file);
  return (REPLACED[file] ?? []).reduce((text, [theirs, ours]) => {
    if (text.split(theirs).length !== 2) throw new Error(`plotly's ${file} is another now, look at plotly.mjs: ${theirs}`);
    return text.replace(theirs, ours);
  }, contents);
}

export const slim = {
  name: "slim-plotly",
  setup(build) {
    build.onLoad({ filter: /maplibre-gl\.css$/ }, () => ({ contents: "", loader: "js" }));
    build.onLoad({ filter: /plotly\.js[/\\]src[/\\].*\.js$/ }, async ({ path }) => {
      const { code } = await transform(replaced(path, await readFile(path, "utf8")), { minifyWhitespace: true, minifySyntax: true });
      return { contents: code.replace(described, "") };
    });
    build.onEnd(() => {
      if (untouched.size) throw new Error(`plotly has no ${[...untouched].join(", ")} now, look at plotly.mjs`);
    });
  },
};
