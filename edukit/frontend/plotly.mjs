// plotly tells every attribute in words, a tenth of it, for its manual: its own builds leave them out, and so does ours,
// which has no maps either, nor their style. A heatmap is drawn in another way.
import { readFile } from "node:fs/promises";
import { transform } from "esbuild";

const text = String.raw`(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\x60(?:[^\x60\\$]|\\.)*\x60)`;
const described = new RegExp(String.raw`(?<=[{,])description:(?:${text}|\[(?:${text},?)*\]\.join\(${text}\))(?:,|(?=\}))`, "g");

// What of plotly's heatmap is replaced, so that src/heatmap.js draws words and gaps.
const OURS = JSON.stringify(new URL("src/heatmap.js", import.meta.url).pathname);
const AXES = "xaxis: xa, yaxis: ya";
const REPLACED = [
  ["var labelClass =", `var ours = require(${OURS}); var labelClass =`],
  ["var drawingMethod = 'default';", `var words = ours.words(gd, cd0, { ${AXES}, colours: (value) => sclFunc(value) });
    var scale = words ? words.scale : 1;
    var drawingMethod = 'default';`],
  ["trace._islinear && xGap === 0 && yGap === 0", "trace._islinear && !words && ours.isCoarse(gd, trace)"],
  ["canvas.width = canvasW;", "canvas.width = canvasW * scale;"],
  ["canvas.height = canvasH;", "canvas.height = canvasH * scale;"],
  ["{ willReadFrequently: true });", "{ willReadFrequently: true }); context.scale(scale, scale);"],
  ["var image3 =", "if (words) words.paint(context, left, top); var image3 ="],
  ["if (drawingMethod === 'fast' && !zsmooth) {", `var coarse = drawingMethod === 'fast' && !zsmooth;
    ours.gaps(this, gd, coarse ? { x, y } : null, { ${AXES}, trace });
    if (!coarse) image3.attr('style', null);
    if (coarse) {`],
  ["if (texttemplate) {", "if (texttemplate && !words) {"],
];

export const heatmap = {
  name: "heatmap",
  setup(build) {
    build.onLoad({ filter: /traces[/\\]heatmap[/\\]plot\.js$/ }, async ({ path }) => {
      let contents = await readFile(path, "utf8");
      for (const [theirs, ours] of REPLACED) {
        if (contents.split(theirs).length !== 2) throw new Error(`plotly's heatmap is another now, look at plotly.mjs: ${theirs}`);
        contents = contents.replace(theirs, ours);
      }
      return { contents };
    });
  },
};

export const slim = {
  name: "slim-plotly",
  setup(build) {
    build.onLoad({ filter: /maplibre-gl\.css$/ }, () => ({ contents: "", loader: "js" }));
    build.onLoad({ filter: /plotly\.js[/\\]src[/\\].*\.js$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { minifyWhitespace: true, minifySyntax: true });
      return { contents: code.replace(described, "") };
    });
  },
};
