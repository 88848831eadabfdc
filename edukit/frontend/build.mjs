// Builds what a page loads: `npm ci && npm run build`. The files in static/ are committed; CI builds and compares.
import { build } from "esbuild";
import { slim } from "./plotly.mjs";

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
  plugins: [slim],
});
