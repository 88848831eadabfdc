// plotly tells every attribute in words, a tenth of it, for its manual: its own builds leave them out, and so does ours,
// which has no maps either, nor their style.
import { readFile } from "node:fs/promises";
import { transform } from "esbuild";

const text = String.raw`(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\x60(?:[^\x60\\$]|\\.)*\x60)`;
const described = new RegExp(String.raw`(?<=[{,])description:(?:${text}|\[(?:${text},?)*\]\.join\(${text}\))(?:,|(?=\}))`, "g");

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
