// Builds what a page loads: `npm ci && npm run build`. The files in static/ are committed; CI builds and compares.
import { readFile } from "node:fs/promises";
import { build } from "esbuild";
import { slim } from "./plotly.mjs";

// anywidget's package comes as an AMD module alone.
const anywidget = {
  name: "anywidget",
  setup({ onLoad }) {
    onLoad({ filter: /anywidget[\\/]dist[\\/]index\.js$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const contents = source.replace(/define\(\["@jupyter-widgets\/base"\], (\w+)\);/, "export default $1;");
      if (contents === source) throw new Error("anywidget is no AMD module any more: import it as it is");
      return { contents, loader: "js" };
    });
  },
};

await build({
  entryPoints: { page: "src/page.js", plotly: "src/plotly.js" },
  outdir: "static",
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022"],
  legalComments: "none",
  define: { global: "globalThis" },
  loader: { ".svg": "dataurl" },
  alias: { "sanitize-html": "./src/sanitize.js" },
  plugins: [anywidget, slim],
});
